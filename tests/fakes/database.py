"""A database for a test: migrated once a process, then copied.

It is SQLite on a file, but through Python's own module, without a thread for each connection, and its engines share
what SQLAlchemy has compiled. Tests of the threads themselves open a `Database` of their own.
"""

# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self, cast

from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIModule
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.sqlite.backend import READER, WRITER
from bot.store.sqlite.engine import sqlite_engine
from bot.store.sqlite.files import make, make_folder

_empty: dict[str, bytes] = {}
_compiled: dict[Any, Any] = {}


async def open_database(path: Path) -> Database:
    """The database at this path, an empty one where there is none."""
    url = f"sqlite+aiosqlite:///{path}"
    if path.exists():
        return await Database.open(url)
    if _empty:
        make_folder(path.parent)
        make(path)
        path.write_bytes(_empty["file"])
    else:
        first = await Database.open(url)
        await first.close()
        _empty["file"] = path.read_bytes()
    return Database(
        backend_of(url),
        writer=_engine(path, begin="BEGIN IMMEDIATE", pragmas=WRITER),
        reader=_engine(path, begin="BEGIN", pragmas=READER),
    )


def _engine(path: Path, *, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = sqlite_engine(path, begin=begin, pragmas=pragmas)
    event.listen(engine.sync_engine, "do_connect", _connect)
    engine.sync_engine.dialect = _DIALECT  # a compiled statement is found by its dialect
    engine.update_execution_options(compiled_cache=_compiled)
    return engine


class _Context(SQLiteExecutionContext):
    def create_server_side_cursor(self) -> Any:
        return self.create_default_cursor()


class _Dialect(SQLiteDialect_pysqlite):
    execution_ctx_cls = _Context
    is_async = True
    server_version_info = sqlite3.sqlite_version_info
    supports_server_side_cursors = True
    supports_statement_cache = True


_DIALECT = _Dialect(dbapi=cast("DBAPIModule", sqlite3))
_DIALECT.server_version_info = sqlite3.sqlite_version_info  # else known after a first connection of its own


def _connect(_dialect: object, _entry: object, arguments: Any, options: dict[str, Any]) -> sqlite3.Connection:
    return sqlite3.connect(
        *arguments, timeout=options["timeout"], factory=_Connection, check_same_thread=False
    )


def _let_others_run() -> None:
    """Gives other tasks their turn, as they would get it while a thread works."""
    await_only(asyncio.sleep(0))


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(_Cursor)

    def commit(self) -> None:
        super().commit()
        _let_others_run()

    def close(self) -> None:
        """Rolls back first: a closed connection keeps its lock as long as a cursor of it is alive."""
        super().rollback()
        super().close()


class _Cursor(sqlite3.Cursor):
    """Has all rows once a statement was executed, as SQLAlchemy's own asynchronous one."""

    _rows: Iterator[Any] = iter(())

    def execute(self, *arguments: Any) -> Self:
        super().execute(*arguments)
        self._rows = iter(super().fetchall())
        _let_others_run()
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Self:
        super().executemany(sql, parameters)
        _let_others_run()
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        return list(islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    async def _async_soft_close(self) -> None:
        """Keeps the rows that were not fetched yet."""
