"""Progress bars on standard error: in a terminal alone, below the log, and gone when the work is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from bot.services.progress import Advance, Progress, no_progress

_FORMAT = "{desc} {bar:30} {n_fmt} of {total_fmt}, {remaining} left"

tqdm.monitor_interval = 0  # no thread beside the loop: each step draws


def progress_bar(what: str) -> Progress:
    """A bar that says what is done; nothing at all where standard error is no terminal."""
    return _drawn(what) if sys.stderr.isatty() else no_progress


def _drawn(what: str) -> Progress:
    # By default it would be a lock between processes; nobody shares the terminal with us.
    tqdm.set_lock(threading.RLock())  # pyright: ignore[reportUnknownMemberType]

    @contextmanager
    def draw(total: int, /) -> Generator[Advance]:
        bar: tqdm[NoReturn]
        # Records go past the bar: it is taken away for each, and drawn again below it.
        with (
            logging_redirect_tqdm(),
            tqdm(desc=what, total=total, leave=False, dynamic_ncols=True, bar_format=_FORMAT) as bar,
        ):

            def advance() -> None:
                bar.update()

            yield advance

    return draw
