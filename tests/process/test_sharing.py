"""Several processes on one database, as their operator sees them: the list, their ports, and other versions."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from tests.fakes import postgres
from tests.process.asking import port_of
from tests.process.running import LONG_SECONDS, BotProcess, Stage, staged

PROCESSES = 3
SOON = """
from functools import partial
import bot.services.fleet.membership as membership
import bot.services.fleet.version as version
import bot.discord.connection.sharing as sharing
membership.Timing = partial(membership.Timing, renew=1.0, look=0.2, settle=0.5, give_back=1.0)
version.CHECK_SECONDS = 0.2
sharing.SPARE_AFTER_SECONDS = 1.0
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Surroundings of processes on a database without tables."""
    postgres.must_be_there()
    async with postgres.new_database() as url, staged(tmp_path, database_url=url) as ready:
        yield ready


def unused_ports(count: int) -> int:
    """The first of so many ports one after the other; the system gives out none of them itself."""
    while True:
        first = random.randrange(20_000, 30_000)  # noqa: S311 - no secret
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + count):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first


async def start_all(stage: Stage, **settings: str) -> list[BotProcess]:
    """As many processes as shards, started at once, once each of them has one."""
    bots = [await stage.launch(before=SOON, SHARD_COUNT=str(PROCESSES), **settings) for _ in range(PROCESSES)]
    for bot in bots:
        await bot.says(f"This process has 1 shard of {PROCESSES}")
    return bots


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server of one shard, with an admin."""

    channel: ChannelHandle
    admin: MemberActor


def server_of_each_shard(stage: Stage) -> list[Server]:
    world, first = stage.discord.world, (stage.discord.guild.id >> 22) - 1_000
    owner = stage.discord.club.users[0]
    servers: list[Server] = []
    for number in range(PROCESSES):
        guild = world.create_guild(f"Server {number}", id=(first - number) << 22, owner=owner)
        role = guild.create_role("Admins", permissions=discord.Permissions(administrator=True))
        admin = guild.add_member(world.create_user(f"admin {number}"), roles=[role])
        servers.append(Server(channel=guild.create_text_channel("papers"), admin=admin))
    return servers


@pytest.mark.thorough
async def test_hugging_face_gets_the_requests_of_one_process_also_for_deliver(stage: Stage) -> None:
    servers = server_of_each_shard(stage)
    stage.list_paper("2611.00001", title="Robots")
    bots = await start_all(stage, POLL_INTERVAL_SECONDS="3600")
    for bot in bots:
        await bot.says("Run: ")
    asked = stage.hub.days_asked
    assert str(stage.today) in asked
    assert len(asked) == len(set(asked)) > 1
    for server in servers:
        assert server.channel.guild is not None
        await stage.discord.wait_for_bot(
            server.channel.guild.id, commands=["deliver"], timeout_seconds=LONG_SECONDS
        )
        await stage.discord.run_command(server.admin, server.channel, "subscribe", keywords="robots")
    stage.list_paper("2611.00002", title="More robots")
    before = len(stage.hub.requests)
    await asyncio.gather(
        *(stage.discord.run_command(server.admin, server.channel, "deliver") for server in servers)
    )
    assert len(stage.hub.requests) == before + 1
    for server in servers:
        await stage.until_posted("2611.00001", "2611.00002", channel=server.channel)


@pytest.mark.thorough
async def test_each_process_takes_the_next_port_and_a_health_check_finds_them(stage: Stage) -> None:
    first = unused_ports(2)
    settings = {"HEALTH_PORT": str(first), "SHARD_COUNT": "1", "POLL_INTERVAL_SECONDS": "3600"}
    bots = [await stage.launch(before=SOON, **settings) for _ in range(2)]
    ports: dict[int, BotProcess] = {}
    for bot in bots:
        async with port_of(bot) as port:
            await port.until(lambda status, _: status == 200)
            ports[int(port.url.rpartition(":")[2])] = bot
    assert set(ports) == {first, first + 1}

    async def check() -> tuple[int, str]:
        done = await stage.finished("healthcheck", **settings)
        return done.code, done.out

    ok = "healthy: ok"
    assert await check() == (0, f"port {first}: {ok}\nport {first + 1}: {ok}\n")
    await ports[first].kill()
    assert await check() == (0, f"{ok}\n")
    await ports[first + 1].kill()
    code, answer = await check()
    assert (code, answer.splitlines()) == (1, [answer.strip()])


@pytest.mark.thorough
async def test_processes_that_are_too_old_for_the_tables_end_and_say_so(stage: Stage) -> None:
    settings = {"SHARD_COUNT": "1", "POLL_INTERVAL_SECONDS": "3600"}
    bot = await stage.launch(before=SOON, **settings)
    await bot.says("Run: ")
    spare = await stage.launch(before=SOON, **settings)
    await spare.says("this one is a spare")
    async with postgres.connected(stage.database_url) as connection:
        await connection.execute("UPDATE alembic_version SET version_num = '9002', oldest_code = '9001'")
    late = await stage.launch(**settings)
    for process in (bot, spare, late):
        assert await process.ended() == 78
        (line,) = [line for line in process.log.splitlines() if line.startswith("paperboy: ")]
        assert "this version is too old for it. Update Paperboy" in line
        assert "Traceback" not in process.log
