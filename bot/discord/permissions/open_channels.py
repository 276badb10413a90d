"""The channels of a server where people look and the bot may write."""

from __future__ import annotations

from typing import cast

import discord

from bot.core.ids import ChannelId
from bot.discord.permissions.obstacles import posting_obstacle


def open_channels(guild: discord.Guild) -> list[discord.TextChannel]:
    """The system channel and the first text channel, of those where the bot may post."""
    # discord.py's types promise `me`, but it is None if the gateway did not send it.
    me = cast("discord.Member | None", guild.me)
    if me is None:
        return []
    postable = [channel for channel in guild.text_channels if _may_post(channel, me)]
    system = [channel for channel in postable if channel == guild.system_channel]
    return list(dict.fromkeys([*system, *postable[:1]]))


def _may_post(channel: discord.TextChannel, me: discord.Member) -> bool:
    permissions = channel.permissions_for(me)
    return posting_obstacle(ChannelId(channel.id), channel.type, permissions, channel=channel) is None
