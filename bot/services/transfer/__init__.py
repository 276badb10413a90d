"""Feeds exported to files, imported from files, copied between channels.

- A file is converted to values first. Each problem is reported with its line, or with its feed and key.
- Every channel is found by its ID, and permissions are checked when the command is used and again for
  *Import*.
- Planning shows what would change. Carrying out computes it again and writes everything in one transaction. A
  copy works the same way with a different source. Nothing is ever removed.
- The format has a version number. A new key doesn't need a new version; a key with a new meaning does.
"""
