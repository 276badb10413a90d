"""SQLite engines: connection set-up, and what the operator learns about a file that cannot be used."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import aiosqlite
from sqlalchemy import URL, AdaptedConnection, Connection, Dialect, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from bot.errors import ConfigError, StoreError
from bot.store.sqlite.address import AddressError, database_path
from bot.store.sqlite.cancelling import to_the_end
from bot.store.sqlite.driver import OneCallConnection, opened, opening
from bot.store.sqlite.files import NO_LOCKS
from bot.store.statements import BY_NAME

_INTERRUPT_AFTER_SECONDS = 0.1

_RIGHTS = "this user cannot write there; give it the right to write to the file and its directory"
_LOCKED = (
    "another program has locked it; stop that program (if there is none, the file is on a file system "
    "without locks, such as NFS or SMB: put it on a local disk)"
)
# By SQLite's word for the error, or its beginning; the longest that fits.
_ADVICE = {
    "SQLITE_CANTOPEN": "it cannot be opened; check that this user can write to it and its directory, and "
    "that this process may open more files (LimitNOFILE in a systemd unit, `ulimit -n` in a shell)",
    "SQLITE_READONLY": _RIGHTS,
    "SQLITE_PERM": _RIGHTS,
    "SQLITE_AUTH": _RIGHTS,
    "SQLITE_NOTADB": "the file is not a SQLite database; name another file",
    "SQLITE_CORRUPT": "the file is damaged; restore a backup",
    "SQLITE_FULL": "the disk is full; free some space",
    "SQLITE_IOERR": "the disk cannot be read or written; check that it is healthy and has free space",
    "SQLITE_IOERR_ACCESS": _RIGHTS,
    "SQLITE_IOERR_SHMOPEN": NO_LOCKS,
    "SQLITE_IOERR_SHMMAP": NO_LOCKS,
    "SQLITE_IOERR_SHMLOCK": NO_LOCKS,
    "SQLITE_IOERR_LOCK": NO_LOCKS,
    "SQLITE_IOERR_UNLOCK": NO_LOCKS,
    "SQLITE_IOERR_RDLOCK": NO_LOCKS,
    "SQLITE_IOERR_CHECKRESERVEDLOCK": NO_LOCKS,
    "SQLITE_PROTOCOL": NO_LOCKS,
    "SQLITE_NOLFS": "its file system does not support files of this size; put the database on another disk",
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
}
# The same for people on Discord, without files.
_REASONS = {
    "SQLITE_CANTOPEN": "my database cannot be opened",
    "SQLITE_READONLY": "my database cannot be written to",
    "SQLITE_PERM": "my database cannot be written to",
    "SQLITE_AUTH": "my database cannot be written to",
    "SQLITE_NOTADB": "my database is damaged",
    "SQLITE_CORRUPT": "my database is damaged",
    "SQLITE_FULL": "the disk that I run on is full",
    "SQLITE_IOERR": "the disk that I run on has a problem",
    "SQLITE_BUSY": "another program has locked my database",
    "SQLITE_LOCKED": "another program has locked my database",
}
# Where an error has no name.
_NAMES = {
    "database or disk is full": "SQLITE_FULL",
    "database is locked": "SQLITE_BUSY",
    "database table is locked": "SQLITE_LOCKED",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "disk i/o error": "SQLITE_IOERR",
    "unable to open database file": "SQLITE_CANTOPEN",
    "database disk image is malformed": "SQLITE_CORRUPT",
    "file is not a database": "SQLITE_NOTADB",
}


def parse_url(url: str) -> Path:
    """The file that the URL names, as it names it.

    Raises:
        ConfigError: it names none, or is for another database; the text has the address that was meant.
    """
    try:
        return database_path(url)
    except AddressError as error:
        raise ConfigError(f"DATABASE_URL must be {error}") from error


def sqlite_engine(
    path: Path,
    *,
    begin: str,
    pragmas: tuple[str, ...],
    connection_to: Callable[..., aiosqlite.Connection] = opening,
) -> AsyncEngine:
    """An engine whose transactions start with `begin`; `pragmas` are set on each new connection."""
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(url, hide_parameters=True, execution_options=BY_NAME)

    def connect(dialect: Dialect, *_: object) -> OneCallConnection:
        driver = await_only(opened(connection_to(path, pragmas=pragmas)))
        return OneCallConnection(dialect.loaded_dbapi, driver, only_reads=begin == "BEGIN")

    def start(connection: Connection) -> None:
        cast("OneCallConnection", connection.connection.dbapi_connection).begin_with(begin)

    event.listen(engine.sync_engine, "do_connect", connect)
    event.listen(engine.sync_engine, "begin", start)
    event.listen(engine.sync_engine, "invalidate", _roll_back_cancelled)
    return engine


def _roll_back_cancelled(
    dbapi_connection: DBAPIConnection, _entry: ConnectionPoolEntry, reason: BaseException | None
) -> None:
    """Interrupt and roll back what a cancellation cut off in a statement, before its connection is closed.

    To close is not enough: SQLite keeps a closed connection's transaction, and so its lock on the file, as
    long as a cursor of it is alive, and the traceback of the cancellation keeps one.
    """
    if isinstance(reason, asyncio.CancelledError) and isinstance(dbapi_connection, AdaptedConnection):
        with suppress(asyncio.CancelledError):  # a second one: the first is on its way already
            dbapi_connection.run_async(lambda driver: to_the_end(_undo(driver)))


async def _undo(driver: aiosqlite.Connection) -> None:
    """Roll back what was cut off, soon even where a statement would run for minutes.

    Most statements are through in a moment and are let run: an interrupt would also stop the rollback while
    another cursor of the connection has rows left. One that comes before its statement began is lost, so it
    is repeated. Nothing raised here may take the place of the cancellation.
    """
    is_through = asyncio.ensure_future(driver.execute_fetchall("SELECT 1"))  # it waits in the same line
    while not (await asyncio.wait({is_through}, timeout=_INTERRUPT_AFTER_SECONDS))[0]:
        await driver.interrupt()
    with suppress(sqlite3.Error, ValueError):  # interrupted as well, or closed
        is_through.result()
    with suppress(sqlite3.Error, ValueError):
        await driver.rollback()


@contextmanager
def refusals(path: Path) -> Generator[None]:
    """Translates SQLite's errors to one line for the operator.

    Raises:
        ConfigError: in its place.
    """
    try:
        yield
    except DBAPIError as error:
        if refused := refusal(error, path):
            raise refused from error
        raise
    except StoreError as error:
        raise ConfigError(f"DATABASE_URL names {path}, but {error}") from error


def refusal(error: DBAPIError, path: Path) -> ConfigError | None:
    """The error for the operator; None if it is a bug of ours."""
    reason = advice(error.orig)
    return None if reason is None else ConfigError(f"DATABASE_URL names {path}, but {reason}")


def advice(error: BaseException | None) -> str | None:
    """What is wrong with the file, how to fix it, and SQLite's word; None if it is a bug of ours."""
    known = next((_ADVICE[name] for name in _names(error) if name in _ADVICE), None)
    return None if known is None else f"{known} ({error})"


def store_error(error: Exception, *, is_write: bool) -> StoreError | None:
    """Our error, if the operator can fix the cause; None if it is a bug."""
    if isinstance(error, PoolTimeoutError):
        reason = "my database has too many requests at once"
        return StoreError("no connection was free in time", reason=reason, is_write=is_write)
    cause = error.orig if isinstance(error, DBAPIError) else error
    known = advice(cause)
    # A write on a connection that only reads is a bug of ours.
    if known is None or (not is_write and getattr(cause, "sqlite_errorname", "") == "SQLITE_READONLY"):
        return None
    reason = next(
        (_REASONS[name] for name in _names(cause) if name in _REASONS), "my database cannot be used"
    )
    return StoreError(known, reason=reason, is_write=is_write)


def _names(error: BaseException | None) -> list[str]:
    """SQLite's names of the error: the exact one (`SQLITE_IOERR_WRITE`), its beginning, its text's."""
    if not isinstance(error, sqlite3.Error):
        return []
    name = getattr(error, "sqlite_errorname", "")
    return [name, "_".join(name.split("_")[:2]), _NAMES.get(str(error).casefold(), "")]
