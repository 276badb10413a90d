"""The open database: one writer at a time, readers with their own snapshots; migrated at opening."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final, Self

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool

from bot.errors import StoreError
from bot.store import migration
from bot.store.address import backend_of
from bot.store.backend import Backend
from bot.store.sqlite.cancelling import is_cancelled, to_the_end

_log = logging.getLogger(__name__)

# A row is rewritten even where nothing in it changes. This one is Alembic's, and the only one.
_REWRITE = text("UPDATE alembic_version SET version_num = version_num")

_MIGRATION_TRIES: Final = 30
_MIGRATION_PAUSE_SECONDS: Final = 1.0  # in which those who waited behind the migration go on

# Transactions at once of tasks that called `yield_to_others`.
_YIELDING_AT_ONCE: Final = 4
_yields: ContextVar[bool] = ContextVar("yields", default=False)


def yield_to_others() -> None:
    """Has this task begin its transactions only when few of such tasks are in one.

    A thousand people who press a button at once would otherwise queue before the delivery of posts.
    """
    _yields.set(True)


class Database:
    """Made by `open`; owned, and closed, by who opened it."""

    def __init__(self, backend: Backend, *, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._backend = backend
        self._writer = writer
        self._reader = reader
        self._write_lock = asyncio.Lock()
        self._yielding = asyncio.Semaphore(_YIELDING_AT_ONCE)
        self._writing: asyncio.Task[Any] | None = None
        self._is_closed = False
        # The logged problem of reads and of writes, until it is over.
        self._problems: dict[bool, str] = {}

    @classmethod
    async def open(cls, url: str, *, process_id: str | None = None) -> Self:
        """Open the database, made where it is a missing file, and bring it up to this code's tables.

        `process_id` is that of a process of a fleet.

        Raises:
            ConfigError: the URL or the database cannot be used; the text names DATABASE_URL and says why.
        """
        backend = backend_of(url, process_id=process_id)
        await backend.prepare()
        database = cls(backend, writer=backend.writer(), reader=backend.reader())
        migrator = backend.migrator()
        try:
            with backend.refusals():
                # Check before the first write: it may be another program's database.
                async with _transaction(database._reader, commits=False) as conn:
                    await conn.run_sync(migration.check)
                if done := await _migrate(backend, migrator):
                    migration.log.info("%s", done)
        except BaseException as error:
            await database.close()
            if isinstance(error, Exception) and is_cancelled():
                raise asyncio.CancelledError from error
            raise
        finally:
            await migrator.dispose()
        return database

    async def check_version(self) -> None:
        """Check that this code can still work with the tables: a newer version may have changed them since.

        Raises:
            ConfigError: it cannot; the process must end.
        """
        async with self.read() as conn:
            await migration.check_again(conn)

    def refusals(self) -> AbstractContextManager[None]:
        """Translates the database's errors to a ConfigError for the operator."""
        return self._backend.refusals()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection with a snapshot of the database as of its first SELECT.

        Raises:
            StoreError: the file cannot be read now, which the operator can fix.
        """
        self._check_open()
        async with self._turn():
            with self._translated(is_write=False):
                ends_at_once = self._backend.reads_end_at_once
                async with _transaction(self._reader, commits=False, ends_at_once=ends_at_once) as conn:
                    yield conn

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on an error or a cancellation. One at a time.

        Raises:
            RuntimeError: the task is already in a write, and would deadlock.
            StoreError: the file cannot be written now, which the operator can fix; it was rolled back.
        """
        if self._writing is asyncio.current_task():
            raise RuntimeError("a write inside a write of the same task: pass the connection instead")
        async with self._turn(), self._write_lock:
            self._check_open()
            self._writing = asyncio.current_task()
            try:
                with self._translated(is_write=True):
                    async with _transaction(self._writer, commits=True) as conn:
                        yield conn
            finally:
                self._writing = None

    async def erase_deleted(self) -> bool:
        """Have the database's files keep nothing of rows that were deleted; see `Backend.erase_deleted`.

        Raises:
            StoreError: the file cannot be written now, which the operator can fix.
        """
        async with self._write_lock:
            self._check_open()
            with self._translated(is_write=True):
                return await self._backend.erase_deleted()

    async def check(self) -> str | None:
        """Why the database cannot be written, with what to do; None if an empty write succeeded.

        It waits for its turn and reaches the disk, as every write does.
        """
        try:
            async with self.write() as conn:
                await conn.execute(_REWRITE)
        except StoreError as error:
            return str(error)
        return None

    @contextmanager
    def _translated(self, *, is_write: bool) -> Generator[None]:
        """Makes an error that the operator can fix one of ours; logs its beginning and its end, once each.

        Many jobs hit a full disk, again and again; code that catches a StoreError need not log it.
        """
        try:
            yield
        except (DBAPIError, PoolTimeoutError, sqlite3.Error) as error:
            translated = self._backend.store_error(error, is_write=is_write)
            if translated is None:
                raise
            if self._problems.get(is_write) != translated.reason:
                self._problems[is_write] = translated.reason
                done = "written" if is_write else "read"
                _log.warning("The database cannot be %s: %s. Retrying", done, translated)
            raise translated from error
        if self._problems.pop(is_write, None) is not None:
            _log.info("The database can be %s again", "written" if is_write else "read")

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Waits, if this task yields to others; a transaction inside another one does not wait again."""
        if not _yields.get():
            yield
            return
        async with self._yielding:
            token = _yields.set(False)
            try:
                yield
            finally:
                _yields.reset(token)

    async def close(self) -> None:
        """Wait for the current write, then close. The last connection moves the WAL into the file."""
        async with self._write_lock:
            self._is_closed = True
            await self._reader.dispose()
            await self._writer.dispose()

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("the database is closed")


async def _migrate(backend: Backend, migrator: AsyncEngine) -> str | None:
    """Bring the tables up to this code's; what to log, None if nothing was missing.

    Where transactions of other processes are in the way, it lets them go first and tries again.
    """
    for tries_left in reversed(range(_MIGRATION_TRIES)):
        try:
            async with _transaction(migrator, commits=True) as conn:
                done = await conn.run_sync(migration.migrate)
                await backend.check_migrated(conn)
                return done
        except DBAPIError as error:
            if not tries_left or not backend.was_in_the_way(error):
                raise
        await asyncio.sleep(_MIGRATION_PAUSE_SECONDS)
    return None


@asynccontextmanager
async def _transaction(
    engine: AsyncEngine, *, commits: bool, ends_at_once: bool = False
) -> AsyncGenerator[AsyncConnection]:
    """A connection in a transaction: `ends_at_once` if it waits for nothing where it does not commit."""
    conn = engine.connect()
    try:
        await (_start(conn) if _has_idle(engine) else to_the_end(_start(conn)))
    except asyncio.CancelledError:
        if conn.sync_connection is not None:  # it was opened nevertheless, and nothing else closes it
            await to_the_end(conn.close())
        raise
    try:
        yield conn
        if commits and conn.in_transaction():
            await to_the_end(conn.commit())
    finally:
        is_over = ends_at_once or not conn.in_transaction()
        await (conn.close() if is_over else to_the_end(conn.close()))  # rolls back what was not committed


def _has_idle(engine: AsyncEngine) -> bool:
    """Whether a connection of the pool is free, so that none is opened."""
    return isinstance(engine.pool, QueuePool) and engine.pool.checkedin() > 0


async def _start(conn: AsyncConnection) -> None:
    await conn.start()
