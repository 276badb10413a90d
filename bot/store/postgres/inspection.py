"""Inspection of a PostgreSQL database without changing anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from bot.store.inspection import Inspection
from bot.store.postgres.backend import PostgresBackend
from bot.store.postgres.sole_use import SOLE_USE


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a start depends on, beyond the tables."""

    version: int  # the first part: 15 of 15.18
    encoding: str
    timezone: str  # of the server; ours is always UTC
    may_create: bool  # tables in the schema that we would use
    is_standby: bool
    connections_left: int
    is_in_use: bool  # a bot runs on it


class PostgresInspector(Inspection):
    """What can be asked of a PostgreSQL database."""

    async def server(self) -> Server:
        found = await self.connection.execute(_SERVER, {"sole_use": SOLE_USE})
        return Server(**found.mappings().one())

    async def size_bytes(self) -> int:
        return (
            await self.connection.execute(text("SELECT pg_database_size(current_database())"))
        ).scalar_one()

    async def foreign_tables(self) -> list[str]:
        """Tables of ours that belong to another user, whom only a migration would notice."""
        return list((await self.connection.execute(_OF_OTHERS)).scalars())


_SERVER = text(
    """
SELECT current_setting('server_version_num')::int / 10000 AS version,
       pg_encoding_to_char(encoding) AS encoding,
       (SELECT coalesce(reset_val, setting) FROM pg_settings WHERE name = 'TimeZone') AS timezone,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       pg_is_in_recovery() AS is_standby,
       current_setting('max_connections')::int - (SELECT count(*)::int FROM pg_stat_activity
                                                  WHERE backend_type = 'client backend') AS connections_left,
       EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
               WHERE locktype = 'advisory' AND datname = current_database()
                 AND (classid::bigint << 32) + objid::bigint = :sole_use) AS is_in_use
FROM pg_database WHERE datname = current_database()
"""
)
_OF_OTHERS = text(
    """
SELECT tablename FROM pg_tables
WHERE schemaname = current_schema() AND NOT pg_has_role(tableowner, 'USAGE') ORDER BY tablename
"""
)


@asynccontextmanager
async def inspected(backend: PostgresBackend, *, within_seconds: float) -> AsyncGenerator[PostgresInspector]:
    """The database, in a transaction that only reads.

    Raises:
        ConfigError: it cannot be used; the text names DATABASE_URL and says why.
        TimeoutError: it took too long.
    """
    engine = backend.reader()
    try:
        with backend.refusals():
            async with asyncio.timeout(within_seconds), engine.connect() as conn:
                yield PostgresInspector(conn)
    finally:
        await engine.dispose()
