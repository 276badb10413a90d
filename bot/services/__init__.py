"""The use cases, without Discord: runs, delivery, feeds, queries, import and export."""
