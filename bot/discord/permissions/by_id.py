"""Channels that a command is about though it does not name them: found by id, with who may do what there."""

from __future__ import annotations

from dataclasses import replace

import discord

from bot.core.feed_settings import FeedSettings
from bot.core.ids import ChannelId
from bot.core.transfer import WantedFeed
from bot.discord.permissions import targets
from bot.discord.permissions.access import (
    Room,
    feed_kind,
    obstacle_to_publishing,
    obstacle_to_threads,
    permissions_in,
    posting_obstacle,
)
from bot.discord.permissions.features import may_mention
from bot.discord.permissions.targets import Target
from bot.discord.permissions.visibility import Viewer
from bot.errors import UserError


async def postable(interaction: discord.Interaction, channel_id: ChannelId) -> tuple[Target, Room]:
    """As `targets.postable`, of a channel that is known by its id alone.

    Raises:
        UserError: there is no such channel here, or the person or the bot may not post there.
    """
    here = targets.place(interaction, None)
    viewer = Viewer.of(interaction)
    room = await viewer.room(channel_id)
    if room is None:
        raise UserError(f"There is no channel with the id {channel_id} in this server that you can see.")
    targets.require(viewer.permissions_in(room), room.type, channel_id)
    if room.type not in targets.POSTABLE:
        raise UserError(f"<#{channel_id}> takes no messages: use a text channel, a forum or a thread.")
    kind = feed_kind(room.type)
    ours = await permissions_in(interaction.client, room)
    is_locked = getattr(room, "locked", False)
    obstacle = posting_obstacle(channel_id, kind, ours, is_locked=is_locked, room=room)
    if obstacle:
        raise UserError(str(obstacle))
    return replace(here, channel_id=channel_id, kind=kind), room


async def extras_refused(
    interaction: discord.Interaction, room: Room, wanted: WantedFeed, *, before: FeedSettings | None
) -> dict[str, str]:
    """Which settings beside posts cannot be had there, by field, and why; one that stays is not looked at."""
    refused: dict[str, str] = {}
    given = wanted.settings

    def is_new(name: str) -> bool:
        return bool(given.get(name)) and (before is None or getattr(before, name) != given[name])

    place = replace(targets.place(interaction, None), channel_id=ChannelId(room.id)).place
    ours = await permissions_in(interaction.client, room)
    if is_new("opens_threads") and (obstacle := obstacle_to_threads(place, room, ours)):
        refused["opens_threads"] = f"threads stay off ({obstacle})"
    if is_new("publishes") and (obstacle := obstacle_to_publishing(place, room, ours)):
        refused["publishes"] = f"publishing stays off ({obstacle})"
    if is_new("mention_role_id"):
        role_id = given["mention_role_id"]
        role = interaction.guild.get_role(role_id) if interaction.guild and isinstance(role_id, int) else None
        if reason := await _mention_refused(interaction, room, role):
            refused["mention_role_id"] = reason
    return refused


async def _mention_refused(
    interaction: discord.Interaction, room: Room, role: discord.Role | None
) -> str | None:
    if role is None:
        return "nobody is pinged, for the role does not exist in this server"
    if role.is_default():
        return "nobody is pinged, for I ping neither @\u200beveryone nor @\u200bhere"
    if role.mentionable:
        return None
    person = interaction.user
    if not isinstance(person, discord.Member) or not may_mention(room.permissions_for(person)):
        return f"{role.mention} is not pinged there, for you may not ping it there"
    if not may_mention(await permissions_in(interaction.client, room)):
        return f"{role.mention} is not pinged, for I may not ping it there"
    return None
