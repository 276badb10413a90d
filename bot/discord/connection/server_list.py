"""The servers that the bot is in, as Discord lists them."""

from __future__ import annotations

import discord

from bot.core.ids import ServerId
from bot.discord.connection.errors import as_list, discord_errors

_PAGE = 200  # Discord lists no more at once


async def list_servers(client: discord.Client) -> dict[ServerId, str]:
    """The names of the servers by id.

    Raises:
        DiscordError: Discord returned no usable response.
    """
    names: dict[ServerId, str] = {}
    after: int | None = None
    while True:
        with discord_errors():
            servers = as_list(await client.http.get_guilds(_PAGE, after=after, with_counts=False))
            page = {ServerId(int(server["id"])): str(server["name"]) for server in servers}
        names |= page
        if len(page) < _PAGE:
            return names
        after = max(page)
