"""Two processes that write at the same time, one of them held just before it commits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from tests.waiting import LIMIT_SECONDS

_WAITING: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def meet(
    database: Database,
    first: Coroutine[Any, Any, Any],
    second: Coroutine[Any, Any, Any],
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Any, Any]:
    """The results, or errors, of both: `second` begins while the first write on `database` is about to commit.

    That write commits once `second` is done, or waits for it. `second` writes on its own database.
    """
    written, may_commit = asyncio.Event(), asyncio.Event()
    write = database.write

    @asynccontextmanager
    async def held() -> AsyncGenerator[AsyncConnection]:
        async with write() as conn:
            yield conn
            written.set()
            await may_commit.wait()

    monkeypatch.setattr(database, "write", held)
    async with asyncio.timeout(LIMIT_SECONDS):
        one = asyncio.create_task(first)
        await asyncio.wait(
            {one, arrived := asyncio.create_task(written.wait())}, return_when="FIRST_COMPLETED"
        )
        assert arrived.done(), f"the first ended before it wrote anything: {one}"
        two = asyncio.create_task(second)
        while not two.done() and not await _waiting(database):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.001)
        may_commit.set()
        results = await asyncio.gather(one, two, return_exceptions=True)
    monkeypatch.setattr(database, "write", write)
    return results[0], results[1]


async def until_waiting(database: Database, number: int) -> None:
    """Waits until so many transactions wait for another one."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while await _waiting(database) < number:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.001)


async def _waiting(database: Database) -> int:
    async with database.read() as conn:  # each time a new one, as a transaction sees one state of the server
        return (await conn.execute(_WAITING)).scalar_one()
