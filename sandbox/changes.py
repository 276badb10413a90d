"""What changed in the sandbox, and who waits for it: nothing in it waits by the clock."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable


class Changes:
    """What changed, and who waits for it."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()
        self._everywhere = 0
        self._channels: defaultdict[int, int] = defaultdict(int)

    def ring(self, channel_id: int | None = None) -> None:
        """Note a change in a channel, or with None one that every channel may show."""
        if channel_id is None:
            self._everywhere += 1
        else:
            self._channels[channel_id] += 1
        self.wake()

    def wake(self) -> None:
        """Have everyone who waits look again, without a change that a channel would show."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def version(self, channel_id: int) -> int:
        """A number that grows when something changed that the channel may show."""
        return self._everywhere + self._channels[channel_id]

    async def until(self, claim: Callable[[], bool], *, timeout_seconds: float, what: str) -> None:
        """Wait until the claim holds; it is asked again after each change.

        Raises:
            TimeoutError: it did not hold in time; the message names `what`.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while not claim():
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self._waiters.discard(waiter)
        except TimeoutError:
            raise TimeoutError(f"waited {timeout_seconds:g} s in vain for {what}") from None
