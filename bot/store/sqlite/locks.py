"""Lock files: each locked by one program at a time, and unlocked by the system when that program ends."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

from bot.errors import ConfigError
from bot.store.sqlite import files

_CLOSES_WITHIN_SECONDS = 5.0  # how long a stopping bot may take
_AGAIN_SECONDS = 0.1
# Of a file that is locked; `lockf` has both.
_TAKEN = {errno.EAGAIN, errno.EACCES}


class NoLocksError(OSError):
    """The file system does not support locks."""


def lock_path(database: Path) -> Path:
    """The file that a running bot locks, next to its database."""
    return database.with_name(f"{database.name}.lock")


@contextmanager
def locked_file(path: Path) -> Generator[int]:
    """Lock the file, created if it is missing, and yield its descriptor; it is removed at the end.

    Raises:
        BlockingIOError: another program has locked it.
        NoLocksError: files cannot be locked there.
        OSError: it cannot be created, or opened for writing.
    """
    descriptor = _take(path, os.O_RDWR | os.O_CREAT)
    try:
        files.set_mode(descriptor)
        yield descriptor
    finally:
        if _is_at(path, descriptor):  # it may have been given another name meanwhile
            with suppress(OSError):
                path.unlink()
        os.close(descriptor)


@contextmanager
def exclusive_lock(database: Path) -> Generator[None]:
    """Lock the database: the lock file next to it and, if it exists, the database file itself.

    `database` is its path without symbolic links. The lock on the file itself detects hard links. SQLite does
    not see it; only Linux separates it from SQLite's own locks.

    Raises:
        BlockingIOError: another program has locked it.
        NoLocksError: files cannot be locked there.
        OSError: the lock file cannot be created.
    """
    with ExitStack() as stack:
        stack.enter_context(locked_file(lock_path(database)))
        if sys.platform == "linux":
            # Where it cannot be opened, opening it as a database says so.
            with suppress(FileNotFoundError, PermissionError, NoLocksError):
                stack.callback(os.close, _take(database, os.O_RDWR, by_flock_alone=True))
        yield


@asynccontextmanager
async def sole_use(named: Path) -> AsyncGenerator[Callable[[], Coroutine[None, None, None]]]:
    """Keep a second bot, and a restore, away from the database until the end.

    Raises:
        ConfigError: another bot runs on it, and does not stop within seconds; or the file cannot be used.
    """
    database = await asyncio.to_thread(files.prepare, named)
    with ExitStack() as stack:
        tries_left = round(_CLOSES_WITHIN_SECONDS / _AGAIN_SECONDS)
        while True:
            try:
                stack.enter_context(exclusive_lock(database))
            except BlockingIOError:
                if not tries_left:
                    raise ConfigError(
                        f"DATABASE_URL names {named}, on which another Paperboy runs. Stop that one, "
                        "or give this one its own database: two would post everything twice."
                    ) from None
            except NoLocksError as error:
                raise ConfigError(f"DATABASE_URL names {named}, but {files.NO_LOCKS}") from error
            except OSError as error:
                raise ConfigError(
                    f"DATABASE_URL names {named}, but {files.unwritable(lock_path(database), error)}"
                ) from error
            else:
                break
            tries_left -= 1
            await asyncio.sleep(_AGAIN_SECONDS)
        yield _nothing


async def _nothing() -> None:
    """A file's lock lasts as long as the process."""


def is_locked(path: Path) -> bool:
    """Whether a program holds a lock on the file. A missing file is not created."""
    return isinstance(_tried(path), BlockingIOError)


def keeps_locks(path: Path) -> bool:
    """Whether the file system supports locks. Call it while this process has the file closed."""
    return not isinstance(_tried(path), NoLocksError)


def _tried(path: Path) -> OSError | None:
    """Why the file cannot be locked; None if locking it succeeded."""
    try:
        descriptor = os.open(path, os.O_RDWR)
        try:
            _lock(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return error
    return None


def _take(path: Path, flags: int, *, by_flock_alone: bool = False) -> int:
    while True:
        descriptor = os.open(path, flags, files.FILE_MODE)
        try:
            _lock(descriptor, by_flock_alone=by_flock_alone)
            if _is_at(path, descriptor):  # else its holder has removed or replaced it since we opened it
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, *, by_flock_alone: bool = False) -> None:
    """Lock the file by `flock` or, where the file system knows none, by `lockf`, which SQLite uses too.

    Raises:
        BlockingIOError: another program has locked it.
        NoLocksError: it cannot be locked.
    """
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if by_flock_alone:
            raise NoLocksError(error.errno, error.strerror) from error
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                raise BlockingIOError(error.errno, error.strerror) from error
            raise NoLocksError(error.errno, error.strerror) from error


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
