"""The history of changes, kept for KEPT_DAYS."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import KEPT_DAYS, Change
from bot.core.ids import ChannelId, ServerId
from bot.store import servers, tables

_changes = tables.changes


async def add(conn: AsyncConnection, change: Change) -> None:
    """Add a change, and delete those of every server that are older than KEPT_DAYS."""
    await servers.ensure(conn, change.server_id, now=change.changed_at)
    await conn.execute(insert(_changes), asdict(change))
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
        select(*(_changes.c[field.name] for field in fields(Change)))
        .where(_changes.c.server_id == server_id, _changes.c.changed_at >= since, *of_channel)
        .order_by(_changes.c.id.desc())
        .limit(limit)
    )
    return [Change(**row) for row in (await conn.execute(statement)).mappings()]
