"""Channels that a command is about though it does not name them: found by id, with who may do what there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import discord

from bot.core.feed_settings import FeedSettings
from bot.core.ids import ChannelId
from bot.core.moving import WantedFeed
from bot.discord import targets
from bot.discord.access import (
    Room,
    feed_kind,
    obstacle_to_publishing,
    obstacle_to_threads,
    permissions_in,
    posting_obstacle,
)
from bot.discord.extras import may_mention
from bot.discord.targets import Target
from bot.errors import UserError


def may_see(interaction: discord.Interaction) -> Callable[[ChannelId], bool]:
    """Whether the person may see a channel; of one that is not known, or gone, administrators hear alone."""

    def sees(channel_id: ChannelId) -> bool:
        room = interaction.guild.get_channel_or_thread(channel_id) if interaction.guild else None
        if room is None or not isinstance(interaction.user, discord.Member):
            return interaction.permissions.administrator
        return _sees(interaction.user, room)

    return sees


async def visible_names(
    interaction: discord.Interaction, channel_ids: Iterable[ChannelId]
) -> dict[ChannelId, str]:
    """The names of those of the channels that there are, and that the person may see."""
    rooms = {channel_id: await _room(interaction, channel_id) for channel_id in channel_ids}
    person = interaction.user
    return {
        channel_id: room.name
        for channel_id, room in rooms.items()
        if room is not None and isinstance(person, discord.Member) and _sees(person, room)
    }


async def postable(interaction: discord.Interaction, channel_id: ChannelId) -> tuple[Target, Room]:
    """As `targets.postable`, of a channel that is known by its id alone.

    Raises:
        UserError: there is no such channel here, or the person or the bot may not post there.
    """
    here = targets.place(interaction, None)
    room = await _room(interaction, channel_id)
    person = interaction.user
    if room is None or not isinstance(person, discord.Member) or not _sees(person, room):
        raise UserError(f"There is no channel with the id {channel_id} in this server that you can see.")
    targets.require(room.permissions_for(person), room.type, channel_id)
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


async def _room(interaction: discord.Interaction, channel_id: ChannelId) -> Room | None:
    """The channel in this server, asked for where the gateway did not tell of it: an archived thread."""
    guild = interaction.guild
    if guild is None:
        return None
    known = guild.get_channel_or_thread(channel_id)
    if known is not None:
        return known
    try:
        return await guild.fetch_channel(channel_id)
    except (discord.Forbidden, discord.NotFound, discord.InvalidData):
        return None


def _sees(person: discord.Member, room: Room) -> bool:
    try:
        theirs = room.permissions_for(person)
    except discord.ClientException:  # a thread whose channel is not known
        return False
    # Who was added to a private thread is not known here; who manages threads sees all of them.
    is_private = isinstance(room, discord.Thread) and room.is_private()
    return theirs.view_channel and (not is_private or theirs.manage_threads)
