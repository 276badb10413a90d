"""The pace of requests to Discord: overall, per channel, and the backoff when something is wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from math import ceil

from bot.core.ids import ChannelId

# Discord allows a bot 50 requests a second over all routes. At this pace no second has more than 48, which
# leaves two for requests that the network or a busy machine bunches together.
REQUESTS_PER_SECOND = 47.8
# Has room for 48 requests, a little more than the pace needs, to make up for turns that were late.
_WINDOW_SECONDS = 1.0
# Discord allows 5 messages in 5 seconds in one channel; the extra time is for messages that bunch together.
MESSAGES_PER_CHANNEL = 5
CHANNEL_SECONDS = 5.5
_IDLE_SECONDS = 0.25  # a longer gap between two turns was idle time, which is not made up for
# How much of a delay is made up for. Turns that make up for it bunch together, as do those a second later.
# Several processes make up for nothing in their first second, in which all of them open connections.
_MADE_UP_SECONDS = 0.2
_MAX_WAIT_SECONDS = 0.1
_MANY_CHANNELS = 1_000  # above this many, idle channels are forgotten
# Backoff: 5 s, 10 s, 20 s … up to 15 minutes.
FIRST_WAIT = timedelta(seconds=5)
MAX_WAIT = timedelta(minutes=15)


def growing_wait(failures: int) -> timedelta:
    """How long to wait before the next attempt after this many failures before the last one."""
    return min(FIRST_WAIT * 2 ** min(failures, 10), MAX_WAIT)


class RequestPace:
    """Gives out turns for requests, evenly spaced, first come, first served.

    Turns that a busy machine delayed are mostly made up for, at twice the pace. But no second, wherever it
    begins, has more turns than `per_second`, rounded up; nor has it more departures.
    """

    def __init__(self, per_second: float = REQUESTS_PER_SECOND) -> None:
        self._all = per_second
        self._due = 0.0  # when the next turn would be if every timer were on time
        self._even_until = 0.0  # no delay is made up for before
        self._turns: deque[float] = deque()  # the latest ones
        self._departures: deque[float] = deque()  # the latest ones, as many
        self._queue = asyncio.Lock()  # first come, first served
        self._has_share = asyncio.Event()
        self.share(1, 1)

    def share(self, held: int, of: int) -> None:
        """From now on allots the part of the turns that these shards out of all shards have.

        With less than one turn a second there is one every few seconds, and without shards none. So the parts
        of all processes together are at most one whole.
        """
        if not held:
            self._has_share.clear()
            return
        maximum = ceil(self._all)
        max_turns = max(1, maximum * held // of)
        self._interval_seconds = maximum / self._all / min(max_turns, maximum * held / of)
        self._turns = _latest(self._turns, max_turns)
        self._departures = _latest(self._departures, max_turns)
        self._due = min(self._due, self._turns[-1] + self._interval_seconds)
        self._is_part = held < of
        self._has_share.set()

    async def turn(self) -> None:
        """Waits for the next free turn. A cancelled wait uses none."""
        loop = asyncio.get_running_loop()
        async with self._queue:
            while not self._has_share.is_set() or loop.time() < self._free_at:
                await self._has_share.wait()
                # In short waits, because the share can change meanwhile.
                await asyncio.sleep(min(self._free_at - loop.time(), _MAX_WAIT_SECONDS))
            now = loop.time()
            if now - self._turns[-1] >= _IDLE_SECONDS:
                self._even_until = now + (_WINDOW_SECONDS if self._is_part else 0.0)
            made_up_seconds = 0.0 if now <= self._even_until else _MADE_UP_SECONDS
            self._turns.append(now)
            self._due = max(self._due, now - made_up_seconds) + self._interval_seconds

    async def departure(self) -> None:
        """Waits, after a turn, until the request may leave.

        That is nearly always at once. But requests that open connections take their time, so that many of
        them can be ready in the same moment.
        """
        loop = asyncio.get_running_loop()
        while (seconds := self._departures[0] + _WINDOW_SECONDS - loop.time()) > 0:  # noqa: ASYNC110 - time alone
            await asyncio.sleep(min(seconds, _MAX_WAIT_SECONDS))
        self._departures.append(loop.time())

    @property
    def _free_at(self) -> float:
        return max(self._due, self._turns[-1] + self._interval_seconds / 2, self._turns[0] + _WINDOW_SECONDS)


def _latest(times: Iterable[float], count: int) -> deque[float]:
    """The latest of these times, so many, and no more when others are added."""
    return deque([*[float("-inf")] * count, *times], maxlen=count)


class ChannelPace:
    """Keeps each channel within Discord's rate limit for messages."""

    def __init__(self, messages: int = MESSAGES_PER_CHANNEL) -> None:
        self._messages = messages
        self._turns: dict[ChannelId, deque[float]] = {}  # the latest ones of each channel, oldest first

    async def turn(self, channel_id: ChannelId) -> None:
        """Waits until the channel has room. Wait for only one turn per channel at a time."""
        loop = asyncio.get_running_loop()
        if len(self._turns) > _MANY_CHANNELS:
            self._forget_idle_channels(loop.time())
        turns = self._turns.setdefault(channel_id, deque(maxlen=self._messages))
        if len(turns) == self._messages:
            await asyncio.sleep(turns[0] + CHANNEL_SECONDS - loop.time())
        turns.append(loop.time())

    def _forget_idle_channels(self, now: float) -> None:
        self._turns = {
            channel_id: turns
            for channel_id, turns in self._turns.items()
            if turns and turns[-1] + CHANNEL_SECONDS > now
        }


class SendingPause:
    """A pause of all sending, with growing length."""

    def __init__(self) -> None:
        self._until = 0.0  # by the event loop's clock, which is monotonic
        self._in_a_row = 0

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def begin(self, at_least_seconds: float = 0.0) -> float:
        """Begins or extends the pause; returns the seconds that are left of it."""
        seconds = at_least_seconds
        if self.seconds_left == 0:
            seconds = max(seconds, growing_wait(self._in_a_row).total_seconds())
            self._in_a_row += 1
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)
        return self.seconds_left

    def note_success(self) -> None:
        """The next pause is short again."""
        self._in_a_row = 0
