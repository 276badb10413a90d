"""The channel in which a server is notified of problems, and its change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Revision
from bot.core.ids import ChangeId, ChannelId, ServerId, UserId
from bot.services.changes import record_of_server
from bot.store import notices, servers


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesChannel:
    """Where a server is notified of problems, before and after a change; None for any channel."""

    before: ChannelId | None
    after: ChannelId | None
    change_id: ChangeId | None = None  # None if nothing changed


async def change_notices_channel(
    conn: AsyncConnection,
    server_id: ServerId,
    *,
    before: ChannelId | None,
    after: ChannelId | None,
    user_id: UserId,
    now: datetime,
) -> NoticesChannel:
    """Changes where the server is notified of problems, and records it.

    Notices that no channel accepted so far are tried again.
    """
    await notices.retry_undeliverable(conn, server_id, now=now)
    if before == after:
        return NoticesChannel(before=before, after=after)
    await servers.set_notices_channel(conn, server_id, after, now=now)
    old, new = (
        f"<#{channel_id}>" if channel_id else "any channel that I can post in"
        for channel_id in (before, after)
    )
    change_id = await record_of_server(
        conn,
        server_id,
        f"problem notices: {old} → {new}",
        user_id=user_id,
        now=now,
        revision=Revision(notices=(before, after)),
    )
    return NoticesChannel(before=before, after=after, change_id=change_id)
