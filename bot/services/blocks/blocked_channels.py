"""Blocked channels: rechecks them, unblocks those that are fixed, and follows servers that the bot leaves."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.feeds import Block, Feed, Place
from bot.core.ids import ChannelId, FeedId, PostId, ServerId
from bot.core.notices import NoticeKind
from bot.core.plurals import count
from bot.core.shards import OwnedShards
from bot.errors import StoreError
from bot.services.blocks.retention import KEPT, Retention, access_by_feed
from bot.services.context import ServiceContext
from bot.services.delivery.blocking import MAX_RECHECK_WAIT, block_by_access, unblock
from bot.services.delivery.outbox import Delivery
from bot.services.visibility import Visible
from bot.store import feeds, notices, outbox, posts, servers, subscriptions

_log = logging.getLogger(__name__)

# A change in the server may have fixed a refusal that nothing explains, but not this soon after it.
EVENT_COUNTS_AFTER = timedelta(minutes=1)
RECHECK_SECONDS = 30.0  # timeout of a run's recheck
CHECK_SECONDS = 10.0  # how long a person waits for the pending messages to be sent
CHANNEL_DELETED = "The channel was deleted. Its subscriptions are kept for 30 days."
SERVER_LEFT = "I'm no longer in this server: invite me again. Its subscriptions are kept for 30 days."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of a requested check, for one feed that was blocked or had unconfirmed posts."""

    feed: Feed  # after the check
    was_blocked: bool
    subscriptions: int
    sent: int  # messages
    waiting: int  # pending messages


