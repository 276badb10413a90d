"""1,000 posts to 1,000 channels under Discord's rate limits, and how fast commands are answered meanwhile.

    python -m benchmarks.delivery

The bot runs in its own process. This process simulates Discord on loopback: each request takes 100 ms, and
more than 50 requests per second, or 5 messages in 5 seconds per channel, get a 429. The same run measures a
baseline: a loop of `await channel.send` over some of the channels.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path

from benchmarks._live_bot import add_posts, p99, process, sends, verdict
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


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    with tempfile.TemporaryDirectory(prefix="paperboy-bench-") as folder:
        async with Sandbox(page_port=None) as discord:
            channels = [discord.guild.create_text_channel(f"channel-{number}") for number in range(POSTS)]
            database_url = f"sqlite+aiosqlite:///{Path(folder, 'paperboy.db')}"
            async with process(discord, "-m", "bot", DATABASE_URL=database_url):
                await discord.wait_for_bot(discord.guild.id, commands=["status"])
                await asyncio.sleep(2)  # until its startup is over
                at_rest = [await _first_answer_ms(discord) for _ in range(COMMANDS_AT_REST)]
            await add_posts(database_url, discord, channels)
            limits = discord.limit_rates(latency_seconds=LATENCY_SECONDS)
            async with process(discord, "-m", "bot", DATABASE_URL=database_url):
                meanwhile = await _answers_until(discord, POSTS)
            rate = _rate(discord)
            refused, limits.refused = limits.refused, 0
            await asyncio.sleep(1.1)
            discord.requests.clear()
            chosen = [str(channel.id) for channel in channels[:PLAIN_POSTS]]
            async with process(discord, "-m", "benchmarks._plain_sending", *chosen) as plain:
                await plain.wait()
            plain_rate = _rate(discord)
    share = rate / REQUESTS_A_SECOND
    rest_ms, meanwhile_ms = p99(at_rest), p99(meanwhile)
    print(f"{POSTS:,} posts to {POSTS:,} channels: {rate:.1f} a second, {share:.1%} of Discord's limit")
    print(f"  goal {GOAL_SHARE:.0%}: {verdict(good=share >= GOAL_SHARE)}")
    print(f"429s: {refused}; goal 0: {verdict(good=refused == 0)}")
    print(
        f"first answer to a command, p99: {meanwhile_ms:.0f} ms over {len(meanwhile)} commands meanwhile "
        f"(median {statistics.median(meanwhile):.0f}), {rest_ms:.0f} ms at rest "
        f"(median {statistics.median(at_rest):.0f})"
    )
    print(f"  goal {GOAL_FIRST_ANSWER_MS} ms: {verdict(good=meanwhile_ms < GOAL_FIRST_ANSWER_MS)}")
    print(
        f"plain loop, {PLAIN_POSTS} of the channels: {plain_rate:.1f} a second; "
        f"the bot is {rate / plain_rate:.1f} times as fast"
    )


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
        one for one in discord.requests if one.path.startswith("/interactions/") and one.arrived_at >= sent_at
    ]
    return (callback.arrived_at - sent_at) * 1_000


async def _answers_until(discord: Sandbox, count: int) -> list[float]:
    """Types commands until `count` messages have arrived; returns how long each first answer took."""
    samples: list[float] = []
    async with asyncio.timeout(MAX_SECONDS):
        await discord.until(
            lambda: bool(sends(discord)), timeout_seconds=MAX_SECONDS, what="the first message"
        )
        while len(sends(discord)) < count:
            samples.append(await _first_answer_ms(discord))
            await asyncio.sleep(COMMAND_EVERY_SECONDS)
    return samples


if __name__ == "__main__":
    main()
