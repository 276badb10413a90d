"""Delivering: the outbox worked through, one message in flight a channel, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.ids import ChannelId, MessageId, PostId
from bot.core.messages import Message, compose, heading
from bot.core.papers import Paper
from bot.core.posts import Post, PostState
from bot.core.queries import Query, QueryError, parse_query
from bot.errors import DeliveryError
from bot.services.clock import Clock
from bot.services.pace import Pace
from bot.store import feeds, papers, posts
from bot.store.database import Database

_log = logging.getLogger(__name__)

# With `enforce_nonce`, Discord returns the first message for a nonce seen "in the past few minutes"; this is
# the part of that time that is relied on.
NONCE_HOLDS = timedelta(minutes=2)
# Waits after an attempt that may succeed later: 5 s, 10 s, 20 s … up to 15 minutes.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
# Messages in flight at once, each in a channel of its own.
MOST_IN_FLIGHT = 50
# The outbox is looked at this often even if nobody rang, so that a missed wake-up costs a minute at most.
LONGEST_SLEEP_SECONDS = 60.0
# When the bot ends, a message in flight gets this long for its answer.
CLOSING_SECONDS = 3.0


class Publisher(Protocol):
    """Puts messages into Discord. Raises DeliveryError, and nothing else, for what Discord does."""

    async def publish(self, channel_id: ChannelId, message: Message, *, nonce: str) -> MessageId:
        """Sends the message; the same nonce within two minutes gives the first message again."""
        ...

    async def find(
        self, channel_id: ChannelId, page_urls: Collection[str], *, since: datetime
    ) -> MessageId | None:
        """Our own message in the channel since then that links to all these paper pages, if there is one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came of a set of posts: how many stand in the channel, and what stops the rest."""

    sent: tuple[Post, ...]
    waiting: tuple[Post, ...]
    failed: tuple[Post, ...]


class Delivery:
    """Owns the outbox: claims what is owed, sends it, and writes down what came of it."""

    def __init__(
        self, *, database: Database, publisher: Publisher, clock: Clock, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._pace = pace or Pace()
        self._awake = asyncio.Event()
        self._progress = asyncio.Condition()
        self._in_flight: dict[ChannelId, asyncio.Task[None]] = {}

    @property
    def in_flight(self) -> int:
        """Messages being sent at this moment."""
        return len(self._in_flight)

    def wake(self) -> None:
        """Says that the outbox may have something to send."""
        self._awake.set()

    async def run(self) -> None:
        """Works the outbox until it is cancelled; then messages in flight get a moment for their answer."""
        try:
            while True:
                self._awake.clear()
                await self._send_due()
                await self._sleep()
        finally:
            if self._in_flight:
                _, late = await asyncio.wait(self._in_flight.values(), timeout=CLOSING_SECONDS)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def settled(self, post_ids: Collection[PostId], *, timeout_seconds: float) -> Delivered:
        """Waits until each of these posts was tried, at most so long, and says how they stand."""
        try:
            async with asyncio.timeout(timeout_seconds), self._progress:
                while not all(_is_tried(post) for post in await self._posts(post_ids)):
                    await self._progress.wait()
        except TimeoutError:
            pass
        now = await self._posts(post_ids)
        return Delivered(
            sent=tuple(post for post in now if post.state is PostState.SENT),
            waiting=tuple(post for post in now if post.state is PostState.PENDING),
            failed=tuple(post for post in now if post.state is PostState.FAILED),
        )

    async def _posts(self, post_ids: Collection[PostId]) -> list[Post]:
        async with self._database.read() as conn:
            found = [await posts.get(conn, post_id) for post_id in post_ids]
        return [post for post in found if post is not None]

    async def _send_due(self) -> None:
        # A channel that is busy now stays out, even if its post is through before the answer is here: the
        # answer may still show that post as owed.
        busy = frozenset(self._in_flight)
        room = MOST_IN_FLIGHT - len(busy)
        if room <= 0:
            return
        async with self._database.read() as conn:
            # Busy channels may head the list; ask for enough that others are seen behind them.
            owed = await posts.claimable(conn, self._clock(), limit=MOST_IN_FLIGHT)
        for post in [post for post in owed if post.channel_id not in busy][:room]:
            if post.channel_id not in self._in_flight:
                task = asyncio.create_task(self._deliver_guarded(post), name=f"post {post.id}")
                self._in_flight[post.channel_id] = task

    async def _sleep(self) -> None:
        async with self._database.read() as conn:
            next_at = await posts.next_attempt_at(conn)
        seconds = LONGEST_SLEEP_SECONDS
        if next_at is not None and not self._in_flight:
            seconds = min(seconds, max(0.0, (next_at - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            pass

    async def _deliver_guarded(self, post: Post) -> None:
        """A bug in one post never stops the others: it is logged once, and the post is tried again later."""
        try:
            await self._deliver(post)
        except Exception:  # noqa: BLE001 - the job guard
            _log.exception("Post %d could not be delivered because of a bug", post.id)
            until = self._clock() + LONGEST_WAIT
            async with self._database.write() as conn:
                await posts.postpone(conn, post.id, until=until, reason="a bug in Paperboy", code=0)
        finally:
            self._in_flight.pop(post.channel_id, None)
            self.wake()
            async with self._progress:
                self._progress.notify_all()

    async def _deliver(self, post: Post) -> None:
        shown = await self._papers(post)
        message = _render(post, shown)
        await self._pace.turn()
        now = self._clock()
        try:
            message_id = None
            if post.first_attempt_at is not None and not (
                timedelta() <= now - post.first_attempt_at < NONCE_HOLDS
            ):
                message_id = await self._publisher.find(
                    post.channel_id, [paper.page_url for paper in shown.values()], since=post.planned_at
                )
            if message_id is None:
                async with self._database.write() as conn:
                    await posts.begin_attempt(conn, post.id, now=now)
                message_id = await self._publisher.publish(post.channel_id, message, nonce=post.nonce)
        except DeliveryError as error:
            await self._note_failure(post, error)
            return
        async with self._database.write() as conn:
            await posts.mark_sent(conn, post.id, message_id=message_id, now=self._clock())

    async def _note_failure(self, post: Post, error: DeliveryError) -> None:
        now = self._clock()
        async with self._database.write() as conn:
            if error.is_rejected:
                await posts.mark_failed(conn, post.id, reason=error.reason, code=error.code, now=now)
            elif error.is_permanent:
                await posts.postpone(conn, post.id, until=now, reason=error.reason, code=error.code)
                await feeds.hold(conn, post.feed_id, reason=error.reason, now=now)
            else:
                wait = min(FIRST_WAIT * 2 ** min(post.attempts, 10), LONGEST_WAIT)
                if error.retry_after_seconds is not None:
                    wait = max(wait, timedelta(seconds=error.retry_after_seconds))
                await posts.postpone(conn, post.id, until=now + wait, reason=error.reason, code=error.code)
        _log.warning("Post %d to channel %d: %s", post.id, post.channel_id, error.reason)

    async def _papers(self, post: Post) -> dict[str, Paper]:
        async with self._database.read() as conn:
            found = [await papers.get(conn, entry.paper_id) for entry in post.entries]
        return {paper.id: paper for paper in found if paper is not None}


def _is_tried(post: Post) -> bool:
    return post.state is not PostState.PENDING or post.reason is not None


def _render(post: Post, shown: dict[str, Paper]) -> Message:
    items = [
        (shown[entry.paper_id], entry.form, _queries(entry.queries))
        for entry in post.entries
        if entry.paper_id in shown
    ]
    return compose(items, heading=heading([paper for paper, _, _ in items]))


def _queries(canonicals: tuple[str, ...]) -> tuple[Query, ...]:
    """The queries to mark; one that today's rules no longer read marks nothing."""
    read: list[Query] = []
    for canonical in canonicals:
        try:
            read.append(parse_query(canonical))
        except QueryError:
            continue
    return tuple(read)
