"""Delivering: the outbox worked through, one message in flight a channel, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.ids import ChannelId, MessageId, PaperId, PostId
from bot.core.messages import Message, compose, heading
from bot.core.papers import Paper
from bot.core.posts import Post, PostState
from bot.core.queries import Query, QueryError, parse_query
from bot.errors import DeliveryError
from bot.services.clock import Clock
from bot.services.pace import Pace, Rest, growing_wait
from bot.store import feeds, papers, posts
from bot.store.database import Database

_log = logging.getLogger(__name__)

# With `enforce_nonce`, Discord returns the first message for a nonce seen "in the past few minutes". Two of
# them are relied on, and an attempt may take one: so long after the first attempt another may begin.
NONCE_HOLDS = timedelta(minutes=1)
LONGEST_ASKED_WAIT = timedelta(hours=1)  # of what Discord asks to wait
# Where our clock and Discord's disagree, by so much at most, an earlier message is still found.
CLOCKS_DIFFER_BY = timedelta(hours=1)
# After so many bugs in a row a post has failed, so that it holds back the channel's later ones no more.
MOST_BUGS = 3
# Messages in flight at once, each in a channel of its own.
MOST_IN_FLIGHT = 50
# The outbox is looked at this often even if nobody rang, so that a missed wake-up costs a minute at most.
LONGEST_SLEEP_SECONDS = 60.0
# When the bot ends, a message in flight gets this long for its answer.
CLOSING_SECONDS = 2.5


class Publisher(Protocol):
    """Puts messages into Discord. Raises DeliveryError, and nothing else, for what Discord does."""

    async def publish(self, channel_id: ChannelId, message: Message, *, nonce: str) -> MessageId:
        """Sends the message, within a minute; the same nonce within two gives the first message again."""
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
        self._progress = asyncio.Event()  # set, and replaced by a new one, whenever a post was tried
        self._rest = Rest()
        self._in_flight: dict[ChannelId, asyncio.Task[None]] = {}
        self._bugs: dict[PostId, int] = {}  # in a row, of posts that are still pending
        self._is_closing = False

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
                try:
                    await self._send_due()
                    seconds = await self._seconds_to_sleep()
                except Exception:  # noqa: BLE001 - a job guard; the store may be locked, or its disk full
                    seconds = self._rest.begin()
                    _log.exception("The outbox could not be read; tried again in %.0f s", seconds)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._awake.wait()
        finally:
            self._is_closing = True
            if in_flight := set(self._in_flight.values()):
                try:
                    await asyncio.wait(in_flight, timeout=CLOSING_SECONDS)
                finally:
                    for task in in_flight:
                        task.cancel()
                    await asyncio.gather(*in_flight, return_exceptions=True)

    async def settled(self, post_ids: Collection[PostId], *, timeout_seconds: float) -> Delivered:
        """Waits until none of these posts can go out at once, at most so long, and says how they stand."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                progress = self._progress
                while await self._is_under_way(post_ids):
                    await progress.wait()
                    progress = self._progress
        async with self._database.read() as conn:
            now = await posts.these(conn, post_ids)
        return Delivered(
            sent=tuple(post for post in now if post.state is PostState.SENT),
            waiting=tuple(post for post in now if post.state is PostState.PENDING),
            failed=tuple(post for post in now if post.state is PostState.FAILED),
        )

    async def _is_under_way(self, post_ids: Collection[PostId]) -> bool:
        """Whether one of the posts is next in its channel, or behind one that is."""
        if self._rest.seconds_left > 0:
            return False
        async with self._database.read() as conn:
            channels = {
                post.channel_id
                for post in await posts.these(conn, post_ids)
                if post.state is PostState.PENDING
            }
            heads = [await posts.next_attempt_at(conn, channel_id=channel_id) for channel_id in channels]
        now = self._clock()
        return any(next_at is not None and next_at <= now for next_at in heads)

    async def _send_due(self) -> None:
        # What is in flight now stays out, even if it is through before the answer is here: the answer may
        # still show that post as owed.
        busy = frozenset(self._in_flight)
        room = MOST_IN_FLIGHT - len(busy)
        if room <= 0 or self._rest.seconds_left > 0:
            return
        async with self._database.read() as conn:
            owed = await posts.claimable(conn, self._clock(), limit=room, busy=busy)
        for post in owed:
            task = asyncio.create_task(self._deliver_guarded(post), name=f"post {post.id}")
            self._in_flight[post.channel_id] = task

    async def _seconds_to_sleep(self) -> float:
        if (rest := self._rest.seconds_left) > 0:
            return rest
        busy = frozenset(self._in_flight)
        if len(busy) == MOST_IN_FLIGHT:
            return LONGEST_SLEEP_SECONDS  # whichever is through first wakes us
        async with self._database.read() as conn:
            next_at = await posts.next_attempt_at(conn, busy=busy)
        if next_at is None:
            return LONGEST_SLEEP_SECONDS
        return min(max(0.0, (next_at - self._clock()).total_seconds()), LONGEST_SLEEP_SECONDS)

    async def _deliver_guarded(self, post: Post) -> None:
        """A bug in one post never stops the others, nor for long the later ones of its channel."""
        try:
            await self._deliver(post)
        except Exception:  # noqa: BLE001 - the job guard
            _log.exception("Post %d could not be delivered because of a bug", post.id)
            await self._note_bug(post)
        finally:
            del self._in_flight[post.channel_id]
            self.wake()
            self._progress.set()
            self._progress = asyncio.Event()

    async def _deliver(self, post: Post) -> None:
        async with self._database.read() as conn:
            shown = await papers.these(conn, [entry.paper_id for entry in post.entries])
        message = _render(post, shown)
        await self._pace.turn(post.channel_id)
        if self._is_closing or self._rest.seconds_left > 0:
            return
        now = self._clock()
        async with self._database.write() as conn:
            if not await posts.begin_attempt(conn, post.id, now=now):
                return
        try:
            message_id = await self._earlier_message(post, shown, now)
            if message_id is None:
                message_id = await self._publisher.publish(post.channel_id, message, nonce=post.nonce)
        except DeliveryError as error:
            await self._note_failure(post, error)
        else:
            async with self._database.write() as conn:
                await posts.mark_sent(conn, post.id, message_id=message_id, now=self._clock())
            self._rest.over()
        self._bugs.pop(post.id, None)

    async def _earlier_message(
        self, post: Post, shown: Mapping[PaperId, Paper], now: datetime
    ) -> MessageId | None:
        """The message of an earlier attempt; looked for where the nonce is not relied on any more."""
        first = post.first_attempt_at
        if first is None or timedelta() <= now - first < NONCE_HOLDS:
            return None
        urls = [paper.page_url for paper in shown.values()]
        found = await self._publisher.find(post.channel_id, urls, since=min(first, now) - CLOCKS_DIFFER_BY)
        if found is None:
            await self._pace.turn(post.channel_id)
        return found

    async def _note_failure(self, post: Post, error: DeliveryError) -> None:
        now = self._clock()
        async with self._database.write() as conn:
            if post.first_attempt_at is None and not error.may_have_arrived:
                await posts.forget_first_attempt(conn, post.id)
            if error.is_rejected:
                await posts.mark_failed(conn, post.id, reason=error.reason, code=error.code, now=now)
            elif error.is_permanent:
                await posts.postpone(conn, post.id, until=now, reason=error.reason, code=error.code)
                await feeds.hold(conn, post.feed_id, reason=error.reason, now=now)
            else:
                until = now + max(growing_wait(post.attempts), _asked_wait(error))
                await posts.postpone(conn, post.id, until=until, reason=error.reason, code=error.code)
        if error.is_everywhere:
            self._rest.begin(_asked_wait(error).total_seconds())
        _log.warning("Post %d to channel %d: %s", post.id, post.channel_id, error.reason)

    async def _note_bug(self, post: Post) -> None:
        now = self._clock()
        bugs = self._bugs.get(post.id, 0) + 1
        try:
            async with self._database.write() as conn:
                if bugs < MOST_BUGS:
                    until = now + growing_wait(post.attempts)
                    await posts.postpone(conn, post.id, until=until, reason=_BUG, code=None)
                else:
                    await posts.mark_failed(conn, post.id, reason=_BUG, code=None, now=now)
        except Exception:  # noqa: BLE001 - nothing can be written down now, so nothing is sent for a while
            seconds = self._rest.begin()
            _log.exception("The outbox could not be written; tried again in %.0f s", seconds)
        else:
            self._bugs[post.id] = bugs
            if bugs >= MOST_BUGS:
                del self._bugs[post.id]


_BUG = "A bug in Paperboy stops this message; whoever runs the bot finds it in the log."


def _asked_wait(error: DeliveryError) -> timedelta:
    seconds = min(error.retry_after_seconds or 0.0, LONGEST_ASKED_WAIT.total_seconds())
    return timedelta(seconds=seconds)


def _render(post: Post, shown: Mapping[PaperId, Paper]) -> Message:
    items = [
        (shown[entry.paper_id], entry.form, _queries(entry.queries))
        for entry in post.entries
        if entry.paper_id in shown
    ]
    if not items:
        raise LookupError(f"none of the papers of post {post.id} is known")
    return compose(items, heading=heading([paper for paper, _, _ in items]))


def _queries(canonicals: tuple[str, ...]) -> tuple[Query, ...]:
    """The queries to mark; one that today's rules no longer read marks nothing."""
    read: list[Query] = []
    for canonical in canonicals:
        try:
            # A canonical form may be longer than what a person may type.
            read.append(parse_query(canonical, max_length=len(canonical)))
        except QueryError:
            continue
    return tuple(read)
