"""A database for a test: migrated once a process, then copied.

Its connections are the bot's, but for their threads: each calls SQLite where it is called. Its engines share what
SQLAlchemy has compiled. Tests of the threads themselves open a `Database` of their own.
"""

# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import aiosqlite
from aiosqlite.core import set_exception, set_result
from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.sqlite.backend import READER, WRITER
from bot.store.sqlite.driver import opening
from bot.store.sqlite.engine import sqlite_engine
from bot.store.sqlite.files import make, make_folder

_empty: dict[str, bytes] = {}
_compiled: dict[Any, Any] = {}
_dialects: list[Dialect] = []


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
    engine = sqlite_engine(path, begin=begin, pragmas=pragmas, connection_to=_without_thread)
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
    return driver


class _NoThread:
    def start(self) -> None:
        """Nothing waits for calls."""

    def join(self) -> None:
        """Nothing was started."""


class _Calls:
    """In place of the queue of a thread: calls at once, and lets other tasks run before the outcome is there."""

    def put_nowait(self, call: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = call
        outcome: tuple[Callable[..., None], Any]
        try:
            outcome = (set_result, function())
        except Exception as error:  # noqa: BLE001 - who waits for the call gets it
            outcome = (set_exception, error)
        if future is not None:
            future.get_loop().call_soon(outcome[0], future, outcome[1])
