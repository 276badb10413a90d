"""The stores that tests run on: SQLite and PostgreSQL, one after the other.

The tests of the store and of the services run on both, in every run. Those of commands run on SQLite: what they test
does not touch the store. Some of processes run on both, as `tests/process/conftest.py` says.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.database import Database
from bot.store.postgres.backend import PostgresBackend
from bot.store.sqlite import backend as sqlite_backend
from tests.fakes import database as sqlite
from tests.fakes import postgres


class Store(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


_current = [Store.SQLITE]
_FULL_DISK_OF_SQLITE = """CREATE TRIGGER full_disk BEFORE {on} ON {table} WHEN {when}
BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"""
_FULL_DISK_OF_POSTGRESQL = (
    """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100'; END $$""",
    "CREATE TRIGGER full_disk BEFORE {on} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION full_disk()",
)


@pytest.fixture(scope="module", params=list(Store))
def each_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Has the tests of a module that use it, by itself or by `autouse`, run on every store."""
    with on(request.param):
        yield request.param


@pytest.fixture(scope="module")
def postgresql() -> Iterator[None]:
    """Has the tests of a module run on PostgreSQL alone: for what only several processes do."""
    with on(Store.POSTGRESQL):
        yield


@pytest.fixture(scope="module", autouse=True)
def compiled_is_shared() -> Iterator[None]:
    """Has every engine find what another one of its store has compiled, where this is imported.

    To compile takes a sixth of a test that opens databases of its own.
    """
    make_postgres, make_sqlite = PostgresBackend._engine, sqlite_backend.sqlite_engine  # pyright: ignore[reportPrivateUsage]

    def postgres_engine(*given: Any, **options: Any) -> AsyncEngine:
        return postgres.sharing(make_postgres(*given, **options))

    def sqlite_engine(*given: Any, **options: Any) -> AsyncEngine:
        return sqlite.sharing(make_sqlite(*given, **options))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PostgresBackend, "_engine", postgres_engine)
        patched.setattr(sqlite_backend, "sqlite_engine", sqlite_engine)
        yield


@contextmanager
def on(store: Store) -> Generator[None]:
    """Has tests meanwhile run on this store."""
    if store is Store.POSTGRESQL:
        postgres.must_be_there()
    before, _current[0] = _current[0], store
    try:
        yield
    finally:
        _current[0] = before


@asynccontextmanager
async def kept_open(folder: Path) -> AsyncGenerator[None]:
    """Has databases stay open between the tests that run in this event loop meanwhile; SQLite's are in the folder."""
    sqlite.folder.append(folder)
    async with sqlite.kept.stay_open(), postgres.kept.stay_open():
        yield


@asynccontextmanager
async def freed() -> AsyncGenerator[None]:
    """Has others use the databases that are taken meanwhile.

    Raises:
        LeftBehindError: something of one was left open.
    """
    before = [(kept, kept.used()) for kept in (sqlite.kept, postgres.kept)]
    try:
        yield
    finally:
        for kept, used in before:
            await kept.free_since(used)


async def fill_disk(database: Database, table: str, *, on: str, when: str = "true") -> None:
    """Has the database fail, as on a full disk, at these changes of the table: `INSERT`, `UPDATE OF state` …"""
    statements = [_FULL_DISK_OF_SQLITE.format(on=on, table=table, when=when)]
    if _current[0] is Store.POSTGRESQL:
        statements = [text.format(on=on, table=table, when=when) for text in _FULL_DISK_OF_POSTGRESQL]
    async with database.write() as conn:
        for statement in statements:
            await conn.exec_driver_sql(statement)


async def free_disk(database: Database) -> None:
    """Ends what `fill_disk` began."""
    is_postgres = _current[0] is Store.POSTGRESQL
    statement = "DROP FUNCTION full_disk CASCADE" if is_postgres else "DROP TRIGGER full_disk"
    async with database.write() as conn:
        await conn.exec_driver_sql(statement)


async def delete_although_needed(database: Database, table: str) -> None:
    """Empties a table that others refer to."""
    delete = f"DELETE FROM {table}"  # noqa: S608 - a name of ours
    async with database._writer.connect() as conn:  # pyright: ignore[reportPrivateUsage]
        if _current[0] is Store.POSTGRESQL:
            off, on = "SET session_replication_role = replica", "SET session_replication_role = DEFAULT"
            for statement in (off, delete, on):
                await conn.exec_driver_sql(statement)
            await conn.commit()
            return
        driver: Any = (await conn.get_raw_connection()).driver_connection
        for statement in ("PRAGMA foreign_keys = OFF", delete, "PRAGMA foreign_keys = ON"):
            await driver.execute(statement)  # in no transaction, in which the pragma would do nothing


async def open_database(path: Path) -> Database:
    """The database that stands for this path on the store of the test, an empty one where there is none."""
    if _current[0] is Store.POSTGRESQL:
        return await postgres.open_database(path)
    return await sqlite.open_kept(path)


async def address_on(store: Store, path: Path) -> str:
    """The address of the database that stands for this path on a store."""
    if store is Store.POSTGRESQL:
        return await postgres.address_of(path)
    return f"sqlite+aiosqlite:///{path}"
