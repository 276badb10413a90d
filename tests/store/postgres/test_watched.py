"""Connections to PostgreSQL whose answers don't come any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import make_url, text

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.postgres import idle, watched
from tests.fakes import postgres
from tests.fakes.link import Link
from tests.waiting import until

_ONE = text("SELECT 1")


@pytest_asyncio.fixture
async def link(tmp_path: Path, databases_are_freed: None) -> AsyncIterator[Link]:
    postgres.must_be_there()
    address = make_url(await postgres.address_of(tmp_path))
    async with Link(Path(str(address.query["host"]), ".s.PGSQL.5432")) as link:
        yield link


@pytest_asyncio.fixture
async def database(link: Link, tmp_path: Path) -> AsyncIterator[Database]:
    address = make_url(await postgres.address_of(tmp_path)).set(query={})
    database = await Database.open(address.set(host="127.0.0.1", port=link.port).render_as_string())
    yield database
    await database.close()


async def test_a_statement_whose_answer_never_comes_is_an_error_and_the_next_one_has_another_connection(
    database: Database, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as conn:
        # What it locked is free again, whatever the server hears of its end.
        assert (await conn.execute(text("SHOW idle_in_transaction_session_timeout"))).scalar_one() == "20s"

    async def write() -> None:
        async with database.write() as conn:
            link.forget()
            monkeypatch.setattr(watched, "ANSWER_TIMEOUT_SECONDS", 0.05)
            await conn.execute(_ONE)

    with pytest.raises(StoreError, match="does not answer"):
        await write()
    monkeypatch.undo()
    async with database.write() as conn:
        assert (await conn.execute(_ONE)).scalar_one() == 1


async def test_an_idle_connection_that_was_forgotten_is_replaced_before_it_is_used(
    database: Database, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.read() as conn:
        await conn.execute(_ONE)
    link.forget()
    monkeypatch.setattr(idle, "TRIED_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(watched, "BEGIN_TIMEOUT_SECONDS", 0.05)
    async with database.read() as conn:
        monkeypatch.undo()
        assert (await conn.execute(_ONE)).scalar_one() == 1


async def test_an_idle_connection_that_ended_is_replaced_before_it_is_used(
    database: Database, tmp_path: Path
) -> None:
    """As after a restart of the server."""
    async with database.read() as conn:
        backend = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        driver: Any = (await conn.get_raw_connection()).driver_connection
    async with postgres.connected(await postgres.address_of(tmp_path)) as other:
        assert await other.fetchval("SELECT pg_terminate_backend($1, 60000)", backend)  # and waits for it
    await until(driver.is_closed)  # the server says why first, and the end comes after that
    async with database.read() as conn:
        assert (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one() != backend
