"""Connections of other processes: they are ended before what they have locked is taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.postgres.backend import application_name
from bot.store.postgres.lease_rows import Lease

# A connection ends within milliseconds, unless the server's process behind it is frozen, or waits for a disk.
_ENDS_WITHIN_SECONDS: Final = 3.0
_AGAIN_SECONDS: Final = 0.1
# Also those that have kept leases locked for long, whosever they are: such a transaction takes milliseconds.
_STUCK_AFTER: Final = timedelta(seconds=10)
_END: Final = text(
    "SELECT pid FROM pg_stat_activity CROSS JOIN LATERAL pg_terminate_backend(pid)"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    " AND (application_name = ANY(:names) OR application_name LIKE 'paperboy/%'"
    "  AND xact_start < clock_timestamp() - cast(:stuck_after AS interval) AND EXISTS (SELECT FROM pg_locks"
    "   WHERE pg_locks.pid = pg_stat_activity.pid AND relation = 'shard_leases'::regclass"
    "   AND mode = 'RowExclusiveLock' AND granted))"
)
_ARE_THERE: Final = text("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(:pids))")
_END_HOLDER: Final = text(
    "SELECT pg_terminate_backend(pg_locks.pid) FROM pg_locks"
    " JOIN pg_database ON pg_database.oid = pg_locks.database"
    " JOIN shard_leases ON shard_leases.shard = pg_locks.objid::bigint"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint = :locks"
    " AND datname = current_database() AND shard_leases.shard = :shard AND shard_leases.term = :term"
    " AND shard_leases.owner IS NULL AND shard_leases.renewals = :renewals"
)


async def end(conn: AsyncConnection, process_ids: Iterable[str], *, waits: bool = True) -> bool:
    """Ends the connections of these processes, and others that keep leases locked; False: one is frozen.

    A frozen one ends once it wakes up, before it begins anything else, even to commit.
    """
    names = [application_name(process_id) for process_id in process_ids]
    async with conn.begin():
        pids = list((await conn.execute(_END, {"names": names, "stuck_after": _STUCK_AFTER})).scalars())
    tries_left = round(_ENDS_WITHIN_SECONDS / _AGAIN_SECONDS) if waits else 0
    while pids and await _are_there(conn, pids):
        if not tries_left:
            return False
        tries_left -= 1
        await asyncio.sleep(_AGAIN_SECONDS)
    return True


async def end_holder(conn: AsyncConnection, seen: Lease, *, locks: int) -> None:
    """Ends the connection that keeps the lock of a lease that is still nobody's.

    Its process has given the lease back on another one, because the network forgot this one.
    """
    values = {"locks": locks, "shard": seen.shard, "term": seen.term, "renewals": seen.renewals}
    async with conn.begin():
        await conn.execute(_END_HOLDER, values)


async def _are_there(conn: AsyncConnection, pids: list[int]) -> bool:
    async with conn.begin():
        return (await conn.execute(_ARE_THERE, {"pids": pids})).scalar_one()
