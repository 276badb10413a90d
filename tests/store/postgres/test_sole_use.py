"""A bot in a single process keeps others away from its database, also after the server was restarted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import ConfigError
from bot.store.address import backend_of
from bot.store.postgres import sole_use
from tests.fakes import postgres
from tests.stores import postgresql

__all__ = ["postgresql"]


@pytest_asyncio.fixture
async def url(
    tmp_path: Path, postgresql: None, databases_are_freed: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    monkeypatch.setattr(sole_use, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(sole_use, "CLOSES_WITHIN_SECONDS", 0.2)
    yield await postgres.address_of(tmp_path / "paperboy.db")


async def end_connections(url: str) -> None:
    """As a restart of the server does."""
    async with postgres.connected(url) as conn:
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


async def holders(url: str) -> set[int]:
    """The server's processes that hold the lock."""
    async with postgres.connected(url) as conn:
        rows = await conn.fetch(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return {row["pid"] for row in rows}


async def test_the_lock_is_taken_again_after_a_restart_of_the_server(url: str) -> None:
    async with backend_of(url).sole_use() as keep:
        before = await holders(url)
        await end_connections(url)
        keeping = asyncio.create_task(keep())
        async with asyncio.timeout(60):
            while not await holders(url) - before:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.01)
        with pytest.raises(ConfigError, match="another Paperboy runs"):
            async with backend_of(url).sole_use():
                pass
        await cancelled(keeping)


async def test_the_lock_stays_with_a_bot_that_stops_while_it_looks(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sole_use, "CHECK_SECONDS", 0)
    async with backend_of(url).sole_use() as keep:
        before = await holders(url)
        for turns in range(40):  # of the event loop, so that each moment of a look is met
            keeping = asyncio.create_task(keep())
            for _ in range(turns):
                await asyncio.sleep(0)
            await cancelled(keeping)
        assert await holders(url) == before


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_a_bot_ends_if_another_one_took_its_database_meanwhile(url: str) -> None:
    async with backend_of(url).sole_use() as keep:
        await end_connections(url)
        async with backend_of(url).sole_use():
            with pytest.raises(ConfigError, match="another Paperboy runs"):
                async with asyncio.timeout(60):
                    await keep()
