"""Blocked channels: rechecked, and unblocked once fixed; servers that the bot left or rejoined."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.feeds import REMOVED_KEPT, Block, Feed, Place
from bot.core.ids import ChannelId, FeedId, PostId, ServerId, SubscriptionId
from bot.core.notices import NoticeKind
from bot.core.plurals import count
from bot.errors import StoreError
from bot.services.blocks.overdue import Overdue
from bot.services.context import ServiceContext
from bot.services.delivery.blocking import MAX_RECHECK_WAIT, block_as_seen, release
from bot.services.delivery.outbox import Delivery
from bot.services.visibility import Visible
from bot.store import feeds, notices, outbox, posts, servers, subscriptions

_log = logging.getLogger(__name__)

# How long feeds of deleted channels and left servers are kept: a server may invite the bot again.
KEPT = timedelta(days=30)
# An event may mean that an unexplained refusal is fixed, but not this soon after the refusal.
EVENT_COUNTS_AFTER = timedelta(minutes=1)
LOOK_SECONDS = 30.0  # how long a run waits for the recheck
CHECK_SECONDS = 10.0  # how long a person waits for the pending messages
MAX_CONCURRENT_CHECKS = 10
CHANNEL_DELETED = "The channel was deleted. Its subscriptions are kept for 30 days."
SERVER_LEFT = "I am not in this server any more: invite me again. Its subscriptions are kept for 30 days."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of a requested recheck, for one feed that was blocked or has unconfirmed messages."""

    feed: Feed  # after the recheck
    was_blocked: bool
    subscriptions: int
    sent: int  # messages that went out
    waiting: int  # messages that are still pending


