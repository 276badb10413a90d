"""Rolling updates: a new version starts beside the old one, which works on until its tables are gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.core.ids import ServerId
from bot.errors import ConfigError
from bot.store import database as databases
from bot.store import migration, servers
from bot.store.database import Database
from tests.fakes import postgres
from tests.samples import NOW
from tests.store.next_version import CONTRACTING, EXPANDING, use_next_version
from tests.stores import Store

TOO_OLD = r"DATABASE_URL.*newer Paperboy \(revision 000\d\), and this version is too old.*Update Paperboy"


@pytest_asyncio.fixture
async def url(tmp_path: Path, each_store: Store) -> AsyncGenerator[str]:
    """A database without tables."""
    if each_store is Store.SQLITE:
        yield f"sqlite+aiosqlite:///{tmp_path / 'paperboy.db'}"
        return
    async with postgres.new_database() as address:
        yield address


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    return Versions(tmp_path, monkeypatch)


class Versions:
    """Which version's code this process is: of the first tables, of the second ones, and so on."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._uses = 0

    def use(self, number: int) -> None:
        self._uses += 1
        revisions = (EXPANDING, CONTRACTING)[: number - 1]
        folder = self._folder / f"migrations {self._uses}"
        use_next_version(folder, self._monkeypatch, revisions=revisions)


async def add_server(database: Database, number: int) -> None:
    async with database.write() as conn:
        await servers.ensure(conn, ServerId(number), now=NOW)


async def test_an_older_version_works_on_and_can_start_again_until_a_contraction_ends_it(
    url: str, versions: Versions
) -> None:
    versions.use(1)
    first = await Database.open(url)
    await add_server(first, 1)
    versions.use(2)
    second = await Database.open(url)
    await add_server(second, 2)
    versions.use(1)
    await first.check_version()
    await add_server(first, 3)
    again = await Database.open(url)
    await add_server(again, 4)
    await again.close()
    async with second.read() as conn:
        ranks = await conn.execute(text("SELECT id, rank FROM servers ORDER BY id"))
        assert [tuple(row) for row in ranks] == [(1, 7), (2, 7), (3, 7), (4, 7)]

    versions.use(3)
    third = await Database.open(url)
    await third.check_version()
    versions.use(2)
    await second.check_version()
    await add_server(second, 5)
    versions.use(1)
    with pytest.raises(ConfigError, match=TOO_OLD):
        await first.check_version()
    with pytest.raises(ConfigError, match=TOO_OLD):
        await Database.open(url)
    for database in (first, second, third):
        await database.close()


async def test_processes_that_start_at_once_migrate_once(
    url: str, versions: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    versions.use(2)
    for database in await asyncio.gather(*(Database.open(url) for _ in range(3))):
        await database.close()
    assert [record.message for record in caplog.records if "now at revision" in record.message] == [
        "The database is now at revision 0002 (was: empty)"
    ]


def test_each_revision_names_the_oldest_code_and_none_brings_older_code_back() -> None:
    scripts = ScriptDirectory.from_config(migration._config())  # pyright: ignore[reportPrivateUsage]
    revisions = [(script.revision, script.module.oldest_code) for script in scripts.walk_revisions()][::-1]
    oldest = [oldest_code for _, oldest_code in revisions]
    assert oldest == sorted(oldest)
    assert all(oldest_code <= revision for revision, oldest_code in revisions)


async def memberships(database: Database) -> dict[ServerId, bool]:
    async with database.read() as conn:
        return await servers.memberships(conn)


@asynccontextmanager
async def reading(database: Database) -> AsyncGenerator[None]:
    """A transaction that reads the servers, and goes on."""
    async with database.read() as conn:
        await servers.memberships(conn)
        yield


async def test_a_migration_that_waits_for_a_table_lets_others_go_first_and_tries_again(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.must_be_there()
    monkeypatch.setattr(migration, "_LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(databases, "_MIGRATION_PAUSE_SECONDS", 0.01)
    async with postgres.new_database() as url:
        versions.use(1)
        async with opened(url) as old:
            versions.use(2)
            async with reading(old):
                opening = asyncio.create_task(Database.open(url))
                async with asyncio.timeout(60):
                    await somebody_waits(url)
                    # With the migration in the queue before it, this would wait until the reading ends.
                    await add_server(old, 1)
                assert not opening.done()
            await (await opening).close()
            assert len(await memberships(old)) == 1


async def somebody_waits(url: str) -> None:
    """Waits until a transaction waits for a table."""
    async with postgres.connected(url) as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not await connection.fetchval(waiting):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.001)


@asynccontextmanager
async def opened(url: str) -> AsyncGenerator[Database]:
    database = await Database.open(url)
    try:
        yield database
    finally:
        await database.close()
