"""The pace of sending: so many messages a second over all channels, and rests when something is wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta

# Discord allows a bot 50 requests a second over all routes; the rest is left to commands and look-ups.
MESSAGES_PER_SECOND = 45
# Waits before what may succeed later is tried again: 5 s, 10 s, 20 s … up to 15 minutes.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)


def growing_wait(failures: int) -> timedelta:
    """How long to wait when this many attempts have failed before."""
    return min(FIRST_WAIT * 2 ** min(failures, 10), LONGEST_WAIT)


class Pace:
    """Hands out evenly spaced turns; whoever waits gets theirs in the order of asking."""

    def __init__(self, per_second: float = MESSAGES_PER_SECOND) -> None:
        self._interval_seconds = 1 / per_second
        self._next_turn = 0.0

    async def turn(self) -> None:
        """Waits for the next free turn. A cancelled wait costs its turn, never another's."""
        loop = asyncio.get_running_loop()
        turn = max(self._next_turn, loop.time())
        self._next_turn = turn + self._interval_seconds
        await asyncio.sleep(turn - loop.time())


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
