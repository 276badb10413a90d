"""Shards that come and go: two clients of one bot, each with some of the shards, at one simulated Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from yarl import URL

from bot.client import Client, point_at
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.discord.connection import sharded_client
from bot.discord.connection.retries import Retries
from bot.discord.connection.sharded_client import IDENTIFY_SECONDS
from bot.discord.connection.shards import Shards
from bot.discord.delivery.notice_board import DiscordNoticeBoard
from bot.discord.delivery.publisher import DiscordPublisher
from bot.discord.permissions.bot_access import access_of
from bot.discord.ui.sessions import Session
from bot.errors import DeliveryError, DeliveryErrorKind
from sandbox import Sandbox
from sandbox.identifies import Identifies
from tests.discord.loopback import a_message
from tests.discord_address import restored
from tests.samples import a_paper
from tests.waiting import LIMIT_SECONDS, until

COUNT = 2


@dataclass
class Stage:
    """A Discord with a server in each of two shards."""

    sandbox: Sandbox
    servers: list[Any]  # by shard
    turns: list[int] = field(default_factory=list[int])
    waits: list[float] = field(default_factory=list[float])

    @asynccontextmanager
    async def turn(self, bucket: int) -> AsyncGenerator[None]:
        self.turns.append(bucket)
        yield

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    @asynccontextmanager
    async def client(self, *shard_ids: int, **options: Any) -> AsyncGenerator[Client]:
        """A client that is connected, with these shards."""
        usual = {"shard_count": COUNT, "shard_ids": [], "identify_turn": self.turn}
        retries = Retries(sleep=self.sleep)
        client = Client(gateway_url=self.sandbox.gateway_url, retries=retries, **usual | options)
        connecting = None
        try:
            await client.login(self.sandbox.token)
            connecting = asyncio.create_task(client.connect())
            for shard_id in shard_ids:
                client.open_shard(shard_id)
                await until(lambda client=client, shard_id=shard_id: self.sees(client, shard_id))
            yield client
        finally:
            await client.close()
            if connecting:
                connecting.cancel()
                with suppress(asyncio.CancelledError):
                    await connecting

    def sees(self, client: Client, shard_id: int) -> bool:
        guild = client.get_guild(self.servers[shard_id].id)
        return guild is not None and not guild.unavailable

    def sessions(self) -> list[int]:
        """The shards with a session that is connected."""
        found = self.sandbox.gateway.sessions.values()
        return sorted(session.shard_id for session in found if session.socket)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Sandbox(page_port=None) as sandbox:
        servers = [sandbox.world.create_server("Club", shard_id=number, of=COUNT) for number in range(COUNT)]
        sandbox.world.places.remove_bot(sandbox.guild.id)
        with restored():
            point_at(api_url=sandbox.api_url, gateway_url=None)
            yield Stage(sandbox, servers)


async def test_each_client_has_the_servers_of_its_shards_and_hears_of_no_others(stage: Stage) -> None:
    async with stage.client(0) as first, stage.client(1) as second:
        for shard_id, (client, other) in enumerate([(first, second), (second, first)]):
            made = stage.servers[shard_id].create_text_channel("new")
            await until(lambda client=client, made=made: client.get_channel(made.id))
            assert [guild.id for guild in client.guilds] == [stage.servers[shard_id].id]
            assert other.get_channel(made.id) is None
        assert stage.turns == [0, 0]


async def test_a_shard_moves_to_another_client_while_both_run(stage: Stage) -> None:
    async with stage.client(0, 1) as first, stage.client() as second:
        health = Shards(first)
        await first.close_shard(1)
        assert stage.sees(first, 0)
        assert first.get_guild(stage.servers[1].id) is None
        assert first.opened == {0}
        assert [(shard.id, shard.lost_seconds) for shard in health.snapshot()] == [(0, None)]
        await until(lambda: stage.sessions() == [0])

        second.open_shard(1)
        await until(lambda: stage.sees(second, 1))
        assert stage.sessions() == [0, 1]
        assert stage.waits == []  # nothing was lost, so nothing was retried


async def test_a_closed_shard_can_be_opened_again(stage: Stage) -> None:
    async with stage.client(0, 1) as client:
        await asyncio.gather(client.close_shard(0), client.close_shard(0), client.close_shard(1))
        assert list(client.guilds) == []
        assert client.latencies == []
        client.open_shard(1)
        client.open_shard(1)
        await until(lambda: stage.sees(client, 1))
        await until(lambda: stage.sessions() == [1])


async def test_closing_a_shard_cancels_its_wait_for_a_turn_and_leaves_no_connection(stage: Stage) -> None:
    asked = asyncio.Event()

    @asynccontextmanager
    async def never(_: int) -> AsyncGenerator[None]:
        asked.set()
        await asyncio.sleep(10 * LIMIT_SECONDS)
        yield

    async with stage.client(identify_turn=never) as client:
        client.open_shard(1)
        await asked.wait()
        await client.close_shard(1)
        await until(lambda: not stage.sandbox.gateway.connections)
        assert stage.sessions() == []
        assert client.opened == frozenset()


async def test_a_connection_that_ends_while_its_shard_waits_for_a_turn_is_replaced(stage: Stage) -> None:
    @asynccontextmanager
    async def second_one_only(bucket: int) -> AsyncGenerator[None]:
        stage.turns.append(bucket)
        if len(stage.turns) == 1:
            await asyncio.sleep(10 * LIMIT_SECONDS)
        yield

    async with stage.client(identify_turn=second_one_only) as client:
        client.open_shard(1)
        await until(lambda: stage.turns == [0])
        stage.sandbox.gateway.drop()
        await until(lambda: stage.sees(client, 1))
        assert stage.turns == [0, 0]
        assert stage.sandbox.gateway.connections == 1


async def test_a_lost_connection_is_resumed_without_a_turn_and_a_lost_session_takes_one(stage: Stage) -> None:
    async with stage.client(0) as client:
        resumed = asyncio.create_task(client.wait_for("shard_resumed", timeout=LIMIT_SECONDS))
        await asyncio.sleep(0)
        stage.sandbox.gateway.drop()
        assert await resumed == 0
        assert stage.turns == [0]
        stage.sandbox.gateway.forget_sessions()
        stage.sandbox.gateway.drop()
        await until(lambda: stage.sessions() == [0])
        assert stage.turns == [0, 0]
        assert client.opened == {0}


async def test_where_the_address_to_resume_at_is_mute_a_new_session_begins(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharded_client, "RESUME_SECONDS", 0.05)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with (
        await asyncio.start_server(say_nothing, "127.0.0.1", 0) as mute,
        stage.client(0) as client,
    ):
        port = mute.sockets[0].getsockname()[1]
        client._gateway = None  # no DISCORD_GATEWAY_URL, which is for every connection
        client._opened[0].ws.gateway = URL(f"ws://127.0.0.1:{port}")
        stage.sandbox.gateway.drop()
        await until(lambda: stage.turns == [0, 0] and stage.sessions() == [0])


async def test_shards_of_one_bucket_follow_each_other_and_others_do_not_wait(stage: Stage) -> None:
    stage.sandbox.limit_identifies(max_concurrency=2)
    stage.sandbox.gateway.identifies = Identifies()
    async with stage.client(shard_count=5, shard_ids=None, identify_turn=None) as client:
        await client.wait_until_ready()
        assert stage.waits == [IDENTIFY_SECONDS] * 3
        assert len(stage.sandbox.gateway.identifies.record) == 5


async def test_an_identify_that_came_too_early_is_repeated_in_another_turn(stage: Stage) -> None:
    seconds = 0.0

    @asynccontextmanager
    async def turn(bucket: int) -> AsyncGenerator[None]:
        nonlocal seconds
        stage.turns.append(bucket)
        seconds += 2.5
        yield

    identifies = stage.sandbox.gateway.identifies = Identifies(max_concurrency=1, clock=lambda: seconds)
    async with stage.client(0, 1, identify_turn=turn) as client:
        assert client.opened == {0, 1}
        assert [(identify.shard_id, identify.is_accepted) for identify in identifies.record] == [
            (0, True),
            (1, False),
            (1, True),
        ]
        assert stage.turns == [0, 0, 0]


async def test_servers_that_were_left_between_two_sessions_are_forgotten(stage: Stage) -> None:
    async with stage.client(0, 1) as client:
        stage.sandbox.gateway.forget_sessions()
        left = stage.servers[1].id
        stage.sandbox.gateway.drop()
        stage.sandbox.world.places.remove_bot(left)
        await until(lambda: client.get_guild(left) is None)
        await until(lambda: stage.sees(client, 0))


async def test_what_the_bot_may_do_is_known_only_where_a_shard_has_had_a_session(stage: Stage) -> None:
    def place(server: Any) -> Place:
        channel = server.create_text_channel("papers")
        return Place(server_id=ServerId(server.id), channel_id=ChannelId(channel.id), kind=FeedKind.CHANNEL)

    async with stage.client(0) as client:
        assert (await access_of(client, place(stage.servers[0]))).is_known
        assert not (await access_of(client, place(stage.servers[1]))).is_known
        gone = Place(server_id=ServerId(0), channel_id=ChannelId(1), kind=FeedKind.CHANNEL)
        assert (await access_of(client, gone)).is_gone
        await client.close_shard(0)
        assert not (await access_of(client, gone)).is_known


async def test_a_process_sends_and_finds_its_posts_before_its_shards_have_a_session(stage: Stage) -> None:
    server = stage.servers[0]
    made = [server.create_text_channel("papers"), server.create_forum_channel("reading")]
    kinds = [FeedKind.CHANNEL, FeedKind.FORUM]
    since = datetime.now(UTC) - timedelta(hours=1)
    url = a_paper("2608.00001").page_url
    async with stage.client() as client:
        publisher = DiscordPublisher(client)
        for channel, kind in zip(made, kinds, strict=True):
            place = Place(server_id=ServerId(server.id), channel_id=ChannelId(channel.id), kind=kind)
            sent = await publisher.publish(place, a_message(), nonce=f"nonce {kind}")
            assert await publisher.find(place, [url], since=since) == sent
        assert stage.turns == []
        with pytest.raises(DeliveryError, match="could not be checked"):
            await DiscordNoticeBoard(client).channels(place.server_id or ServerId(0))
        stage.sandbox.deny(made[0], read_message_history=True)
        with pytest.raises(DeliveryError) as caught:
            await publisher.find(replace(place, kind=kinds[0], channel_id=made[0].id), [url], since=since)
        assert caught.value.kind is DeliveryErrorKind.UNCONFIRMED


async def test_setups_that_another_process_may_go_on_with_are_read_again(stage: Stage) -> None:
    class Stored(Session):
        is_stored = True

    async with stage.client(0) as client:
        client.sessions.open("panel", Stored())
        client.sessions.open("pages", Session())
        await client.close_shard(0)
        await until(lambda: client.sessions.is_unknown("panel"))
        assert not client.sessions.is_unknown("pages")
