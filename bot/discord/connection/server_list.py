"""The servers that the bot is in, as Discord lists them."""

from __future__ import annotations

import discord

from bot.core.ids import ServerId
from bot.discord.connection.outages import as_list

_A_PAGE = 200  # the most that Discord lists at once


async def list_servers(client: discord.Client) -> dict[ServerId, str]:
    """Their names by their ids.

    Raises:
        UNUSABLE: there is no answer, or it is not Discord's.
    """
    listed: dict[ServerId, str] = {}
    after: int | None = None
    while True:
        page = as_list(await client.http.get_guilds(_A_PAGE, after=after, with_counts=False))
        servers = {ServerId(int(server["id"])): str(server["name"]) for server in page}
        listed |= servers
        if len(servers) < _A_PAGE:
            return listed
        after = max(servers)
