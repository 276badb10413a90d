"""1,000 posts to 1,000 channels under Discord's rate limits, and how fast commands are answered meanwhile.

    python -m benchmarks.delivery

The bot runs in its own process. This process simulates Discord on loopback: each request takes 100 ms, and
more than 50 requests per second, or 5 messages in 5 seconds per channel, get a 429. The same run measures a
baseline: a loop of `await channel.send` over some of the channels.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from pathlib import Path

from simcord.builders import ChannelHandle

from benchmarks._corpus import Corpus
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.list_days import open_list_day
from bot.core.posts import Entry, Form, NewPost
from bot.core.schedules import Schedule
from bot.store import feeds, papers, posts
from bot.store.database import Database
from sandbox import Sandbox
from sandbox.rate_limits import REQUESTS_A_SECOND

POSTS = 1_000
PLAIN_POSTS = 100
LATENCY_SECONDS = 0.1
COMMANDS_AT_REST = 60
COMMAND_EVERY_SECONDS = 0.2
MAX_SECONDS = 120.0
GOAL_SHARE = 0.95
GOAL_FIRST_ANSWER_MS = 100

_ROOT = Path(__file__).parents[1]
_NINE = Schedule(time=time(9, 0), weekdays=frozenset(range(7)), timezone="UTC")


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    with tempfile.TemporaryDirectory(prefix="paperboy-bench-") as folder:
        async with Sandbox(page_port=None) as discord:
            channels = [discord.guild.create_text_channel(f"channel-{number}") for number in range(POSTS)]
            database_url = f"sqlite+aiosqlite:///{Path(folder, 'paperboy.db')}"
            async with _process(discord, "-m", "bot", DATABASE_URL=database_url):
                await discord.wait_for_bot(discord.guild.id, commands=["status"])
                await asyncio.sleep(2)  # until its startup is over
                at_rest = [await _first_answer_ms(discord) for _ in range(COMMANDS_AT_REST)]
            await _add(database_url, discord, channels)
            limits = discord.limit_rates(latency_seconds=LATENCY_SECONDS)
            async with _process(discord, "-m", "bot", DATABASE_URL=database_url):
                meanwhile = await _answers_until(discord, POSTS)
            rate = _rate(discord)
            refused, limits.refused = limits.refused, 0
            await asyncio.sleep(1.1)
            discord.requests.clear()
            chosen = [str(channel.id) for channel in channels[:PLAIN_POSTS]]
            async with _process(discord, "-m", "benchmarks._plain_sending", *chosen) as plain:
                await plain.wait()
            plain_rate = _rate(discord)
    share = rate / REQUESTS_A_SECOND
    rest_ms, meanwhile_ms = _p99(at_rest), _p99(meanwhile)
    print(f"{POSTS:,} posts to {POSTS:,} channels: {rate:.1f} a second, {share:.1%} of Discord's limit")
    print(f"  goal {GOAL_SHARE:.0%}: {_verdict(good=share >= GOAL_SHARE)}")
    print(f"429s: {refused}; goal 0: {_verdict(good=refused == 0)}")
    print(
        f"first answer to a command, p99: {meanwhile_ms:.0f} ms over {len(meanwhile)} commands meanwhile "
        f"(median {statistics.median(meanwhile):.0f}), {rest_ms:.0f} ms at rest "
        f"(median {statistics.median(at_rest):.0f})"
    )
    print(f"  goal {GOAL_FIRST_ANSWER_MS} ms: {_verdict(good=meanwhile_ms < GOAL_FIRST_ANSWER_MS)}")
    print(
        f"plain loop, {PLAIN_POSTS} of the channels: {plain_rate:.1f} a second; "
        f"the bot is {rate / plain_rate:.1f} times as fast"
    )


def _verdict(*, good: bool) -> str:
    return "met" if good else "missed"


def _p99(samples: list[float]) -> float:
    return sorted(samples)[max(0, -(-len(samples) * 99 // 100) - 1)]


def _sends(discord: Sandbox) -> list[float]:
    return [
        one.arrived_at
        for one in discord.requests
        if one.method == "POST" and one.path.endswith("/messages") and one.status == 200
    ]


def _rate(discord: Sandbox) -> float:
    """Messages per second, from the arrival of the first to that of the last."""
    arrived = _sends(discord)
    return (len(arrived) - 1) / (arrived[-1] - arrived[0])


async def _first_answer_ms(discord: Sandbox) -> float:
    """The time from a person's command to the arrival of the bot's first answer."""
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    await discord.run_command(discord.admin, discord.channel, "subscriptions")
    (callback,) = [
        one for one in discord.requests if one.path.startswith("/interactions/") and one.arrived_at >= sent_at
    ]
    return (callback.arrived_at - sent_at) * 1_000


async def _answers_until(discord: Sandbox, count: int) -> list[float]:
    """Types commands until `count` messages have arrived; returns how long each first answer took."""
    samples: list[float] = []
    async with asyncio.timeout(MAX_SECONDS):
        await discord.until(
            lambda: bool(_sends(discord)), timeout_seconds=MAX_SECONDS, what="the first message"
        )
        while len(_sends(discord)) < count:
            samples.append(await _first_answer_ms(discord))
            await asyncio.sleep(COMMAND_EVERY_SECONDS)
    return samples


async def _add(database_url: str, discord: Sandbox, channels: list[ChannelHandle]) -> None:
    """Adds a pending post for each channel, as a run would."""
    now = datetime.now(UTC)
    (paper,) = Corpus(random.Random(7), papers=1, day=open_list_day(now)).papers
    database = await Database.open(database_url)
    async with database.write() as conn:
        await papers.upsert(conn, [paper], seen_at=now)
        planned: list[NewPost] = []
        for channel in channels:
            place = Place(
                server_id=ServerId(discord.guild.id),
                channel_id=ChannelId(channel.id),
                kind=FeedKind.CHANNEL,
            )
            feed = await feeds.ensure(conn, place=place, schedule=_NINE, next_run_at=now, now=now)
            entry = Entry(paper_id=paper.id, form=Form.CARD, queries=())
            planned.append(
                NewPost(
                    feed_id=feed.id, channel_id=feed.channel_id, nonce=secrets.token_hex(12), entries=(entry,)
                )
            )
        await posts.add(conn, planned, now=now)
    await database.close()


@asynccontextmanager
async def _process(
    discord: Sandbox, *arguments: str, **settings: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A Python process that uses the sandbox; terminated on exit."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "HF_ENDPOINT": discord.huggingface_url,
        "BACKFILL_DAYS": "0",
        "ARCHIVE_SINCE": "9999-12-31",
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=environment,
        cwd=tempfile.gettempdir(),
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


if __name__ == "__main__":
    main()
