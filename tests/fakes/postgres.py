"""A PostgreSQL of the test run's own. The first worker that needs it starts it, and it ends with the last.

A test's databases are emptied and used again.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store import tables
from bot.store.address import backend_of
from bot.store.database import Database
from tests.fakes import postgres_cluster as cluster
from tests.parallel import RUN_ID

_TEMPLATE: Final = "paperboy"
_OPTIONS: Final = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=32MB",
)
_dialects: list[Dialect] = []
_compiled: dict[Any, Any] = {}
_used: dict[Path, str] = {}  # the databases that tests use now, by the path that stands for each
_free: list[str] = []


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
    if path not in _used:
        _used[path] = _free.pop() if _free else await _create()
    return address(_used[path])


async def open_database(path: Path, *, process_id: str | None = None) -> Database:
    """The database that stands for this path."""
    backend = backend_of(await address_of(path), process_id=process_id)
    if not _dialects:
        first = backend.migrator()
        async with first.connect():
            _dialects.append(first.sync_engine.dialect)  # it knows the server's version from now on
        await first.dispose()
    return Database(backend, writer=_sharing(backend.writer()), reader=_sharing(backend.reader()))


async def free_since(before: frozenset[Path]) -> None:
    """Empties the databases that were not used before, so that other tests can use them."""
    for path in [path for path in _used if path not in before]:
        name = _used.pop(path)
        async with _admin(name) as connection:
            await connection.execute(_EMPTY)
        _free.append(name)


def used() -> frozenset[Path]:
    """What `free_since` is called with afterwards."""
    return frozenset(_used)


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


def _sharing(engine: AsyncEngine) -> AsyncEngine:
    """The engine with what other engines of this process have compiled: a statement is found by its dialect."""
    engine.sync_engine.dialect = _dialects[0]
    engine.update_execution_options(compiled_cache=_compiled)
    return engine


_EMPTY: Final = "; ".join(
    [
        "DROP FUNCTION IF EXISTS full_disk CASCADE",
        *(f"DELETE FROM {table.name}" for table in reversed(tables.metadata.sorted_tables)),  # noqa: S608
        "SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence",
    ]
)
