"""The channel that a command, a button or a file is about, and the checks that it must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import discord

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, RoleId, ServerId, UserId
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions.bot_access import bot_permissions
from bot.discord.permissions.channel_option import ChannelOption, OptionChannel
from bot.discord.permissions.obstacles import (
    Obstacle,
    ServerChannel,
    feed_kind,
    mention_obstacle,
    posting_obstacle,
    type_obstacle,
    user_obstacle,
)
from bot.discord.permissions.viewer import Viewer
from bot.errors import UserError

_TypeCheck = Callable[[ChannelId, discord.ChannelType], Obstacle | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a command acts, and who used it."""

    server_id: ServerId
    channel_id: ChannelId
    kind: FeedKind
    user_id: UserId

    @property
    def place(self) -> Place:
        return Place(server_id=self.server_id, channel_id=self.channel_id, kind=self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedChannel:
    """A channel that a user asks for, with the user's permissions there; the bot's are read when needed."""

    interaction: discord.Interaction
    target: Target
    type: discord.ChannelType
    user_perms: discord.Permissions
    channel: object  # as far as Discord described it

    async def bot_side(self) -> tuple[ServerChannel | None, discord.Permissions]:
        """The channel itself, if it is known, and the bot's permissions there."""
        if self.target.channel_id == self.interaction.channel_id:
            here = self.interaction.channel
            return (here if isinstance(here, ServerChannel) else None), self.interaction.app_permissions
        channel = self.channel
        try:
            if isinstance(channel, OptionChannel):
                with discord_errors():
                    channel = channel.resolve() or await channel.fetch()
            if isinstance(channel, ServerChannel):
                return channel, await bot_permissions(self.interaction.client, channel)
        except DiscordError as error:
            if error.status not in {403, 404}:  # what the bot may not fetch, it cannot see
                raise
        return None, discord.Permissions.none()

    def user_obstacle(self, *, writes: bool = True) -> Obstacle | None:
        """What prevents the user from managing the channel and, if asked for, writing there."""
        return user_obstacle(self.target.channel_id, self.type, self.user_perms, writes=writes)

    async def posting_obstacle(self) -> Obstacle | None:
        """What prevents the user from having the bot post there, or the bot from doing it."""
        channel_id = self.target.channel_id
        if obstacle := self.user_obstacle() or type_obstacle(channel_id, self.type):
            return obstacle
        channel, bot_perms = await self.bot_side()
        is_locked = getattr(self.channel, "locked", False)
        return posting_obstacle(channel_id, self.type, bot_perms, is_locked=is_locked, channel=channel)

    async def mention_obstacle(self, role: discord.Role | None) -> Obstacle | None:
        """What prevents the user from having the bot ping the role there, or the bot from doing it."""
        _, bot_perms = await self.bot_side()
        return mention_obstacle(role, self.target.channel_id, bot_perms, user_perms=self.user_perms)


async def from_option(interaction: discord.Interaction, option: ChannelOption | None) -> RequestedChannel:
    """The channel that an option names, else the one that the command is used in.

    Raises:
        UserError: the command was not used in a server.
    """
    if option is None or option.id == interaction.channel_id:
        channel, user_perms = interaction.channel, interaction.permissions
    else:
        channel, user_perms = option, option.permissions
        # Discord sends the permissions of a thread's parent, and does not say who is in a private thread.
        is_private = option.type is discord.ChannelType.private_thread
        if is_private and await Viewer.of(interaction).channel(ChannelId(option.id)) is None:
            user_perms = discord.Permissions.none()
    return _requested(interaction, option.id if option else interaction.channel_id, channel, user_perms)


async def from_id(interaction: discord.Interaction, channel_id: ChannelId) -> RequestedChannel | None:
    """The channel with an id that Discord does not describe; None if the user cannot see it.

    Raises:
        UserError: the interaction does not come from a server.
    """
    if channel_id == interaction.channel_id:
        return await from_option(interaction, None)
    viewer = Viewer.of(interaction)
    channel = await viewer.channel(channel_id)
    if channel is None:
        return None
    return _requested(interaction, channel_id, channel, viewer.permissions_in(channel))


def _requested(
    interaction: discord.Interaction, channel_id: int | None, channel: object, user_perms: discord.Permissions
) -> RequestedChannel:
    if interaction.guild_id is None or channel_id is None:
        raise UserError("This command only works in a server's channels.")
    channel_type = getattr(channel, "type", discord.ChannelType.text)
    target = Target(
        server_id=ServerId(interaction.guild_id),
        channel_id=ChannelId(channel_id),
        kind=feed_kind(channel_type),
        user_id=UserId(interaction.user.id),
    )
    return RequestedChannel(
        interaction=interaction, target=target, type=channel_type, user_perms=user_perms, channel=channel
    )


async def visible(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """For a command that everyone may use: a channel that the user can see.

    Raises:
        UserError: they cannot see it.
    """
    requested = await from_option(interaction, channel)
    if not requested.user_perms.view_channel:
        _refuse(requested.user_obstacle())
    return requested.target


async def managed(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """For an admin command: a channel that the user may manage and write in.

    Raises:
        UserError: the user is missing a permission.
    """
    requested = await from_option(interaction, channel)
    _refuse(requested.user_obstacle())
    return requested.target


async def overseen(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """For an admin command that only reads: a channel that the user may manage.

    Raises:
        UserError: the user is missing a permission.
    """
    requested = await from_option(interaction, channel)
    _refuse(requested.user_obstacle(writes=False))
    return requested.target


async def of_button(
    interaction: discord.Interaction, channel_id: ChannelId, *, pings: RoleId | None = None
) -> Target:
    """For an admin's button: the channel in its custom id, checked as in `managed`.

    If the button has a role pinged, both may ping it there.

    Raises:
        UserError: the user is missing a permission, or the channel no longer exists.
    """
    requested = await from_id(interaction, channel_id)
    if requested is None:
        raise UserError("That channel no longer exists, or you can't see it. Nothing was changed.")
    _refuse(requested.user_obstacle())
    if pings is not None:
        role = interaction.guild.get_role(pings) if interaction.guild else None
        if role is None:
            raise UserError("The role that was pinged no longer exists. Nothing was changed.")
        _refuse(await requested.mention_obstacle(role))
    return requested.target


async def postable(interaction: discord.Interaction, channel: ChannelOption | None) -> Target:
    """For an admin command that leads to posts: the user and the bot may post in the channel.

    Raises:
        UserError: the user or the bot is missing a permission, or the channel doesn't accept messages.
    """
    requested = await from_option(interaction, channel)
    _refuse(await requested.posting_obstacle())
    return requested.target


async def mentioning(
    interaction: discord.Interaction, channel: ChannelOption | None, role: discord.Role | None
) -> Target:
    """For /config mention: both may post there and ping the role; None turns pings off.

    Raises:
        UserError: the user or the bot may not.
    """
    if role is None:
        return await managed(interaction, channel)
    requested = await from_option(interaction, channel)
    if not role.is_default():
        _refuse(await requested.posting_obstacle())
    _refuse(await requested.mention_obstacle(role))
    return requested.target


async def switching(
    interaction: discord.Interaction, channel: ChannelOption | None, *, on: bool, check: _TypeCheck
) -> Target:
    """For /config threads and publish: to turn it on, both may post there, and the type passes the check.

    Raises:
        UserError: the user or the bot is missing a permission, or channels of that type don't have it.
    """
    requested = await from_option(interaction, channel)
    _refuse(requested.user_obstacle())
    if on:
        _refuse(check(requested.target.channel_id, requested.type))
        _refuse(await requested.posting_obstacle())
    return requested.target


async def for_notices(interaction: discord.Interaction, channel: ChannelOption) -> Target:
    """For /config notices: both may post there, and it is no forum.

    Raises:
        UserError: the user or the bot is missing a permission, or the channel doesn't accept messages.
    """
    requested = await from_option(interaction, channel)
    _refuse(requested.user_obstacle())
    if requested.target.kind is FeedKind.FORUM:
        raise UserError(
            f"<#{channel.id}> takes posts, not messages. Nothing was changed. Choose a text channel that "
            "your admins read."
        )
    _refuse(await requested.posting_obstacle())
    return requested.target


async def named_while_typing(interaction: discord.Interaction) -> ChannelId | None:
    """The channel that an autocomplete is about; None if the user cannot see it.

    Discord describes a `channel` option only once the command is sent; until then there is just its id.
    """
    option: discord.abc.Snowflake | None = getattr(interaction.namespace, "channel", None)
    channel_id = option.id if option is not None else interaction.channel_id
    if interaction.guild_id is None or channel_id is None:
        return None
    visible_ids = await Viewer.of(interaction).visible([ChannelId(channel_id)])
    return next(iter(visible_ids), None)


def _refuse(obstacle: Obstacle | None) -> None:
    if obstacle:
        raise UserError(obstacle.refusal)
