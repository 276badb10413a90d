"""The baseline for delivery: `for channel in channels: await channel.send(...)`.

python -m benchmarks._plain_sending CHANNEL_ID …
"""

from __future__ import annotations

import asyncio
import os
import sys

import discord
from discord.http import Route


async def _send(channel_ids: list[int]) -> None:
    Route.BASE = os.environ["DISCORD_API_URL"]
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        await client.login(os.environ["DISCORD_TOKEN"])
        for channel_id in channel_ids:
            embed = discord.Embed(title="A paper", url="https://huggingface.co/papers/2608.00001")
            await client.get_partial_messageable(channel_id).send("1 paper", embed=embed)


if __name__ == "__main__":
    asyncio.run(_send([int(argument) for argument in sys.argv[1:]]))
