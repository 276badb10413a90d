"""What a channel can have beyond posts (pings, threads, followers, notices), and who may turn it on there."""

from __future__ import annotations

import discord

from bot.core.feeds import FeedKind
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions import targets
from bot.discord.permissions.access import permissions_in
from bot.discord.permissions.targets import ChannelOption, Target
from bot.errors import UserError

# Under the name that Discord's settings show.
MENTION = "**Mention @everyone, @here, and All Roles**"

_WITH_THREADS = frozenset({discord.ChannelType.text, discord.ChannelType.news})
_WHY_NO_THREADS = {
    FeedKind.CHANNEL: "has no threads: Discord opens none there",
    FeedKind.THREAD: "is a thread itself, and Discord opens no threads in threads",
    FeedKind.FORUM: "is a forum or media channel: each paper is a thread there already",
    FeedKind.DIRECT: "has no threads: direct messages have none",
}


async def for_mention(
    interaction: discord.Interaction, channel: ChannelOption | None, role: discord.Role | None
) -> Target:
    """The target whose posts ping the role from now on; None ends the pings, which whoever manages it may.

    Raises:
        UserError: the person or the bot may not ping that role there, or may not post there at all.
    """
    if role is None:
        return await targets.managed(interaction, channel)
    if role.is_default():
        raise UserError(
            "I ping neither @everyone nor @here. Nothing was changed: choose a role that people take by "
            "themselves."
        )
    target = await targets.postable(interaction, channel)
    if not (role.mentionable or may_mention(_their_permissions(interaction, channel))):
        raise UserError(
            f"You may not ping {role.mention} in <#{target.channel_id}>, so I do not do it for you. Nothing "
            f"was changed: ask an admin of this server to type this, or for {MENTION} there."
        )
    if not (role.mentionable or may_mention(await _our_permissions(interaction, channel))):
        raise UserError(
            f"I cannot ping {role.mention} in <#{target.channel_id}>. Nothing was changed: turn on *Allow "
            "anyone to @mention this role* under *Server Settings → Roles*, or give me "
            f"{MENTION} in the channel, and type the command again."
        )
    return target


async def for_threads(interaction: discord.Interaction, channel: ChannelOption | None, *, on: bool) -> Target:
    """The target that opens threads from now on, or none any more.

    Raises:
        UserError: no thread can be opened there, or the person or the bot may not post there.
    """
    target = await targets.managed(interaction, channel)
    if not on:
        return target
    if _type(interaction, channel) not in _WITH_THREADS:
        raise UserError(
            f"<#{target.channel_id}> {_WHY_NO_THREADS[target.kind]}. Nothing was changed: threads are for "
            "text and announcement channels."
        )
    return await targets.postable(interaction, channel)


async def for_publishing(
    interaction: discord.Interaction, channel: ChannelOption | None, *, on: bool
) -> Target:
    """The target that publishes its messages from now on, or none any more.

    Raises:
        UserError: it is no announcement channel, or the person or the bot may not post there.
    """
    target = await targets.managed(interaction, channel)
    if not on:
        return target
    if _type(interaction, channel) is not discord.ChannelType.news:
        raise UserError(
            f"<#{target.channel_id}> is no announcement channel, so no server follows it. Nothing was "
            "changed: in a community server, a text channel becomes one under *Edit Channel → Overview → "
            "Announcement Channel*."
        )
    return await targets.postable(interaction, channel)


async def for_notices(interaction: discord.Interaction, channel: ChannelOption) -> Target:
    """The target in which a server hears of troubles.

    Raises:
        UserError: it takes no messages, or the person or the bot may not post there.
    """
    target = await targets.managed(interaction, channel)
    if target.kind is FeedKind.FORUM:
        raise UserError(
            f"<#{target.channel_id}> takes posts and no messages. Nothing was changed: choose a text channel "
            "that your admins read."
        )
    return await targets.postable(interaction, channel)


def _type(interaction: discord.Interaction, channel: ChannelOption | None) -> discord.ChannelType:
    where = interaction.channel if channel is None or channel.id == interaction.channel_id else channel
    return getattr(where, "type", discord.ChannelType.text)


def may_mention(permissions: discord.Permissions) -> bool:
    return permissions.administrator or permissions.mention_everyone


def _their_permissions(
    interaction: discord.Interaction, channel: ChannelOption | None
) -> discord.Permissions:
    if channel is None or channel.id == interaction.channel_id:
        return interaction.permissions
    return channel.permissions


async def _our_permissions(
    interaction: discord.Interaction, channel: ChannelOption | None
) -> discord.Permissions:
    """What the bot may do there; of what it may not fetch, nothing."""
    if channel is None or channel.id == interaction.channel_id:
        return interaction.app_permissions
    try:
        with discord_errors():
            room = channel.resolve() or await channel.fetch()
        return await permissions_in(interaction.client, room)
    except DiscordError as error:
        if error.status not in {403, 404}:
            raise
        return discord.Permissions.none()
