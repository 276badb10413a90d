"""People, channels and bots with and without rights, for tests of commands."""

from __future__ import annotations

from typing import Any

import discord
from discord import PermissionOverwrite
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from tests.world import World


def manager(world: World) -> Any:
    """Someone who may manage every channel, and ping no role that not everyone may."""
    role = world.guild.create_role("Managers", permissions=discord.Permissions(manage_channels=True))
    return world.guild.add_member(world.env.create_user("mia"), roles=[role])


def channel_where(world: World, someone: Any, **allowed: bool) -> Any:
    """A text channel in which someone, or the bot, has or lacks a permission."""
    return world.guild.create_text_channel("own", overwrites={someone: PermissionOverwrite(**allowed)})


def overwrite(someone: Any, **allowed: bool) -> Any:
    allow, deny = PermissionOverwrite(**allowed).pair()
    return Overwrite(target_id=someone.id, type=OverwriteType.MEMBER, allow=allow.value, deny=deny.value)


async def feed_of(world: World, channel: Any) -> Any:
    found = await world.services.feeds.state(channel.id)
    return found.feed if found else None


async def subscribed(world: World, channel: Any = None) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=channel or world.channel)
