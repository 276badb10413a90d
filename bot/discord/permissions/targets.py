"""The channel that a command is about, and whether the person and the bot may post there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import discord
from discord import app_commands
from typing_extensions import override

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId, UserId
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions.access import (
    FORUMS,
    THREADS,
    Room,
    feed_kind,
    permission_name,
    permissions_in,
    posting_obstacle,
    writing,
)
from bot.discord.permissions.visibility import Viewer
from bot.errors import UserError

_Channel = app_commands.AppCommandChannel | app_commands.AppCommandThread


class _EveryKind(app_commands.Transformer):
    """A channel of whatever kind: Discord's list of kinds knows no media channels, and a refusal of our own
    says more than a picker that leaves some out.
    """

    @property
    @override
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @override
    async def transform(self, interaction: discord.Interaction, value: _Channel, /) -> _Channel:
        return value


# What a `channel` option gives.
ChannelOption = app_commands.Transform[_Channel, _EveryKind]

POSTABLE = (
    THREADS
    | FORUMS
    | {
        discord.ChannelType.text,
        discord.ChannelType.news,
        discord.ChannelType.voice,
        discord.ChannelType.stage_voice,
    }
)


# The channel is not named: its mention would say that there is one.
_UNSEEN = "You need **View Channel** in that channel. Nothing was changed; ask an admin of this server."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a command acts, and who asked for it."""

    server_id: ServerId
    channel_id: ChannelId
    kind: FeedKind
    user_id: UserId

    @property
    def place(self) -> Place:
        return Place(server_id=self.server_id, channel_id=self.channel_id, kind=self.kind)


def place(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """The channel that was named, else the one the command is used in; nothing is checked.

    Raises:
        UserError: the command was not used in a server.
    """
    channel_id = channel.id if channel else interaction.channel_id
    if interaction.guild_id is None or channel_id is None:
        raise UserError("This command works in a server's channels only.")
    return Target(
        server_id=ServerId(interaction.guild_id),
        channel_id=ChannelId(channel_id),
        kind=feed_kind(_kind(interaction, channel)),
        user_id=UserId(interaction.user.id),
    )


async def visible(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """The target of a command for all: a channel that the person can see.

    Raises:
        UserError: they cannot.
    """
    target = place(interaction, channel)
    _, theirs = await _their_side(interaction, channel)
    if not theirs.view_channel:
        raise UserError(_UNSEEN)
    return target


async def managed(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """The target of an admin's command: the person may manage it, see it and write there.

    Raises:
        UserError: a permission of the person's is missing, named as Discord names it.
    """
    target = place(interaction, channel)
    kind, theirs = await _their_side(interaction, channel)
    require(theirs, kind, target.channel_id)
    return target


async def overseen(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """The target of an admin's command that changes nothing there: the person may manage and see it.

    Raises:
        UserError: a permission of the person's is missing, named as Discord names it.
    """
    target = place(interaction, channel)
    kind, theirs = await _their_side(interaction, channel)
    require(theirs, kind, target.channel_id, writes=False)
    return target


async def of_button(interaction: discord.Interaction, channel_id: ChannelId) -> Target:
    """The target of an admin's button, whose channel Discord does not describe: as `managed`.

    Raises:
        UserError: the person may not, or the channel is not known any more.
    """
    target = place(interaction, None)
    if channel_id == interaction.channel_id:
        kind, theirs = await _their_side(interaction, None)
    else:
        viewer = Viewer.of(interaction)
        channel = await viewer.room(channel_id)
        if channel is None:
            raise UserError("That channel does not exist any more, or you cannot see it. Nothing was done.")
        kind, theirs = channel.type, viewer.permissions_in(channel)
    require(theirs, kind, channel_id)
    return replace(target, channel_id=channel_id, kind=feed_kind(kind))


async def named_while_typing(interaction: discord.Interaction) -> ChannelId | None:
    """The channel that an autocomplete is about; None where there is none that the person can see.

    Discord describes a `channel` option only when the command is sent: until then there is its id alone.
    """
    named: discord.abc.Snowflake | None = getattr(interaction.namespace, "channel", None)
    channel_id = named.id if named is not None else interaction.channel_id
    if interaction.guild_id is None or channel_id is None:
        return None
    seen = await Viewer.of(interaction).visible([ChannelId(channel_id)])
    return next(iter(seen), None)


async def postable(
    interaction: discord.Interaction, channel: ChannelOption | None, *, again: str = "type the command again"
) -> Target:
    """`managed`, and a channel of a kind that posts go to, in which the bot may post.

    `again` is what to do once an obstacle is mended.

    Raises:
        UserError: the person or the bot lacks a permission, or the channel is of another kind.
    """
    target = await managed(interaction, channel)
    kind, _ = await _their_side(interaction, channel)
    if kind not in POSTABLE:
        raise UserError(
            f"<#{target.channel_id}> takes no messages. Nothing was changed: use a text channel, a forum or "
            "a thread."
        )
    room, ours = await _our_side(interaction, channel)
    told = channel if channel is not None else interaction.channel  # with the command, and so just now
    is_locked = getattr(told, "locked", False)
    obstacle = posting_obstacle(target.channel_id, target.kind, ours, is_locked=is_locked, room=room)
    if obstacle:
        raise UserError(f"{obstacle.what}. Nothing was changed: {obstacle.remedy}, and {again}.")
    return target


def require(
    theirs: discord.Permissions, kind: discord.ChannelType, channel_id: ChannelId, *, writes: bool = True
) -> None:
    """Raises UserError where somebody with these permissions may not manage it, see it and write there."""
    if not theirs.view_channel:
        raise UserError(_UNSEEN)
    wanted = ["manage_channels", *([writing(feed_kind(kind))] if writes else [])]
    missing = [permission_name(name, in_forum=kind in FORUMS) for name in wanted if not getattr(theirs, name)]
    if missing:
        listed = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        raise UserError(
            f"You need {listed} in <#{channel_id}> for this. Nothing was changed; ask an admin of this "
            "server."
        )


async def _their_side(
    interaction: discord.Interaction, channel: ChannelOption | None
) -> tuple[discord.ChannelType, discord.Permissions]:
    """The target's kind, and what the person may do there, both as Discord tells them with the command."""
    if channel is not None and channel.id != interaction.channel_id:
        # Of a thread Discord tells the permissions of its channel, and not who is in a private one.
        is_private = channel.type is discord.ChannelType.private_thread
        if is_private and await Viewer.of(interaction).room(ChannelId(channel.id)) is None:
            return channel.type, discord.Permissions.none()
        return channel.type, channel.permissions
    return _kind(interaction, channel), interaction.permissions


def _kind(interaction: discord.Interaction, channel: ChannelOption | None) -> discord.ChannelType:
    where = channel or interaction.channel
    return getattr(where, "type", discord.ChannelType.text)


async def _our_side(
    interaction: discord.Interaction, channel: ChannelOption | None
) -> tuple[Room | None, discord.Permissions]:
    """The target as far as it is known, and what the bot may do there."""
    if channel is None or channel.id == interaction.channel_id:
        here = interaction.channel
        return (here if isinstance(here, Room) else None), interaction.app_permissions
    try:
        with discord_errors():
            room = channel.resolve() or await channel.fetch()
        return room, await permissions_in(interaction.client, room)
    except DiscordError as error:
        if error.status not in {403, 404}:
            raise
        return None, discord.Permissions.none()  # what may not be fetched cannot be seen
