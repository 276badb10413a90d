"""Holding a feed whose channel refuses, telling its server, letting it go; in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.feeds import Feed
from bot.core.ids import FeedId, PostId
from bot.core.notices import NoticeKind
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.store import feeds, follow_ups, notices, outbox

# A refusal that nothing is seen to explain is tried again after an hour, then two, four …
FIRST_RECHECK = timedelta(hours=1)
MAX_RECHECK_WAIT = timedelta(days=1)


async def block(conn: AsyncConnection, feed_id: FeedId, error: DeliveryError, *, now: datetime) -> None:
    """Stops posting in the feed, keeps all that is its, and owes its server a notice of it."""
    recheck_at = None
    if error.kind is not DeliveryErrorKind.PERMISSION_MISSING:
        before = await feeds.blocks_in_a_row(conn, feed_id)
        recheck_at = now + min(FIRST_RECHECK * 2 ** min(before, 10), MAX_RECHECK_WAIT)
    is_gone = error.kind is DeliveryErrorKind.GONE
    await feeds.block(conn, feed_id, reason=error.reason, now=now, recheck_at=recheck_at, is_gone=is_gone)
    await notices.add(conn, NoticeKind.BLOCKED, feed_id, now=now)


async def block_as_seen(conn: AsyncConnection, feed: Feed, access: Access, *, now: datetime) -> None:
    """Holds the feed, or goes on holding it, for what Discord shows to be in the way; owes no notice.

    Such a hold ends as soon as Discord shows that it is mended.
    """
    reason = access.obstacle or (feed.block.reason if feed.block else "The channel does not exist any more.")
    await feeds.block(conn, feed.id, reason=reason, now=now, recheck_at=None, is_gone=access.is_gone)


async def release(conn: AsyncConnection, feed: Feed, *, now: datetime) -> list[PostId]:
    """Ends the hold: what the feed owes goes out now, and a run that fell due meanwhile is due; what it owes.

    Where the trouble was seen, and is seen to be over, the next one is told anew. Where it never was, only a
    message that arrives shows that: a channel that refuses again and again is told of once.
    """
    await feeds.release(conn, feed.id)
    await follow_ups.retry_failed(conn, feed.id, now=now)
    if feed.block is not None and feed.block.recheck_at is None:
        await notices.end(conn, feed.id)
    return await outbox.hurry(conn, feed.id, now=now)


async def notify_of_delay(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> None:
    """Owes the feed's server a notice that its messages do not get through."""
    await notices.add(conn, NoticeKind.DELAYED, feed_id, now=now)


async def notify_of_success(conn: AsyncConnection, feed_id: FeedId) -> None:
    """A message got through: what was told of the feed's troubles is over."""
    await feeds.worked(conn, feed_id)
    await notices.end(conn, feed_id)
