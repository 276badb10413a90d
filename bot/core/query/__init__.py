"""The keyword language: from what a person types to a query that can be evaluated.

A query is parsed to a tree, has one canonical form, and is compiled once. The store keeps the compiled form
with the version of the rules; after an update that changes them, all stored queries are recompiled at
startup.
"""
