"""Errors of the server that are no bugs of ours: each is logged once, and what failed is tried again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot.errors import DatabaseUnavailableError, StoreError
from bot.store.database import Database
from bot.store.postgres import backend
from bot.store.postgres.errors import advice
from tests.fakes import postgres
from tests.stores import open_database, postgresql

__all__ = ["postgresql"]

# Limits and timeouts of the server, its stops, its disk and its own bugs; PostgreSQL's manual, appendix A.
STATES = ("25P03", "25P04", "53000", "53200", "53400", "57000", "57014", "57P01", "57P05", "58030", "XX000")


async def write(database: Database, statement: str) -> None:
    async with database.write() as conn:
        await conn.execute(text(statement))


def test_a_limit_of_open_files_is_not_the_servers_fault() -> None:
    assert str(advice(OSError(24, "Too many open files"))).startswith(
        "this process may open no more files; raise"
    )


@pytest.mark.usefixtures("postgresql", "databases_are_freed")
async def test_what_the_server_cannot_do_now_is_no_bug(tmp_path: Path) -> None:
    database = await open_database(tmp_path)
    for state in STATES:
        with pytest.raises(StoreError) as raised:
            await write(database, f"DO $$ BEGIN RAISE EXCEPTION 'in short' USING ERRCODE = '{state}'; END $$")
        assert str(raised.value).endswith("(in short)"), state
    await database.close()


async def test_a_database_that_takes_no_connections_is_waited_for() -> None:
    postgres.must_be_there()
    async with postgres.new_database() as url:
        database = await Database.open(url)
        name = make_url(url).database
        async with postgres.connected(postgres.address("postgres")) as admin:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
            )
        with pytest.raises(StoreError, match="accepts no connections; allow them"):
            await write(database, "SELECT 1")
        with pytest.raises(DatabaseUnavailableError):
            await Database.open(url)
        await database.close()


async def test_a_write_does_not_wait_for_a_lock_that_is_not_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.must_be_there()
    monkeypatch.setitem(backend._WRITER, "lock_timeout", "50ms")
    async with postgres.new_database() as url, postgres.connected(url) as frozen:
        database = await Database.open(url)
        await write(database, "INSERT INTO turns VALUES ('list', 'a', now())")
        async with frozen.transaction():
            await frozen.execute("SELECT FROM turns FOR UPDATE")
            with pytest.raises(StoreError, match="another program has locked"):
                await write(database, "DELETE FROM turns")
        await write(database, "DELETE FROM turns")
        await database.close()
