"""Progress bars on standard error: only in a terminal, below the log, and removed when the work is done."""

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

tqdm.monitor_interval = 0  # no monitor thread: every step redraws the bar


def progress_bar(what: str) -> Progress:
    """A bar with this label, or nothing if standard error is not a terminal."""
    return _draw(what) if sys.stderr.isatty() else no_progress


def _draw(what: str) -> Progress:
    # tqdm's default lock works between processes, which we do not need.
    tqdm.set_lock(threading.RLock())  # pyright: ignore[reportUnknownMemberType]

    @contextmanager
    def draw(total: int, /) -> Generator[Advance]:
        bar: tqdm[NoReturn]
        # For each log record the bar is removed, and drawn again below the record.
        with (
            logging_redirect_tqdm(),
            tqdm(desc=what, total=total, leave=False, dynamic_ncols=True, bar_format=_FORMAT) as bar,
        ):

            def advance() -> None:
                bar.update()

            yield advance

    return draw
