"""The welcome: one message in a new server, in a channel where the bot may write."""

from __future__ import annotations

import logging

import discord

from bot.discord.answers.pages import COLOR
from bot.discord.command_mentions import CommandMentions
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions.open_channels import open_channels
from bot.discord.ui.components import SafeView
from bot.discord.ui.setup_entry import SetUpButton

_log = logging.getLogger(__name__)

_WELCOME = (
    "I post Hugging Face's **Daily Papers** that match your keywords in your channels, once each, at the "
    "time that you choose.\n\n"
    "**First steps** (you need **Manage Channels**): press *Set up* or type `/setup`. Or type `/subscribe "
    "keywords:diffusion model` in the channel where papers should go.\n\n"
    "`/help` explains more to everyone."
)


async def welcome(guild: discord.Guild, mentions: CommandMentions) -> None:
    """Introduces the bot and the first command; does nothing if the bot may write nowhere."""
    channels = open_channels(guild)
    if not channels:
        return
    view = SafeView(SetUpButton())
    embed = discord.Embed(title="Hello, I'm Paperboy", description=_WELCOME, color=COLOR)
    try:
        with discord_errors():
            await channels[0].send(
                embed=mentions.in_embed(embed), view=view, allowed_mentions=discord.AllowedMentions.none()
            )
    except DiscordError as error:
        _log.warning("Server %d could not be welcomed: %s", guild.id, error)
