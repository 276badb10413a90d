"""Questions that change nothing: search, preview, explain, status, results."""
