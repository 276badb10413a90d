"""Memory of a process with 100,000 servers, and of one of three that share them.

    python -m benchmarks.memory [SERVERS]

The client is the bot's own, and is given each server as Discord sends it when a session begins. The memory
grows with the channels and roles of the servers: what each further channel costs is measured, too. The store
adds nothing that grows with the servers: see `benchmarks.planning`.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from bot.client import Client

SERVERS = 100_000
PROCESSES = 3
GOAL_MEGABYTES = 800
TEXT_CHANNELS = 5
OTHER_CHANNELS = 1
ROLES = 4
LARGER_CHANNELS = 20  # text channels of the servers that tell what one more costs
LARGER_SERVERS = 2_000
_FIRST_ID = 1_100_000_000_000_000_000
_IDS_A_SERVER = 64


def main() -> None:
    for servers in (SERVERS, -(-SERVERS // PROCESSES)):
        command = [sys.executable, "-m", "benchmarks.memory", str(servers)]
        subprocess.run(command, check=True)  # noqa: S603 - this module


async def _measure(servers: int) -> None:
    async with Client() as client:
        without = _megabytes()
        _add(client, range(servers), text_channels=TEXT_CHANNELS)
        megabytes = _megabytes()
        _add(client, range(servers, servers + LARGER_SERVERS), text_channels=LARGER_CHANNELS)
        larger = _megabytes() - megabytes
    good = "met" if megabytes < GOAL_MEGABYTES else "MISSED"
    print(f"memory with {servers:,} servers: {megabytes:,.0f} MB; goal under {GOAL_MEGABYTES} MB: {good}")
    each = (megabytes - without) * 1_024 / servers
    print(f"  {without:,.0f} MB without, and {each:.1f} KB for each server, with ", end="")
    print(f"{TEXT_CHANNELS} text channels, {OTHER_CHANNELS} category and {ROLES} roles")
    channel = (larger * 1_024 / LARGER_SERVERS - each) / (LARGER_CHANNELS - TEXT_CHANNELS)
    print(f"  {channel:.2f} KB for each further text channel", flush=True)


def _add(client: Client, numbers: Iterable[int], *, text_channels: int) -> None:
    for number in numbers:
        client._connection.parse_guild_create(_server(number, text_channels))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _server(number: int, text_channels: int) -> Any:
    """A server as the gateway sends it to a bot without the intent for members."""
    first = _FIRST_ID + number * _IDS_A_SERVER
    roles = [
        {
            "id": str(first + place),
            "name": "@everyone" if place == 0 else f"Role {number} {place}",
            "permissions": "1071698660929",
            "position": place,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        for place in range(ROLES)
    ]
    channels = [
        {
            "id": str(first + ROLES + place),
            "type": 0 if place < text_channels else 4,
            "name": f"channel-{number}-{place}",
            "position": place,
            "permission_overwrites": [{"id": str(first), "type": 0, "allow": "0", "deny": "1024"}],
            "topic": f"What channel {place} of server {number} is about",
            "nsfw": False,
            "parent_id": None,
            "last_message_id": str(first + ROLES + place),
            "rate_limit_per_user": 0,
            "flags": 0,
        }
        for place in range(text_channels + OTHER_CHANNELS)
    ]
    return {
        "id": str(first),
        "name": f"Server {number}",
        "owner_id": str(first),
        "icon": f"{number:032x}",
        "features": [],
        "roles": roles,
        "channels": channels,
        "members": [],
        "member_count": 100,
        "threads": [],
        "emojis": [],
        "stickers": [],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "preferred_locale": "en-US",
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "afk_timeout": 300,
        "premium_tier": 0,
        "system_channel_flags": 0,
        "large": False,
        "unavailable": False,
        "joined_at": "2026-01-01T00:00:00.000000+00:00",
    }


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_measure(int(sys.argv[1])))
    else:
        main()
