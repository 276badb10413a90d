"""The start: whatever Discord answers is waited out, and what ends it says what to do."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.discord.connection import gateway, requests
from bot.discord.connection.retries import MAX_WAIT_SECONDS
from bot.errors import ConfigError
from tests.examples import THOROUGH, thorough
from tests.front import UNAUTHORIZED, Bad, Socket, Start, starting
from tests.waiting import LIMIT_SECONDS

SHORT_SECONDS = 0.5  # for what never comes; what comes later than this is only asked for again
LONG_SECONDS = 10 * LIMIT_SECONDS

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
]
CALLS = {
    "GET /users/@me": "The bot is not logged in to Discord",
    "GET /oauth2/applications/@me": "The bot is not logged in to Discord",
    "GET /gateway/bot": "Discord's gateway is not known",
    "GET /applications/ID/commands": "Commands could not be synced",
    "PUT /applications/ID/commands": "Commands could not be synced",
}
USUAL_CALLS = {"GET /users/@me", "PUT /applications/ID/commands"}  # the first one, and the last


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    async with starting(tmp_path) as made:
        yield made


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("call", "what"), [call if call[0] in USUAL_CALLS else thorough(*call) for call in CALLS.items()]
)
async def test_any_bad_answer_is_retried_with_one_log_line_and_startup_continues(
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
    answer = [warning for warning in warnings(caplog) if warning.startswith(what)]
    assert len(answer) == len(asked_waits)
    longest = MAX_WAIT_SECONDS if what != "Commands could not be synced" else 900.0
    assert start.waits == [max(asked, min(2.0**number, longest)) for number, asked in enumerate(asked_waits)]
    assert not [record for record in caplog.records if record.exc_info]
    assert "127.0.0.1" not in "".join(answer)


async def test_what_never_answers_is_asked_again_after_a_while(
    start: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "ANSWER_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr(gateway, "HELLO_SECONDS", SHORT_SECONDS)
    for call in CALLS:
        start.front.bad[call].append(Bad(fate="hang"))
    start.front.sockets.append(SILENT)
    async with start.running():
        for what in {*CALLS.values(), "Shard 0 is not connected to Discord"}:
            await start.until(lambda what=what: f"{what}: Discord did not answer in time" in caplog.text)
    assert not any(start.front.bad.values())
    assert not [record for record in caplog.records if record.exc_info]


IDENTIFY_SECONDS = 5.5  # between two
LIMIT = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}


async def test_an_invalid_gateway_address_is_requested_again(start: Start) -> None:
    bodies: list[dict[str, Any]] = [
        {"url": "nonsense", "shards": 1, "session_start_limit": LIMIT},
        {"url": "https://discord.com", "shards": 1, "session_start_limit": LIMIT},
        {"url": "ws://", "shards": 1, "session_start_limit": LIMIT},
        {"url": None, "shards": 1, "session_start_limit": LIMIT},
        {"url": "ws://127.0.0.1:9", "shards": 0, "session_start_limit": LIMIT},
        {"url": "ws://127.0.0.1:9", "shards": "many", "session_start_limit": LIMIT},
        {"url": "ws://127.0.0.1:9", "shards": 1, "session_start_limit": {}},
        {"url": "ws://127.0.0.1:9", "shards": 1, "session_start_limit": LIMIT},
    ]
    bodies.append(
        bodies[-1]
    )  # it fits: the first time the shards are read from it, the second time the address
    start.front.bad["GET /gateway/bot"].extend(Bad(body=body) for body in bodies)
    async with start.running():
        assert len(start.waits) == len(bodies) - 1


async def test_without_sessions_left_startup_waits_until_the_reset(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start.front.sessions_left.append({"remaining": 0, "reset_after": 3_600_000})
    async with start.running():
        assert start.waits == [3600.0]
    assert "start more sessions for now; trying again in 60 min" in caplog.text


def socket(*frames: str | bytes, close: int | None = None, hears: int = 0, hangs: bool = False) -> Socket:
    """A connection that sends these, receives so many frames, and then closes, breaks off or falls silent."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        for frame in frames:
            await (ws.send_str(frame) if isinstance(frame, str) else ws.send_bytes(frame))
        for _ in range(hears):
            await ws.receive()
        if hangs:
            await asyncio.sleep(LONG_SECONDS)
        if close is not None:
            await ws.close(code=close)
        elif request.transport is not None:
            request.transport.abort()
        return ws

    return serve


def refused(status: int, **headers: str) -> Socket:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type="text/html", headers=headers)

    return serve


SILENT = socket(hangs=True)
HELLO = '{"op": 10, "d": {"heartbeat_interval": 41250}, "s": null, "t": null}'


