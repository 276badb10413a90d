"""Progress: the callbacks by which long-running work reports how far it is."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[], None]  # called after each step
Progress = Callable[[int], AbstractContextManager[Advance]]  # takes the number of steps; wraps the work


@contextmanager
def no_progress(_total: int, /) -> Generator[Advance]:
    """Reports nothing."""
    yield lambda: None
