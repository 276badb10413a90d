"""Blocking: stops and resumes posting in a feed, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.feeds import Feed
from bot.core.ids import FeedId, PostId
from bot.core.notices import NoticeKind
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.store import feeds, follow_ups, notices, outbox

# A refusal that nothing explains is retried after 1 hour, then 2, 4, …
FIRST_RECHECK = timedelta(hours=1)
MAX_RECHECK_WAIT = timedelta(days=1)


async def block(conn: AsyncConnection, feed_id: FeedId, error: DeliveryError, *, now: datetime) -> None:
    """Stops posting in the feed, keeps everything that is pending, and adds a notice for its server.

    A person's feed stays blocked until the person acts: only they can open their direct messages, and nothing
    shows when they do.
    """
    feed = await feeds.get(conn, feed_id)
    if feed is None or feed.server_id is None:
        await feeds.block(conn, feed_id, reason=error.reason, now=now)
        return
    recheck_at = None
    if error.kind is not DeliveryErrorKind.PERMISSION_MISSING:
        before = await feeds.blocks_in_a_row(conn, feed_id)
        recheck_at = now + min(FIRST_RECHECK * 2 ** min(before, 10), MAX_RECHECK_WAIT)
    is_gone = error.kind is DeliveryErrorKind.GONE
    await feeds.block(conn, feed_id, reason=error.reason, now=now, recheck_at=recheck_at, is_gone=is_gone)
    await notices.add(conn, NoticeKind.BLOCKED, feed_id, now=now)


async def block_by_access(conn: AsyncConnection, feed: Feed, access: Access, *, now: datetime) -> None:
    """Blocks the feed for an obstacle that the bot's permissions show, or updates its block; adds no notice.

    The block ends as soon as the permissions show that the obstacle is fixed.
    """
    reason = access.obstacle or (feed.block.reason if feed.block else "The channel no longer exists.")
    await feeds.block(conn, feed.id, reason=reason, now=now, recheck_at=None, is_gone=access.is_gone)


async def unblock(conn: AsyncConnection, feed: Feed, *, now: datetime) -> list[PostId]:
    """Ends the block: pending posts are due now, and so is a missed run. Returns the pending posts.

    If permissions showed the problem, they now show that it is over, and the next one is worth a notice. If
    nothing showed it, only a message that arrives ends it: a channel that keeps refusing causes one notice.
    """
    await feeds.release(conn, feed.id)
    await follow_ups.retry_failed(conn, feed.id, now=now)
    if feed.block is not None and feed.block.recheck_at is None:
        await notices.end(conn, feed.id)
    return await outbox.make_due(conn, feed.id, now=now)


async def note_success(conn: AsyncConnection, feed_id: FeedId) -> None:
    """Notes that a message arrived, so that the feed's notices are over."""
    await feeds.worked(conn, feed_id)
    await notices.end(conn, feed_id)
