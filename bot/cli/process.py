"""The process: work that runs until a signal asks for its end, within the seconds that it may take."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Coroutine
from contextlib import suppress

ENDS_WITHIN_SECONDS = 4.5  # from the first signal; who asked waits five
EXIT_CLOSED = 0
EXIT_FAILED = 1
EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


def run_until_signal(work: Coroutine[None, None, None]) -> None:
    """Runs `work` on an event loop of its own; SIGINT or SIGTERM cancels it and waits until it has closed.

    Returns after a signal as after an end of its own. A second signal ends the process at once, and so does
    closing that takes longer than `ENDS_WITHIN_SECONDS` (with `EXIT_FAILED`, unless all is closed and only a
    thread is left over, such as one that looks up a name).

    Raises:
        Exception: whatever ended `work`.
    """
    asyncio.run(_until_signal(work))


async def _until_signal(work: Coroutine[None, None, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    asked = False
    closed = threading.Event()

    def end(number: signal.Signals) -> None:
        nonlocal asked
        asked = True
        _log.info("%s: closing", number.name)
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        # A thread, so that it also ends a loop that is blocked and an interpreter that waits for threads.
        deadline = threading.Timer(ENDS_WITHIN_SECONDS, _give_up, [closed])
        deadline.daemon = True
        deadline.start()
        task.cancel()

    for each in _SIGNALS:
        # Windows has none of these; there, Ctrl-C arrives as KeyboardInterrupt.
        with suppress(NotImplementedError):
            loop.add_signal_handler(each, end, each)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise
    except Exception as error:
        if not asked:
            raise
        # What the end has cut off may fail in its own way; it is over all the same.
        _log.warning("Closing met an error: %s", type(error).__name__)
        _log.debug("What closing met", exc_info=error)
    closed.set()


def _give_up(closed: threading.Event) -> None:
    if closed.is_set():
        logging.shutdown()
        os._exit(EXIT_CLOSED)
    _log.error("Closing took longer than %s s: ending all the same", ENDS_WITHIN_SECONDS)
    logging.shutdown()
    os._exit(EXIT_FAILED)
