"""Visibility: which channels a person sees now, and which they may manage; one rule for all that is shown.

Nobody is shown a channel that they cannot see. A thread is seen with its channel; a private one by its
members and by people who manage threads. What cannot be looked at (it was deleted, or the bot cannot see it)
is shown to administrators alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

import discord

from bot.core.ids import ChannelId, ServerId, UserId
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions.access import Room
from bot.errors import UserError

_LOOK_SECONDS = 10.0
_MOST_AT_ONCE = 5
_MOST_ASKED_FOR = 50  # channels that the gateway did not send, in one answer; the rest count as unseen

_FORBIDDEN = 403
_NOT_FOUND = 404
_NOT_A_MEMBER = frozenset({10007, 10013})  # Discord's codes: unknown member, unknown user


class Viewer:
    """One person in one server, with the roles and the permissions that they have now."""

    def __init__(
        self, guild: discord.Guild, person: discord.Member, *, here: discord.Interaction | None = None
    ) -> None:
        """`here` is what the person uses in the server now: Discord's word on its channel counts."""
        self._guild = guild
        self._person = person
        self._here = here
        self._rooms: dict[ChannelId, Room | None] = {}
        self._asked_for = 0
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)

    @classmethod
    def of(cls, interaction: discord.Interaction) -> Viewer:
        """The person who uses the command, button or form, in its server.

        Raises:
            UserError: there is none.
        """
        guild, person = interaction.guild, interaction.user
        if guild is None or not isinstance(person, discord.Member):
            raise UserError("This command works in a server's channels only.")
        return cls(guild, person, here=interaction)

    @classmethod
    async def in_server(cls, interaction: discord.Interaction, server_id: ServerId) -> Viewer:
        """The person who uses something that is about a server, there or in direct messages.

        Raises:
            UserError: they are not in that server any more, or that cannot be found out.
        """
        if interaction.guild_id == server_id:
            return cls.of(interaction)
        guild = interaction.client.get_guild(server_id)
        if guild is None:
            raise UserError("I cannot look at that server from here. Nothing was done: type `/status` there.")
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                person = await member(guild, UserId(interaction.user.id))
        except (DiscordError, TimeoutError) as error:
            raise UserError(
                "Discord did not say what you may do in that server. Nothing was done: try again, or type "
                "`/status` there."
            ) from error
        if person is None:
            raise UserError("You are not a member of that server any more. Nothing was done.")
        return cls(guild, person)

    @property
    def sees_everything(self) -> bool:
        """Whether they are an administrator, or own the server."""
        permissions = self._here.permissions if self._here else self._person.guild_permissions
        return permissions.administrator

    @property
    def manages_channels(self) -> bool:
        """Whether they may manage channels here, or wherever no channel says otherwise."""
        permissions = self._here.permissions if self._here else self._person.guild_permissions
        return permissions.manage_channels

    async def room(self, channel_id: ChannelId) -> Room | None:
        """The channel, where there is one that they see."""
        if channel_id not in self._rooms:
            async with self._turns:
                self._rooms[channel_id] = await self._seen(channel_id)
        return self._rooms[channel_id]

    async def visible(self, channel_ids: Iterable[ChannelId]) -> frozenset[ChannelId]:
        """Those of the channels that they may be shown."""
        asked = frozenset(channel_ids)
        if self.sees_everything:
            return asked
        here = {self._here.channel_id} if self._here else set[int]()
        return frozenset(one for one in asked if one in here) | frozenset(await self.rooms(asked))

    async def managed(self, channel_ids: Iterable[ChannelId]) -> frozenset[ChannelId]:
        """Those of the channels that they may be shown, and may manage."""
        asked = frozenset(channel_ids)
        if self.sees_everything:
            return asked
        rooms = await self.rooms(asked)
        return frozenset(one for one, room in rooms.items() if self.permissions_in(room).manage_channels)

    async def rooms(self, channel_ids: Iterable[ChannelId]) -> dict[ChannelId, Room]:
        """Those of the channels that there are and that they see."""
        asked = list(dict.fromkeys(channel_ids))
        found = await asyncio.gather(*(self.room(channel_id) for channel_id in asked))
        return {channel_id: room for channel_id, room in zip(asked, found, strict=True) if room is not None}

    def permissions_in(self, room: Room) -> discord.Permissions:
        """What they may do there; nothing, where that cannot be told."""
        if self._here is not None and room.id == self._here.channel_id:
            return self._here.permissions
        try:
            return room.permissions_for(self._person)
        except discord.ClientException:  # a thread whose channel is not known
            return discord.Permissions.none()

    async def _seen(self, channel_id: ChannelId) -> Room | None:
        if self._here is not None and channel_id == self._here.channel_id:
            here = self._here.channel
            return here if isinstance(here, Room) else None
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                room = await self._known(channel_id)
                if room is None or not self.permissions_in(room).view_channel:
                    return None
                return room if await self._is_let_in(room) else None
        except (DiscordError, TimeoutError):
            return None

    async def _known(self, channel_id: ChannelId) -> Room | None:
        if self._guild.get_channel_or_thread(channel_id) is None:
            self._asked_for += 1
        return await known_channel(self._guild, channel_id) if self._asked_for <= _MOST_ASKED_FOR else None

    async def _is_let_in(self, room: Room) -> bool:
        """Whether it is no private thread, or one that they are in or may moderate."""
        if not isinstance(room, discord.Thread) or not room.is_private():
            return True
        if self.permissions_in(room).manage_threads:
            return True
        try:
            with discord_errors():
                await room.fetch_member(self._person.id)
        except DiscordError as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True


