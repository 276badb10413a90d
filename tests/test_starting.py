"""The start: whatever Discord answers is waited out, and what ends it says what to do."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot.discord import gateway, requests
from bot.discord.outages import LONGEST_WAIT_SECONDS
from bot.errors import ConfigError
from tests.front import UNAUTHORIZED, Bad, Front, Socket, Start, starting

# What may stand in the place of any answer of Discord's, and how long it asks to wait.
BAD_ANSWERS: list[tuple[Bad, float | None]] = [
    (Bad(status=429, headers={"Retry-After": "300"}), 300),  # Cloudflare's page
    (Bad(status=429, body={"message": "slow", "retry_after": 900.0, "global": False}), 900),
    (Bad(status=429, body={"message": "slow", "retry_after": 65, "global": True}, headers={"Via": "x"}), 65),
    (Bad(status=429, headers={"X-RateLimit-Reset-After": "77.5"}), 77.5),
    (Bad(status=429, body={"message": "slow", "retry_after": "soon"}), 0),
    (Bad(status=401), 0),  # a captive portal's: not a word about the token
    (Bad(status=401, body={"error": "who are you?"}), 0),
    (Bad(status=403, body={"message": "Missing Access", "code": 50001}), 0),
    *((Bad(status=status), 0) for status in (400, 403, 404, 405, 407, 418, 451, 501, 520, 530)),
    (Bad(status=503, headers={"Retry-After": "120"}), 120),
    (Bad(), 0),
    (Bad(body=""), 0),
    (Bad(body=[1, 2]), 0),
    (Bad(body=None), 0),
    (Bad(body=17), 0),
    (Bad(body={"id": "1"}), 0),
    (Bad(body='{"id": "1", "na', content_type="application/json"), 0),
    (Bad(status=302, headers={"Location": "/login"}), 0),
    (Bad(fate="reset"), None),  # aiohttp itself asks once more
    (Bad(fate="reset"), 0),
    (Bad(fate="hang"), 0),
]


@pytest_asyncio.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(requests, "ANSWER_SECONDS", 0.5)
    async with starting(tmp_path) as made:
        yield made


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("GET /users/@me", "The bot is not logged in to Discord"),
        ("GET /oauth2/applications/@me", "The bot is not logged in to Discord"),
        ("GET /gateway/bot", "Discord's gateway is not known"),
        ("GET /applications/ID/commands", "The commands are not synced"),
        ("PUT /applications/ID/commands", "The commands are not synced"),
        ("GET /users/@me/guilds", "The bot's servers are not known"),
    ],
)
async def test_whatever_is_answered_is_waited_out_in_one_line_each_and_the_start_goes_on(
    start: Start, caplog: pytest.LogCaptureFixture, call: str, what: str
) -> None:
    caplog.set_level(logging.INFO, "bot")
    asked_waits = [asked for _, asked in BAD_ANSWERS if asked is not None]
    start.front.bad[call].extend(bad for bad, _ in BAD_ANSWERS)
    async with start.running():
        await start.until(lambda: not start.front.bad[call])
        await start.until(lambda: "Ready as" in caplog.text)
        await start.until(lambda: len(start.waits) == len(asked_waits))
        assert call in start.front.asked[-20:]
    said = [one for one in warnings(caplog) if one.startswith(what)]
    assert len(said) == len(asked_waits)
    longest = LONGEST_WAIT_SECONDS if what != "The commands are not synced" else 900.0
    assert start.waits == [max(asked, min(2.0**number, longest)) for number, asked in enumerate(asked_waits)]
    assert not [one for one in caplog.records if one.exc_info]
    assert "127.0.0.1" not in "".join(said)
