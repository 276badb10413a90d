"""Progress: how far a long piece of work is, reported to what shows it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[], None]  # one step is done
Progress = Callable[[int], AbstractContextManager[Advance]]  # for this many steps, while they run


@contextmanager
def no_progress(_total: int, /) -> Generator[Advance]:
    """Reports nothing."""
    yield lambda: None
