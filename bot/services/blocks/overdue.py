"""What is deleted after a time: only what has looked that old for an hour, by a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

# A clock that leaps ahead makes everything look old. One that is set right again within this time makes
# nothing forgotten.
SURE_AFTER_SECONDS = 3_600.0

Key = TypeVar("Key", bound=Hashable)


class Overdue(Generic[Key]):
    """Remembers since when each thing has looked overdue."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._since: dict[Key, float] = {}

    def sure(self, overdue: Iterable[Key]) -> frozenset[Key]:
        """Those of what looks overdue now that have looked so for long enough."""
        known_at = self._monotonic()
        self._since = {key: self._since.get(key, known_at) for key in overdue}
        return frozenset(key for key, since in self._since.items() if known_at - since >= SURE_AFTER_SECONDS)
