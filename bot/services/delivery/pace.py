"""The pace of asking Discord: so much in all, so much a channel, and rests when something is wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from math import ceil

from bot.core.ids import ChannelId

# Discord allows a bot 50 requests a second over all routes. At this pace no second has more than 48, and two
# are left for what the network and a busy machine press together.
REQUESTS_PER_SECOND = 47.8
# Discord allows 5 messages in 5 seconds in one channel; the rest is for what the network presses together.
MESSAGES_A_CHANNEL = 5
CHANNEL_SECONDS = 5.5
_MOST_BEHIND_SECONDS = 0.25  # a longer gap between two turns was idle, and is not made up for
_MANY_CHANNELS = 1_000  # channels remembered before those that are quiet again are forgotten
# Waits before what may succeed later is tried again: 5 s, 10 s, 20 s … up to 15 minutes.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)


def growing_wait(failures: int) -> timedelta:
    """How long to wait when this many attempts have failed before."""
    return min(FIRST_WAIT * 2 ** min(failures, 10), LONGEST_WAIT)


class RequestPace:
    """Hands out turns for requests, evenly spaced, in the order in which they are asked for.

    Turns that a busy machine was late for are made up for at twice the pace, but no second, wherever it is
    taken to begin, has more turns than `per_second`, rounded up.
    """

    def __init__(self, per_second: float = REQUESTS_PER_SECOND) -> None:
        self._interval_seconds = 1 / per_second
        self._due = 0.0  # when the next turn would be if every timer were on time
        most = ceil(per_second)
        self._window_seconds = most * self._interval_seconds
        self._turns: deque[float] = deque([float("-inf")] * most, maxlen=most)  # the last ones
        self._in_line = asyncio.Lock()  # fair: it wakes in the order of asking

    async def turn(self) -> None:
        """Waits for the next free turn. A cancelled wait costs nobody a turn."""
        loop = asyncio.get_running_loop()
        async with self._in_line:
            free = max(
                self._due,
                self._turns[-1] + self._interval_seconds / 2,
                self._turns[0] + self._window_seconds,
            )
            if free > loop.time():
                await asyncio.sleep(free - loop.time())
            now = loop.time()
            was_busy = now - self._turns[-1] < _MOST_BEHIND_SECONDS
            self._turns.append(now)
            self._due = (self._due if was_busy else now) + self._interval_seconds


class ChannelPace:
    """Keeps each channel's messages to what Discord allows one channel."""

    def __init__(self, messages: int = MESSAGES_A_CHANNEL) -> None:
        self._messages = messages
        self._turns: dict[ChannelId, deque[float]] = {}  # of each channel the last ones, the oldest first

    async def turn(self, channel_id: ChannelId) -> None:
        """Waits until the channel has room; ask for one turn a channel at a time."""
        loop = asyncio.get_running_loop()
        if len(self._turns) > _MANY_CHANNELS:
            self._forget_quiet_channels(loop.time())
        turns = self._turns.setdefault(channel_id, deque(maxlen=self._messages))
        if len(turns) == self._messages:
            await asyncio.sleep(turns[0] + CHANNEL_SECONDS - loop.time())
        turns.append(loop.time())

    def _forget_quiet_channels(self, now: float) -> None:
        self._turns = {
            channel_id: turns
            for channel_id, turns in self._turns.items()
            if turns and turns[-1] + CHANNEL_SECONDS > now
        }


class Rest:
    """A time in which nothing is sent to anyone; each that follows on another is longer."""

    def __init__(self) -> None:
        self._until = 0.0  # by the event loop's clock, which nobody sets
        self._in_a_row = 0

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def begin(self, at_least_seconds: float = 0.0) -> float:
        """Begins a rest, or lengthens the one that is; the seconds that are left of it."""
        seconds = at_least_seconds
        if self.seconds_left == 0:
            seconds = max(seconds, growing_wait(self._in_a_row).total_seconds())
            self._in_a_row += 1
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)
        return self.seconds_left

    def over(self) -> None:
        """Something worked: the next rest is a short one again."""
        self._in_a_row = 0
