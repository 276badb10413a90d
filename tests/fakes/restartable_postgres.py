"""A PostgreSQL server of a test's own on a port of this machine, which can be restarted.

It is the one that durability is tried on: what it has acknowledged is still there after an immediate shutdown.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

from tests.fakes import postgres_cluster

DATABASE: Final = "paperboy"
_STARTS_WITHIN_SECONDS: Final = 120.0
_OPTIONS: Final = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",  # the machine does not fail, so that what was written to it is kept
    "max_connections=100",
    "shared_buffers=32MB",
)
_SET_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG


class RestartablePostgres:
    """Made in an empty folder; ends with the process that started it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner: dict[str, Any] = {}
        self.port = _free_port()

    async def __aenter__(self) -> Self:
        self._owner = await asyncio.to_thread(postgres_cluster.make, self._folder)
        self._start()
        try:
            connection = await self.connection(database="postgres")
            await connection.execute(f"CREATE DATABASE {DATABASE}")
            await connection.close()
        except BaseException:
            self._server.kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop(signal.SIGQUIT)

    def url(self, port: int | None = None) -> str:
        """The database's address, at another port where a link is between."""
        return f"postgresql+asyncpg://{postgres_cluster.USER}@127.0.0.1:{port or self.port}/{DATABASE}"

    async def restart(self, *, is_immediate: bool, down_seconds: float = 0.0) -> None:
        """Ends the server, in an orderly way or as a crash, and starts it again."""
        await self._stop(signal.SIGQUIT if is_immediate else signal.SIGINT)
        await asyncio.sleep(down_seconds)
        self._start()

    async def connection(self, *, database: str = DATABASE) -> asyncpg.Connection[Any]:
        """A connection of the test's own, as soon as the server takes one."""
        async with asyncio.timeout(_STARTS_WITHIN_SECONDS):
            while True:
                with suppress(
                    OSError, asyncpg.CannotConnectNowError, asyncpg.ObjectNotInPrerequisiteStateError
                ):
                    return await asyncpg.connect(
                        host="127.0.0.1",
                        port=self.port,
                        user=postgres_cluster.USER,
                        database=database,
                        ssl=False,
                    )
                await asyncio.sleep(0.05)

    async def cut(self, ports: set[int]) -> None:
        """Ends the connections that come from these ports."""
        connection = await self.connection()
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY($1)", list(ports)
        )
        await connection.close()

    async def freeze(self, seconds: float) -> None:
        """Stops all of the server's processes; connections stay open, and nobody answers."""
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text().split()
        await self._freeze([self._server.pid, *map(int, children)], seconds)

    async def freeze_connections(self, ports: set[int], seconds: float) -> None:
        """Stops the server's processes behind the connections from these ports, with all that they lock."""
        connection = await self.connection()
        rows = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE client_port = ANY($1)", list(ports)
        )
        await connection.close()
        await self._freeze([row["pid"] for row in rows], seconds)

    async def _freeze(self, processes: list[int], seconds: float) -> None:
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            for pid in processes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    async def close(self, seconds: float) -> None:
        """Ends all connections to the database, which takes no others meanwhile."""
        connection = await self.connection(database="postgres")
        allow = f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS"
        await connection.execute(f"{allow} false")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", DATABASE
        )
        try:
            await asyncio.sleep(seconds)
        finally:
            await connection.execute(f"{allow} true")
            await connection.close()

    def _start(self) -> None:
        programs = postgres_cluster.binaries()
        assert programs is not None
        options = [f"-c{option}" for option in (*_OPTIONS, f"port={self.port}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [programs / "postgres", "-D", self._folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads run yet in what it calls
                **self._owner,
            )

    async def _stop(self, number: signal.Signals) -> None:
        self._server.send_signal(number)
        await asyncio.to_thread(self._server.wait)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGQUIT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
