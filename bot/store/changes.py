"""The history of changes, kept for KEPT_DAYS."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import KEPT_DAYS, Change
from bot.core.ids import ChannelId, ServerId, UserId
from bot.store import servers, tables

_changes = tables.changes


async def add(conn: AsyncConnection, change: Change) -> None:
    """Add a change, and delete those of every server that are older than KEPT_DAYS."""
    await servers.ensure(conn, change.server_id, now=change.changed_at)
    await conn.execute(
        insert(_changes),
        {
            "server_id": change.server_id,
            "channel_id": change.channel_id,
            "user_id": change.user_id,
            "changed_at": change.changed_at,
            "what": change.what,
        },
    )
    await conn.execute(
        delete(_changes).where(_changes.c.changed_at < change.changed_at - timedelta(days=KEPT_DAYS))
    )


async def of_server(
    conn: AsyncConnection,
    server_id: ServerId,
    *,
    since: datetime,
    channel_id: ChannelId | None = None,
    limit: int,
) -> list[Change]:
    """The newest changes since then, of the whole server or of one channel, newest first."""
    of_channel = () if channel_id is None else (_changes.c.channel_id == channel_id,)
    statement = (
        select(_changes)
        .where(_changes.c.server_id == server_id, _changes.c.changed_at >= since, *of_channel)
        .order_by(_changes.c.id.desc())
        .limit(limit)
    )
    return [
        Change(
            server_id=ServerId(row.server_id),
            channel_id=None if row.channel_id is None else ChannelId(row.channel_id),
            user_id=UserId(row.user_id),
            changed_at=row.changed_at,
            what=row.what,
        )
        for row in await conn.execute(statement)
    ]
