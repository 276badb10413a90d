"""Servers (Discord's guilds) that have used Paperboy."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ChannelId, ServerId
from bot.core.schedules import ScheduleDefaults
from bot.store import locking, tables
from bot.store.statements import id_array, insert_if_new


async def ensure(conn: AsyncConnection, server_id: ServerId, *, now: datetime) -> None:
    """Protected by the primary key."""
    row = {"id": server_id, "added_at": now}
    await conn.execute(insert_if_new(tables.servers, key=("id",)), row)


async def lock(conn: AsyncConnection, server_ids: Collection[ServerId], *, now: datetime) -> None:
    """Has other processes wait that change something of these servers: see `locking`. Adds unknown ones."""
    for server_id in sorted(server_ids):
        await ensure(conn, server_id, now=now)
    await locking.lock(conn, tables.servers, server_ids)


async def memberships(conn: AsyncConnection) -> dict[ServerId, bool]:
    """Every server that is known, and whether the bot is in it as far as that was noted."""
    rows = await conn.execute(select(tables.servers.c.id, tables.servers.c.left_at))
    return {ServerId(row.id): row.left_at is None for row in rows}


async def is_left(conn: AsyncConnection, server_id: ServerId) -> bool:
    condition = (tables.servers.c.id == server_id) & tables.servers.c.left_at.is_not(None)
    return (await conn.execute(select(tables.servers.c.id).where(condition))).first() is not None


async def leave(conn: AsyncConnection, server_ids: Collection[ServerId], *, now: datetime) -> None:
    """Record that the bot has left these servers. One that it had left before keeps its time.

    Protected by the locks on the servers, taken in order.
    """
    await locking.lock(conn, tables.servers, server_ids)
    condition = tables.servers.c.id.in_(id_array(server_ids)) & tables.servers.c.left_at.is_(None)
    await conn.execute(update(tables.servers).where(condition).values(left_at=now))


async def come_back(conn: AsyncConnection, server_ids: Collection[ServerId]) -> None:
    """Record that the bot is in these servers, if they are known.

    Protected by the locks on the servers, taken in order.
    """
    await locking.lock(conn, tables.servers, server_ids)
    condition = tables.servers.c.id.in_(id_array(server_ids)) & tables.servers.c.left_at.is_not(None)
    await conn.execute(update(tables.servers).where(condition).values(left_at=None))


async def any_left(conn: AsyncConnection, *, before: datetime) -> bool:
    """Whether `forget_left` would delete any."""
    return (await conn.execute(_any_left(), {"before": before})).first() is not None


@cache
def _any_left() -> Select[Any]:
    return select(tables.servers.c.id).where(_is_forgettable(bindparam("before"))).limit(1)


async def forget_left(conn: AsyncConnection, *, before: datetime) -> list[ServerId]:
    """Delete the servers without feeds that the bot left before then; returns them.

    One to which a feed is being added is left for the next time. Protected by leaving out locked ones, and
    asking again once the others are locked.
    """
    old = select(tables.servers.c.id).where(_is_forgettable(before)).with_for_update(skip_locked=True)
    ids = (await conn.execute(old)).scalars().all()
    # Looked at again: a feed that was added before it was locked may not have been seen.
    still_old = tables.servers.c.id.in_(id_array(ids)), _is_forgettable(before)
    gone = delete(tables.servers).where(*still_old).returning(tables.servers.c.id)
    return sorted(ServerId(server_id) for server_id in (await conn.execute(gone)).scalars())


def _is_forgettable(before: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    has_feeds = exists().where(tables.feeds.c.server_id == tables.servers.c.id)
    return and_(tables.servers.c.left_at < before, ~has_feeds)


async def set_notices_channel(
    conn: AsyncConnection, server_id: ServerId, channel_id: ChannelId | None, *, now: datetime
) -> None:
    """Set the channel for the server's notices, or none; adds a server that is not known yet.

    Protected by the lock on the server, under which the one before was read.
    """
    await ensure(conn, server_id, now=now)
    condition = tables.servers.c.id == server_id
    await conn.execute(update(tables.servers).where(condition).values(notices_channel_id=channel_id))


async def notices_channel(conn: AsyncConnection, server_id: ServerId) -> ChannelId | None:
    statement = select(tables.servers.c.notices_channel_id).where(tables.servers.c.id == server_id)
    channel_id = (await conn.execute(statement)).scalar_one_or_none()
    return None if channel_id is None else ChannelId(channel_id)


async def welcome(conn: AsyncConnection, server_id: ServerId, *, now: datetime) -> bool:
    """Record that the server is welcomed; False if it is known already.

    Protected by the primary key: one process adds the server.
    """
    row = {"id": server_id, "added_at": now, "welcomed_at": now}
    return (await conn.execute(insert_if_new(tables.servers, key=("id",)), row)).rowcount == 1


async def defaults(conn: AsyncConnection, server_id: ServerId) -> ScheduleDefaults:
    """The default schedule of the server's new feeds; empty for an unknown server."""
    columns = tables.servers.c
    statement = select(columns.default_time, columns.default_timezone, columns.default_weekdays)
    row = (await conn.execute(statement.where(columns.id == server_id))).one_or_none()
    if row is None:
        return ScheduleDefaults()
    return ScheduleDefaults(
        time=row.default_time, timezone=row.default_timezone, weekdays=row.default_weekdays
    )


async def set_defaults(
    conn: AsyncConnection, server_id: ServerId, defaults: ScheduleDefaults, *, now: datetime
) -> None:
    """Set the default schedule of the server's new feeds; adds a server that is not known yet.

    Protected by the lock on the server, under which those before were read.
    """
    await ensure(conn, server_id, now=now)
    await conn.execute(
        update(tables.servers)
        .where(tables.servers.c.id == server_id)
        .values(
            default_time=defaults.time, default_timezone=defaults.timezone, default_weekdays=defaults.weekdays
        )
    )
