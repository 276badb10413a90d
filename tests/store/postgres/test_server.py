"""Servers and addresses with which a bot cannot work are refused, with what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.errors import ConfigError, DatabaseUnavailableError
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.postgres.address import database_url
from bot.store.postgres.server import Server, refusal
from bot.store.sqlite.address import AddressError
from tests.fakes import postgres
from tests.fakes.pgbouncer import pooled

SERVER = replace(postgres.SUITABLE_SERVER, version=12)


@pytest.fixture
async def url(tmp_path: Path, databases_are_freed: None) -> str:
    postgres.must_be_there()
    return await postgres.address_of(tmp_path)


async def test_a_database_in_another_encoding_is_refused_with_the_line_that_creates_one() -> None:
    postgres.must_be_there()
    async with postgres.connected(postgres.address("postgres")) as admin:
        await admin.execute("DROP DATABASE IF EXISTS in_ascii")
        await admin.execute("CREATE DATABASE in_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        with pytest.raises(ConfigError, match=r"SQL_ASCII .* createdb --owner=paperboy --encoding=UTF8"):
            await Database.open(postgres.address("in_ascii"))
        await admin.execute("DROP DATABASE in_ascii")


def test_an_old_server_is_refused_and_a_standby_is_waited_for() -> None:
    def refused(server: Server) -> ConfigError | None:
        return refusal(server, shown="that server", user=None)

    assert refused(SERVER) is None
    assert "needs version 12 or later" in str(refused(replace(SERVER, version=11)))
    assert isinstance(refused(replace(SERVER, is_standby=True)), DatabaseUnavailableError)


async def test_a_pooler_must_keep_sessions_as_locks_belong_to_them(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.postgres.sole_use.CLOSES_WITHIN_SECONDS", 0.2)
    async with pooled(url, mode="session") as address, backend_of(address).sole_use():
        await (await Database.open(address, process_id="one")).close()
        with pytest.raises(ConfigError, match="another Paperboy runs"):
            async with backend_of(url).sole_use():
                pass
    async with pooled(url, mode="transaction") as address:
        with pytest.raises(ConfigError, match="have it pool by session"):
            async with backend_of(address).sole_use():
                pass


async def test_of_several_servers_the_one_that_answers_is_used(url: str) -> None:
    there = make_url(url)
    both = (
        f"{there.drivername}://{there.username}@/{there.database}?host=127.0.0.1:1&host={there.query['host']}"
    )
    database = await Database.open(f"{both}:5432")
    assert await database.check() is None
    await database.close()


@pytest.mark.parametrize(
    ("rest", "advice"),
    [
        ("first,second/paperboy", r"host=first:5432&host=second:5432"),
        ("first:1,second:2/paperboy", r"host=first:5432&host=second:5432"),
        ("/paperboy?host=first&host=second:1", r"each server needs a port"),
        ("host/paperboy?sslmode=require", r"no option sslmode; did you mean ssl\?"),
        ("host/paperboy?pool_size=5", r"no option pool_size; they are host, "),
        ("host/paperboy?ssl=on", r"ssl must be one of disable, "),
    ],
)
def test_what_is_wrong_in_an_address_is_said(rest: str, advice: str) -> None:
    with pytest.raises(AddressError, match=advice):
        database_url(f"postgresql+asyncpg://paperboy@{rest}")
