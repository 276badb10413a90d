"""The SQLite backend: one file, one writer at a time, and readers with their own snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import ClassVar

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import ConfigError, StoreError
from bot.store.sqlite import files
from bot.store.sqlite.cancelling import to_the_end
from bot.store.sqlite.driver import BUSY_TIMEOUT_SECONDS, ROLLS_BACK_AT_ONCE
from bot.store.sqlite.engine import refusals, sqlite_engine, store_error
from bot.store.sqlite.files import NO_LOCKS
from bot.store.sqlite.locks import sole_use

WRITER = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")
READER = ("query_only = ON",)  # a write through `read()` is an error, not a surprise
_MIGRATOR = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = OFF")


class SqliteBackend:
    """A database file, made with its folder where it is missing."""

    reads_end_at_once: ClassVar[bool] = ROLLS_BACK_AT_ONCE

    def __init__(self, named: Path) -> None:
        self._named = named
        self._path = named

    async def identity(self) -> tuple[int, int] | None:
        """Raises ConfigError where the file cannot be looked at."""
        try:
            status = await asyncio.to_thread(self._named.stat)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ConfigError(f"DATABASE_URL names {self._named}, but {error.strerror}") from error
        return (status.st_dev, status.st_ino)

    async def prepare(self) -> None:
        self._path = await asyncio.to_thread(files.prepare, self._named)

    def writer(self) -> AsyncEngine:
        return sqlite_engine(self._path, begin="BEGIN IMMEDIATE", pragmas=WRITER)

    def reader(self) -> AsyncEngine:
        return sqlite_engine(self._path, begin="BEGIN", pragmas=READER)

    def migrator(self) -> AsyncEngine:
        return sqlite_engine(self._path, begin="BEGIN IMMEDIATE", pragmas=_MIGRATOR)

    async def check_migrated(self, conn: AsyncConnection) -> None:
        """Raises ConfigError where SQLite could not use WAL, as without shared memory."""
        if (await conn.exec_driver_sql("PRAGMA journal_mode")).scalar() != "wal":
            raise ConfigError(f"DATABASE_URL names {self._named}, but {NO_LOCKS}")

    async def erase_deleted(self) -> bool:
        """Rewrites the file, and empties the WAL.

        SQLite's `secure_delete` is not enough: it overwrites a deleted row where it is, but leaves copies of
        rows that moved to another page before.
        """
        is_erased = False

        async def erase() -> None:
            nonlocal is_erased
            connecting = aiosqlite.connect(self._path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
            async with connecting as connection:
                await connection.execute("VACUUM")
                ((is_busy, *_),) = await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            is_erased = not is_busy

        await to_the_end(erase())
        return is_erased

    def refusals(self) -> AbstractContextManager[None]:
        return refusals(self._named)

    def store_error(self, error: Exception, *, is_write: bool) -> StoreError | None:
        return store_error(error, is_write=is_write)

    def was_in_the_way(self, _error: Exception, /) -> bool:
        return False  # SQLite has waited for the others already

    def sole_use(self) -> AbstractAsyncContextManager[Callable[[], Coroutine[None, None, None]]]:
        return sole_use(self._named)
