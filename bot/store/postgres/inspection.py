"""Inspection of a PostgreSQL database without changing anything."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, text

from bot.store import tables
from bot.store.inspection import Inspection
from bot.store.postgres.backend import PostgresBackend, application_name
from bot.store.postgres.lease_rows import IS_CURRENT
from bot.store.postgres.server import Server, server_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetMember:
    id: str
    started_at: datetime  # in UTC
    is_connected: bool  # to the database
    shards: tuple[int, ...]  # that it owns


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetShards:
    """The shards of a fleet; none if only one process ran last."""

    count: int
    free: tuple[int, ...]  # that no process owns


class PostgresInspector(Inspection):
    """What can be asked of a PostgreSQL database."""

    async def server(self) -> Server:
        return await server_of(self.connection)

    async def size_bytes(self) -> int:
        return (
            await self.connection.execute(text("SELECT pg_database_size(current_database())"))
        ).scalar_one()

    async def fleet(self) -> tuple[FleetShards, list[FleetMember]]:
        """The shards, and the processes in the order of their start."""
        leases = tables.shard_leases.c
        rows = (
            await self.connection.execute(
                select(leases.shard, leases.owner).where(IS_CURRENT).order_by(leases.shard)
            )
        ).all()
        of_owner: defaultdict[str | None, list[int]] = defaultdict(list)
        for shard, owner in rows:
            of_owner[owner].append(shard)
        names = text(
            "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        )
        connected = set((await self.connection.execute(names)).scalars())
        processes = tables.processes.c
        started = select(processes.id, processes.started_at).order_by(processes.started_at, processes.id)
        members = [
            FleetMember(
                id=process_id,
                started_at=started_at.astimezone(UTC),
                is_connected=application_name(process_id) in connected,
                shards=tuple(of_owner[process_id]),
            )
            for process_id, started_at in await self.connection.execute(started)
        ]
        free = [shard for shard, owner in rows if owner not in {member.id for member in members}]
        return FleetShards(count=len(rows), free=tuple(free)), members

    async def foreign_tables(self) -> list[str]:
        """Tables of ours that belong to another user, whom only a migration would notice."""
        return list((await self.connection.execute(_OF_OTHERS)).scalars())


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
