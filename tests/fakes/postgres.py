"""A PostgreSQL of the test run's own. The first worker that needs it starts it, and it ends with the last.

A test's databases are emptied and used again, and their connections stay open.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store import tables
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.postgres.server import Server
from tests.fakes import postgres_cluster as cluster
from tests.fakes.kept import Engines, KeptDatabases
from tests.parallel import RUN_ID

SUITABLE_SERVER: Final = Server(
    version=15,
    encoding="UTF8",
    timezone="UTC",
    may_create=True,
    is_standby=False,
    is_read_only=False,
    connections_left=90,
    is_in_use=False,
)
_TEMPLATE: Final = "paperboy"
_OPTIONS: Final = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "track_counts=off",
    "jit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    "checkpoint_timeout=1d",
    "max_connections=200",
    "shared_buffers=32MB",
)
_dialects: list[Dialect] = []
_compiled: dict[Any, Any] = {}
_ENDS_WITHIN_SECONDS: Final = 60.0
_TABLES: Final = tuple(table.name for table in tables.metadata.sorted_tables)
_ARE_FILLED: Final = f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {name})' for name in _TABLES)}"  # noqa: S608
_WITHOUT_CHECKS: Final = "SET session_replication_role = replica"
_FIRST_IDS: Final = """SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence
WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"""
_OPEN: Final = """SELECT
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
    (SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
     WHERE datname = current_database() AND locktype = 'advisory') AS locks"""
_SCHEMA: Final = """SELECT
    (SELECT count(*) FROM pg_class), (SELECT sum(relnatts) FROM pg_class), (SELECT count(*) FROM pg_trigger)"""


def must_be_there() -> None:
    """Skips the test where there is no PostgreSQL, and fails it where everything has to be tried."""
    if cluster.binaries() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(cluster.MISSING)


def is_there_or_required() -> bool:
    return cluster.binaries() is not None or os.environ.get("CI") == "true"


@cache
def _folder() -> Path:
    """The folder of the running cluster, held by this process until its end."""
    folder = Path(tempfile.gettempdir()) / f"paperboy-postgres-{RUN_ID}"
    with _locked(folder.with_suffix(".lock")):
        if not folder.exists():
            cluster.start(folder, options=_OPTIONS)
        cluster.hold(folder)  # until the end of this process
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def address(database: str) -> str:
    """The address of a database of the cluster."""
    return cluster.address(_folder(), database)


@asynccontextmanager
async def _admin(database: str = "postgres") -> AsyncGenerator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(host=str(_folder()), user=cluster.USER, database=database)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection[Any]]:
    """A connection of a test's own to the database at this address."""
    async with _admin(make_url(url).database or "") as connection:
        yield connection


async def address_of(path: Path) -> str:
    """The address of the database that stands for this path: an empty one, unless the test used it before."""
    return await kept.address_of(path)


async def open_database(path: Path, *, process_id: str | None = None) -> Database:
    """The database that stands for this path."""
    if process_id is None:
        return await kept.open_database(path)
    engines = _engines(await address_of(path), process_id=process_id)
    return Database(engines.backend, writer=engines.writer, reader=engines.reader)


class _Place:
    """A database of the cluster that tests use one after the other."""

    def __init__(self, name: str, *, schema: asyncpg.Record) -> None:
        self.address = address(name)
        self._schema = schema

    def engines(self) -> Engines:
        return _engines(self.address)

    async def left(self, conn: AsyncConnection, *, connections: int) -> str:
        driver = await _driver_of(conn)
        deadline = time.monotonic() + _ENDS_WITHIN_SECONDS
        while (found := await driver.fetchrow(_OPEN)) and found["connections"] > connections:
            if time.monotonic() > deadline:
                return f"{found['connections'] - connections} connections of its own"
            await asyncio.sleep(0.01)  # the server ends them after they were closed
        assert found is not None
        return "an advisory lock" if found["locks"] else ""

    async def empty(self, conn: AsyncConnection) -> bool:
        driver = await _driver_of(conn)
        if await driver.fetchrow(_SCHEMA) != self._schema:
            return False
        are_filled = await driver.fetchrow(_ARE_FILLED)
        assert are_filled is not None
        filled = [table for table, is_filled in zip(_TABLES, are_filled, strict=True) if is_filled]
        deletes = [f"DELETE FROM {table}" for table in filled]  # noqa: S608 - names of ours
        await driver.execute("; ".join([_WITHOUT_CHECKS, *deletes, _FIRST_IDS, "RESET ALL"]))
        return True


async def _driver_of(conn: AsyncConnection) -> asyncpg.Connection[Any]:
    driver = (await conn.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    return driver


async def _make(_: Path) -> _Place:
    name = await _create()
    async with _admin(name) as connection:
        schema = await connection.fetchrow(_SCHEMA)
    assert schema is not None
    if not _dialects:
        first = backend_of(address(name)).migrator()
        async with first.connect():
            _dialects.append(first.sync_engine.dialect)  # it knows the server's version from now on
        await first.dispose()
    return _Place(name, schema=schema)


kept = KeptDatabases(_make)


async def _create() -> str:
    """A database with the tables of the code, copied from one that was migrated once."""
    with _locked(_folder() / "template.lock"):
        async with _admin() as connection:
            known = await connection.fetchval(
                "SELECT count(*) FROM pg_database WHERE datname = $1", _TEMPLATE
            )
            if not known:
                await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
                await (await Database.open(address(_TEMPLATE))).close()
            name = f"test_{secrets.token_hex(8)}"
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    return name


@asynccontextmanager
async def new_database() -> AsyncGenerator[str]:
    """The address of a database without tables, which is dropped afterwards: for a test that changes them."""
    name = f"without_tables_{secrets.token_hex(8)}"
    async with _admin() as connection:
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            yield address(name)
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _engines(url: str, *, process_id: str | None = None) -> Engines:
    backend = backend_of(url, process_id=process_id)
    return Engines(backend=backend, writer=sharing(backend.writer()), reader=sharing(backend.reader()))


def sharing(engine: AsyncEngine) -> AsyncEngine:
    """Has it share what engines of this process have compiled: a statement is found by its dialect."""
    if _dialects:
        engine.sync_engine.dialect = _dialects[0]
        engine.update_execution_options(compiled_cache=_compiled)
    return engine
