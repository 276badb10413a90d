"""The bot as a separate process, with posts to send, for benchmarks against the simulated Discord."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
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

_ROOT = Path(__file__).parents[1]
_NINE = Schedule(time=time(9, 0), weekdays=frozenset(range(7)), timezone="UTC")


def verdict(*, good: bool) -> str:
    return "met" if good else "missed"


def p99(samples: list[float]) -> float:
    return sorted(samples)[max(0, -(-len(samples) * 99 // 100) - 1)]


def sends(discord: Sandbox) -> list[float]:
    return [
        request.arrived_at
        for request in discord.requests
        if request.method == "POST" and request.path.endswith("/messages") and request.status == 200
    ]


async def add_posts(
    database_url: str, channels: list[ChannelHandle], *, due_in: timedelta = timedelta()
) -> None:
    """Adds a pending post for each channel, as a run would, to be sent from then on."""
    now = datetime.now(UTC) + due_in
    (paper,) = Corpus(random.Random(7), papers=1, day=open_list_day(now)).papers
    database = await Database.open(database_url)
    async with database.write() as conn:
        await papers.upsert(conn, [paper], seen_at=now)
        planned: list[NewPost] = []
        for channel in channels:
            place = Place(
                server_id=ServerId(channel.guild.id if channel.guild else 0),
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
async def process(
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
