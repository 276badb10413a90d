"""Proxies: which one applies to a URL, wrong values, and that every connection uses them."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from bot.client import point_at
from bot.discord.survey import NoAnswerError, Survey
from bot.errors import ConfigError, SourceError
from bot.proxies import Proxies
from bot.settings import Settings
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from sandbox import LiveLists
from tests.cases import each
from tests.discord_address import restored
from tests.examples import first
from tests.fakes.huggingface import FakeHuggingFace
from tests.fakes.proxy import FakeProxy
from tests.front import Start, starting
from tests.samples import NOW

LOGIN = "ada:se:cr@t"
QUOTED = "ada:se%3Acr%40t"
HUB, DISCORD = "hub.example", "discord.example"


def address_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


@each(
    ("no_proxy", "url", "is_direct"),
    [
        ("", "https://example.org", False),
        ("*", "https://example.org", True),
        ("example.org", "https://example.org", True),
        ("EXAMPLE.org", "https://example.ORG.", True),
        ("example.org", "https://api.example.org", True),
        (".example.org", "https://api.example.org", True),
        ("*.example.org", "https://api.example.org", True),
        (".example.org", "https://example.org", True),
        ("example.org", "https://notexample.org", False),
        ("org", "https://example.org", True),
        ("a.org, example.org", "https://example.org", True),
        ("a.org example.org", "https://example.org", True),
        ("example.org:443", "https://example.org", True),
        ("example.org:8443", "https://example.org", False),
        ("example.org:443", "wss://example.org/socket", True),
        ("example.org:80", "ws://example.org/socket", True),
        ("127.0.0.1", "http://127.0.0.1:9", True),
        ("127.0.0.1:9", "http://127.0.0.1:9", True),
        ("127.0.0.0/8", "http://127.9.9.9", True),
        ("10.0.0.0/8", "http://127.0.0.1", False),
        ("10.0.0.0/99", "http://10.0.0.1", False),
        ("localhost", "http://127.0.0.1", False),
        ("::1", "http://[::1]:9", True),
        ("[::1]:9", "http://[::1]:9", True),
        ("[::1]:8", "http://[::1]:9", False),
        ("fd00::/8", "http://[fd00::1]", True),
        (",, ,", "https://example.org", False),
    ],
)
def test_no_proxy_follows_the_usual_rules(no_proxy: str, url: str, is_direct: bool) -> None:  # noqa: FBT001
    proxies = Proxies(http="http://p:1", https="http://p:2", no_proxy=no_proxy)
    assert (proxies.before(URL(url)) is None) == is_direct


def test_each_scheme_has_its_proxy_and_the_gateway_uses_the_one_of_https() -> None:
    proxies = Proxies(http="http://p:1", https="http://p:2")
    found = {
        scheme: proxies.before(URL(f"{scheme}://example.org")) for scheme in ("http", "ws", "https", "wss")
    }
    assert found == {
        "http": ("HTTP_PROXY", URL("http://p:1")),
        "ws": ("HTTP_PROXY", URL("http://p:1")),
        "https": ("HTTPS_PROXY", URL("http://p:2")),
        "wss": ("HTTPS_PROXY", URL("http://p:2")),
    }
    assert Proxies(http="http://p:1").before(URL("https://example.org")) is None


@pytest.mark.parametrize("name", first(1, ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]))
@each(
    "value",
    [
        "socks5://ada:hidden@host:1080",
        "ftp://ada:hidden@host",
        "http://ada:hidden@",
        "http://ada:hidden@host:port",
        "http://ada:hidden@host:99999",
        "http://ada:hidden@host:0",
        "http://ada:hidden@host/path",
        "http://ada:hidden@host?x",
        "http://ada:hid den@host",
        f"http://ada:hidden@{'x' * 70}.example",
        "http://ada:hidden@a..example",
        "http://ada:hidden%E2%82%AC@host",
        "ada:hidden@",
        "://ada:hidden@host",
        "hidden host",
    ],
)
def test_an_invalid_proxy_is_reported_without_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"^{name.upper()} must be an http or https address") as caught:
        Settings.load()
    assert "hidden" not in str(caught.value)
    assert "hidden" not in str(Settings.examine().wrong)


def test_lowercase_names_win_and_the_scheme_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://large:1")
    monkeypatch.setenv("https_proxy", "ada:password@small:1")
    monkeypatch.setenv("NO_PROXY", "example.org")
    settings = Settings.load()
    assert settings.proxies == Proxies(https="http://ada:password@small:1", no_proxy="example.org")
    assert {"password", "ada:password", "small:1"} <= set(settings.secrets)
    assert "password" not in f"{settings!r} {settings.model_dump_json()}"


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[FakeHuggingFace]:
    async with FakeHuggingFace() as running:
        running.open_day = NOW.date()
        yield running


async def test_hugging_face_is_read_through_the_proxy(hub: FakeHuggingFace) -> None:
    async with FakeProxy({HUB: address_of(hub.url)}, login=LOGIN) as proxy:
        proxies = Proxies(http=f"http://{QUOTED}@127.0.0.1:{proxy.port}")
        async with HuggingFace(f"http://{HUB}", clock=lambda: NOW, proxies=proxies) as source:
            assert (await source.list_day(NOW.date())).papers == ()
        assert proxy.hosts() == {HUB}
        async with LiveLists(f"http://{HUB}", connector=proxies.connector) as lists:
            assert await lists.day(NOW.date()) == []
        assert len(proxy.asked) == 2


async def test_hosts_in_no_proxy_are_reached_directly(hub: FakeHuggingFace) -> None:
    async with FakeProxy({}) as proxy:
        proxies = Proxies(http=f"http://127.0.0.1:{proxy.port}", no_proxy="127.0.0.0/8")
        async with HuggingFace(hub.url, clock=lambda: NOW, proxies=proxies) as source:
            await source.list_day(NOW.date())
        assert proxy.asked == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("password", "the proxy of HTTPS_PROXY does not accept its user and password .407"),
        ("refused", "the proxy of HTTPS_PROXY refused the connection .403"),
        ("down", "the proxy of HTTPS_PROXY cannot be reached"),
        ("nowhere", "the proxy of HTTPS_PROXY cannot be reached"),
    ],
)
async def test_a_failing_proxy_is_named_by_its_variable_and_never_by_its_address(
    fault: str, expected: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    async with FakeProxy({}, login=LOGIN if fault == "password" else None) as proxy:
        proxy.refuses_with = 403
        port = proxy.port
        host = "127.0.0.1"
        if fault == "nowhere":
            host = "no.such.proxy"
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
        if fault == "down":
            await proxy.__aexit__()
        proxies = Proxies(https=f"http://ada:wrong@{host}:{port}")
        limits = FetchLimits(tries=1)
        async with HuggingFace(
            "https://hub.example", clock=lambda: NOW, proxies=proxies, limits=limits
        ) as one:
            with pytest.raises(SourceError) as hub_said:
                await one.list_day(NOW.date())
        assert re.search(expected, caplog.text)
        with restored():
            point_at(api_url=f"https://{DISCORD}/api/v10", gateway_url=None)
            async with Survey(clock=lambda: NOW, proxies=proxies) as survey:
                with pytest.raises(NoAnswerError, match=expected) as discord_said:
                    await survey.log_in("token")
    shown = f"{hub_said.value} {discord_said.value} {caplog.text}"
    for hidden in (host, str(port), "wrong", "ada"):
        assert hidden not in shown


async def unknown(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    async with starting(tmp_path) as made:
        yield made


async def test_discord_its_gateway_and_hugging_face_are_reached_through_the_proxy(start: Start) -> None:
    routes = {
        DISCORD: address_of(start.front.url),
        HUB: address_of(start.sandbox.huggingface_url),
        "127.0.0.1": address_of(start.sandbox.gateway_url),  # as the sandbox names its gateway
    }
    async with FakeProxy(routes, login=LOGIN) as proxy:
        async with start.running(
            discord_api_url=f"http://{DISCORD}",
            hf_endpoint=f"http://{HUB}",
            http_proxy=f"http://{QUOTED}@127.0.0.1:{proxy.port}",
        ):
            await start.sandbox.until(lambda: start.sandbox.huggingface.is_read, what="a reader")
        assert proxy.hosts() == {DISCORD, HUB, "127.0.0.1"}
        assert proxy.turned_away == 0
        assert any(line.startswith(f"GET http://{DISCORD}/users/@me ") for line in proxy.asked)


async def test_the_bot_waits_for_a_proxy_that_is_not_up_yet(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeProxy({"127.0.0.1": address_of(start.front.url)}) as proxy:
        await proxy.__aexit__()
    waited = asyncio.create_task(
        start.run(http_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy=address_text(start))
    )
    await start.until(lambda: len(start.waits) > 1)
    waited.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waited
    assert "not logged in to Discord: the proxy of HTTP_PROXY cannot be reached" in caplog.text
    assert str(proxy.port) not in caplog.text


def address_text(start: Start) -> str:
    return "{}:{}".format(*address_of(start.sandbox.huggingface_url))


async def test_a_connection_is_reused_through_the_same_proxy(hub: FakeHuggingFace) -> None:
    async with FakeProxy({HUB: address_of(hub.url)}, login=LOGIN) as proxy:
        proxies = Proxies(http=f"http://{QUOTED}@127.0.0.1:{proxy.port}")
        async with aiohttp.ClientSession(connector=proxies.connector()) as session:
            for _ in range(2):
                async with session.get(f"http://{HUB}/api/daily_papers?date=2026-08-18") as answer:
                    assert answer.status == 200
                    await answer.read()
        assert len(proxy.asked) == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such limit")
async def test_data_that_nobody_received_is_soon_abandoned() -> None:
    is_closed = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        is_closed.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        server,
        aiohttp.ClientSession(connector=Proxies().connector()) as session,
        session.get(url) as response,
    ):
        assert response.connection is not None
        transport = response.connection.transport
        assert transport is not None
        option = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    await is_closed.wait()
    assert option == 10_000
