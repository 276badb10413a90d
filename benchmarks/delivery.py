"""1,000 posts to 1,000 channels under Discord's rate limits, by one process on each store and by three.

    python -m benchmarks.delivery [SETUP …]

The bot runs in separate processes; this one simulates Discord on loopback: each request takes 100 ms, and
more than 50 requests per second, or 5 messages in 5 seconds per channel, get a 429. Meanwhile a person uses
commands. A baseline in the same run is a loop of `await channel.send` over some of the channels.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from simcord.builders import ChannelHandle
from sqlalchemy import func, select

from benchmarks._live_bot import add_posts, p99, process, sends, verdict
from benchmarks._stores import Store, StoreKind, kinds, new_store, processor_seconds
from bot.services.runs.garbage import no_cycle_search
from bot.store import tables
from bot.store.database import Database
from sandbox import Sandbox
from sandbox.rate_limits import REQUESTS_A_SECOND

POSTS = 1_000
PLAIN_POSTS = 100
LATENCY_SECONDS = 0.1
COMMANDS_AT_REST = 60
COMMAND_EVERY_SECONDS = 0.2
MAX_SECONDS = 600.0  # on a machine that is busy with other things
SHARDS = 6  # of several processes
# A process of several looks for posts that another one planned every ten seconds.
NOTICED_WITHIN = timedelta(seconds=15)
GOAL_FIRST_ANSWER_MS = 100
UNANSWERED_MS = 3_000.0  # Discord's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    kind: StoreKind
    processes: int
    goal_share: float


SETUPS = {
    "sqlite": Setup(kind=StoreKind.SQLITE, processes=1, goal_share=0.95),
    "postgresql": Setup(kind=StoreKind.POSTGRESQL, processes=1, goal_share=0.95),
    "three": Setup(kind=StoreKind.POSTGRESQL, processes=3, goal_share=0.93),
}


def main(names: list[str] | None = None) -> None:
    rates: dict[str, float] = {}
    there = kinds()
    for name in names or SETUPS:
        setup = SETUPS[name]
        if setup.kind in there:
            # Such a search would stop the simulated Discord for 0.3 seconds, and requests pile up meanwhile.
            with new_store(setup.kind) as store, no_cycle_search():
                rates[name] = asyncio.run(_measure(setup, store))
    plain = asyncio.run(_measure_plain())
    print(f"plain loop over {PLAIN_POSTS} channels: {plain:.1f} a second")
    for name, rate in rates.items():
        print(f"  {name} is {rate / plain:.1f} times as fast")


async def _measure(setup: Setup, store: Store) -> float:
    """Prints what one setup does; returns the posts per second."""
    async with Sandbox(page_port=None) as discord:
        channels = _channels(discord)
        at_rest = await _answers_at_rest(setup, store, discord)
        limits = discord.limit_rates(latency_seconds=LATENCY_SECONDS)
        if setup.processes == 1:
            await add_posts(store.url, channels)
            await store.settle()
        async with AsyncExitStack() as running:
            bots = [
                await running.enter_async_context(_bot(setup, store, discord)) for _ in range(setup.processes)
            ]
            if setup.processes > 1:
                await _wait_until_shared_out(setup, store)
                await discord.wait_for_bot(discord.guild.id, timeout_seconds=MAX_SECONDS)
                await add_posts(store.url, channels, due_in=NOTICED_WITHIN)
                await store.settle()
            await _until_first(discord)
            seconds, server_seconds = _seconds(bots), store.server_seconds()
            sent_before = len(sends(discord))
            meanwhile = await _answers_until(discord, POSTS)
            sent = POSTS - sent_before
            seconds, server_seconds = _seconds(bots) - seconds, store.server_seconds() - server_seconds
        rate = _rate(discord)
    share, rest_ms, meanwhile_ms = rate / REQUESTS_A_SECOND, p99(at_rest), p99(meanwhile)
    by = "1 process" if setup.processes == 1 else f"{setup.processes} processes"
    print(f"{POSTS:,} posts to {POSTS:,} channels by {by} on {setup.kind}")
    print(f"  {rate:.1f} a second, {share:.1%} of Discord's limit; goal {setup.goal_share:.0%}: ", end="")
    print(verdict(good=share >= setup.goal_share))
    print(f"  429s: {limits.refused}; goal 0: {verdict(good=limits.refused == 0)}")
    print(f"  processor time for each: {seconds / sent * 1_000:.1f} ms of the bot", end="")
    print(f", {server_seconds / sent * 1_000:.1f} ms of the server" if server_seconds else "")
    print(
        f"  first answer to a command, p99: {meanwhile_ms:.0f} ms over {len(meanwhile)} commands meanwhile "
        f"(median {statistics.median(meanwhile):.0f}), {rest_ms:.0f} ms at rest "
        f"(median {statistics.median(at_rest):.0f})"
    )
    good = meanwhile_ms < GOAL_FIRST_ANSWER_MS
    print(f"    goal {GOAL_FIRST_ANSWER_MS} ms: {verdict(good=good)}", flush=True)
    return rate


async def _measure_plain() -> float:
    async with Sandbox(page_port=None) as discord:
        channels = [str(channel.id) for channel in _channels(discord)[:PLAIN_POSTS]]
        discord.limit_rates(latency_seconds=LATENCY_SECONDS)
        async with process(discord, "-m", "benchmarks._plain_sending", *channels) as plain:
            await plain.wait()
        return _rate(discord)


def _channels(discord: Sandbox) -> list[ChannelHandle]:
    """Channels of several servers, as many of each shard."""
    first = (discord.guild.id >> 22) - 1_000_000  # before all that the sandbox has made
    owner = discord.club.users[0]
    servers = [
        discord.world.create_guild(f"Server {number}", id=(first - number) << 22, owner=owner)
        for number in range(1, SHARDS + 1)
    ]
    return [servers[number % SHARDS].create_text_channel(f"channel-{number}") for number in range(POSTS)]


def _bot(
    setup: Setup, store: Store, discord: Sandbox
) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    settings = {"SHARD_COUNT": str(SHARDS)} if setup.processes > 1 else {}
    return process(discord, "-m", "bot", DATABASE_URL=store.url, **settings)


async def _wait_until_shared_out(setup: Setup, store: Store) -> None:
    """Waits until each process owns its part of the shards, and serves it."""
    leases = tables.shard_leases
    shares = select(func.count()).where(leases.c.owner.is_not(None)).group_by(leases.c.owner)
    database = await Database.open(store.url)
    async with asyncio.timeout(MAX_SECONDS):
        while True:
            async with database.read() as conn:
                found = list((await conn.execute(shares)).scalars())
            if found == [SHARDS // setup.processes] * setup.processes:
                break
            await asyncio.sleep(0.5)
    await database.close()


def _seconds(bots: list[asyncio.subprocess.Process]) -> float:
    return sum(processor_seconds(str(bot.pid)) for bot in bots)


def _rate(discord: Sandbox) -> float:
    """Messages per second, from the arrival of the first to that of the last."""
    arrived = sends(discord)
    return (len(arrived) - 1) / (arrived[-1] - arrived[0])


async def _first_answer_ms(discord: Sandbox) -> float:
    """The time from a person's command to the arrival of the bot's first answer."""
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    await discord.run_command(discord.admin, discord.channel, "subscriptions")
    (callback,) = [
        request
        for request in discord.requests
        if request.path.startswith("/interactions/") and request.arrived_at >= sent_at
    ]
    return (callback.arrived_at - sent_at) * 1_000


async def _answers_at_rest(setup: Setup, store: Store, discord: Sandbox) -> list[float]:
    async with _bot(setup, store, discord):
        await discord.wait_for_bot(discord.guild.id, commands=["status"], timeout_seconds=MAX_SECONDS)
        await asyncio.sleep(2)  # until its startup is over
        return [await _first_answer_ms(discord) for _ in range(COMMANDS_AT_REST)]


async def _until_first(discord: Sandbox) -> None:
    await discord.until(lambda: bool(sends(discord)), timeout_seconds=MAX_SECONDS, what="the first message")


async def _answers_until(discord: Sandbox, count: int) -> list[float]:
    """Types commands until `count` messages have arrived; returns how long each first answer took."""
    samples: list[float] = []
    async with asyncio.timeout(MAX_SECONDS):
        while len(sends(discord)) < count:
            try:
                samples.append(await _first_answer_ms(discord))
            except TimeoutError:  # a person sees an error then
                samples.append(UNANSWERED_MS)
            await asyncio.sleep(COMMAND_EVERY_SECONDS)
    return samples


if __name__ == "__main__":
    main(sys.argv[1:])
