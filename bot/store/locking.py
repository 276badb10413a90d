"""Locks: a file that one program holds at a time, and that the system frees when that program dies."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

from bot.errors import ConfigError
from bot.store.engines import make_folder, parse_url

_CLOSES_WITHIN_SECONDS = 5.0  # a bot that was told to end may take so long
_AGAIN_SECONDS = 0.1
# Some network file systems keep no locks; there the bot does without.
_KEEPS_NONE = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}

_log = logging.getLogger(__name__)


def lock_path(database: Path) -> Path:
    """The file that a running bot holds, beside its database."""
    return database.with_name(f"{database.name}.lock")


@contextmanager
def held(path: Path) -> Generator[int]:
    """Hold this file, made where it is missing, and give its descriptor; at the end it is removed again.

    Raises:
        BlockingIOError: another program holds it.
        OSError: it cannot be made, or opened for writing.
    """
    descriptor = _take(path)
    try:
        yield descriptor
    finally:
        if _is_at(path, descriptor):  # it may have been given another name meanwhile
            with suppress(OSError):
                path.unlink()
        os.close(descriptor)


@asynccontextmanager
async def sole_use(url: str) -> AsyncGenerator[None]:
    """Keep a second bot, and a restore, away from the database as long as this lasts.

    Raises:
        ConfigError: another bot runs on it, and does not end within seconds.
    """
    _, database = parse_url(url)
    await asyncio.to_thread(make_folder, database)
    with ExitStack() as stack:
        tries_left = round(_CLOSES_WITHIN_SECONDS / _AGAIN_SECONDS)
        while True:
            try:
                stack.enter_context(held(lock_path(database)))
            except BlockingIOError:
                if not tries_left:
                    raise ConfigError(
                        f"DATABASE_URL names {database}, on which another Paperboy runs. End that one, "
                        "or give this one a database of its own: two would post everything twice."
                    ) from None
                tries_left -= 1
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            except OSError as error:  # opening the database tells it better
                _log.warning("%s cannot be made: %s", lock_path(database), error.strerror)
            break
        yield


def _take(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            if _is_at(path, descriptor):  # else who held it has removed it since we opened it
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in _KEEPS_NONE:
            raise
        _log.warning("This file system keeps no locks; see to it that one Paperboy alone uses the database")


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
