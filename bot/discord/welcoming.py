"""Where a server is welcomed, and how: one message where the bot may write."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, cast

import aiohttp
import discord

from bot.discord.paging import COLOUR

_log = logging.getLogger(__name__)

_WELCOME = (
    "I bring Hugging Face's **Daily Papers** that match your keywords to your channels, once each, at the "
    "hour that suits.\n\n"
    "**First**, for whoever may **Manage Channels**: press *Set up* or type `/setup`. Or, in the channel "
    "where papers should go, type `/subscribe keywords:diffusion model`.\n\n"
    "`/help` tells everyone more."
)


async def welcome(guild: discord.Guild, *, buttons: Sequence[discord.ui.DynamicItem[Any]]) -> None:
    """Says who the bot is and what to type first; where it may write nowhere, it says nothing."""
    channel = _room(guild)
    if channel is None:
        return
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    embed = discord.Embed(title="Hello, I am Paperboy", description=_WELCOME, colour=COLOUR)
    try:
        await channel.send(embed=embed, view=view, allowed_mentions=discord.AllowedMentions.none())
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.warning("Server %d could not be welcomed: %s", guild.id, error)


def _room(guild: discord.Guild) -> discord.TextChannel | None:
    """The system channel, else the first text channel, where the bot may write and embed."""
    # discord.py's types promise `me`, but it is None where the gateway did not send it.
    me = cast("discord.Member | None", guild.me)
    if me is None:
        return None
    system = [guild.system_channel] if guild.system_channel else []
    open_to_us = (one for one in (*system, *guild.text_channels) if _may_write(one.permissions_for(me)))
    return next(open_to_us, None)


def _may_write(permissions: discord.Permissions) -> bool:
    return permissions.view_channel and permissions.send_messages and permissions.embed_links
