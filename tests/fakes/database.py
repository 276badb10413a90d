"""A database for a test: migrated once a process, then copied.

It is SQLite on a file, but without a thread for each connection, and its engines share what SQLAlchemy has compiled.
Tests of the threads themselves open a `Database` of their own.
"""

# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Dialect, event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.database import _READER, _WRITER, Database
from bot.store.sqlite.engine import sqlite_engine
from bot.store.sqlite.files import make, make_folder

_empty: dict[str, bytes] = {}
_dialects: list[Dialect] = []
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
        _dialects.append(first._reader.dialect)
        await first.close()
        _empty["file"] = path.read_bytes()
    return Database(
        writer=_engine(path, begin="BEGIN IMMEDIATE", pragmas=_WRITER),
        reader=_engine(path, begin="BEGIN", pragmas=_READER),
    )


def _engine(path: Path, *, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = sqlite_engine(path, begin=begin, pragmas=pragmas)
    event.listen(engine.sync_engine, "do_connect", _connect_without_thread)
    engine.sync_engine.dialect = _dialects[0]  # a compiled statement is found by its dialect
    engine.update_execution_options(compiled_cache=_compiled)
    return engine


def _connect_without_thread(_dialect: object, _entry: object, _args: object, options: dict[str, Any]) -> None:
    options["async_creator_fn"] = _connection


def _connection(*arguments: Any, **options: Any) -> Awaitable[aiosqlite.Connection]:
    connection = aiosqlite.connect(*arguments, **options)
    connection._tx = _Calls()
    return connection._connect()  # awaiting the connection itself would start its thread


_LATER = {"execute", "executemany", "commit"}


class _Calls:
    """Calls at once what a thread would take from its queue.

    Other tasks get their turn before the result of a statement or a commit, as they would while a thread works. What
    only opens or reads a cursor has its result at once: a turn of the event loop costs as much as the call.
    """

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = item
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - raised where the future is awaited
            come = partial(_fail, error=error)
        else:
            come = partial(_succeed, result=result)
        if future is None:
            return
        if isinstance(function, partial) and function.func.__name__ in _LATER:
            future.get_loop().call_soon(come, future)
        else:
            come(future)


def _succeed(future: asyncio.Future[Any], *, result: Any) -> None:
    if not future.done():  # cancelled meanwhile
        future.set_result(result)


def _fail(future: asyncio.Future[Any], *, error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
