"""Where a server is welcomed, and how: one message where the bot may write."""

from __future__ import annotations

import logging

import discord

from bot.discord.answers.pages import COLOUR
from bot.discord.connection.requests import NO_ANSWER, unreadable_answers
from bot.discord.permissions.writable_channels import rooms
from bot.discord.ui.components import SafeView
from bot.discord.ui.setup_panel import SetUpButton

_log = logging.getLogger(__name__)

_WELCOME = (
    "I bring Hugging Face's **Daily Papers** that match your keywords to your channels, once each, at the "
    "hour that suits.\n\n"
    "**First**, for whoever may **Manage Channels**: press *Set up* or type `/setup`. Or, in the channel "
    "where papers should go, type `/subscribe keywords:diffusion model`.\n\n"
    "`/help` tells everyone more."
)


async def welcome(guild: discord.Guild) -> None:
    """Says who the bot is and what to type first; where it may write nowhere, it says nothing."""
    found = rooms(guild)
    if not found:
        return
    view = SafeView(SetUpButton())
    embed = discord.Embed(title="Hello, I am Paperboy", description=_WELCOME, colour=COLOUR)
    try:
        with unreadable_answers():
            await found[0].send(embed=embed, view=view, allowed_mentions=discord.AllowedMentions.none())
    except (discord.DiscordException, *NO_ANSWER) as error:
        _log.warning("Server %d could not be welcomed: %s", guild.id, error)
