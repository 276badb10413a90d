"""Databases that stay open: what one test used is checked, emptied and used by the next one.

To make engines and connections, and the first statements on each, cost more than most tests do. Connections belong to
an event loop, so only those of the one that `KeptDatabases.stay_open` names stay open.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.backend import Backend
from bot.store.database import Database

_USES: Final = 200  # of one database: nobody vacuums it meanwhile


class LeftBehindError(Exception):
    """What a test left behind in a database that it used."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the test left {what}, which would disturb the next one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What a `Database` is made of."""

    backend: Backend
    writer: AsyncEngine
    reader: AsyncEngine

    def pools(self) -> list[QueuePool]:
        return [engine.pool for engine in (self.writer, self.reader) if isinstance(engine.pool, QueuePool)]

    async def dispose(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()


class Place(Protocol):
    """A database that tests use one after the other."""

    @property
    def address(self) -> str: ...

    def engines(self) -> Engines: ...

    async def left(self, conn: AsyncConnection, *, connections: int) -> str:
        """What is left beside rows, "" if nothing; this many connections of the database's engines are open."""
        ...

    async def empty(self, conn: AsyncConnection) -> bool:
        """Deletes all rows; False if the tables are others than at first, so that nobody can use it again."""
        ...


class KeptDatabase(Database):
    """One whose connections stay open when it is closed."""

    def __init__(self, engines: Engines, *, closed: Callable[[Engines], None]) -> None:
        super().__init__(engines.backend, writer=engines.writer, reader=engines.reader)
        self._engines = engines
        self._closed = closed

    async def close(self) -> None:
        async with self._write_lock:
            if not self._is_closed:
                self._is_closed = True
                self._closed(self._engines)


@dataclass(slots=True)
class _Kept:
    place: Place
    opened: list[Engines] = field(default_factory=list[Engines])
    free: list[Engines] = field(default_factory=list[Engines])
    uses: int = 0

    loop: asyncio.AbstractEventLoop | None = None  # of the engines' connections

    def open(self) -> Database:
        self.loop = asyncio.get_running_loop()
        if not self.free:
            self.free.append(self.place.engines())
            self.opened.append(self.free[-1])
        return KeptDatabase(self.free.pop(), closed=self.free.append)

    async def clean(self) -> bool:
        """Whether it can be used again.

        Raises:
            LeftBehindError: the test left something open.
        """
        if unclosed := len(self.opened) - len(self.free):
            raise LeftBehindError(f"{unclosed} databases open")
        database = self.open()
        pools = [pool for engines in self.opened for pool in engines.pools()]
        if used := sum(pool.checkedout() for pool in pools):
            raise LeftBehindError(f"{used} connections in use")
        async with database._writer.connect() as conn:
            connections = 1 + sum(pool.checkedin() for pool in pools)
            if left := await self.place.left(conn, connections=connections):
                raise LeftBehindError(left)
            self.uses += 1
            can_be_used = await self.place.empty(conn) and self.uses < _USES
        await database.close()
        return can_be_used

    async def dispose(self) -> None:
        for engines in self.opened:
            await engines.dispose()
        self.opened.clear()
        self.free.clear()
        self.loop = None


class KeptDatabases:
    """The databases of one store, by the path that stands for each in the test that uses it."""

    def __init__(self, make: Callable[[Path], Awaitable[Place]]) -> None:
        self._make = make
        self._used: dict[Path, _Kept] = {}
        self._free: list[_Kept] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def stays_open(self) -> bool:
        """Whether connections that are made now stay open."""
        return asyncio.get_running_loop() is self._loop

    @asynccontextmanager
    async def stay_open(self) -> AsyncGenerator[None]:
        """Has connections stay open that are made in this event loop meanwhile."""
        self._loop = asyncio.get_running_loop()
        try:
            yield
        finally:
            self._loop = None
            for kept in [*self._free, *self._used.values()]:
                await kept.dispose()

    def used(self) -> frozenset[Path]:
        """What `free_since` is called with afterwards."""
        return frozenset(self._used)

    async def address_of(self, path: Path) -> str:
        """The address of the path's database, which is empty unless the test used it before."""
        return (await self._of(path)).place.address

    async def open_database(self, path: Path) -> Database:
        return (await self._of(path)).open()

    async def free_since(self, before: frozenset[Path]) -> None:
        """Empties what was not used before.

        Raises:
            LeftBehindError: the test left something open.
        """
        for path in [path for path in self._used if path not in before]:
            kept = self._used.pop(path)
            can_be_used = False
            try:
                can_be_used = await kept.clean()
            finally:
                if can_be_used:
                    self._free.append(kept)
                if not can_be_used or not self.stays_open():
                    await kept.dispose()

    async def _of(self, path: Path) -> _Kept:
        if path not in self._used:
            loops = (None, asyncio.get_running_loop())
            kept = next((kept for kept in reversed(self._free) if kept.loop in loops), None)
            if kept is None:
                kept = _Kept(await self._make(path))
            else:
                self._free.remove(kept)
            self._used[path] = kept
        return self._used[path]