async def member(guild: discord.Guild, user_id: UserId) -> discord.Member | None:
    """The person in the server, with the roles that they have now; None where they are not in it.

    Raises:
        DiscordError: Discord gave no usable answer.
    """
    try:
        with discord_errors():
            return await guild.fetch_member(user_id)
    except DiscordError as error:
        if error.code in _NOT_A_MEMBER:
            return None
        raise


async def known_channel(guild: discord.Guild, channel_id: ChannelId) -> Room | None:
    """The channel, asked for where the gateway did not send it, such as an archived thread."""
    if room := guild.get_channel_or_thread(channel_id):
        return room
    try:
        with discord_errors():
            return await guild.fetch_channel(channel_id)
    except DiscordError as error:
        if error.status in {_FORBIDDEN, _NOT_FOUND}:
            return None
        raise


def may_name(room: Room | None, *, in_room: Room) -> bool:
    """Whether everybody who reads a channel sees the other one, so that it may be named there.

    Each role is looked at alone. That is enough where the other channel denies nobody but @everyone, for then
    nobody sees less by having more roles. The bot's own role does not count: what it lacks is the news.
    """
    if room is None or room.id == in_room.id:
        return room is not None
    named, read = _with_permissions(room), _with_permissions(in_room)
    if named is None or read is None or (isinstance(room, discord.Thread) and room.is_private()):
        return False
    return named.id == read.id or _is_seen_by_readers_of(read, named)


def _is_seen_by_readers_of(read: discord.abc.GuildChannel, named: discord.abc.GuildChannel) -> bool:
    if _overwritten(named, is_seen=False) - {named.guild.id}:  # which is the id of @everyone
        return False
    roles = [role for role in named.guild.roles if not role.is_bot_managed()]
    to_all = any(role.is_default() and named.permissions_for(role).view_channel for role in roles)
    let_in = _overwritten(read, is_seen=True) - {role.id for role in roles}  # people, each by name
    if not (to_all or (roles and let_in <= _overwritten(named, is_seen=True))):
        return False
    readers = [role for role in roles if read.permissions_for(role).view_channel]
    return all(named.permissions_for(role).view_channel for role in readers)


def _with_permissions(room: Room) -> discord.abc.GuildChannel | None:
    return room.parent if isinstance(room, discord.Thread) else room


def _overwritten(channel: discord.abc.GuildChannel, *, is_seen: bool) -> frozenset[int]:
    """The ids of the roles and people that the channel shows itself to, or hides from; not the bot's."""
    me = cast("discord.Member | None", channel.guild.me)  # None where the gateway did not send it
    ours = {role.id for role in channel.guild.roles if role.is_bot_managed()}
    if me is not None:
        ours.add(me.id)
    return frozenset(
        target.id
        for target, overwrite in channel.overwrites.items()
        if overwrite.view_channel is is_seen and target.id not in ours
    )
