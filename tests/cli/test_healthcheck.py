"""The health check: where it asks, and what it makes of the answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cli import healthcheck, own_ports
from bot.cli.healthcheck import ask
from bot.errors import ConfigError
from bot.settings import HEALTH_PORTS, Settings
from tests.waiting import LIMIT_SECONDS


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may need longer than the four seconds that an answer may take."""
    monkeypatch.setattr(healthcheck, "TIMEOUT_SECONDS", LIMIT_SECONDS)


@asynccontextmanager
async def answering(answer: bytes | None, port: int = 0) -> AsyncIterator[int]:
    """A port where every connection gets this answer; None: no answer at all. 0: any free port."""

    handled: list[asyncio.Task[Any]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            handled.append(task)
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*handled)


def answer(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def asked(port: int, host: str = "127.0.0.1") -> tuple[bool, str]:
    return await asyncio.to_thread(ask, Settings.load(health_port=port, health_host=host))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer("200 OK", '{"status": "ok"}'), (True, "healthy: ok")),
        (
            answer("200 OK", '{"status": "degraded", "reason": "source: down"}'),
            (True, "healthy: degraded (source: down)"),
        ),
        (
            answer("503 No", '{"status": "failing", "reason": "database:\\nfull"}'),
            (False, "not healthy: failing (database: full)"),
        ),
    ],
)
async def test_it_prints_one_line_with_the_bots_status(given: bytes, expected: tuple[bool, str]) -> None:
    async with answering(given) as port:
        assert await asked(port) == expected
        assert await asked(port, "0.0.0.0") == expected  # noqa: S104 - asked at 127.0.0.1


@pytest.mark.parametrize(
    "given", [answer("200 OK", "hello"), answer("200 OK", "[]"), answer("200 OK", "{}"), b"\x00\xff", b""]
)
async def test_an_answer_that_is_not_the_bots_is_not_healthy(given: bytes) -> None:
    async with answering(given) as port:
        is_healthy, line = await asked(port)
    assert not is_healthy
    assert line.startswith(f"not healthy: no answer from 127.0.0.1 port {port}: ")
    assert "\n" not in line


async def test_it_does_not_wait_long_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "TIMEOUT_SECONDS", 0.1)
    async with answering(None) as port:
        assert (await asked(port))[1].endswith("timed out")


@pytest.mark.parametrize("port", [None, 0])
def test_without_a_fixed_port_it_names_the_setting(port: int | None) -> None:
    with pytest.raises(ConfigError, match="HEALTH_PORT is"):
        ask(Settings.load(health_port=port))


async def test_in_a_fleet_it_asks_the_processes_of_its_own_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ok = answer("200 OK", '{"status": "ok"}')
    # Below the ports that the system gives out: no other test listens on the ports that are asked.
    first = 20_000 + os.getpid() % 100 * HEALTH_PORTS
    async with answering(ok, first + 3):
        fleet = {"database_url": "postgresql+asyncpg://host/paperboy", "shard_count": 1}
        settings = Settings.load(health_port=first, **fleet)
        assert await asyncio.to_thread(ask, settings) == (True, "healthy: ok")

        (tmp_path / "net").mkdir()
        for table in ("tcp", "tcp6"):
            (tmp_path / "net" / table).write_bytes((Path("/proc/net") / table).read_bytes())
        monkeypatch.setattr(own_ports, "_PROC", tmp_path)  # where no process can be seen
        is_healthy, line = await asyncio.to_thread(ask, settings)
        assert not is_healthy
        assert "only processes of other containers" in line


async def test_it_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with answering(answer("200 OK", '{"status": "ok"}')) as port:
        assert await asked(port) == (True, "healthy: ok")
