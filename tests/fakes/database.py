"""A SQLite database for a test: migrated once a process, then copied, or kept open for the next test.

Its connections are the bot's, but for their threads: each calls SQLite where it is called. Its engines share what
SQLAlchemy has compiled. Tests of the threads themselves open a `Database` of their own.
"""

# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiosqlite
from aiosqlite.core import set_exception, set_result
from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store import tables
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.sqlite.backend import READER, WRITER
from bot.store.sqlite.driver import opening
from bot.store.sqlite.engine import sqlite_engine
from bot.store.sqlite.files import make, make_folder
from tests.fakes.kept import Engines, KeptDatabases

_empty: dict[str, bytes] = {}
_compiled: dict[Any, Any] = {}
_dialects: list[Dialect] = []


async def open_database(path: Path) -> Database:
    """The database at this path, an empty one where there is none."""
    if path.exists():
        return await Database.open(_address(path))
    await make_migrated(path)
    engines = _engines(path)
    return Database(engines.backend, writer=engines.writer, reader=engines.reader)


async def open_kept(path: Path) -> Database:
    """The same; where databases stay open, the path is a link to a file that the next test will use."""
    if not kept.stays_open() or (path not in kept.used() and path.exists()):
        return await open_database(path)
    database = await kept.open_database(path)
    if not path.exists():
        make_folder(path.parent)
        path.symlink_to(str(database._writer.url.database))
    return database


class _File:
    """A file that tests use one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.address = _address(path)

    def engines(self) -> Engines:
        return _engines(self._path)

    async def left(self, conn: AsyncConnection, *, connections: int) -> str:
        return ""  # another connection's transaction keeps it from being emptied

    async def empty(self, conn: AsyncConnection) -> bool:
        driver: Any = (await conn.get_raw_connection()).driver_connection
        connection: sqlite3.Connection = driver._conn
        ((schema,),) = connection.execute("PRAGMA schema_version")
        if schema != int.from_bytes(_empty["file"][_SCHEMA_AT]):
            return False
        (are_filled,) = connection.execute(_ARE_FILLED)
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN IMMEDIATE")
        for name, is_filled in zip(_TABLES, are_filled, strict=True):
            if is_filled:
                connection.execute(f"DELETE FROM {name}")  # noqa: S608 - a name of ours
        connection.execute("COMMIT")
        connection.execute("PRAGMA foreign_keys = ON")
        return True


async def _make_kept(_: Path) -> _File:
    path = folder[-1] / f"{secrets.token_hex(8)}.db"
    await make_migrated(path)
    return _File(path)


folder: list[Path] = []  # of the files that are kept, once there is one
kept = KeptDatabases(_make_kept)
_SCHEMA_AT: Final = slice(40, 44)  # in a file's head: changes of its tables are counted there
_TABLES: Final = (*(table.name for table in tables.metadata.sorted_tables), "sqlite_sequence")
_ARE_FILLED: Final = f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {name})' for name in _TABLES)}"  # noqa: S608


async def make_migrated(path: Path) -> None:
    """A file with the tables, and no rows."""
    if _empty:
        make_folder(path.parent)
        make(path)
        path.write_bytes(_empty["file"])
    else:
        first = await Database.open(_address(path))
        await first.close()
        _empty["file"] = path.read_bytes()


def _address(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def _engines(path: Path) -> Engines:
    return Engines(
        backend=backend_of(_address(path)),
        writer=_engine(path, begin="BEGIN IMMEDIATE", pragmas=WRITER),
        reader=_engine(path, begin="BEGIN", pragmas=READER),
    )


def _engine(path: Path, *, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    return sharing(sqlite_engine(path, begin=begin, pragmas=pragmas, connection_to=_without_thread))


def sharing(engine: AsyncEngine) -> AsyncEngine:
    """Has it share what engines of this process have compiled."""
    engine.sync_engine.dialect = _dialect(engine)
    engine.update_execution_options(compiled_cache=_compiled)
    return engine


def _dialect(engine: AsyncEngine) -> Dialect:
    """One for all engines: a compiled statement is found by its dialect."""
    if not _dialects:
        dialect = engine.sync_engine.dialect
        dialect.server_version_info = (
            sqlite3.sqlite_version_info
        )  # else known after a first connection of its own
        _dialects.append(dialect)
    return _dialects[0]


def _without_thread(path: Path, *, pragmas: Iterable[str]) -> aiosqlite.Connection:
    driver = opening(path, pragmas=pragmas)
    driver._thread, driver._tx = _NoThread(), _Calls()
    driver._execute = partial(_execute, driver)
    return driver


async def _execute(
    driver: aiosqlite.Connection, function: Callable[..., Any], *arguments: Any, **options: Any
) -> Any:
    """Calls at once, and lets other tasks run before the outcome is there."""
    if not driver._running or not driver._connection:
        raise ValueError("Connection closed")
    try:
        return function(*arguments, **options)
    finally:
        await asyncio.sleep(0)


class _NoThread:
    def start(self) -> None:
        """Nothing waits for calls."""

    def join(self) -> None:
        """Nothing was started."""


class _Calls:
    """In place of the queue of a thread, for opening and closing: calls at once."""

    def put_nowait(self, call: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = call
        outcome: tuple[Callable[..., None], Any]
        try:
            outcome = (set_result, function())
        except Exception as error:  # noqa: BLE001 - who waits for the call gets it
            outcome = (set_exception, error)
        if future is not None:
            future.get_loop().call_soon(outcome[0], future, outcome[1])
