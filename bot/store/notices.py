"""Notices that are owed to servers, or were told; each stands until its trouble is over."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId, ServerId
from bot.core.notices import NoticeKind, NoticeState
from bot.store import tables
from bot.store.column_types import UtcDateTime
from bot.store.dialects import insert_if_new

_notices = tables.notices
_feeds = tables.feeds
_NONCE_BYTES = 12  # 24 hex digits: Discord takes 25 characters


async def owe(conn: AsyncConnection, kind: NoticeKind, feed_id: FeedId, *, now: datetime) -> None:
    """Owe the feed's server a notice of this kind, unless it heard of it, or is about to."""
    row = select(
        _feeds.c.server_id,
        _feeds.c.id,
        literal(kind.value),
        literal(NoticeState.PENDING.value),
        literal(secrets.token_hex(_NONCE_BYTES)),
        literal(now, UtcDateTime()),
        literal(0),
        literal(now, UtcDateTime()),
    ).where(_feeds.c.id == feed_id)
    columns = ["server_id", "feed_id", "kind", "state", "nonce", "created_at", "attempts", "next_attempt_at"]
    await conn.execute(insert_if_new(conn, _notices, key=["feed_id", "kind"]).from_select(columns, row))


async def count_untold(conn: AsyncConnection, server_id: ServerId) -> int:
    """How many of the server's notices nobody could be told."""
    theirs = (_notices.c.server_id == server_id) & (_notices.c.state == NoticeState.UNTOLD.value)
    return (await conn.execute(select(func.count()).select_from(_notices).where(theirs))).scalar_one()


async def end(conn: AsyncConnection, feed_id: FeedId) -> None:
    """What the feed's notices told of is over: what comes next is told anew."""
    await conn.execute(delete(_notices).where(_notices.c.feed_id == feed_id))
