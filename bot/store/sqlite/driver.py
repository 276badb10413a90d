"""SQLite's connections as SQLAlchemy uses them: a statement is one call to its connection's thread.

A call costs about 0.1 ms of processor time, more than most statements take. Without this module, SQLAlchemy
and aiosqlite make four for a statement, three to begin a transaction, and one to roll back what is over. What
is not overridden here is theirs.
"""

# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001 - SQLAlchemy's own adapter uses these names of aiosqlite as well

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_ss_cursor,
)
from sqlalchemy.util import EMPTY_DICT

# How long to wait for another process's lock (a backup, a shell): less than our own shutdown may take,
# because nothing interrupts that wait.
BUSY_TIMEOUT_SECONDS = 3
# Whether this SQLite lets two threads use one connection, as nearly all do.
ROLLS_BACK_AT_ONCE = sqlite3.threadsafety == 3

_P = ParamSpec("_P")
_T = TypeVar("_T")


def opening(path: Path, *, pragmas: Iterable[str]) -> aiosqlite.Connection:
    """A connection with these settings, to be `opened`.

    Python's sqlite3 would begin transactions on its own, late, and never for DDL; that is turned off.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()
            raise
        return connection

    driver = aiosqlite.Connection(connect, iter_chunk_size=64)
    driver._thread.daemon = True
    return driver


async def opened(driver: aiosqlite.Connection) -> aiosqlite.Connection:
    try:
        return await driver
    except Exception:
        driver._thread.join()  # it is ending, and would still call the event loop, which may be closed first
        raise


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a cursor has after its statement."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: deque[Any] = field(default_factory=deque[Any])


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Has all rows of its statement; on the connection's thread nothing of it is left."""

    __slots__ = ("_outcome", "_own_arraysize")

    def __init__(self, connection: OneCallConnection) -> None:
        self._adapt_connection = connection
        self._connection = connection._connection
        self._soft_closed_memoized = EMPTY_DICT
        self._keep(_Outcome())
        self._own_arraysize = 1

    def _keep(self, outcome: _Outcome) -> None:
        self._outcome = outcome
        self._rows = outcome.rows

    @property
    def description(self) -> Any:
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._outcome.lastrowid

    @property
    def arraysize(self) -> int:
        return self._own_arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._own_arraysize = value

    async def _execute_async(self, operation: str, parameters: Any) -> None:
        connection = cast("OneCallConnection", self._adapt_connection)
        self._keep(await connection.call(_execute, operation, parameters or ()))

    async def _executemany_async(self, operation: str, seq_of_parameters: Any) -> None:
        connection = cast("OneCallConnection", self._adapt_connection)
        self._keep(await connection.call(_execute_many, operation, seq_of_parameters))

    async def _async_soft_close(self) -> None:
        """Nothing is left to close."""

    def close(self) -> None:
        self._rows.clear()


class _LazyCursor(AsyncAdapt_aiosqlite_ss_cursor):
    """Reads rows as they are asked for."""

    __slots__ = ()

    async def _execute_async(self, operation: str, parameters: Any) -> None:
        await cast("OneCallConnection", self._adapt_connection).call(_nothing)
        await super()._execute_async(operation, parameters)


class OneCallConnection(AsyncAdapt_aiosqlite_connection):
    """Begins a transaction in the call of its first statement, and ends none that is over.

    One that `only_reads` is rolled back by the caller's thread: that gives back a lock and waits for nothing.
    The connection's own runs no statement then, because a cancellation in a statement closes the connection.
    """

    __slots__ = ("_begin", "_only_reads")

    _cursor_cls = _Cursor
    _ss_cursor_cls = _LazyCursor

    def __init__(self, dbapi: Any, connection: aiosqlite.Connection, *, only_reads: bool) -> None:
        super().__init__(dbapi, cast("Any", connection))
        self._only_reads = only_reads
        self._begin: str | None = None

    def begin_with(self, statement: str) -> None:
        """Begin a transaction with this statement before the next one."""
        self._begin = statement

    async def call(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _T],
        *arguments: _P.args,
        **options: _P.kwargs,
    ) -> _T:
        """What the function returns, called on the connection's thread and within the transaction."""
        try:
            done: _T = await self._connection._execute(
                _in_transaction, self._begin, function, self._connection._conn, *arguments, **options
            )
            return done
        finally:
            if self._is_in_transaction():
                self._begin = None

    def commit(self) -> None:
        self._begin = None
        if self._is_in_transaction():
            super().commit()

    def rollback(self) -> None:
        self._begin = None
        if not self._is_in_transaction():
            return
        if self._only_reads and ROLLS_BACK_AT_ONCE:
            self._connection._conn.rollback()
        else:
            super().rollback()

    def _is_in_transaction(self) -> bool:
        """Whether one has begun: False too where SQLite has rolled it back, or the connection is closed."""
        return self._connection._connection is not None and self._connection.in_transaction


def _in_transaction(
    begin: str | None,
    function: Callable[Concatenate[sqlite3.Connection, _P], _T],
    connection: sqlite3.Connection,
    *arguments: _P.args,
    **options: _P.kwargs,
) -> _T:
    if begin is not None and not connection.in_transaction:
        connection.execute(begin).close()
    return function(connection, *arguments, **options)


def _nothing(_connection: sqlite3.Connection) -> None:
    """Only the transaction begins."""


def _execute(connection: sqlite3.Connection, operation: str, parameters: Sequence[Any]) -> _Outcome:
    cursor = connection.cursor()
    try:
        cursor.execute(operation, parameters)
        rows = deque(cursor.fetchall() if cursor.description else ())
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    finally:
        cursor.close()


def _execute_many(
    connection: sqlite3.Connection, operation: str, parameters: Iterable[Sequence[Any]]
) -> _Outcome:
    cursor = connection.cursor()
    try:
        cursor.executemany(operation, parameters)
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
