"""The open database: one writer at a time, readers with snapshots of their own; migrated at opening."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import ConfigError
from bot.store import files, migrating
from bot.store.cancelling import is_cancelled, to_the_end
from bot.store.engines import advice, parse_url, refusals, sqlite_engine
from bot.store.files import NO_LOCKS

_WRITER = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")
_READER = ("query_only = ON",)  # a write through `read()` is an error, not a surprise
_MIGRATOR = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = OFF")
# SQLite writes a row anew even where nothing in it changes. This one is Alembic's, and the only one.
_REWRITE = text("UPDATE alembic_version SET version_num = version_num")


class Database:
    """Made by `open`; owned, and closed, by who opened it."""

    def __init__(self, *, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader
        self._write_lock = asyncio.Lock()
        self._writing: asyncio.Task[Any] | None = None
        self._is_closed = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the file, made with its folder where it is missing, and bring it up to this code's tables.

        Raises:
            ConfigError: the URL or the file will not do; the text names DATABASE_URL and says why.
        """
        named = parse_url(url)
        path = await asyncio.to_thread(files.prepare, named)
        database = cls(
            writer=sqlite_engine(path, begin="BEGIN IMMEDIATE", pragmas=_WRITER),
            reader=sqlite_engine(path, begin="BEGIN", pragmas=_READER),
        )
        migrator = sqlite_engine(path, begin="BEGIN IMMEDIATE", pragmas=_MIGRATOR)
        try:
            with refusals(named):
                async with (
                    database.read() as conn
                ):  # look before the first write: it may be another program's
                    await conn.run_sync(migrating.check)
                async with _transaction(migrator, commits=True) as conn:
                    done = await conn.run_sync(migrating.migrate)
                    await _check_wal(conn, named)
                if done:
                    migrating.log.info("%s", done)
        except BaseException as error:
            await database.close()
            if isinstance(error, Exception) and is_cancelled():
                raise asyncio.CancelledError from error
            raise
        finally:
            await migrator.dispose()
        return database

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection that sees the database as it is at its first SELECT, whatever is written meanwhile."""
        self._check_open()
        async with _transaction(self._reader, commits=False) as conn:
            yield conn

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on an error or a cancellation. One at a time.

        Raises:
            RuntimeError: the task is in a write already, and would wait for itself.
        """
        if self._writing is asyncio.current_task():
            raise RuntimeError("a write inside a write of the same task: pass its connection on instead")
        async with self._write_lock:
            self._check_open()
            self._writing = asyncio.current_task()
            try:
                async with _transaction(self._writer, commits=True) as conn:
                    yield conn
            finally:
                self._writing = None

    async def check(self) -> str | None:
        """What is in the way of writing, with what to do; None: a write that changes nothing went through.

        It waits for its turn and goes to the disk, as every write does.
        """
        try:
            async with self.write() as conn:
                await conn.execute(_REWRITE)
        except DBAPIError as error:
            return advice(error.orig) or "a write failed; the log has why"
        return None

    async def close(self) -> None:
        """Wait for the write under way, then close. The last connection moves the WAL into the file."""
        async with self._write_lock:
            self._is_closed = True
            await self._reader.dispose()
            await self._writer.dispose()

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("the database is closed")


async def _check_wal(conn: AsyncConnection, named: Path) -> None:
    """SQLite only says which mode it took: without shared memory it is another."""
    if (await conn.exec_driver_sql("PRAGMA journal_mode")).scalar() != "wal":
        raise ConfigError(f"DATABASE_URL names {named}, but {NO_LOCKS}")


@asynccontextmanager
async def _transaction(engine: AsyncEngine, *, commits: bool) -> AsyncGenerator[AsyncConnection]:
    conn = engine.connect()
    try:
        await to_the_end(_start(conn))
    except asyncio.CancelledError:
        if conn.sync_connection is not None:  # opened all the same: nobody else would close it
            await to_the_end(conn.close())
        raise
    try:
        await conn.begin()
        yield conn
        if commits:
            await to_the_end(conn.commit())
    finally:
        await to_the_end(conn.close())  # rolls back what was not committed


async def _start(conn: AsyncConnection) -> None:
    await conn.start()
