"""Change notifications: waits in the sandbox end when something changes, and never poll."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable


class Changes:
    """Versions of the channels, and the tasks that wait for a change."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()
        self._everywhere = 0
        self._channels: defaultdict[int, int] = defaultdict(int)

    def mark(self, channel_id: int | None = None) -> None:
        """Record a change in a channel; None for a change that any channel can show."""
        if channel_id is None:
            self._everywhere += 1
        else:
            self._channels[channel_id] += 1
        self.wake()

    def wake(self) -> None:
        """Wake all waiting tasks without a change in any channel."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def version(self, channel_id: int) -> int:
        """A number that grows with every change that the channel can show."""
        return self._everywhere + self._channels[channel_id]

    async def until(self, condition: Callable[[], bool], *, timeout_seconds: float, what: str) -> None:
        """Wait until `condition` returns True. It is called again after each change.

        Raises:
            TimeoutError: it didn't in time; the message names `what`.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while not condition():
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self._waiters.discard(waiter)
        except TimeoutError:
            raise TimeoutError(f"waited {timeout_seconds:g} s for {what}") from None
