"""Queries: use cases that only read, such as search, preview, explain, status and results."""