async def test_a_gateway_that_fails_in_any_way_is_retried_with_waits_and_without_a_traceback(
    start: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "CLOSE_SECONDS", 0.1)
    before_hello: list[Socket] = [
        refused(403),
        refused(200),
        refused(429, **{"Retry-After": "300"}),
        refused(502),
        socket(),
        socket(close=1000),
        socket(close=4000),
        socket("not json"),
        socket("[1, 2]"),
        socket("null"),
        socket('{"op": 10, "d": null}'),
        *(socket(HELLO.replace("41250", wrong)) for wrong in ("0", "-5", "1e300", "NaN", '"x"', "null")),
        socket(b"not compressed\x00\x00\xff\xff"),
    ]
    after_hello: list[Socket] = [
        socket(HELLO, hears=2, close=4000),
        socket(HELLO, hears=2, close=4009),
        socket(HELLO, "garbage", hears=2),
        socket(HELLO, '{"op": 9, "d": false}', hears=2),
        socket(HELLO, '{"op": 7, "d": null}', hears=2),
        socket(HELLO, '{"op": 0, "t": "READY", "s": 1, "d": {}}', hears=2),
        socket(HELLO, hears=2, close=1000),
        socket(HELLO, hears=2),
    ]
    start.front.sockets.extend(before_hello + after_hello)
    async with start.running():
        assert not start.front.sockets
    assert 300.0 in start.waits
    # The first loss of a connection that was there is followed by another at once, and no other.
    waits = [wait for wait in start.waits if wait != IDENTIFY_SECONDS]
    assert len(waits) == len(before_hello) + len(after_hello) - 1
    assert len(warnings(caplog)) == len(waits)
    assert start.waits.count(IDENTIFY_SECONDS) == len(after_hello)
    assert not [record for record in caplog.records if record.exc_info]


FINAL_CODES = {
    4004: "DISCORD_TOKEN was refused by Discord",
    4010: "If SHARD_COUNT is set, stop all processes and set a higher one. Otherwise start Paperboy again",
    4011: "start Paperboy again",
    4012: "update Paperboy",
    4013: "update Paperboy",
    4014: "update Paperboy",
}


@pytest.mark.parametrize("hears", [thorough(0), 2], ids=["before hello", "after identify"])
async def test_a_final_close_code_ends_the_process_with_advice(start: Start, hears: int) -> None:
    tried = FINAL_CODES if THOROUGH else {code: FINAL_CODES[code] for code in (4004, 4010, 4012)}
    for code, answer in tried.items():
        frames = [HELLO] if hears else []
        start.front.sockets.append(socket(*frames, hears=hears, close=code))
        error = await ended_by(start)
        assert answer in str(error), code
        assert "\n" not in str(error)
        assert start.waits == []


async def test_a_401_from_discord_itself_means_a_refused_token_for_every_request(start: Start) -> None:
    for call in CALLS if THOROUGH else sorted(USUAL_CALLS):
        start.front.bad[call].append(Bad(status=401, body=UNAUTHORIZED))
        assert str(await ended_by(start)).startswith("DISCORD_TOKEN was refused by Discord"), call
        assert start.waits == []


@pytest.mark.parametrize(
    "stuck",
    [
        "a request",
        thorough("a wait"),
        thorough("a gateway that says nothing"),
        "a gateway that does not say goodbye",
    ],
)
async def test_startup_can_be_cancelled_at_any_time(
    start: Start, stuck: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "ANSWER_SECONDS", LONG_SECONDS)
    monkeypatch.setattr(gateway, "HELLO_SECONDS", LONG_SECONDS)
    monkeypatch.setattr(start, "sleep", asyncio.sleep)
    call = "GET /users/@me"
    match stuck:
        case "a request":
            start.front.bad[call].append(Bad(fate="hang"))
        case "a wait":
            start.front.bad[call].append(Bad(status=429, headers={"Retry-After": "900"}))
        case "a gateway that says nothing":
            start.front.sockets.append(SILENT)
        case _:
            start.front.sockets.append(socket(HELLO, hangs=True))
    has_begun = len(start.front.sockets)
    task = asyncio.create_task(start.run())
    await start.until(lambda: call in start.front.asked and len(start.front.sockets) in {0, has_begun - 1})
    task.cancel()
    async with asyncio.timeout(LIMIT_SECONDS):
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.thorough
async def test_papers_are_delivered_after_startup_had_to_wait(start: Start) -> None:
    for call in ("GET /users/@me", "GET /gateway/bot", "PUT /applications/ID/commands"):
        start.front.bad[call].append(Bad())
    async with start.running():
        await start.sandbox.until(lambda: start.sandbox.huggingface.is_read, what="a reader of the lists")
        admin, channel = start.sandbox.admin, start.sandbox.channel
        await start.sandbox.run_command(admin, channel, "config schedule", cadence="live")
        await start.sandbox.run_command(admin, channel, "subscribe", keywords="*")
        await start.sandbox.run_command(admin, channel, "deliver")
        await start.until(lambda: any(message.embeds for message in start.sandbox.messages(channel)))


async def ended_by(start: Start) -> ConfigError:
    async with asyncio.timeout(LIMIT_SECONDS):
        with pytest.raises(BaseExceptionGroup) as caught:
            await start.run()
    found = caught.value.split(ConfigError)[0]
    assert found is not None
    assert caught.value.split(ConfigError)[1] is None
    error: Any = found
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, ConfigError)
    return error
