"""The pace of sending: so many messages a second over all channels, evenly spaced."""

from __future__ import annotations

import asyncio

# Discord allows a bot 50 requests a second over all routes; the rest is left to commands and look-ups.
MESSAGES_PER_SECOND = 45


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
