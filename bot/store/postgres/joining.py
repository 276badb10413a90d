"""Joining a fleet: its processes have agreed on the number of shards, and each shard has a lease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import restored, tables
from bot.store.postgres.lease_rows import COLUMNS, IS_CURRENT, Lease
from bot.store.postgres.sole_use import SOLE_USE

_leases = tables.shard_leases
# The first key of an advisory lock that each process shares; the second is its number of shards.
_COUNT_LOCKS: Final = 1_646_337_863
_OTHERS_RUN: Final = text(
    "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint = :locks"
    " AND objid::bigint <> :shard_count AND granted AND datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class OtherFleet:
    """One with another number of shards, which has the leases."""

    shard_count: int
    is_connected: bool  # one of its processes
    owned: tuple[Lease, ...]


async def enter(conn: AsyncConnection, shard_count: int) -> bool:
    """Keeps bots in a single process away, as long as it is connected; False if one runs on the database."""
    async with conn.begin():
        entered = select(func.pg_try_advisory_lock_shared(SOLE_USE))
        if not (await conn.execute(entered)).scalar_one():
            return False
        await conn.execute(select(func.pg_advisory_lock_shared(_COUNT_LOCKS, shard_count)))
        return True


async def make_leases(
    conn: AsyncConnection, shard_count: int, *, ended: tuple[Lease, ...] = ()
) -> OtherFleet | None:
    """Has one lease for each shard, or tells which other fleet has them.

    That fleet's leases are replaced if none of its processes is connected, and nobody owns any but those that
    are as they were in `ended`. Protected by a lock on the table, which one process at a time has, and under
    which no lease changes: of two processes, the later one sees the leases of the other one, or its lock.
    Where nothing is to be made, as nearly always, the lock is one that keeps nobody from renewing leases.
    """
    async with conn.begin():
        await conn.execute(text("LOCK TABLE shard_leases IN ROW EXCLUSIVE MODE"))  # waits for such a process
        counts = select(_leases.c.shard_count, func.count()).where(IS_CURRENT).group_by(_leases.c.shard_count)
        if [tuple(row) for row in await conn.execute(counts)] == [(shard_count, shard_count)]:
            return None
    async with conn.begin():
        await conn.execute(text("LOCK TABLE shard_leases IN SHARE ROW EXCLUSIVE MODE"))
        if (other := await _other_fleet(conn, shard_count)) is not None:
            if other.is_connected or other.owned != ended:
                return other
            await conn.execute(delete(_leases))
            if ended:
                await restored.look_before_resending(conn, None)
        rows = [{"shard": shard, "shard_count": shard_count} for shard in range(shard_count)]
        await conn.execute(upsert(_leases).on_conflict_do_nothing(index_elements=["shard", "term"]), rows)
        return None


async def _other_fleet(conn: AsyncConnection, shard_count: int) -> OtherFleet | None:
    is_theirs = (_leases.c.shard_count != shard_count) & IS_CURRENT
    theirs = select(*COLUMNS, _leases.c.shard_count).where(is_theirs).order_by(_leases.c.shard)
    rows = (await conn.execute(theirs)).all()
    if not rows:
        return None
    values = {"locks": _COUNT_LOCKS, "shard_count": shard_count}
    return OtherFleet(
        shard_count=rows[0].shard_count,
        is_connected=(await conn.execute(_OTHERS_RUN, values)).scalar_one(),
        owned=tuple(Lease(*row[:4]) for row in rows if row.owner is not None),
    )
