"""A run: fetch the list, decide, write the posts."""
