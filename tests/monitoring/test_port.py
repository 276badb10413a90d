"""The monitoring port: which requests it answers, and what it withstands."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import aiohttp
import pytest
import pytest_asyncio

from bot.errors import ConfigError
from bot.monitoring import port as monitoring
from bot.monitoring.port import Monitor
from bot.services.clock import system_clock


@pytest_asyncio.fixture
async def monitor() -> AsyncIterator[Monitor]:
    async with Monitor(host="127.0.0.1", port=0, clock=system_clock) as opened:
        yield opened


@pytest_asyncio.fixture
async def session(monitor: Monitor) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{monitor.port}") as made:
        yield made


async def test_before_the_bot_is_assembled_the_status_is_starting(session: aiohttp.ClientSession) -> None:
    async with session.get("/healthz") as response:
        assert response.status == 503
        health = await response.json()
        assert response.headers["Cache-Control"] == "no-store"
    assert health["status"] == "starting"
    assert health["reason"] == "database: the database is being opened"
    async with session.get("/metrics") as response:
        assert "paperboy_healthy 0.0" in await response.text()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/healthz", 503),
        ("HEAD", "/metrics", 200),
        ("POST", "/healthz", 405),
        ("DELETE", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/healthz/", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/metrics?x=%00%ff", 200),
    ],
)
async def test_only_get_and_head_of_the_two_pages_are_answered(
    session: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with session.request(method, path, data=b"x" * 100_000 if method == "POST" else None) as response:
        assert response.status == status
        if method == "HEAD":
            assert await response.read() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20_000,
        b"\r\n" * 1_000,
    ],
    ids=["tls", "version", "length", "address", "headers", "nothing"],
)
async def test_malformed_requests_are_rejected_without_an_error_in_the_log(
    monitor: Monitor, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", monitor.port)
    writer.write(sent)
    writer.write_eof()
    answer = await reader.read()
    await closed(writer)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:100]
    async with session.get("/healthz") as response:
        assert response.status == 503
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]


async def test_connections_beyond_the_maximum_are_rejected_until_others_close(
    monitor: Monitor, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "_MAX_CONNECTIONS", 3)
    opened = [await asyncio.open_connection("127.0.0.1", monitor.port) for _ in range(3)]
    opened[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    await opened[0][0].readline()  # so all three are known to be there
    reader, writer = await asyncio.open_connection("127.0.0.1", monitor.port)
    with suppress(ConnectionError):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.read(10) == b""
    for _, other in (*opened, (reader, writer)):
        await closed(other)
    while monitor._runner.server and monitor._runner.server.connections:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.001)
    async with session.get("/healthz") as response:
        assert response.status == 503


async def test_a_connection_without_a_complete_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "_IDLE_SECONDS", 0.05)
    async with Monitor(host="127.0.0.1", port=0, clock=system_clock) as monitor:
        for begun in (b"", b"GET /healthz HT"):
            reader, writer = await asyncio.open_connection("127.0.0.1", monitor.port)
            writer.write(begun)
            async with asyncio.timeout(20):
                assert await reader.read() == b""
            await closed(writer)


async def test_a_port_in_use_is_a_config_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"HEALTH_PORT is {port}"):
            async with Monitor(host="127.0.0.1", port=port, clock=system_clock):
                pass


async def test_processes_on_one_machine_take_the_next_free_port(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(Monitor(host="127.0.0.1", port=0, clock=system_clock))
        second = Monitor(host="127.0.0.1", port=first.port, tries=64, clock=system_clock)
        await stack.enter_async_context(second)
        assert first.port < second.port < first.port + 64
        assert f":{second.port}/healthz and /metrics ({first.port} is in use" in caplog.text
        with pytest.raises(
            ConfigError, match=f"HEALTH_PORT is {first.port}, but that port and the next \\d+ are"
        ):
            async with Monitor(
                host="127.0.0.1", port=first.port, tries=second.port - first.port + 1, clock=system_clock
            ):
                pass


async def test_an_address_of_another_machine_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"HEALTH_HOST is 192\.0\.2\.1"):
        async with Monitor(host="192.0.2.1", port=0, clock=system_clock):
            pass


async def closed(writer: asyncio.StreamWriter) -> None:
    """Closes the connection and waits for it, so that nothing of it outlives the test."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
