"""SQLite engines: how a connection is set up, and how a file that cannot serve is told to the operator."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, AdaptedConnection, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import ConfigError, StoreError
from bot.store.cancelling import to_the_end

_EXAMPLE = "sqlite+aiosqlite:///data/paperboy.db"
_BUSY_TIMEOUT_SECONDS = 5  # how long another process (a backup, a shell) may keep us waiting

_NO_RIGHT = "this user may not write there; fix the permissions of the file and its folder"
# By SQLite's names of its errors.
_ADVICE = {
    "SQLITE_CANTOPEN": "it cannot be opened; check that it is a file and that this user may write there",
    "SQLITE_READONLY": _NO_RIGHT,
    "SQLITE_PERM": _NO_RIGHT,
    "SQLITE_AUTH": _NO_RIGHT,
    "SQLITE_NOTADB": "the file is not a SQLite database; name another file",
    "SQLITE_CORRUPT": "the file is damaged; put a backup in its place",
    "SQLITE_FULL": "the disk is full; make room",
    "SQLITE_IOERR": "the disk does not read or write; check that it has room and is healthy",
    "SQLITE_BUSY": "another program keeps it locked; end that program",
    "SQLITE_LOCKED": "another program keeps it locked; end that program",
}
# The same for people on Discord, to whom files say nothing.
_REASONS = {
    "SQLITE_CANTOPEN": "my database cannot be opened",
    "SQLITE_READONLY": "my database cannot be written to",
    "SQLITE_PERM": "my database cannot be written to",
    "SQLITE_AUTH": "my database cannot be written to",
    "SQLITE_NOTADB": "my database is damaged",
    "SQLITE_CORRUPT": "my database is damaged",
    "SQLITE_FULL": "the disk that I run on is full",
    "SQLITE_IOERR": "the disk that I run on has a problem",
    "SQLITE_BUSY": "another program keeps my database locked",
    "SQLITE_LOCKED": "another program keeps my database locked",
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


def parse_url(url: str) -> tuple[URL, Path]:
    """The URL and the file it names.

    Raises:
        ConfigError: it is no URL, not for SQLite, or names no file.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"DATABASE_URL is not a database URL; it must read like {_EXAMPLE}") from error
    if parsed.drivername != "sqlite+aiosqlite":
        raise ConfigError(
            f"DATABASE_URL is for {parsed.drivername}, which is not supported; it must read like {_EXAMPLE}"
        )
    if not parsed.database or parsed.database.startswith((":", "file:")):
        raise ConfigError(f"DATABASE_URL names no file; it must read like {_EXAMPLE}")
    return parsed, Path(parsed.database)


def make_folder(path: Path) -> None:
    """Make the folder that the file lies in.

    Raises:
        ConfigError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"DATABASE_URL names {path}, but its folder cannot be made: {error.strerror}"
        ) from error


def sqlite_engine(url: URL, *, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    """An engine whose transactions start with `begin`; `pragmas` are set on each new connection.

    Python's sqlite3 would begin transactions by itself, late, and never for DDL; so it is told not to.
    """
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_SECONDS})

    def set_up(dbapi_connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", set_up)
    event.listen(engine.sync_engine, "begin", start)
    event.listen(engine.sync_engine, "invalidate", _roll_back_cancelled)
    return engine


def _roll_back_cancelled(
    dbapi_connection: DBAPIConnection, _entry: ConnectionPoolEntry, reason: BaseException | None
) -> None:
    """Roll back what a cancellation cut off in the middle of a statement, before its connection is closed.

    To close is not enough: SQLite keeps a closed connection's transaction, and so its lock on the file, as
    long as a cursor of it is alive, and the traceback of the cancellation keeps one.
    """
    if isinstance(reason, asyncio.CancelledError) and isinstance(dbapi_connection, AdaptedConnection):
        with suppress(asyncio.CancelledError):  # a second one: the first is on its way already
            dbapi_connection.run_async(lambda driver: to_the_end(driver.rollback()))


def refusal(error: DBAPIError, path: Path) -> ConfigError | None:
    """What to tell the operator of an error at opening; None where it is a bug of ours."""
    told = advice(error.orig)
    return None if told is None else ConfigError(f"DATABASE_URL names {path}, but {told}")


def advice(error: BaseException | None) -> str | None:
    """What is wrong with the file, how to fix it, and SQLite's word; None where it is a bug of ours."""
    told = _ADVICE.get(_name(error))
    return None if told is None else f"{told} ({error})"


def store_error(error: Exception, *, is_write: bool) -> StoreError | None:
    """The error as ours, where the operator can fix it; None where it is a bug."""
    if isinstance(error, PoolTimeoutError):
        reason = "too much is asked of my database at once"
        return StoreError("no connection was free in time", reason=reason, is_write=is_write)
    cause = error.orig if isinstance(error, DBAPIError) else error
    told = advice(cause)
    # A write on a connection that only reads is a bug of ours.
    if told is None or (not is_write and getattr(cause, "sqlite_errorname", "") == "SQLITE_READONLY"):
        return None
    return StoreError(told, reason=_REASONS[_name(cause)], is_write=is_write)


def _name(error: BaseException | None) -> str:
    """SQLite's name of the error, `SQLITE_IOERR` for `SQLITE_IOERR_WRITE` too; '' of what is none."""
    if not isinstance(error, sqlite3.Error):
        return ""
    name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
    return name if name in _ADVICE else _NAMES.get(str(error).casefold(), "")
