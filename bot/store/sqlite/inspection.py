"""Inspection of the database's file without changing anything: no migration, no write, no file next to it."""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import aiosqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.inspection import BusyError, Inspection
from bot.store.sqlite.engine import refusal
from bot.store.sqlite.files import companion, real

_MAX_FLAWS = 20  # reported by one inspection
_LOCK_SECONDS = 1.0  # with another program's lock
_FULL_CHECK_BYTES = 200_000_000  # in a larger file, indexes are not compared with their tables
_BETWEEN_LOOKS = 100  # SQLite steps between two checks of the clock
_USED_BYTE = 128  # of the -shm file: each open connection holds a lock on it (SQLite's WAL format, 2.2)


@asynccontextmanager
async def inspected(path: Path, *, within_seconds: float) -> AsyncGenerator[Inspector]:
    """The file, opened read-only; gives up after `within_seconds` in all.

    Raises:
        ConfigError: the file cannot be used, from this or from any statement.
        BusyError: another program has it locked, which is not an error.
        TimeoutError: it took too long.
    """
    deadline = time.monotonic() + within_seconds
    # Where nobody has the file open, SQLite is opened as immutable: else it would create files next to it.
    place = real(path)
    mode = "mode=ro" if companion(place, "-wal").exists() else "immutable=1"

    async def connect() -> aiosqlite.Connection:
        connection = await aiosqlite.connect(
            f"file:{quote(str(place))}?{mode}", uri=True, timeout=_LOCK_SECONDS
        )
        await connection.set_progress_handler(lambda: time.monotonic() > deadline, _BETWEEN_LOOKS)
        return connection

    engine = create_async_engine("sqlite+aiosqlite://", async_creator=connect)
    try:
        async with engine.connect() as conn:
            yield Inspector(conn)
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        if name.startswith("SQLITE_BUSY"):
            raise BusyError from error
        if name == "SQLITE_INTERRUPT":
            raise TimeoutError from error
        if refused := refusal(error, path):
            raise refused from error
        raise
    finally:
        await engine.dispose()


class Inspector(Inspection):
    """What can be asked of a file that is open; all may raise what `inspected` raises."""

    async def flaws(self, *, size_bytes: int) -> list[str]:
        """What is damaged, and which rows refer to nothing, in SQLite's words."""
        how = "integrity_check" if size_bytes <= _FULL_CHECK_BYTES else "quick_check"
        found = (await self._conn.exec_driver_sql(f"PRAGMA {how}({_MAX_FLAWS})")).scalars().all()
        flaws = [str(row) for row in found if row != "ok"]
        orphans = (await self._conn.exec_driver_sql("PRAGMA foreign_key_check")).mappings().all()
        flaws += [f"a row of {orphan['table']} refers to none of {orphan['parent']}" for orphan in orphans]
        return flaws[:_MAX_FLAWS]


def user_of(path: Path) -> int | None:
    """The id of a process that has the file open as a database; None if none is seen.

    To be asked while this process has it closed: its own locks are not seen, and closing a file ends them.
    """
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return None
    import fcntl  # noqa: PLC0415 - there is none on Windows

    try:
        with companion(real(path), "-shm").open("rb") as file:
            asked = struct.pack("@hhqqi", fcntl.F_WRLCK, 0, _USED_BYTE, 1, 0)
            kind, _, _, _, process_id = struct.unpack("@hhqqi", fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except OSError:
        return None
    return None if kind == fcntl.F_UNLCK else process_id
