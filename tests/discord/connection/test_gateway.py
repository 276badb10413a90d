"""The gateway's connections: how late a heartbeat is, and closing what does not answer."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from discord.gateway import KeepAliveHandler

from bot.client import Client, point_at
from bot.discord.connection.gateway import GatewaySocket
from bot.discord.connection.shards import Shards
from tests.front import starting
from tests.test_starting import HELLO, socket


class AnswersAtOnce:
    """The other end, so near that its answer is there before discord.py has noted that it asked."""

    closed = False
    keep_alive: KeepAliveHandler

    async def send_str(self, _: str) -> None:
        self.keep_alive.ack()


async def test_a_heartbeat_that_is_answered_at_once_is_not_late_by_the_time_between_two(
    caplog: pytest.LogCaptureFixture,
) -> None:
    near: Any = AnswersAtOnce()
    made = GatewaySocket(near, loop=asyncio.get_running_loop())
    made._max_heartbeat_timeout = 60.0
    near.keep_alive = made._keep_alive = KeepAliveHandler(ws=made, interval=41.25, shard_id=0)
    made._keep_alive._last_send -= 41.25  # the heartbeat before

    await made.send_heartbeat(made._keep_alive.get_payload())

    assert 0 <= made.latency < 41
    assert "Can't keep up" not in caplog.text


async def test_the_latency_is_unknown_until_a_heartbeat_was_answered(tmp_path: Path) -> None:
    async with starting(tmp_path) as start:
        start.front.sockets.append(socket(HELLO, hangs=True))
        client = Client(gateway_url=f"{start.front.url.replace('http', 'ws')}/socket/")
        async with client:
            shards = Shards(client)
            point_at(api_url=start.front.url, gateway_url=None)
            await client.login(start.sandbox.token)
            connecting = asyncio.create_task(client.connect())
            await start.until(lambda: client.shards)
            (shard,) = shards.snapshot()
            connecting.cancel()
        assert shard.latency_seconds is None
        assert math.isinf(client.latency)
