"""Feeds exported to files, imported from files, copied between channels."""
