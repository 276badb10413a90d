"""Papers in, queries in, matches out."""