class BlockedChannels:
    """The use cases around blocked channels."""

    def __init__(
        self,
        context: ServiceContext,
        *,
        delivery: Delivery,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._delivery = delivery
        self._clock = context.clock
        self._wake = context.wake
        self._overdue = Overdue[FeedId](monotonic)  # gone for longer than they are kept
        self._removed = Overdue[SubscriptionId](monotonic)  # likewise, of removed subscriptions

    async def recheck(
        self,
        server_id: ServerId | None = None,
        *,
        has_changed: bool = False,
        is_asked: bool = False,
        only: Collection[FeedId] | None = None,
    ) -> tuple[PostId, ...]:
        """Unblocks what is fixed, in one server or in all; returns the posts that are sent now.

        Args:
            server_id: the server; None for all.
            has_changed: whether an event reported a change there, which may fix an unexplained refusal.
            is_asked: whether a person asked for it.
            only: the feeds to recheck; None for all.
        """
        eager = is_asked or has_changed
        async with self._database.read() as conn:
            blocked = [
                feed
                for feed in await feeds.blocked(conn, server_id)
                if eager or not _is_seen_to_be_gone(feed)
            ]
            unconfirmed = {post.feed_id: post.place for post in await posts.unconfirmed(conn, server_id)}
        if only is not None:
            blocked = [feed for feed in blocked if feed.id in only]
            unconfirmed = {feed_id: place for feed_id, place in unconfirmed.items() if feed_id in only}
        if not blocked and not unconfirmed:
            return ()
        access = await self._access({feed.id: feed.place for feed in blocked} | unconfirmed)
        pending: list[PostId] = []
        is_released = False
        async with self._database.write() as conn:
            now = self._clock()
            for feed_id in unconfirmed:
                if access[feed_id].is_known and access[feed_id].history_obstacle is None:
                    pending.extend(await outbox.retry_unconfirmed(conn, feed_id, now=now))
            for feed in blocked:
                now_blocked = await feeds.get(conn, feed.id)
                if now_blocked is None or now_blocked.block != feed.block:
                    continue  # it was resumed, or blocked for another reason, meanwhile
                if _is_fixed(feed, access[feed.id], now, has_changed=has_changed, is_asked=is_asked):
                    pending.extend(await release(conn, feed, now=now))
                    is_released = True
                    _log.info("Channel %d is unblocked; posting resumes", feed.channel_id)
                else:
                    await _note(conn, feed, access[feed.id], now=now, has_changed=has_changed)
        if pending:
            self._delivery.wake()
        if is_released:
            self._wake()
        return tuple(sorted(set(pending)))

    async def check(self, server_id: ServerId, *, managed: Visible) -> tuple[Checked, ...]:
        """Rechecks, on request, the feeds that are blocked or have unconfirmed posts.

        Only those in channels that the person may manage.
        """
        async with self._database.read() as conn:
            blocked = {feed.id: feed.channel_id for feed in await feeds.blocked(conn, server_id)}
            unconfirmed = {post.feed_id: post.channel_id for post in await posts.unconfirmed(conn, server_id)}
        theirs = await managed([*blocked.values(), *unconfirmed.values()])
        affected = {
            feed_id for feed_id, channel_id in (blocked | unconfirmed).items() if channel_id in theirs
        }
        if not affected:
            return ()
        since = self._clock()
        pending = await self.recheck(server_id, is_asked=True, only=affected)
        delivered = await self._delivery.settled(pending, since=since, timeout_seconds=CHECK_SECONDS)
        sent = [post.feed_id for post in delivered.sent]
        async with self._database.read() as conn:
            waiting = await posts.waiting(conn, server_id)
            wanted = await subscriptions.of_feeds(conn, list(affected))
            return tuple(
                Checked(
                    feed=feed,
                    was_blocked=feed.id in blocked,
                    subscriptions=len(wanted.get(feed.id, ())),
                    sent=sent.count(feed.id),
                    waiting=waiting.get(feed.id, 0),
                )
                for feed in await feeds.of_server(conn, server_id)
                if feed.id in affected
            )

    async def at_run(self) -> None:
        """What every run does first; if it fails, the run still goes on.

        Raises:
            StoreError: the database cannot be used, so the run cannot go on either.
        """
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self.recheck()
                await self.forget()
        except TimeoutError:
            _log.warning("Blocked channels could not be rechecked in time; the next run tries again")
        except StoreError:
            raise  # the run cannot go on either
        except Exception:  # noqa: BLE001 - the guard of this part of the job
            _log.exception("Blocked channels could not be rechecked because of a bug")

    async def channel_gone(self, channel_id: ChannelId) -> None:
        """Blocks the feed of a channel that was deleted: nothing is sent there any more."""
        async with self._database.read() as conn:
            if await feeds.by_channel(conn, channel_id) is None:
                return
        async with self._database.write() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            if feed is None:
                return
            now = self._clock()
            await block_as_seen(conn, feed, Access(obstacle=CHANNEL_DELETED, is_gone=True), now=now)
            if await subscriptions.of_feed(conn, feed.id):
                await notices.add(conn, NoticeKind.BLOCKED, feed.id, now=now)
        _log.info("Channel %d was deleted; its feed is kept for %d days", channel_id, KEPT.days)

    async def server_left(self, server_id: ServerId) -> None:
        """The bot left the server: its feeds are blocked and kept, because it may be invited again."""
        async with self._database.write() as conn:
            await self._leave(conn, [server_id])

    async def server_joined(self, server_id: ServerId) -> None:
        """The bot joined the server, for the first time or again: existing feeds continue."""
        async with self._database.read() as conn:
            is_back = await servers.is_left(conn, server_id)
        if is_back:
            async with self._database.write() as conn:
                await servers.come_back(conn, [server_id])
        await self.recheck(server_id, has_changed=True)

    async def connected(self, server_ids: Collection[ServerId]) -> None:
        """The bot is in these servers only: catches up on joins and leaves missed while it was off."""
        async with self._database.write() as conn:
            known = await servers.memberships(conn)
            await servers.come_back(conn, [server_id for server_id in known if server_id in server_ids])
            left = [server_id for server_id, is_in in known.items() if is_in and server_id not in server_ids]
            await self._leave(conn, left)
        await self.recheck(has_changed=True)

    async def _leave(self, conn: AsyncConnection, server_ids: Iterable[ServerId]) -> None:
        now = self._clock()
        for server_id in server_ids:
            await servers.leave(conn, [server_id], now=now)
            theirs = await feeds.of_server(conn, server_id)
            for feed in theirs:
                await block_as_seen(conn, feed, Access(obstacle=SERVER_LEFT, is_gone=True), now=now)
            if theirs:
                _log.info(
                    "Server %d was left; %s of it kept for %d days",
                    server_id,
                    count(len(theirs), "feed"),
                    KEPT.days,
                )

    async def forget(self) -> tuple[Feed, ...]:
        """Deletes feeds and servers that have been gone for longer than KEPT; returns the feeds."""
        await self._forget_removed()
        before = self._clock() - KEPT
        async with self._database.read() as conn:
            overdue = {feed.id: feed for feed in await feeds.long_gone(conn, before=before)}
            is_server_overdue = await servers.any_left(conn, before=before)
        sure = {feed_id: overdue[feed_id].place for feed_id in self._overdue.sure(overdue)}
        access = await self._access(sure)
        still_gone = [feed_id for feed_id in sure if access[feed_id].is_known and access[feed_id].is_gone]
        if not still_gone and not is_server_overdue:
            return ()
        async with self._database.write() as conn:
            forgotten = await feeds.forget_gone(conn, still_gone, before=before)
            left = await servers.forget_left(conn, before=before)
        for feed in forgotten:
            _log.info(
                "Channel %d of server %d has been gone for %d days: its feed and subscriptions are forgotten",
                feed.channel_id,
                feed.server_id,
                KEPT.days,
            )
        for server_id in left:
            _log.info("Server %d was left %d days ago, and is forgotten", server_id, KEPT.days)
        return tuple(forgotten)

    async def _forget_removed(self) -> None:
        """Deletes subscriptions that were removed longer than REMOVED_KEPT ago."""
        before = self._clock() - REMOVED_KEPT
        async with self._database.read() as conn:
            sure = self._removed.sure(await subscriptions.long_removed(conn, before=before))
        if sure:
            async with self._database.write() as conn:
                forgotten = await subscriptions.forget_removed(conn, sure, before=before)
            _log.info("Removed subscriptions forgotten after %d days: %d", REMOVED_KEPT.days, forgotten)

    async def _access(self, places: Mapping[FeedId, Place]) -> dict[FeedId, Access]:
        turns = asyncio.Semaphore(MAX_CONCURRENT_CHECKS)

        async def look(place: Place) -> Access:
            async with turns:
                return await self._publisher.access(place)

        async with asyncio.TaskGroup() as group:
            looks = {feed_id: group.create_task(look(place)) for feed_id, place in places.items()}
        return {feed_id: task.result() for feed_id, task in looks.items()}


def _is_seen_to_be_gone(feed: Feed) -> bool:
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
    # A clock that was set back must not make the wait longer than the maximum.
    return block.recheck_at <= now or block.recheck_at > now + MAX_RECHECK_WAIT


async def _note(
    conn: AsyncConnection, feed: Feed, access: Access, *, now: datetime, has_changed: bool
) -> None:
    """Updates the reason of a feed that stays blocked, where it changed."""
    block = feed.block
    if block is None or not access.is_known:
        return
    if access.obstacle is not None or access.is_gone:
        seen = Block(
            reason=access.obstacle or block.reason, since=block.since, recheck_at=None, is_gone=access.is_gone
        )
        if block != seen:
            await block_as_seen(conn, feed, access, now=now)
    elif has_changed and block.recheck_at is not None:
        recheck_at = min(block.recheck_at, block.since + EVENT_COUNTS_AFTER)
        await feeds.block(
            conn, feed.id, reason=block.reason, now=now, recheck_at=recheck_at, is_gone=block.is_gone
        )
