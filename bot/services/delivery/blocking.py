"""Blocking and unblocking of feeds, and the notices about it; in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.feeds import Feed
from bot.core.ids import FeedId, PostId
from bot.core.notices import NoticeKind
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.store import feeds, follow_ups, notices, outbox

# An unexplained refusal is tried again after one hour, then two, four …
FIRST_RECHECK = timedelta(hours=1)
MAX_RECHECK_WAIT = timedelta(days=1)


async def block(conn: AsyncConnection, feed_id: FeedId, error: DeliveryError, *, now: datetime) -> None:
    """Blocks the feed, keeps everything it has, and adds a notice for its server."""
    recheck_at = None
    if error.kind is not DeliveryErrorKind.PERMISSION_MISSING:
        before = await feeds.blocks_in_a_row(conn, feed_id)
        recheck_at = now + min(FIRST_RECHECK * 2 ** min(before, 10), MAX_RECHECK_WAIT)
    is_gone = error.kind is DeliveryErrorKind.GONE
    await feeds.block(conn, feed_id, reason=error.reason, now=now, recheck_at=recheck_at, is_gone=is_gone)
    await notices.add(conn, NoticeKind.BLOCKED, feed_id, now=now)


async def block_as_seen(conn: AsyncConnection, feed: Feed, access: Access, *, now: datetime) -> None:
    """Blocks the feed, or keeps it blocked, because of an obstacle that Discord shows; adds no notice.

    It is unblocked as soon as Discord shows that this is fixed.
    """
    reason = access.obstacle or (feed.block.reason if feed.block else "The channel does not exist any more.")
    await feeds.block(conn, feed.id, reason=reason, now=now, recheck_at=None, is_gone=access.is_gone)


async def release(conn: AsyncConnection, feed: Feed, *, now: datetime) -> list[PostId]:
    """Unblocks the feed: its pending posts, which are returned, are sent now, and a missed run is due.

    A problem that Discord showed is over, so the next one is reported again. An unexplained refusal is over
    only once a message arrives: a channel that refuses again and again is reported once.
    """
    await feeds.release(conn, feed.id)
    await follow_ups.retry_failed(conn, feed.id, now=now)
    if feed.block is not None and feed.block.recheck_at is None:
        await notices.end(conn, feed.id)
    return await outbox.hurry(conn, feed.id, now=now)


async def notify_of_delay(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> None:
    """Adds a notice that the feed's messages do not get through."""
    await notices.add(conn, NoticeKind.DELAYED, feed_id, now=now)


async def notify_of_success(conn: AsyncConnection, feed_id: FeedId) -> None:
    """A message got through: the feed's problems are over."""
    await feeds.worked(conn, feed_id)
    await notices.end(conn, feed_id)
