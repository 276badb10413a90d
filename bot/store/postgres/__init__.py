"""What only PostgreSQL has: its address, its engines, and what its errors mean.

Writes are READ COMMITTED transactions, and reads are REPEATABLE READ and read-only, so that a read sees one
moment of the database, as with SQLite. Within a process one write runs at a time, on every store. Between
processes a constraint, a row lock or the lease on a shard keeps each write right; the store functions say
which.
"""
