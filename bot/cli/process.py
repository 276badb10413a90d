"""The process: exit codes, the log of short commands, and work that runs until a signal."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from contextlib import ExitStack, suppress

from bot import logs
from bot.settings import LogLevel, Settings

CLOSING_TIMEOUT_SECONDS = 4.5  # from the first signal; operators are promised five
EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CONFIG = 78  # EX_CONFIG in sysexits.h
EXIT_INTERRUPTED = 130  # Ctrl-C, as in shells

_FILES_OF_AN_EVENT_LOOP = 3
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


def log_errors_only(settings: Settings) -> None:
    """Configure the log for a command that reports problems in its own output.

    Only `LOG_LEVEL=DEBUG` shows more.
    """
    level = settings.log_level if settings.log_level is LogLevel.DEBUG else LogLevel.ERROR
    logs.configure(level=level, log_format=settings.log_format, secrets=settings.secrets)


def run_until_signal(work: Coroutine[None, None, None]) -> None:
    """Run `work` in a new event loop; SIGINT or SIGTERM cancels it and waits until it has closed.

    Returns normally after a signal. A second signal ends the process at once, and so does
    closing for longer than `CLOSING_TIMEOUT_SECONDS`: with `EXIT_FAILED`, or with `EXIT_OK` if everything is
    closed and only a thread is left, such as a DNS lookup.

    Raises:
        Exception: whatever ended `work`.
    """
    # Windows has no signal handlers in asyncio; Ctrl-C arrives there as KeyboardInterrupt.
    try:
        _open_files(_FILES_OF_AN_EVENT_LOOP)
    except OSError:
        work.close()
        raise
    with suppress(KeyboardInterrupt):
        asyncio.run(_until_signal(work))


def drop_unwritten() -> None:
    """Gives up output that cannot be written, as to a full disk: it would change the exit code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_files(number: int) -> None:
    """Opens so many, and closes them. An event loop that is only half made logs errors of its own.

    Raises:
        OSError: the process or the system has reached its limit of open files.
    """
    with ExitStack() as stack:
        for _ in range(number):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))


async def _until_signal(work: Coroutine[None, None, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    was_signaled = False
    closed = threading.Event()

    def close(number: signal.Signals) -> None:
        nonlocal was_signaled
        was_signaled = True
        _log.info("%s: closing", number.name)
        for signal_number in _SIGNALS:
            loop.remove_signal_handler(signal_number)
            signal.signal(signal_number, signal.SIG_DFL)
        # A thread also ends a blocked event loop, and an interpreter that waits for other threads.
        deadline = threading.Timer(CLOSING_TIMEOUT_SECONDS, _exit_now, [closed])
        deadline.daemon = True
        deadline.start()
        task.cancel()

    for handled in _SIGNALS:
        with suppress(NotImplementedError):  # on Windows
            loop.add_signal_handler(handled, close, handled)
    try:
        await task
    except asyncio.CancelledError:
        if not was_signaled:
            raise
    except Exception as error:
        if not was_signaled:
            raise
        # Cancelled work may fail in its own way; the process still ends normally.
        _log.warning("An error occurred while closing: %s", type(error).__name__)
        _log.debug("The error while closing", exc_info=error)
    closed.set()
    gc.freeze()  # or the interpreter looks through everything once more, for seconds on a busy machine


def _exit_now(closed: threading.Event) -> None:
    if closed.is_set():
        logging.shutdown()
        os._exit(EXIT_OK)
    _log.error("Closing took longer than %s s; exiting now", CLOSING_TIMEOUT_SECONDS)
    logging.shutdown()
    os._exit(EXIT_FAILED)
