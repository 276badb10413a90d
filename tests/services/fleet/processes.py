"""Processes of a fleet on one database, which take steps by a clock of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest_asyncio
from sqlalchemy import make_url

from bot.services.fleet.membership import Membership
from bot.services.fleet.timing import Timing
from bot.store.database import Database
from bot.store.postgres.backend import PostgresBackend
from bot.store.postgres.leases import LeaseSession
from tests.fakes import postgres
from tests.stores import open_database, postgresql

__all__ = ["postgresql"]

TIMING = Timing()


class Clock:
    """A clock that goes on when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Fleet:
    """Processes on one database, which take steps when the test says so."""

    def __init__(self, database: Database, url: str, stack: AsyncExitStack) -> None:
        self.database = database
        self.url = url
        self.clock = Clock()
        self._stack = stack

    @asynccontextmanager
    async def session(self, process_id: str, *, shard_count: int) -> AsyncIterator[LeaseSession]:
        """The connection of a process that takes no steps."""
        engine = PostgresBackend(make_url(self.url), process_id=process_id).leases()
        session = LeaseSession(engine, process_id=process_id, shard_count=shard_count)
        await session.open()
        yield session
        await session.close()
        await engine.dispose()

    async def start(
        self, process_id: str, *, shard_count: int = 4, part: int | None = None, timing: Timing = TIMING
    ) -> Membership:
        engine = PostgresBackend(make_url(self.url), process_id=process_id).leases()
        self._stack.push_async_callback(engine.dispose)
        process = Membership(
            lambda: LeaseSession(engine, process_id=process_id, shard_count=shard_count),
            process_id=process_id,
            shard_count=shard_count,
            shards_per_process=part,
            timing=timing,
            clock=self.clock,
        )
        await process.join()
        self._stack.push_async_callback(process.leave)
        return process

    async def steps(self, *processes: Membership, seconds: float) -> None:
        """Lets these processes, and no others, run for so long."""
        until = self.clock.seconds + seconds
        while self.clock.seconds < until:
            self.clock.seconds = min(until, self.clock.seconds + TIMING.look)
            for process in processes:
                assert await process.step()


@pytest_asyncio.fixture
async def fleet(tmp_path: Path, postgresql: None, databases_are_freed: None) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        database = await open_database(tmp_path / "paperboy.db")
        stack.push_async_callback(database.close)
        yield Fleet(database, await postgres.address_of(tmp_path / "paperboy.db"), stack)


def shards(*processes: Membership) -> list[list[int]]:
    return [sorted(process.owned.ids) for process in processes]
