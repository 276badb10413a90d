"""The store: tables, migrations, and one file per noun.

- One writer at a time in a process (`BEGIN IMMEDIATE` behind a lock); each transaction uses its own
  connection. On PostgreSQL other processes write as well: `locking` says what keeps their writes right.
- A paper is on every day whose list showed it, and on a later day that the item itself names. Nothing removes
  it from a day again. Its latest day counts for decisions, so that a paper that returns can match newer
  subscriptions, waits for upvotes again, and is still posted once.
- Every change of a feed or of a server's settings is recorded in `changes` in its own transaction, for 90
  days.
"""
