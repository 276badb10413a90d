"""The outbox: claims pending posts and follow-ups and has them sent, one at a time per channel."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ChannelId, PostId
from bot.core.posts import FollowUp, Post, PostState
from bot.errors import StoreError
from bot.services.context import ServiceContext
from bot.services.delivery.attempts import Sending
from bot.services.delivery.content import read_content
from bot.services.delivery.follow_ups import FollowingUp
from bot.services.delivery.pace import ChannelPace, SendingPause
from bot.store import follow_ups, outbox, posts

_log = logging.getLogger(__name__)

# Posts and follow-ups in flight, each in a different channel. The pace of requests lets through about as many
# in a second, so that they can finish when the bot stops.
MAX_IN_FLIGHT = 50
# The outbox is read this often even without a wake-up, so that a missed one costs a minute at most.
MAX_SLEEP_SECONDS = 60.0
# Of those in flight, so that a server whose requests hang leaves room for the others.
MAX_PER_SERVER = 40
# Reading the outbox costs more than a turn, so it is claimed in batches: when half of those in flight are
# done, or this long after the last batch.
BATCH_SECONDS = 0.5
RECHECK_SECONDS = 1.0  # how often the posts that somebody waits for are read again
CLOSING_SECONDS = 2.5  # when the bot stops, those in flight get this long to finish


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A set of posts by state."""

    sent: tuple[Post, ...]
    waiting: tuple[Post, ...]
    failed: tuple[Post, ...]


