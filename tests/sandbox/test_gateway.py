"""The gateway at the level of frames: what discord.py never sends or doesn't expose."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from tests.waiting import LIMIT_SECONDS

GUILDS = 1
MESSAGES = 1 << 9
MESSAGE_CONTENT = 1 << 15


class Line:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def receive(self) -> tuple[int, Any, int | None, str | None]:
        frame = json.loads(await self.socket.receive_str(timeout=LIMIT_SECONDS))
        return frame["op"], frame["d"], frame["s"], frame["t"]

    async def event(self, name: str) -> Any:
        while True:
            _, data, _, event = await self.receive()
            if event == name:
                return data

    async def close_code(self) -> int | None:
        while not self.socket.closed:
            await self.socket.receive(timeout=LIMIT_SECONDS)
        return self.socket.close_code


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def dial(sandbox: Sandbox, session: aiohttp.ClientSession) -> Line:
    line = Line(await session.ws_connect(sandbox.gateway_url))
    op, data, _, _ = await line.receive()
    assert op == 10
    assert data["heartbeat_interval"] > 1000
    return line


async def identified(
    sandbox: Sandbox, session: aiohttp.ClientSession, *, intents: int = GUILDS
) -> tuple[Line, dict[str, Any]]:
    line = await dial(sandbox, session)
    await line.send(2, {"token": sandbox.token, "intents": intents, "properties": {}})
    return line, await line.event("READY")


async def test_a_heartbeat_is_acknowledged(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    line = await dial(sandbox, session)
    await line.send(1, None)
    assert (await line.receive())[0] == 11


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"op": 2, "d": {"token": "wrong", "intents": 1}}', 4004),
        ('{"op": 2, "d": {"token": "TOKEN", "intents": 32769}}', 4014),
        ('{"op": 2, "d": {"token": "TOKEN"}}', 4002),
        ('{"op": 2, "d": {"token": "TOKEN", "intents": 1, "shard": [2, 2]}}', 4010),
        ("[]", 4002),
        ("{", 4002),
    ],
)
async def test_an_invalid_frame_closes_the_connection(
    sandbox: Sandbox, session: aiohttp.ClientSession, frame: str, code: int
) -> None:
    line = await dial(sandbox, session)
    await line.socket.send_str(frame.replace("TOKEN", sandbox.token))
    assert await line.close_code() == code


async def test_only_the_bot_itself_is_in_the_member_list(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    line, ready = await identified(sandbox, session)
    guild = await line.event("GUILD_CREATE")
    assert [member["user"]["id"] for member in guild["members"]] == [ready["user"]["id"]]


async def test_a_server_belongs_to_one_shard(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    servers: list[int] = []
    for shard in (0, 1):
        line = await dial(sandbox, session)
        await line.send(2, {"token": sandbox.token, "intents": GUILDS, "shard": [shard, 2]})
        ready = await line.event("READY")
        assert ready["shard"] == [shard, 2]
        servers.append(len(ready["guilds"]))
    assert servers[(sandbox.guild.id >> 22) % 2] == 1
    assert sum(servers) == 1


async def test_two_sessions_of_one_shard_both_hear_of_everything(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    lines = [(await identified(sandbox, session))[0] for _ in range(2)]
    sandbox.guild.create_text_channel("both")
    assert [(await line.event("CHANNEL_CREATE"))["name"] for line in lines] == ["both", "both"]


async def test_one_shard_of_each_bucket_identifies_itself_in_five_seconds(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    record = sandbox.limit_identifies(max_concurrency=2).record
    answers: list[int] = []
    for shard in (0, 1, 2):
        line = await dial(sandbox, session)
        await line.send(2, {"token": sandbox.token, "intents": GUILDS, "shard": [shard, 3]})
        answers.append((await line.receive())[0])
    assert answers == [0, 0, 9]  # READY twice, and an invalid session
    assert [(identify.shard_id, identify.is_accepted) for identify in record] == [
        (0, True),
        (1, True),
        (2, False),
    ]


async def test_a_session_begins_only_once_on_a_connection(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    line, _ = await identified(sandbox, session)
    await line.send(2, {"token": sandbox.token, "intents": GUILDS, "properties": {}})
    assert await line.close_code() == 4005


async def test_frames_are_one_zlib_stream_if_the_client_requests_it(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    socket = await session.ws_connect(f"{sandbox.gateway_url}?compress=zlib-stream")
    stream = zlib.decompressobj()
    assert json.loads(stream.decompress(await socket.receive_bytes(timeout=LIMIT_SECONDS)))["op"] == 10
    await socket.send_json({"op": 1, "d": None})
    assert json.loads(stream.decompress(await socket.receive_bytes(timeout=LIMIT_SECONDS)))["op"] == 11


async def test_events_outside_the_intents_are_not_sent(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    deaf, _ = await identified(sandbox, session)
    hearing, _ = await identified(sandbox, session, intents=GUILDS | MESSAGES)
    await sandbox.admin.send(sandbox.channel, "hello")
    sandbox.guild.create_text_channel("after")
    message = await hearing.event("MESSAGE_CREATE")
    assert message["content"] == ""  # message content is a separate intent
    await deaf.event("GUILD_CREATE")
    assert (await deaf.receive())[3] == "CHANNEL_CREATE"


async def test_a_resume_replays_missed_events_once(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    line, ready = await identified(sandbox, session)
    _, _, last, _ = await line.receive()
    sandbox.gateway.drop()
    await sandbox.until(lambda: not sandbox.gateway.is_connected(sandbox.guild.id))
    sandbox.guild.create_text_channel("one")
    sandbox.guild.create_text_channel("two")
    again = await dial(sandbox, session)
    await again.send(6, {"token": sandbox.token, "session_id": ready["session_id"], "seq": last})
    frames = [await again.receive() for _ in range(3)]
    assert [(event, (data or {}).get("name")) for _, data, _, event in frames] == [
        ("CHANNEL_CREATE", "one"),
        ("CHANNEL_CREATE", "two"),
        ("RESUMED", None),
    ]
    assert last is not None
    assert [number for _, _, number, _ in frames] == [last + 1, last + 2, last + 3]


@pytest.mark.parametrize("wrong", [{"session_id": "unknown"}, {"token": "wrong"}, {"seq": 999}])
async def test_an_invalid_resume_is_rejected(
    sandbox: Sandbox, session: aiohttp.ClientSession, wrong: dict[str, Any]
) -> None:
    _, ready = await identified(sandbox, session)
    again = await dial(sandbox, session)
    await again.send(6, {"token": sandbox.token, "session_id": ready["session_id"], "seq": 1, **wrong})
    assert (await again.receive())[:2] == (9, False)


async def test_a_normal_close_ends_the_session(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    line, _ = await identified(sandbox, session)
    assert len(sandbox.gateway.sessions) == 1
    await line.socket.close(code=1000)
    await sandbox.until(lambda: not sandbox.gateway.sessions)


async def test_a_killed_bots_session_is_removed_when_its_shard_reconnects(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    _, first = await identified(sandbox, session)
    sandbox.gateway.drop()
    await sandbox.until(lambda: not sandbox.gateway.is_connected(sandbox.guild.id))
    _, second = await identified(sandbox, session)
    assert first["session_id"] != second["session_id"]
    assert list(sandbox.gateway.sessions) == [second["session_id"]]
