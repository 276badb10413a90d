"""What the bot may do in a channel, from the client's cache or from Discord's API."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import discord

from bot.core.access import Access
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.discord.connection.errors import DiscordError, UnreadableAnswerError, discord_errors
from bot.discord.connection.sharded_client import ShardedClient
from bot.discord.permissions.obstacles import (
    Obstacle,
    ServerChannel,
    history_obstacle,
    missing,
    permission_name,
    posting_obstacle,
    publishing_obstacle,
    thread_obstacle,
)

UNKNOWN_CHANNEL = 10003  # Discord's error codes
_NO_ACCESS = frozenset({50001, 50013})
_FORBIDDEN = 403
LOOKUP_TIMEOUT_SECONDS = 20.0

_GONE = Access(is_gone=True, obstacle="The channel no longer exists.")


async def bot_permissions(client: discord.Client, channel: ServerChannel) -> discord.Permissions:
    """The bot's own permissions in a channel.

    Raises:
        DiscordError: they had to be requested, and that failed.
    """
    return await _permissions(await _own_member(client, channel.guild), channel)


async def access_of(client: ShardedClient, place: Place) -> Access:
    """What the bot may do there now; never raises.

    The gateway's cache is enough for most channels. What it lacks (an archived thread, the bot's own roles)
    is requested.
    """
    if place.server_id is None:  # in direct messages nothing needs a permission
        return Access()
    guild = client.get_guild(place.server_id)
    if not client.knows_server(place.server_id) or (guild is not None and guild.unavailable):
        return Access(is_known=False)
    if guild is None:
        return Access(is_gone=True, obstacle="I'm no longer in this server. Invite me again.")
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS):
            channel = await fetch_channel(guild, place.channel_id)
            if channel is None:
                return _GONE
            me = await _own_member(client, guild)
            return _access(place, channel, await _permissions(me, channel), me)
    except (DiscordError, TimeoutError) as error:
        return _hidden(place) if _is_hidden(error) else Access(is_known=False)


async def checked_access(client: ShardedClient, place: Place) -> Access:
    """As `access_of`; before the server's shard has had a session here, Discord is asked."""
    if place.server_id is None or client.knows_server(place.server_id):
        return await access_of(client, place)
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS):
            (access,), _ = await request_accesses(client, place.server_id, [place])
    except (DiscordError, TimeoutError):
        return Access(is_known=False)
    return access


async def request_accesses(
    client: discord.Client, server_id: ServerId, places: Sequence[Place]
) -> tuple[list[Access], dict[ChannelId, str]]:
    """What the bot may do in these places of one server, and the names of the server's channels.

    For a client that is logged in, and need not be connected to the gateway.

    Raises:
        DiscordError: Discord returned no usable response.
    """
    with discord_errors():
        guild = await client.fetch_guild(server_id)
    me = await _own_member(client, guild)
    with discord_errors():
        channels: dict[int, ServerChannel] = {channel.id: channel for channel in await guild.fetch_channels()}
    accesses: list[Access] = []
    for place in places:
        try:
            # A channel that is not in the list is a thread, or was deleted.
            channel = channels.get(place.channel_id) or await fetch_channel(guild, place.channel_id)
            if channel is None:
                accesses.append(_GONE)
                continue
            channels[channel.id] = channel
            accesses.append(_access(place, channel, await _permissions(me, channel), me))
        except DiscordError as error:
            if error.status != _FORBIDDEN:
                raise
            accesses.append(_hidden(place) if _is_hidden(error) else Access(is_known=False))
    return accesses, {ChannelId(channel.id): channel.name for channel in channels.values()}


async def fetch_channel(guild: discord.Guild, channel_id: int) -> ServerChannel | None:
    """The channel, requested if it is not cached, as an archived thread is not; None if there is none.

    Raises:
        DiscordError: Discord returned no usable response.
    """
    if channel := guild.get_channel_or_thread(channel_id):
        return channel
    try:
        with discord_errors():
            return await guild.fetch_channel(channel_id)
    except DiscordError as error:
        if error.code == UNKNOWN_CHANNEL:
            return None
        raise


def _is_hidden(error: Exception) -> bool:
    """Whether Discord says that the bot may not see the channel."""
    return isinstance(error, DiscordError) and error.status == _FORBIDDEN and error.code in _NO_ACCESS


async def _permissions(me: discord.Member, channel: ServerChannel) -> discord.Permissions:
    if not isinstance(channel, discord.Thread) or channel.parent is not None:
        return channel.permissions_for(me)
    with discord_errors():
        parent = await channel.guild.fetch_channel(channel.parent_id)  # it is not cached
    if isinstance(parent, discord.Thread):
        raise UnreadableAnswerError  # a thread within a thread
    # The override of a text channel would remove permissions that matter only for its own messages.
    return discord.abc.GuildChannel.permissions_for(parent, me)


async def _own_member(client: discord.Client, guild: discord.Guild) -> discord.Member:
    # discord.py's types promise `me`, but it is None if the gateway did not send it; and for a server that
    # came without its members, the client makes up one that has no roles and never joined.
    me = cast("discord.Member | None", guild.me)
    if client.user is not None and (me is None or me.joined_at is None):
        with discord_errors():
            return await guild.fetch_member(client.user.id)
    return guild.me


def _access(
    place: Place, channel: ServerChannel, bot_perms: discord.Permissions, me: discord.Member
) -> Access:
    channel_id = place.channel_id
    history = _text(history_obstacle(channel_id, channel, bot_perms))
    if me.is_timed_out() and not me.guild_permissions.administrator:
        timed_out = str(
            Obstacle(problem="I'm timed out in this server", remedy="remove the timeout, or wait")
        )
        return Access(
            obstacle=timed_out,
            history_obstacle=history,
            publishing_obstacle=timed_out,
            threads_obstacle=timed_out,
        )
    is_locked = isinstance(channel, discord.Thread) and channel.locked
    posting = posting_obstacle(channel_id, channel.type, bot_perms, is_locked=is_locked, channel=channel)
    return Access(
        obstacle=_text(posting),
        history_obstacle=history,
        publishing_obstacle=_text(publishing_obstacle(channel_id, channel, bot_perms)),
        threads_obstacle=_text(thread_obstacle(channel_id, channel, bot_perms)),
    )


def _hidden(place: Place) -> Access:
    """For a channel that the bot cannot see."""
    obstacle = str(missing("view_channel", place.channel_id))
    if place.kind is FeedKind.THREAD:
        obstacle = (
            f"I can't see <#{place.channel_id}>: give me {permission_name('view_channel')} in its channel, "
            "and if the thread is private, mention me there to add me."
        )
    return Access(
        obstacle=obstacle, history_obstacle=obstacle, publishing_obstacle=obstacle, threads_obstacle=obstacle
    )


def _text(obstacle: Obstacle | None) -> str | None:
    return None if obstacle is None else str(obstacle)