class BlockedChannels:
    """The use cases around blocked feeds.

    Each change is protected by the locks on the feeds, under which a block is compared with the one that was
    looked at, and on the servers before them.
    """

    def __init__(
        self, context: ServiceContext, *, delivery: Delivery, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._delivery = delivery
        self._clock = context.clock
        self._fleet = context.fleet
        self._wake = context.wake
        self.retention = Retention(context, monotonic=monotonic)

    async def recheck(
        self,
        server_id: ServerId | None = None,
        *,
        has_changed: bool = False,
        is_asked: bool = False,
        only: Collection[FeedId] | None = None,
    ) -> tuple[PostId, ...]:
        """Unblocks fixed feeds and retries unconfirmed posts; returns the posts that are due now.

        Args:
            server_id: the server; None for all that this process owns.
            has_changed: whether Discord reported a change there, which may have fixed an unexplained refusal.
            is_asked: whether a person asked for it.
            only: the feeds to recheck; None for all.
        """
        blocked, unconfirmed = await self._to_recheck(server_id, is_eager=is_asked or has_changed)
        if only is not None:
            blocked = [feed for feed in blocked if feed.id in only]
            unconfirmed = {feed_id: place for feed_id, place in unconfirmed.items() if feed_id in only}
        if not blocked and not unconfirmed:
            return ()
        places = {feed.id: feed.place for feed in blocked} | unconfirmed
        access = await access_by_feed(self._publisher, places)
        pending: list[PostId] = []
        is_unblocked = False
        async with self._database.write() as conn:
            now = self._clock()
            locked = await feeds.by_ids(conn, list(places), for_update=True)
            currently = {feed.id: feed.block for feed in locked}
            for feed_id in unconfirmed:
                if access[feed_id].is_known and access[feed_id].history_obstacle is None:
                    pending.extend(await outbox.retry_unconfirmed(conn, feed_id, now=now))
            for feed in blocked:
                if currently.get(feed.id) != feed.block:
                    continue  # it was resumed, or blocked for another reason, in the meantime
                if _is_fixed(feed, access[feed.id], now, has_changed=has_changed, is_asked=is_asked):
                    pending.extend(await unblock(conn, feed, now=now))
                    is_unblocked = True
                    _log.info("Channel %d is unblocked", feed.channel_id)
                else:
                    await _update_block(conn, feed, access[feed.id], now=now, has_changed=has_changed)
        if pending:
            self._delivery.wake()
        if is_unblocked:
            self._wake()
        return tuple(sorted(set(pending)))

    async def _to_recheck(
        self, server_id: ServerId | None, *, is_eager: bool
    ) -> tuple[list[Feed], dict[FeedId, Place]]:
        """The blocked feeds, and the places of those with unconfirmed posts."""

        def is_ours(of_server: ServerId | None) -> bool:
            return server_id is not None or self._fleet.owned.has(of_server)

        async with self._database.read() as conn:
            blocked = await feeds.blocked(conn, server_id)
            unconfirmed = await posts.unconfirmed(conn, server_id)
        return (
            [
                feed
                for feed in blocked
                if is_ours(feed.server_id) and (is_eager or not _is_known_to_be_gone(feed))
            ],
            {post.feed_id: post.place for post in unconfirmed if is_ours(post.server_id)},
        )

    async def check(self, server_id: ServerId, *, managed: Visible) -> tuple[Checked, ...]:
        """Rechecks because a person asked, and returns each feed that was blocked or had unconfirmed posts.

        Only includes feeds in channels that the person may manage.
        """
        async with self._database.read() as conn:
            blocked = {feed.id: feed.channel_id for feed in await feeds.blocked(conn, server_id)}
            unconfirmed = {post.feed_id: post.channel_id for post in await posts.unconfirmed(conn, server_id)}
        managed_feeds = await managed([*blocked.values(), *unconfirmed.values()])
        affected = {
            feed_id for feed_id, channel_id in (blocked | unconfirmed).items() if channel_id in managed_feeds
        }
        if not affected:
            return ()
        since = self._clock()
        pending = await self.recheck(server_id, is_asked=True, only=affected)
        delivered = await self._delivery.settled(pending, since=since, timeout_seconds=CHECK_SECONDS)
        sent = [post.feed_id for post in delivered.sent]
        async with self._database.read() as conn:
            waiting = await posts.waiting(conn, server_id)
            subscribed = await subscriptions.of_feeds(conn, list(affected))
            return tuple(
                Checked(
                    feed=feed,
                    was_blocked=feed.id in blocked,
                    subscriptions=len(subscribed.get(feed.id, ())),
                    sent=sent.count(feed.id),
                    waiting=waiting.get(feed.id, 0),
                )
                for feed in await feeds.of_server(conn, server_id)
                if feed.id in affected
            )

    async def at_run(self) -> None:
        """Rechecks and deletes expired data before a run; a problem with it does not stop the run.

        Raises:
            StoreError: the database is unusable, for the run too.
        """
        try:
            async with asyncio.timeout(RECHECK_SECONDS):
                await self.recheck()
                await self.retention.delete_expired()
        except TimeoutError:
            _log.warning("Blocked channels could not be rechecked in time; the next run tries again")
        except StoreError:
            raise  # the run cannot continue either
        except Exception:  # noqa: BLE001 - the guard of this part of the job
            _log.exception("Blocked channels could not be rechecked because of a bug")

    async def channel_gone(self, channel_id: ChannelId) -> None:
        """Blocks the feed of a channel that Discord reports as deleted."""
        async with self._database.read() as conn:
            if await feeds.by_channel(conn, channel_id) is None:
                return
        async with self._database.write() as conn:
            feed = await feeds.by_channel(conn, channel_id, for_update=True)
            if feed is None:
                return
            now = self._clock()
            await block_by_access(conn, feed, Access(obstacle=CHANNEL_DELETED, is_gone=True), now=now)
            if await subscriptions.of_feed(conn, feed.id):
                await notices.add(conn, NoticeKind.BLOCKED, feed.id, now=now)
        _log.info("Channel %d was deleted; its feed is kept for %d days", channel_id, KEPT.days)

    async def server_left(self, server_id: ServerId) -> None:
        """Blocks the feeds of a server that the bot has left; its data is kept in case the bot returns."""
        async with self._database.write() as conn:
            await self._leave(conn, [server_id])

    async def server_joined(self, server_id: ServerId) -> None:
        """Unblocks the feeds of a server that the bot has joined again."""
        async with self._database.read() as conn:
            is_back = await servers.is_left(conn, server_id)
        if is_back:
            async with self._database.write() as conn:
                await servers.come_back(conn, [server_id])
        await self.recheck(server_id, has_changed=True)

    async def connected(self, shards: OwnedShards, server_ids: Collection[ServerId]) -> None:
        """Catches up on what happened while these shards were offline: of all their servers, the bot is in
        these and no others.
        """
        async with self._database.write() as conn:
            memberships = await servers.memberships(conn)
            owned = self._fleet.owned  # a shard may have moved on since its session told this
            known = {
                server_id: is_in
                for server_id, is_in in memberships.items()
                if shards.has(server_id) and owned.has(server_id)
            }
            back = [server_id for server_id, is_in in known.items() if not is_in and server_id in server_ids]
            left = [server_id for server_id, is_in in known.items() if is_in and server_id not in server_ids]
            await servers.lock(conn, [*back, *left], now=self._clock())
            await servers.come_back(conn, back)
            await self._leave(conn, left)
        await self.recheck(has_changed=True)

    async def _leave(self, conn: AsyncConnection, server_ids: Collection[ServerId]) -> None:
        now = self._clock()
        await servers.leave(conn, server_ids, now=now)
        of_servers = await feeds.of_servers(conn, server_ids, for_update=True)
        for feed in of_servers:
            await block_by_access(conn, feed, Access(obstacle=SERVER_LEFT, is_gone=True), now=now)
        for server_id, number in Counter(feed.server_id for feed in of_servers).items():
            kept = count(number, "feed")
            _log.info("The bot left server %d; its %s will be kept for %d days", server_id, kept, KEPT.days)


def _is_known_to_be_gone(feed: Feed) -> bool:
    """Whether only an event from Discord can unblock the feed."""
    return feed.block is not None and feed.block.is_gone and feed.block.recheck_at is None


def _is_fixed(feed: Feed, access: Access, now: datetime, *, has_changed: bool, is_asked: bool) -> bool:
    block = feed.block
    if block is None or not access.is_known or access.is_gone or access.obstacle is not None:
        return False
    if block.recheck_at is None or is_asked:
        return True
    if has_changed and not timedelta() <= now - block.since < EVENT_COUNTS_AFTER:
        return True
    # A clock that was set back must not make the wait longer than it can be.
    return block.recheck_at <= now or block.recheck_at > now + MAX_RECHECK_WAIT


async def _update_block(
    conn: AsyncConnection, feed: Feed, access: Access, *, now: datetime, has_changed: bool
) -> None:
    """Updates the reason of a feed that stays blocked, and the time of its recheck."""
    block = feed.block
    if block is None or not access.is_known:
        return
    if access.obstacle is not None or access.is_gone:
        current = Block(
            reason=access.obstacle or block.reason, since=block.since, recheck_at=None, is_gone=access.is_gone
        )
        if block != current:
            await block_by_access(conn, feed, access, now=now)
    elif has_changed and block.recheck_at is not None:
        recheck_at = min(block.recheck_at, block.since + EVENT_COUNTS_AFTER)
        await feeds.block(
            conn, feed.id, reason=block.reason, now=now, recheck_at=recheck_at, is_gone=block.is_gone
        )
