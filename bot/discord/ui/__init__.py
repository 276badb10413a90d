"""Answers as people see and press them: pages, buttons, forms, errors.

- Everything is acknowledged before it waits for a lock, the store or Discord. Pressing twice does the work
  once.
- Permissions are checked when somebody presses, not when the button was shown. Pages of an ephemeral
  answer can be turned as long as the person still sees every channel on them.
- Pages, confirmations and the /setup panel live in memory for up to 14 minutes. "Already done", "expired" and
  "before a restart" have different texts. *Check again*, *Undo* and *Set up* carry what they need, and
  survive a restart, and so does everything below papers.
"""
