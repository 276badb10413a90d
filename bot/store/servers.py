"""Servers (Discord's guilds) that have used Paperboy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ChannelId, ServerId
from bot.core.schedules import ScheduleDefaults
from bot.store import tables
from bot.store.dialects import insert_if_new


async def ensure(conn: AsyncConnection, server_id: ServerId, *, now: datetime) -> None:
    row = {"id": server_id, "added_at": now}
    await conn.execute(insert_if_new(conn, tables.servers, key=["id"]), row)


async def count(conn: AsyncConnection) -> int:
    return (await conn.execute(select(func.count()).select_from(tables.servers))).scalar_one()


async def set_notices_channel(
    conn: AsyncConnection, server_id: ServerId, channel_id: ChannelId, *, now: datetime
) -> None:
    """Where the server's people want to hear of troubles; a server that is not known yet is made."""
    await ensure(conn, server_id, now=now)
    theirs = tables.servers.c.id == server_id
    await conn.execute(update(tables.servers).where(theirs).values(notices_channel_id=channel_id))


async def notices_channel(conn: AsyncConnection, server_id: ServerId) -> ChannelId | None:
    statement = select(tables.servers.c.notices_channel_id).where(tables.servers.c.id == server_id)
    channel_id = (await conn.execute(statement)).scalar_one_or_none()
    return None if channel_id is None else ChannelId(channel_id)


async def welcome(conn: AsyncConnection, server_id: ServerId, *, now: datetime) -> bool:
    """Note that the server is welcomed, one that is not known yet is made; False where it was before."""
    await ensure(conn, server_id, now=now)
    theirs = (tables.servers.c.id == server_id) & tables.servers.c.welcomed_at.is_(None)
    return (await conn.execute(update(tables.servers).where(theirs).values(welcomed_at=now))).rowcount == 1


async def defaults(conn: AsyncConnection, server_id: ServerId) -> ScheduleDefaults:
    """What the server's new feeds begin with; of a server that is not known, nothing is."""
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
    """What the server's new feeds begin with from now on; a server that is not known yet is made."""
    await ensure(conn, server_id, now=now)
    await conn.execute(
        update(tables.servers)
        .where(tables.servers.c.id == server_id)
        .values(
            default_time=defaults.time,
            default_timezone=defaults.timezone,
            default_weekdays=defaults.weekdays,
        )
    )
