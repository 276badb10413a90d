"""Startup of a real process: what it waits for, how it is ended meanwhile, and what its log must not contain."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox import Fault
from tests.fakes.proxy import FakeProxy
from tests.process.conftest import on_each_store
from tests.process.running import Stage
from tests.test_proxies import address_of

HANGING_LOOKUP = """
import bot.cli.process, socket, time
bot.cli.process.CLOSING_TIMEOUT_SECONDS = 1
socket.getaddrinfo = lambda *_, **__: print("looking it up", flush=True) or time.sleep(30)
"""


@pytest.mark.thorough
async def test_a_ban_is_waited_out_and_the_wait_can_be_ended(stage: Stage) -> None:
    ban = Fault(path="/users/@me", status=429, headers={"Retry-After": "900"}, times=None)
    stage.discord.faults.add(ban)
    bot = await stage.launch(LOG_LEVEL="INFO")
    await bot.says(
        "The bot is not logged in to Discord: Discord asks the bot to wait (429); trying again in 15 min"
    )
    assert await bot.stop() == 0
    assert len(stage.calls("GET", "/users/@me")) == 1
    assert "Traceback" not in bot.log


async def test_a_name_that_is_looked_up_for_long_does_not_keep_it_from_ending(stage: Stage) -> None:
    bot = await stage.launch(before=HANGING_LOOKUP, DISCORD_API_URL="http://discord.example/api/v10")
    await bot.says("looking it up")
    assert await bot.stop() == 0


@on_each_store
async def test_a_refused_token_ends_it_with_one_line(stage: Stage) -> None:
    bot = await stage.launch(DISCORD_TOKEN="another", LOG_LEVEL="WARNING")
    assert await bot.ended() == 78
    (line,) = bot.log.splitlines()
    assert line.startswith("paperboy: DISCORD_TOKEN was refused by Discord")


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
async def test_all_of_it_works_through_a_tunnel_of_a_proxy_with_a_password(stage: Stage) -> None:
    discord, socket, hub = "discord.example", "gateway.example", "hub.example"
    certificate, key = a_certificate(stage.folder, discord, socket, hub)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    routes = {
        discord: address_of(stage.discord.api_url),
        socket: address_of(stage.discord.gateway_url),
        hub: address_of(stage.hub.url),
    }
    stage.list_paper("2611.00001", title="World models for small robots")
    async with FakeProxy(routes, login="ada:hidden word", tls=tls) as proxy:
        settings = {
            "DISCORD_API_URL": f"https://{discord}/api/v10",
            "DISCORD_GATEWAY_URL": f"wss://{socket}{urlsplit(stage.discord.gateway_url).path}",
            "HF_ENDPOINT": f"https://{hub}",
            "https_proxy": f"http://ada:hidden%20word@127.0.0.1:{proxy.port}",
            "SSL_CERT_FILE": str(certificate),
        }
        bot = await stage.start(plain=True, **settings)
        await stage.live("world model")
        await stage.until_posted("2611.00001")
        assert {line.split()[1] for line in proxy.asked} == {f"{host}:443" for host in routes}
        assert proxy.turned_away == 0

        found = await stage.finished("preview", "world model", **settings)
        assert (found.code, "World models for small robots" in found.out) == (0, True)
        doctor = await stage.finished("doctor", **settings)
        assert "DISCORD_TOKEN is accepted" in doctor.out
        assert f"https://{hub} answered" in doctor.out
        assert await bot.stop() == 0
    for answer in (bot.log, found.err, doctor.out, doctor.err):
        for hidden in ("hidden word", "hidden%20word", str(proxy.port)):
            assert hidden not in answer


def a_certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    alternatives = ",".join(f"DNS:{name}" for name in names)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={names[0]}"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", f"subjectAltName={alternatives}", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
