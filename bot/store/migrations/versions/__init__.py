"""One file a revision, numbered, in SQL or plain SQLAlchemy types, so that it stays what it was.

A new one is written by hand beside a change of `bot.store.tables`; the tests show what it still lacks.
A revision that was released is never changed.
"""