class Delivery:
    """Works through the outbox. Each channel has at most one request in flight."""

    def __init__(self, context: ServiceContext, *, pace: ChannelPace | None = None) -> None:
        self._database = context.database
        self._clock = context.clock
        self._fleet = context.fleet
        self._awake = asyncio.Event()
        self._idle = asyncio.Event()  # set while nothing is due, nor in flight
        self._progress = asyncio.Event()  # set and replaced after every attempt
        self._pause = SendingPause()
        self._claimed_at = 0.0  # by the event loop's clock
        # With the server or person whose turn it is.
        self._in_flight: dict[ChannelId, tuple[Post | FollowUp, asyncio.Task[None]]] = {}
        self._sending = Sending(context, pace=pace or ChannelPace(), pause=self._pause)
        self._following_up = FollowingUp(context, pause=self._pause)

    @property
    def in_flight(self) -> int:
        """How many posts and follow-ups are being attempted now."""
        return len(self._in_flight)

    def wake(self) -> None:
        """Has the outbox read again soon."""
        self._awake.set()
        self._idle.clear()

    async def run(self) -> None:
        """Works through the outbox until it is cancelled; then attempts in flight get a moment to finish."""
        try:
            while True:
                self._awake.clear()
                try:
                    seconds = await self._begin_due()
                except StoreError:  # logged once, by the database
                    seconds = self._pause.begin()
                except Exception:  # noqa: BLE001 - a job guard
                    seconds = self._pause.begin()
                    _log.exception("The outbox could not be read; trying again in %.0f s", seconds)
                if seconds > 0 and not self._in_flight and not self._awake.is_set():
                    self._idle.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._awake.wait()
                self._idle.clear()
        finally:
            self._sending.close()
            in_flight = {task for _, task in self._in_flight.values()}
            try:
                if in_flight:
                    await asyncio.wait(in_flight, timeout=CLOSING_SECONDS)
            finally:
                for task in in_flight:
                    task.cancel()
                await asyncio.gather(*in_flight, return_exceptions=True)
                await self._sending.end()

    async def settled(
        self, post_ids: Collection[PostId], *, since: datetime, timeout_seconds: float
    ) -> Delivered:
        """Waits until none of these posts can be sent at once, or until the timeout; returns them by state.

        Includes the parts of those that were split `since` then.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                progress = self._progress
                while await self._is_under_way(post_ids, since):
                    with suppress(TimeoutError):  # another process may be the one that sends them
                        async with asyncio.timeout(RECHECK_SECONDS):
                            await progress.wait()
                    progress = self._progress
        async with self._database.read() as conn:
            settled = await posts.by_ids(conn, post_ids, split_since=since)
        return Delivered(
            sent=tuple(post for post in settled if post.state is PostState.SENT),
            waiting=tuple(post for post in settled if post.state is PostState.PENDING),
            failed=tuple(post for post in settled if post.state is PostState.FAILED),
        )

    async def _is_under_way(self, post_ids: Collection[PostId], since: datetime) -> bool:
        """Whether one of the posts is next in its channel, or waits for one that is being sent."""
        if self._pause.seconds_left > 0:
            return False
        async with self._database.read() as conn:
            channels = {
                post.channel_id
                for post in await posts.by_ids(conn, post_ids, split_since=since)
                if post.state is PostState.PENDING and post.unconfirmed_since is None
            }
            is_any_due = await outbox.is_any_due(conn, channels, self._clock())
        return is_any_due or not channels.isdisjoint(self._in_flight)

    async def _begin_due(self) -> float:
        """Begins what is due, as far as there is room; returns how many seconds to sleep then."""
        if (seconds := self._pause.seconds_left) > 0:
            return seconds
        if not self._has_room:
            return self._seconds_to_room
        if not self._fleet.may_send():
            return BATCH_SECONDS
        # Channels that are busy now stay out even if their attempt ends during the queries, which may still
        # show the post as pending.
        busy = {channel_id: job.owner_id for channel_id, (job, _) in self._in_flight.items()}
        self._claimed_at = asyncio.get_running_loop().time()
        async with self._database.read() as conn:
            await self._begin_follow_ups(conn, busy)
            await self._begin_posts(conn, busy)
            if not self._has_room:
                return self._seconds_to_room
            next_at = await outbox.next_attempt_at(conn, busy=busy, owned=self._fleet.owned)
        if next_at is None:
            return MAX_SLEEP_SECONDS
        return min(max(0.0, (next_at - self._clock()).total_seconds()), MAX_SLEEP_SECONDS)

    async def _begin_follow_ups(self, conn: AsyncConnection, busy: dict[ChannelId, int]) -> None:
        limit = (MAX_IN_FLIGHT - len(busy)) // 2
        owned = self._fleet.owned
        for follow_up in await follow_ups.claimable(conn, self._clock(), limit=limit, busy=busy, owned=owned):
            if follow_up.channel_id not in busy and self._fleet.owned.has(follow_up.server_id):
                busy[follow_up.channel_id] = follow_up.owner_id
                self._begin(follow_up, self._following_up.attempt(follow_up))

    async def _begin_posts(self, conn: AsyncConnection, busy: dict[ChannelId, int]) -> None:
        limit = MAX_IN_FLIGHT - len(busy)
        pending = await outbox.claimable(conn, self._clock(), limit=limit, busy=busy, owned=self._fleet.owned)
        if not pending:
            return
        content = await read_content(conn, pending)
        per_owner = Counter(busy.values())
        for post in pending:
            per_owner[post.owner_id] += 1
            if per_owner[post.owner_id] <= MAX_PER_SERVER and self._fleet.owned.has(post.server_id):
                busy[post.channel_id] = post.owner_id
                self._begin(post, self._sending.attempt(post, content))

    def drop_lost(self) -> None:
        """Ends the attempts for servers that this process does not own any more; records nothing."""
        for task in self._lost():
            task.cancel()

    async def finish_lost(self, seconds: float) -> None:
        """As `drop_lost`, after a moment to finish: the servers are to be given back."""
        if lost := self._lost():
            await asyncio.wait(lost, timeout=seconds)
            self.drop_lost()

    def _lost(self) -> list[asyncio.Task[None]]:
        owned = self._fleet.owned
        return [task for job, task in self._in_flight.values() if not owned.has(job.server_id)]

    @property
    def _has_room(self) -> bool:
        in_flight = len(self._in_flight)
        waited_seconds = asyncio.get_running_loop().time() - self._claimed_at
        is_late = in_flight < MAX_IN_FLIGHT and waited_seconds >= BATCH_SECONDS
        return in_flight <= MAX_IN_FLIGHT // 2 or is_late

    @property
    def _seconds_to_room(self) -> float:
        return BATCH_SECONDS if len(self._in_flight) < MAX_IN_FLIGHT else MAX_SLEEP_SECONDS

    def _begin(self, job: Post | FollowUp, work: Coroutine[None, None, None]) -> None:
        name = f"{type(job).__name__.lower()} {job.id}"
        task = asyncio.create_task(self._guarded(job.channel_id, work), name=name)
        self._in_flight[job.channel_id] = (job, task)

    async def _guarded(self, channel_id: ChannelId, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            del self._in_flight[channel_id]
            self.wake()
            self._progress.set()
            self._progress = asyncio.Event()
