"""The fleet: several processes that share the servers out among themselves, on one PostgreSQL database.

Each process owns shards by leases. What it does for a server, it does only while it owns the server's shard.
"""
