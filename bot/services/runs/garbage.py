"""Garbage: no search for reference cycles while a run makes its values, which have none."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def no_cycle_search() -> Generator[None]:
    """Lets no search for cycles start meanwhile: among so many new values, it takes a third of the time.

    Values are freed as ever when nothing refers to them; the cycles of others wait for the next full search.
    If two overlap, the end of one is the end for both.
    """
    is_searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_searching:
            gc.enable()
