"""Leases: which process owns which shard, by a row and a session's advisory lock, and how others take over.

What a process does for a server, it does in transactions that `hold` the lease of the server's shard. Taking
over locks the row against that, so it waits for such transactions, and later ones see another owner.

It does not wait for a connection that ignores the request to end, because the server's process behind it is
frozen: then the lease continues in another row. That connection never commits what it has begun, unless it
was just committing. Nobody changes what else it has locked before it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import (
    DateTime,
    Integer,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.core.shards import OwnedShards
from bot.store import restored, tables
from bot.store.locking import delete_unlocked
from bot.store.postgres import connections, errors, joining
from bot.store.postgres.joining import OtherFleet
from bot.store.postgres.lease_rows import COLUMNS, IS_CURRENT, FleetState, Lease, Process

_leases = tables.shard_leases
_processes = tables.processes
# The first key of the advisory locks of shards; the second is the shard.
_SHARD_LOCKS: Final = 1_646_337_862
# A transaction that holds a lease ends within milliseconds; those of a former owner were ended before.
_LOCK_TIMEOUT: Final = "3s"
_SHORT_LOCK_TIMEOUT: Final = "100ms"  # where waiting is of no use
_LOCK_TRIES: Final = 10
_AGAIN_SECONDS: Final = 0.1
_FIRST_RENEWALS: Final = 2**30


async def hold(
    conn: AsyncConnection, process_id: str, shard_count: int, shards: Collection[int] | None = None
) -> OwnedShards:
    """Those of the shards (None: of all) that the process owns, until the transaction ends at least."""
    is_own = (_leases.c.owner == process_id) & IS_CURRENT
    statement = select(_leases.c.shard).where(is_own).order_by(_leases.c.shard)
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

        Protected by single statements, on rows that are its own as long as they name it. They leave out rows
        that others have locked: who is taking them over, or an earlier connection of its own that is frozen.
        The process has lost those, and may take them over itself.
        """
        conn = self._connection
        async with conn.begin():
            await self._renew_process(conn)
            is_own = _leases.c.owner == self._process_id
            key = tuple_(_leases.c.shard, _leases.c.term)
            unlocked = select(_leases.c.shard, _leases.c.term).where(is_own, IS_CURRENT)
            renewed = (
                update(_leases)
                .where(key.in_(unlocked.with_for_update(key_share=True, skip_locked=True)), is_own)
                .values(renewals=_leases.c.renewals + 1)
                .returning(_leases.c.shard)
            )
            shards = frozenset((await conn.execute(renewed)).scalars())
        for shard in shards - self._locked:  # after a new connection; who is about to take over lets go again
            await self._lock(shard)
        return shards

    async def _renew_process(self, conn: AsyncConnection) -> None:
        is_own = _processes.c.id == self._process_id
        unlocked = select(_processes.c.id).where(is_own).with_for_update(key_share=True, skip_locked=True)
        renewed = update(_processes).where(_processes.c.id.in_(unlocked))
        await conn.execute(renewed.values(renewals=_processes.c.renewals + 1))
        now = func.clock_timestamp(type_=DateTime(timezone=True))
        # Not the number with which another process has forgotten it.
        first = cast(func.random() * _FIRST_RENEWALS, Integer)
        new = select(literal(self._process_id), first, now).where(~exists().where(is_own))
        await conn.execute(insert(_processes).from_select(["id", "renewals", "started_at"], new))

    async def look(self) -> FleetState:
        conn = self._connection
        async with conn.begin():
            leases = await conn.execute(
                select(*COLUMNS)
                .where(_leases.c.shard_count == self._shard_count, IS_CURRENT)
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
        owners = {lease.owner for lease in leases if lease.owner not in {None, self._process_id}}
        has_ended = await connections.end(self._connection, filter(None, owners))
        return frozenset([lease.shard for lease in leases if await self._take(lease, waits=has_ended)])

    async def _take(self, seen: Lease, *, waits: bool) -> bool:
        await self._lock_soon(seen, tries=_LOCK_TRIES if waits else 1)
        try:
            is_taken = await self._change_owner(seen, _LOCK_TIMEOUT if waits else _SHORT_LOCK_TIMEOUT)
        except DBAPIError as error:
            if waits or not errors.was_in_the_way(error):
                raise
            is_taken = await self._replace(seen)
        if not is_taken and seen.shard in self._locked:
            await self._unlock(seen.shard)
        return is_taken

    async def _lock_soon(self, seen: Lease, *, tries: int) -> None:
        """Takes the session's lock; goes on without it where a connection that has to end keeps it."""
        while not await self._lock(seen.shard):  # the former owner's connection is just ending
            tries -= 1
            if not tries:
                await connections.end_holder(self._connection, seen, locks=_SHARD_LOCKS)
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _change_owner(self, seen: Lease, lock_timeout: str) -> bool:
        conn = self._connection
        row = (_leases.c.shard == seen.shard) & (_leases.c.term == seen.term)
        async with conn.begin():
            await conn.execute(text(f"SET LOCAL lock_timeout = '{lock_timeout}'"))
            current = (await conn.execute(select(*COLUMNS).where(row).with_for_update())).one_or_none()
            if current is None or Lease(*current) != seen:
                return False
            new = {"owner": self._process_id, "renewals": seen.renewals + 1}
            taken = update(_leases).where(row, IS_CURRENT).values(new).returning(_leases.c.shard)
            if (await conn.execute(taken)).one_or_none() is None:
                return False
            await restored.look_before_resending(conn, self._only(seen.shard))
            return True

    async def _replace(self, seen: Lease) -> bool:
        """Goes on in another row, because a frozen connection has the lease's row locked.

        Protected by the rows' key, which one process at a time can add. Another connection of the former
        owner may have begun something before it could see the new row, so it is ended, and looked for, too.
        """
        conn = self._connection
        current = select(*COLUMNS).where(_leases.c.shard == seen.shard, IS_CURRENT)
        values = {"shard": seen.shard, "shard_count": self._shard_count, "owner": self._process_id}
        new = upsert(_leases).values(**values, term=seen.term + 1, renewals=seen.renewals + 1)
        async with conn.begin():
            await conn.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            if Lease(*(await conn.execute(current)).one()) != seen:
                return False
            added = await conn.execute(new.on_conflict_do_nothing().returning(_leases.c.shard))
            if added.one_or_none() is None:
                return False
            await restored.look_before_resending(conn, self._only(seen.shard), waits=False)
        if seen.owner is not None and seen.owner != self._process_id:
            await connections.end(conn, [seen.owner], waits=False)
        async with conn.begin():
            await restored.look_before_resending(conn, self._only(seen.shard), waits=False)
        return True

    def _only(self, shard: int) -> OwnedShards:
        return OwnedShards(self._shard_count, frozenset({shard}))

    async def release(self, shards: Collection[int]) -> None:
        """Gives the shards back, so that another process takes them at once.

        Protected by the locks on its own leases' rows, which wait for transactions that hold them.
        """
        conn = self._connection
        condition = (_leases.c.owner == self._process_id) & _leases.c.shard.in_(list(shards)) & IS_CURRENT
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

    async def _committed(self, statement: Any) -> Any:
        """The statement's one value; locks outlast the transaction."""
        conn = self._connection
        async with conn.begin():
            return (await conn.execute(statement)).scalar_one_or_none()
