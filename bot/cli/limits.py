"""Limits of the process and its machine: what to raise when one of them ends a command."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

_FILES: Final = "raise it with LimitNOFILE in a systemd unit, or with `ulimit -n` in a shell"
_MEMORY: Final = "raise MemoryMax in a systemd unit, mem_limit with Docker, or `ulimit -v` in a shell"
_THREADS: Final = "raise TasksMax in a systemd unit, pids_limit with Docker, or give it more memory"
_BY_NUMBER: Final = {
    errno.EMFILE: f"the process has reached its limit of open files: {_FILES}",
    errno.ENFILE: "the system has reached its limit of open files: raise fs.file-max, or end other programs",
    errno.ENOMEM: f"the process gets no more memory: {_MEMORY}",
}


def limit_reached(error: BaseException) -> str | None:
    """Which limit is behind the error, and how to raise it; None if none is."""
    return next(filter(None, map(_limit, _behind(error, set()))), None)


def _behind(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """The error and all that led to it."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    inner: tuple[BaseException, ...] = error.exceptions if isinstance(error, BaseExceptionGroup) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    for cause in (*inner, error.__cause__, error.__context__):
        yield from _behind(cause, seen)


def _limit(error: BaseException) -> str | None:
    if isinstance(error, MemoryError):
        return _BY_NUMBER[errno.ENOMEM]
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"the process may start no more threads: {_THREADS}"
    return _BY_NUMBER.get(error.errno or 0) if isinstance(error, OSError) else None
