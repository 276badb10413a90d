"""The stores that benchmarks run on: a SQLite file, and a PostgreSQL server of their own."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.store.address import backend_of
from tests.fakes import postgres_cluster as cluster

_DATABASE = "paperboy"
# All else is as Debian installs it: every commit reaches the disk, and autovacuum runs.
_OPTIONS = ("listen_addresses=", "max_connections=100", "shared_buffers=128MB")
_TICKS = os.sysconf("SC_CLK_TCK")


class StoreKind(StrEnum):
    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Store:
    """An empty database."""

    kind: StoreKind
    url: str
    folder: Path

    def server_seconds(self) -> float:
        """Processor time that the server has used so far; SQLite has none, its time is the bot's own."""
        if self.kind is StoreKind.SQLITE:
            return 0.0
        (postmaster, *_) = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        return sum(processor_seconds(pid) for pid in (postmaster, *_children(postmaster)))

    async def settle(self) -> None:
        """Does what autovacuum does soon after a bulk load, so that it is not part of what is measured."""
        if self.kind is StoreKind.POSTGRESQL:
            await _execute(self.url, "VACUUM ANALYZE")
            await _execute(self.url, "CHECKPOINT")


def kinds() -> list[StoreKind]:
    """Those that can be measured here; prints which are not."""
    if cluster.binaries() is None:
        print("NOT MEASURED on PostgreSQL: it is not installed (apt-get install postgresql)")
        return [StoreKind.SQLITE]
    return list(StoreKind)


@contextmanager
def new_store(kind: StoreKind) -> Generator[Store]:
    """A new database; the server and everything in it is gone afterwards."""
    if kind is StoreKind.SQLITE:
        with tempfile.TemporaryDirectory(prefix="paperboy-bench-") as folder:
            yield Store(kind, f"sqlite+aiosqlite:///{folder}/paperboy.db", Path(folder))
        return
    # The server's own user makes and removes it.
    server = Path(tempfile.gettempdir(), f"paperboy-bench-{secrets.token_hex(8)}")
    cluster.start(server, options=_OPTIONS)
    lifeline = cluster.hold(server)
    try:
        asyncio.run(_execute(cluster.address(server, "postgres"), f"CREATE DATABASE {_DATABASE}"))
        yield Store(kind, cluster.address(server, _DATABASE), server)
    finally:
        os.close(lifeline)
        cluster.wait_until_gone(server)


async def _execute(url: str, statement: str) -> None:
    engine = backend_of(url).migrator().execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.exec_driver_sql(statement)


def _stat(pid: str) -> list[str]:
    """The fields of /proc/PID/stat behind the program's name: the state is the first."""
    return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()


def _children(parent: str) -> list[str]:
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if _stat(path.name)[1] == parent:
                found.append(path.name)
        except OSError:  # it has ended
            continue
    return found


def processor_seconds(pid: str) -> float:
    """Processor time of a process and of those children of it that have ended."""
    try:
        return sum(map(int, _stat(pid)[11:15])) / _TICKS
    except OSError:
        return 0.0
