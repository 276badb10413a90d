"""One numbered file per revision, in SQL or plain SQLAlchemy types, independent of the current tables.

A new one is written by hand together with a change of `bot.store.tables`; the tests show what it still lacks.
A released revision is never changed.
"""
