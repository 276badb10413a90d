"""Holding a feed whose channel refuses, and owing its server a word about it, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId
from bot.core.notices import NoticeKind
from bot.errors import DeliveryError
from bot.store import feeds, notices

# A refusal that the channel's permissions do not explain is tried again after an hour, then two, four …
FIRST_LOOK = timedelta(hours=1)
LONGEST_LOOK = timedelta(days=1)


async def hold(conn: AsyncConnection, feed_id: FeedId, error: DeliveryError, *, now: datetime) -> None:
    """Stops posting in the feed, keeps all that is its, and owes its server a notice of it."""
    look_at = None
    if not (error.is_explained or error.is_gone):
        before = await feeds.holds_in_a_row(conn, feed_id)
        look_at = now + min(FIRST_LOOK * 2 ** min(before, 10), LONGEST_LOOK)
    await feeds.hold(conn, feed_id, reason=error.reason, now=now, look_at=look_at, is_gone=error.is_gone)
    await notices.owe(conn, NoticeKind.HELD, feed_id, now=now)


async def tell_of_delay(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> None:
    """Owes the feed's server a notice that its messages do not get through."""
    await notices.owe(conn, NoticeKind.DELAYED, feed_id, now=now)


async def tell_of_success(conn: AsyncConnection, feed_id: FeedId) -> None:
    """A message got through: what was told of the feed's troubles is over."""
    await feeds.worked(conn, feed_id)
    await notices.end(conn, feed_id)
