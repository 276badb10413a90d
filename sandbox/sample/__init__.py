"""The bundled lists, one file a list day, oldest first: three that are open at the start, then those to come.

The texts are this project's own words.
"""
