"""The IDENTIFYs that the gateway received, and Discord's limit on how many it accepts in five seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SECONDS: Final = 5.0
_MAX_RECORDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Identify:
    at: float  # by a monotonic clock
    shard_id: int
    is_accepted: bool
    host: str  # the address that the client used for the gateway


class Identifies:
    """Accepts one of each bucket in five seconds. A shard's bucket is its number modulo `max_concurrency`.

    Args:
        max_concurrency: None for no limit, so that a test need not wait before it starts a bot again.
    """

    def __init__(
        self, *, max_concurrency: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.max_concurrency = max_concurrency
        self.record: deque[Identify] = deque(maxlen=_MAX_RECORDS)
        self._clock = clock
        self._accepted_at: dict[int, float] = {}  # by bucket

    def accept(self, shard_id: int, *, host: str) -> bool:
        """Record an IDENTIFY; return whether it keeps the limit."""
        now = self._clock()
        bucket = shard_id % (self.max_concurrency or 1)
        is_early = now - self._accepted_at.get(bucket, float("-inf")) < SECONDS
        is_accepted = self.max_concurrency is None or not is_early
        if is_accepted:
            self._accepted_at[bucket] = now
        self.record.append(Identify(now, shard_id, is_accepted, host))
        return is_accepted
