"""Delivering: the outbox worked through, one thing under way a channel, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.core.ids import ChannelId, PostId, ServerId
from bot.core.posts import FollowUp, Post, PostState
from bot.errors import StoreError
from bot.services.context import ServiceContext
from bot.services.delivery.attempts import Sending
from bot.services.delivery.follow_ups import Following
from bot.services.delivery.pace import ChannelPace, Rest
from bot.store import follow_ups, outbox, posts

_log = logging.getLogger(__name__)

# What is under way at once, each in a channel of its own. At the pace of requests that is a second's worth,
# so that what was begun when the bot ends is through before it has to.
MOST_IN_FLIGHT = 50
# The outbox is looked at this often even if nobody rang, so that a missed wake-up costs a minute at most.
LONGEST_SLEEP_SECONDS = 60.0
# Of what is under way at once, one server may have so many: what hangs there leaves room for the others.
MOST_OF_A_SERVER = 40
# What is owed is claimed by the batch, for the look at the outbox costs more than a turn: when half of what
# may be under way is through, or so long after the batch before.
BATCH_SECONDS = 0.5
# When the bot ends, what is under way gets this long for its answer.
CLOSING_SECONDS = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came of a set of posts: how many stand in the channel, and what stops the rest."""

    sent: tuple[Post, ...]
    waiting: tuple[Post, ...]
    failed: tuple[Post, ...]


class Delivery:
    """Owns the outbox: claims what is owed, and has it sent."""

    def __init__(self, context: ServiceContext, *, pace: ChannelPace | None = None) -> None:
        self._database = context.database
        self._clock = context.clock
        self._awake = asyncio.Event()
        self._progress = asyncio.Event()  # set, and replaced by a new one, whenever something was tried
        self._rest = Rest()
        self._claimed_at = 0.0  # by the event loop's clock
        self._in_flight: dict[ChannelId, tuple[ServerId, asyncio.Task[None]]] = {}
        self._sending = Sending(context, pace=pace or ChannelPace(), rest=self._rest)
        self._following = Following(context, rest=self._rest)

    @property
    def in_flight(self) -> int:
        """What is being sent, published or opened at this moment."""
        return len(self._in_flight)

    def wake(self) -> None:
        """Says that the outbox may have something to send."""
        self._awake.set()

    async def run(self) -> None:
        """Works the outbox until it is cancelled; then what is under way gets a moment for its answer."""
        try:
            while True:
                self._awake.clear()
                try:
                    await self._begin_due()
                    seconds = await self._seconds_to_sleep()
                except StoreError:  # logged once, by the database
                    seconds = self._rest.begin()
                except Exception:  # noqa: BLE001 - a job guard
                    seconds = self._rest.begin()
                    _log.exception("The outbox could not be read; tried again in %.0f s", seconds)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._awake.wait()
        finally:
            self._sending.close()
            if in_flight := {task for _, task in self._in_flight.values()}:
                try:
                    await asyncio.wait(in_flight, timeout=CLOSING_SECONDS)
                finally:
                    for task in in_flight:
                        task.cancel()
                    await asyncio.gather(*in_flight, return_exceptions=True)

    async def settled(
        self, post_ids: Collection[PostId], *, since: datetime, timeout_seconds: float
    ) -> Delivered:
        """Waits until none of these posts can go out at once, at most so long, and says how they stand.

        Those that were split `since` then, when they were asked for, count with their parts.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                progress = self._progress
                while await self._is_under_way(post_ids, since):
                    await progress.wait()
                    progress = self._progress
        async with self._database.read() as conn:
            now = await posts.by_ids(conn, post_ids, split_since=since)
        return Delivered(
            sent=tuple(post for post in now if post.state is PostState.SENT),
            waiting=tuple(post for post in now if post.state is PostState.PENDING),
            failed=tuple(post for post in now if post.state is PostState.FAILED),
        )

    async def _is_under_way(self, post_ids: Collection[PostId], since: datetime) -> bool:
        """Whether one of the posts is next in its channel, or behind one that is."""
        if self._rest.seconds_left > 0:
            return False
        async with self._database.read() as conn:
            channels = {
                post.channel_id
                for post in await posts.by_ids(conn, post_ids, split_since=since)
                if post.state is PostState.PENDING and post.unconfirmed_since is None
            }
            heads = [await outbox.next_attempt_at(conn, channel_id=channel_id) for channel_id in channels]
        if not channels.isdisjoint(self._in_flight):
            return True
        now = self._clock()
        return any(next_at is not None and next_at <= now for next_at in heads)

    async def _begin_due(self) -> None:
        if not self._has_room or self._rest.seconds_left > 0:
            return
        # What is in flight now stays out, even if it is through before the answer is here: the answer may
        # still show it as owed.
        busy = {channel_id: server_id for channel_id, (server_id, _) in self._in_flight.items()}
        room = MOST_IN_FLIGHT - len(busy)
        self._claimed_at = asyncio.get_running_loop().time()
        async with self._database.read() as conn:
            now = self._clock()
            following = await follow_ups.claimable(conn, now, limit=room // 2, busy=busy)
            for follow_up in following:
                if follow_up.channel_id not in busy:
                    busy[follow_up.channel_id] = follow_up.server_id
                    self._begin(follow_up, self._following.attempt(follow_up))
            pending = await outbox.claimable(conn, now, limit=MOST_IN_FLIGHT - len(busy), busy=busy)
        of_servers = Counter(busy.values())
        for post in pending:
            of_servers[post.server_id] += 1
            if of_servers[post.server_id] <= MOST_OF_A_SERVER:
                self._begin(post, self._sending.attempt(post))

    @property
    def _has_room(self) -> bool:
        in_flight = len(self._in_flight)
        waited_seconds = asyncio.get_running_loop().time() - self._claimed_at
        is_late = in_flight < MOST_IN_FLIGHT and waited_seconds >= BATCH_SECONDS
        return in_flight <= MOST_IN_FLIGHT // 2 or is_late

    def _begin(self, job: Post | FollowUp, work: Coroutine[None, None, None]) -> None:
        name = f"{type(job).__name__.lower()} {job.id}"
        task = asyncio.create_task(self._guarded(job.channel_id, work), name=name)
        self._in_flight[job.channel_id] = (job.server_id, task)

    async def _guarded(self, channel_id: ChannelId, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            del self._in_flight[channel_id]
            self.wake()
            self._progress.set()
            self._progress = asyncio.Event()

    async def _seconds_to_sleep(self) -> float:
        if (rest := self._rest.seconds_left) > 0:
            return rest
        if not self._has_room:
            return BATCH_SECONDS if len(self._in_flight) < MOST_IN_FLIGHT else LONGEST_SLEEP_SECONDS
        busy = frozenset(self._in_flight)
        async with self._database.read() as conn:
            next_at = [
                at
                for at in (
                    await outbox.next_attempt_at(conn, busy=busy),
                    await follow_ups.next_attempt_at(conn, busy=busy),
                )
                if at is not None
            ]
        if not next_at:
            return LONGEST_SLEEP_SECONDS
        return min(max(0.0, (min(next_at) - self._clock()).total_seconds()), LONGEST_SLEEP_SECONDS)
