"""Pings: whether roles can still be pinged in a channel."""

from __future__ import annotations

import discord

from bot.core.feeds import Place
from bot.core.ids import RoleId
from bot.core.messages import Message, without_ping
from bot.discord.permissions.bot_access import bot_permissions
from bot.discord.permissions.obstacles import mention_obstacle


async def ping_obstacle(client: discord.Client, place: Place, role_id: RoleId) -> str | None:
    """Why this role's pings notify nobody there, and how to fix it; None if they work or nobody knows."""
    guild = _known(client, place)
    if guild is None:
        return None
    channel = guild.get_channel_or_thread(place.channel_id)
    permissions = await bot_permissions(client, channel) if channel else discord.Permissions.all()
    obstacle = mention_obstacle(guild.get_role(role_id), place.channel_id, permissions)
    return str(obstacle) if obstacle else None


def without_dead_pings(client: discord.Client, place: Place, message: Message) -> Message:
    """The message without its pings of roles that were deleted or are @everyone."""
    guild = _known(client, place)
    if guild is None:
        return message
    for role_id in filter(None, (message.mention_role_id, *message.also_pings)):
        role = guild.get_role(role_id)
        if role is None or role.is_default():
            message = without_ping(message, role_id)
    return message


def _known(client: discord.Client, place: Place) -> discord.Guild | None:
    guild = client.get_guild(place.server_id) if place.server_id else None
    return None if guild is None or guild.unavailable or not guild.roles else guild
