"""Leases: which process owns which shard, by a row and a session's advisory lock, and how others take over.

What a process does for a server, it does in transactions that `hold` the lease of the server's shard. Taking
over locks the row against that, so it waits for such transactions, and later ones see another owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import DateTime, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.core.shards import OwnedShards
from bot.store import restored, tables
from bot.store.locking import delete_unlocked
from bot.store.postgres import joining
from bot.store.postgres.backend import application_name
from bot.store.postgres.joining import Lease, OtherFleet

_leases = tables.shard_leases
_processes = tables.processes
# The first key of the advisory locks of shards; the second is the shard.
_SHARD_LOCKS: Final = 1_646_337_862
# A transaction that holds a lease ends within milliseconds; those of a former owner were ended before.
_LOCK_TIMEOUT: Final = "3s"
_LOCK_TRIES: Final = 10
_AGAIN_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Process:
    id: str
    renewals: int


@dataclass(frozen=True, slots=True)
class FleetState:
    """What the database says about the fleet at one moment."""

    leases: tuple[Lease, ...]  # in the order of the shards
    processes: tuple[Process, ...]  # the oldest first


async def hold(
    conn: AsyncConnection, process_id: str, shard_count: int, shards: Collection[int] | None = None
) -> OwnedShards:
    """Those of the shards (None: of all) that the process owns, until the transaction ends at least."""
    statement = select(_leases.c.shard).where(_leases.c.owner == process_id).order_by(_leases.c.shard)
    if shards is not None:
        statement = statement.where(_leases.c.shard.in_(list(shards)))
    held = (await conn.execute(statement.with_for_update(read=True, key_share=True))).scalars()
    return OwnedShards(shard_count, frozenset(held))


async def end_fleet(conn: AsyncConnection) -> bool:
    """Deletes what a fleet that ended has left, for a bot in a single process; False if there was nothing.

    What its processes began is looked for before it is sent again. Protected by the sole use of the
    database: no process of a fleet runs.
    """
    owners = (await conn.execute(delete(_leases).returning(_leases.c.owner))).scalars().all()
    await conn.execute(delete(_processes))
    if not any(owners):
        return False
    await restored.look_before_resending(conn, None)
    return True


class LeaseSession:
    """A separate connection, whose end releases the advisory locks: so PostgreSQL notices most deaths.

    Its methods raise SQLAlchemy's errors; after one, close it and open another.
    """

    def __init__(self, engine: AsyncEngine, *, process_id: str, shard_count: int) -> None:
        self._engine = engine
        self._process_id = process_id
        self._shard_count = shard_count
        self._conn: AsyncConnection | None = None
        self._locked: set[int] = set()

    async def open(self) -> None:
        self._conn = await self._engine.connect()

    async def enter(self) -> bool:
        """As `joining.enter`."""
        return await joining.enter(self._connection, self._shard_count)

    async def close(self) -> None:
        """Ends the connection, in a moment if the server does not answer."""
        conn, self._conn = self._conn, None
        self._locked.clear()
        if conn is not None:
            await conn.invalidate()
            await conn.close()

    async def make_leases(self, *, ended: tuple[Lease, ...] = ()) -> OtherFleet | None:
        """As `joining.make_leases`. Protected by what that says."""
        return await joining.make_leases(self._connection, self._shard_count, ended=ended)

    async def renew(self) -> frozenset[int]:
        """Says that the process runs; returns the shards that it owns.

        Protected by single statements, on rows that are its own as long as they name it.
        """
        conn = self._connection
        async with conn.begin():
            now = func.clock_timestamp(type_=DateTime(timezone=True))
            new = upsert(_processes).values(id=self._process_id, renewals=1, started_at=now)
            statement = new.on_conflict_do_update(
                index_elements=["id"], set_={"renewals": _processes.c.renewals + 1}
            )
            await conn.execute(statement)
            renewed = (
                update(_leases)
                .where(_leases.c.owner == self._process_id)
                .values(renewals=_leases.c.renewals + 1)
                .returning(_leases.c.shard)
            )
            shards = frozenset((await conn.execute(renewed)).scalars())
        for shard in shards - self._locked:  # after a new connection; who is about to take over lets go again
            await self._lock(shard)
        return shards

    async def look(self) -> FleetState:
        conn = self._connection
        async with conn.begin():
            leases = await conn.execute(
                select(_leases.c.shard, _leases.c.owner, _leases.c.renewals)
                .where(_leases.c.shard_count == self._shard_count)
                .order_by(_leases.c.shard)
            )
            processes = await conn.execute(
                select(_processes.c.id, _processes.c.renewals).order_by(
                    _processes.c.started_at, _processes.c.id
                )
            )
            return FleetState(
                leases=tuple(Lease(*row) for row in leases),
                processes=tuple(Process(*row) for row in processes),
            )

    async def take(self, seen: Iterable[Lease]) -> frozenset[int]:
        """Takes over the shards whose leases are still as they were seen; returns those.

        The connections of an owner that does not renew them are ended first, with what it has begun.
        Protected by a session's lock on the shard, and the lock on the lease's row, under which it is
        compared with what was seen.
        """
        leases = list(seen)
        for owner in {lease.owner for lease in leases if lease.owner is not None}:
            await self._end_connections(owner)
        return frozenset([lease.shard for lease in leases if await self._take(lease)])

    async def _take(self, seen: Lease) -> bool:
        tries_left = _LOCK_TRIES
        while not await self._lock(seen.shard):  # the former owner's connection is just ending
            tries_left -= 1
            if not tries_left:
                await self._end_holder(seen)
                return False
            await asyncio.sleep(_AGAIN_SECONDS)
        conn = self._connection
        async with conn.begin():
            await conn.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            statement = select(_leases.c.owner, _leases.c.renewals).where(_leases.c.shard == seen.shard)
            current = (await conn.execute(statement.with_for_update())).one_or_none()
            is_free = current is not None and tuple(current) == (seen.owner, seen.renewals)
            if is_free:
                await conn.execute(
                    update(_leases)
                    .where(_leases.c.shard == seen.shard)
                    .values(owner=self._process_id, renewals=_leases.c.renewals + 1)
                )
                taken = OwnedShards(self._shard_count, frozenset({seen.shard}))
                await restored.look_before_resending(conn, taken)
        if not is_free:
            await self._unlock(seen.shard)
        return is_free

    async def release(self, shards: Collection[int]) -> None:
        """Gives the shards back, so that another process takes them at once.

        Protected by the locks on its own leases' rows, which wait for transactions that hold them.
        """
        conn = self._connection
        condition = (_leases.c.owner == self._process_id) & _leases.c.shard.in_(list(shards))
        async with conn.begin():
            await conn.execute(
                select(_leases.c.shard).where(condition).order_by(_leases.c.shard).with_for_update()
            )
            await conn.execute(update(_leases).where(condition).values(owner=None))
        for shard in self._locked & set(shards):
            await self._unlock(shard)

    async def leave(self) -> None:
        """Gives back everything: the process ends."""
        await self.release(range(self._shard_count))
        await self.forget(self._process_id)

    async def forget(self, process_id: str, *, renewals: int | None = None) -> None:
        """Deletes a process that ended, if it is still as it was seen.

        Protected by a single statement that compares the renewals, and never waits: what was to be forgotten
        may have the row locked, if it is frozen.
        """
        conditions = [_processes.c.id == process_id]
        if renewals is not None:
            conditions.append(_processes.c.renewals == renewals)
        statement = delete_unlocked(_processes, *conditions)
        conn = self._connection
        async with conn.begin():
            await conn.execute(statement)

    @property
    def _connection(self) -> AsyncConnection:
        if self._conn is None:
            raise RuntimeError("the session is not open")
        return self._conn

    async def _lock(self, shard: int) -> bool:
        if shard in self._locked:
            return True
        if await self._committed(select(func.pg_try_advisory_lock(_SHARD_LOCKS, shard))):
            self._locked.add(shard)
        return shard in self._locked

    async def _unlock(self, shard: int) -> None:
        await self._committed(select(func.pg_advisory_unlock(_SHARD_LOCKS, shard)))
        self._locked.discard(shard)

    async def _end_connections(self, process_id: str) -> None:
        statement = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
            " AND datname = current_database() AND usename = current_user"
        )
        conn = self._connection
        async with conn.begin():
            await conn.execute(text(statement), {"name": application_name(process_id)})

    async def _end_holder(self, seen: Lease) -> None:
        """Ends the connection that keeps the lock of a lease that is still nobody's.

        Its process has given the lease back on another one, because the network forgot this one.
        """
        holder = (
            "SELECT pg_terminate_backend(pg_locks.pid) FROM pg_locks"
            " JOIN pg_database ON pg_database.oid = pg_locks.database"
            " JOIN shard_leases ON shard_leases.shard = pg_locks.objid::bigint"
            " WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint = :locks"
            " AND datname = current_database() AND shard_leases.shard = :shard"
            " AND shard_leases.owner IS NULL AND shard_leases.renewals = :renewals"
        )
        conn = self._connection
        async with conn.begin():
            values = {"locks": _SHARD_LOCKS, "shard": seen.shard, "renewals": seen.renewals}
            await conn.execute(text(holder), values)

    async def _committed(self, statement: Any) -> Any:
        """The statement's one value; locks outlast the transaction."""
        conn = self._connection
        async with conn.begin():
            return (await conn.execute(statement)).scalar_one_or_none()
