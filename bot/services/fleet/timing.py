"""Timing: how long a lease lasts, and how long others have not changed, by a clock that nobody sets."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds; tests use shorter ones.

    A process sends nothing from `certain` after a renewal on, and others take over `expires` after it. What
    lies between is for requests that are under way, and for clocks that do not run equally fast.
    """

    renew: float = 10.0
    look: float = 3.0
    certain: float = 20.0
    expires: float = 30.0
    # Then a process takes over more than its part, for the one whose part it is may be starting.
    overdue: float = 36.0
    unclaimed: float = 10.0  # the same for a shard that was given back
    settle: float = 5.0  # the processes that start together know of one another before they take shards
    give_back: float = 20.0  # before shards change hands only because a process came or went
    finish: float = 5.0  # for attempts under way, before a shard is given back
    stops: float = 5.0  # a bot in a single process, which is stopping
    retry: float = 1.0
    # So much counts of a longer time without a look: the database was away, and for others as well.
    unseen: float = 10.0


def boot_time() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps where it can."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Observed:
    """For how long each value that others write has been as it is, by our own clock."""

    def __init__(self, *, unseen_seconds: float) -> None:
        self._unseen_seconds = unseen_seconds
        self._seen: dict[object, tuple[object, float]] = {}
        self._looked_at = float("-inf")
        self._seconds = 0.0  # in which we looked, so far

    def look(self, now: float) -> None:
        """Call it at each look, before what was seen is noted."""
        self._seconds += min(now - self._looked_at, self._unseen_seconds)
        self._looked_at = now

    def see(self, key: object, value: object) -> float:
        """Notes the value; returns for how many seconds it has not changed while we looked."""
        known = self._seen.get(key)
        if known is None or known[0] != value:
            self._seen[key] = (value, self._seconds)
            return 0.0
        return self._seconds - known[1]
