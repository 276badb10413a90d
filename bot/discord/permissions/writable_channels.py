"""Rooms: the channels of a server where people look and the bot may write, the best first."""

from __future__ import annotations

from typing import cast

import discord


def rooms(guild: discord.Guild) -> list[discord.TextChannel]:
    """The system channel, then the first text channel, where the bot may see, write and embed."""
    # discord.py's types promise `me`, but it is None where the gateway did not send it.
    me = cast("discord.Member | None", guild.me)
    if me is None:
        return []
    open_to_us = [channel for channel in guild.text_channels if _may_write(channel.permissions_for(me))]
    system = [channel for channel in open_to_us if channel == guild.system_channel]
    return list(dict.fromkeys([*system, *open_to_us[:1]]))


def _may_write(permissions: discord.Permissions) -> bool:
    return permissions.view_channel and permissions.send_messages and permissions.embed_links
