"""Which channels a user can see and manage now: the one rule for everything that is shown.

Nobody is shown a channel that they cannot see. A thread is visible with its channel; a private one to its
members and to people who manage threads. A channel that cannot be checked (it was deleted, or the bot cannot
see it) is shown to administrators only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import discord

from bot.core.ids import ChannelId
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions.bot_access import fetch_channel
from bot.discord.permissions.obstacles import ServerChannel
from bot.errors import UserError

_LOOKUP_TIMEOUT_SECONDS = 10.0
_MAX_CONCURRENT = 5
_MAX_UNCACHED = 50  # channels requested from Discord for one answer; the rest count as hidden

_NOT_FOUND = 404
_HIDDEN = frozenset({403, _NOT_FOUND})


class Viewer:
    """One user in one server, with the roles and permissions that they have now."""

    def __init__(
        self, guild: discord.Guild, member: discord.Member, *, interaction: discord.Interaction
    ) -> None:
        """`interaction` is the user's, in this server: what Discord sent with it is right for its channel."""
        self._guild = guild
        self._member = member
        self._interaction = interaction
        self._channels: dict[ChannelId, ServerChannel | None] = {}
        self._uncached = 0
        self._semaphore = asyncio.Semaphore(_MAX_CONCURRENT)

    @classmethod
    def of(cls, interaction: discord.Interaction) -> Viewer:
        """The user of a command, button or form, in its server.

        Raises:
            UserError: it was not used in a server.
        """
        guild, member = interaction.guild, interaction.user
        if guild is None or not isinstance(member, discord.Member):
            raise UserError("This command only works in a server's channels.")
        return cls(guild, member, interaction=interaction)

    @property
    def sees_everything(self) -> bool:
        """Whether they are an administrator or own the server."""
        return self._permissions.administrator

    @property
    def manages_channels(self) -> bool:
        """Whether they may manage the channel of the interaction."""
        return self._permissions.manage_channels

    @property
    def _permissions(self) -> discord.Permissions:
        return self._interaction.permissions

    async def channel(self, channel_id: ChannelId) -> ServerChannel | None:
        """The channel, if it exists and they can see it."""
        if channel_id not in self._channels:
            async with self._semaphore:
                self._channels[channel_id] = await self._find_visible(channel_id)
        return self._channels[channel_id]

    async def visible(self, channel_ids: Iterable[ChannelId]) -> frozenset[ChannelId]:
        """The channels that they may be shown."""
        ids = frozenset(channel_ids)
        if self.sees_everything:
            return ids
        current_id = self._interaction.channel_id
        return frozenset(channel_id for channel_id in ids if channel_id == current_id) | frozenset(
            await self.channels(ids)
        )

    async def managed(self, channel_ids: Iterable[ChannelId]) -> frozenset[ChannelId]:
        """The channels that they may be shown and may manage."""
        ids = frozenset(channel_ids)
        if self.sees_everything:
            return ids
        channels = await self.channels(ids)
        return frozenset(
            channel_id
            for channel_id, channel in channels.items()
            if self.permissions_in(channel).manage_channels
        )

    async def channels(self, channel_ids: Iterable[ChannelId]) -> dict[ChannelId, ServerChannel]:
        """The channels that exist and that they can see."""
        ids = list(dict.fromkeys(channel_ids))
        channels = await asyncio.gather(*(self.channel(channel_id) for channel_id in ids))
        return {channel_id: channel for channel_id, channel in zip(ids, channels, strict=True) if channel}

    def permissions_in(self, channel: ServerChannel) -> discord.Permissions:
        """Their permissions there; none, if they cannot be computed."""
        if channel.id == self._interaction.channel_id:
            return self._interaction.permissions
        try:
            return channel.permissions_for(self._member)
        except discord.ClientException:  # a thread whose channel is not cached
            return discord.Permissions.none()

    async def _find_visible(self, channel_id: ChannelId) -> ServerChannel | None:
        if channel_id == self._interaction.channel_id:
            current = self._interaction.channel
            return current if isinstance(current, ServerChannel) else None
        try:
            async with asyncio.timeout(_LOOKUP_TIMEOUT_SECONDS):
                channel = await self._find(channel_id)
                if channel is None or not self.permissions_in(channel).view_channel:
                    return None
                return channel if await self._is_admitted(channel) else None
        except (DiscordError, TimeoutError):
            return None

    async def _find(self, channel_id: ChannelId) -> ServerChannel | None:
        if self._guild.get_channel_or_thread(channel_id) is None:
            self._uncached += 1
        return await find_channel(self._guild, channel_id) if self._uncached <= _MAX_UNCACHED else None

    async def _is_admitted(self, channel: ServerChannel) -> bool:
        """Whether it is not a private thread, or one that they are in or may moderate."""
        if not isinstance(channel, discord.Thread) or not channel.is_private():
            return True
        if self.permissions_in(channel).manage_threads:
            return True
        try:
            with discord_errors():
                await channel.fetch_member(self._member.id)
        except DiscordError as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True


async def find_channel(guild: discord.Guild, channel_id: ChannelId) -> ServerChannel | None:
    """The channel; None if it does not exist, or the bot cannot see it."""
    try:
        return await fetch_channel(guild, channel_id)
    except DiscordError as error:
        if error.status in _HIDDEN:
            return None
        raise
