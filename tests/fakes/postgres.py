"""A PostgreSQL of the test run's own: a private cluster on a socket in a temporary folder.

The first worker that needs it starts it, as a user who is not root. It ends with the last process that holds its
lifeline, however that ends. A test's databases are emptied and used again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
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
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store import tables
from bot.store.address import backend_of
from bot.store.database import Database

MISSING: Final = "these tests need PostgreSQL: apt-get install postgresql"
_STARTS_WITHIN_SECONDS: Final = 120.0
_USER: Final = "paperboy"
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
# Stops the server once nobody holds the lifeline.
_KEEPER: Final = (
    '"$@" & server=$!; cat "$LIFELINE" > /dev/null; kill -QUIT $server; wait $server; rm -rf "$FOLDER"'
)
_dialects: list[Dialect] = []
_compiled: dict[Any, Any] = {}
_used: dict[Path, str] = {}  # the databases that tests use now, by the path that stands for each
_free: list[str] = []


@cache
def binaries() -> Path | None:
    """The folder of the newest installed server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    onpath = shutil.which("postgres")
    return found[-1].parent if found else Path(onpath).parent if onpath else None


def must_be_there() -> None:
    """Skips the test where there is no PostgreSQL, and fails it where everything has to be tried."""
    if binaries() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)


@cache
def _folder() -> Path:
    """The folder of the running cluster, held by this process until its end."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid{os.getpid()}")
    folder = (
        Path(tempfile.gettempdir()) / f"paperboy-postgres-{hashlib.sha256(run.encode()).hexdigest()[:12]}"
    )
    with _locked(folder.with_suffix(".lock")):
        if not folder.exists():
            _start(folder)
        os.open(folder / "lifeline", os.O_WRONLY)  # never closed but by the end of this process
    return folder


def _start(folder: Path) -> None:
    programs = binaries()
    assert programs is not None
    folder.mkdir(mode=0o755)
    os.mkfifo(folder / "lifeline", 0o600)
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        for path in (folder, folder / "lifeline"):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    subprocess.run(
        [
            programs / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            _USER,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **as_user,
    )
    server = [programs / "postgres", "-D", data, "-k", folder, *(f"-c{option}" for option in _OPTIONS)]
    with (folder / "log").open("wb") as log:
        subprocess.run(
            ["/bin/sh", "-c", f"({_KEEPER}) &", "keeper", *server],
            env={"PATH": os.environ["PATH"], "LIFELINE": str(folder / "lifeline"), "FOLDER": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            check=True,
            **as_user,
        )
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.05)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def address(database: str) -> str:
    """The address of a database of the cluster."""
    return f"postgresql+asyncpg://{_USER}@/{database}?host={_folder()}"


@asynccontextmanager
async def _admin(database: str = "postgres") -> AsyncGenerator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(host=str(_folder()), user=_USER, database=database)
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


async def open_database(path: Path) -> Database:
    """The database that stands for this path."""
    backend = backend_of(await address_of(path))
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
            number = await connection.fetchval("SELECT count(*) FROM pg_database")
            name = f"test_{number}"
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    return name


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
