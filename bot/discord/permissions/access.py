"""Access: what the bot may do in a place, from what the gateway told; obstacles in words, with what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import discord

from bot.core.access import Access
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.tags import Tag, usable
from bot.discord.connection.errors import DiscordError, UnreadableAnswerError, discord_errors

THREADS = frozenset(
    {discord.ChannelType.news_thread, discord.ChannelType.public_thread, discord.ChannelType.private_thread}
)
FORUMS = frozenset({discord.ChannelType.forum, discord.ChannelType.media})
_VOICE = frozenset({discord.ChannelType.voice, discord.ChannelType.stage_voice})
_TAKE_THREADS = frozenset({discord.ChannelType.text, discord.ChannelType.news})

UNKNOWN_CHANNEL = 10003
_NO_ACCESS = frozenset({50001, 50013})
_FORBIDDEN = 403
LOOK_TIMEOUT_SECONDS = 20.0

# Permissions under the names that Discord's settings show; a forum's settings have other names for some.
_NAMES = {
    "manage_channels": "Manage Channels",
    "view_channel": "View Channel",
    "connect": "Connect",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "create_public_threads": "Create Public Threads",
    "manage_threads": "Manage Threads",
}
_NAMES_IN_FORUMS = {
    "send_messages": "Create Posts",
    "send_messages_in_threads": "Send Messages in Posts",
    "manage_threads": "Manage Posts",
}

_GONE = Access(is_gone=True, obstacle="The channel does not exist any more.")

Room = discord.abc.GuildChannel | discord.Thread  # whatever the bot may be asked to write in


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What is in the way, and what to do about it, in Discord markdown; neither ends with a full stop."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}."


def permission_name(permission: str, *, in_forum: bool = False) -> str:
    """What Discord's settings call it, bold; `permission` is discord.py's name."""
    name = _NAMES_IN_FORUMS.get(permission) if in_forum else None
    return f"**{name or _NAMES[permission]}**"


def feed_kind(kind: discord.ChannelType) -> FeedKind:
    if kind in FORUMS:
        return FeedKind.FORUM
    return FeedKind.THREAD if kind in THREADS else FeedKind.CHANNEL


def writing(kind: FeedKind) -> str:
    """The permission to write there; in a forum it is the one to make posts."""
    return "send_messages_in_threads" if kind is FeedKind.THREAD else "send_messages"


def is_in_forum(room: object) -> bool:
    """Whether Discord's settings for it are a forum's."""
    if isinstance(room, discord.Thread):
        room = room.parent
    return isinstance(room, discord.ForumChannel)


def lacks(permission: str, channel_id: int, *, room: object = None) -> Obstacle:
    """The bot's lack of a permission there."""
    name = permission_name(permission, in_forum=is_in_forum(room))
    where = "there"
    if isinstance(room, discord.Thread):
        where = f"in <#{room.parent_id}>"  # a thread has no permissions of its own
    return Obstacle(
        what=f"I lack {name} in <#{channel_id}>",
        remedy=f"give me {name} {where}, under *Edit Channel → Permissions*",
    )


def posting_obstacle(
    channel_id: int, kind: FeedKind, ours: discord.Permissions, *, is_locked: bool, room: Room | None
) -> Obstacle | None:
    """The one thing that is in the way of posting there, with these permissions of the bot's.

    Who cannot see a channel cannot write there, and who cannot write cannot embed: the first is the cause.
    `room` is the channel itself as far as it is known.
    """
    for permission in ("view_channel", writing(kind), "embed_links"):
        if not getattr(ours, permission):
            return lacks(permission, channel_id, room=room)
    if is_locked and not ours.manage_threads:
        return Obstacle(what=f"<#{channel_id}> is locked, so I cannot post there", remedy="unlock it")
    if isinstance(room, discord.ForumChannel) and room.flags.require_tag:
        if not room.available_tags:
            return Obstacle(
                what=f"<#{channel_id}> asks for a tag on every post and has none",
                remedy="add a tag such as *Papers* there, or ask for none",
            )
        if not usable(forum_tags(room), may_moderate=ours.manage_threads):
            manage_posts = permission_name("manage_threads", in_forum=True)
            return Obstacle(
                what=f"<#{channel_id}> asks for a tag on every post, and only moderators may use its tags",
                remedy=f"add a tag for all there, or give me {manage_posts}",
            )
    return None


def forum_tags(forum: discord.ForumChannel) -> tuple[Tag, ...]:
    return tuple(Tag(id=tag.id, name=tag.name, is_moderated=tag.moderated) for tag in forum.available_tags)


async def permissions_in(client: discord.Client, room: Room) -> discord.Permissions:
    """The bot's own permissions there, by its roles.

    Raises:
        DiscordError: they had to be requested, and that failed.
    """
    return await _permissions(await _own_member(client, room.guild), room)


async def access_of(client: discord.Client, place: Place) -> Access:
    """What the bot may do there now; never raises.

    What the gateway told is enough for most; what it did not send (an archived thread, the bot's own roles)
    is asked for.
    """
    guild = client.get_guild(place.server_id)
    if not client.is_ready() or (guild is not None and guild.unavailable):
        return Access(is_known=False)
    if guild is None:
        return Access(is_gone=True, obstacle="I am not in this server any more: invite me again.")
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_SECONDS):
            return await _looked_at(client, guild, place)
    except (DiscordError, TimeoutError) as error:
        return _unseen(place) if _is_hidden(error) else Access(is_known=False)


async def surveyed(
    client: discord.Client, server_id: ServerId, places: Sequence[Place]
) -> tuple[list[Access], dict[ChannelId, str]]:
    """What the bot may do in these places of one server, and the names of its channels, asked for by REST.

    For a client that is logged in and has no gateway.

    Raises:
        DiscordError: Discord gave no usable answer.
    """
    with discord_errors():
        guild = await client.fetch_guild(server_id)
    me = await _own_member(client, guild)
    with discord_errors():
        channels: dict[int, Room] = {channel.id: channel for channel in await guild.fetch_channels()}
    accesses: list[Access] = []
    for place in places:
        try:
            room = channels.get(place.channel_id) or await _room(guild, place.channel_id)  # a thread, or gone
            if room is None:
                accesses.append(_GONE)
                continue
            channels[room.id] = room
            accesses.append(_judged(place, room, await _permissions(me, room), me))
        except DiscordError as error:
            if error.status != _FORBIDDEN:
                raise
            accesses.append(_unseen(place) if _is_hidden(error) else Access(is_known=False))
    return accesses, {ChannelId(channel.id): channel.name for channel in channels.values()}


def _is_hidden(error: Exception) -> bool:
    """Whether Discord says that the bot may not see the channel."""
    return isinstance(error, DiscordError) and error.status == _FORBIDDEN and error.code in _NO_ACCESS


async def _looked_at(client: discord.Client, guild: discord.Guild, place: Place) -> Access:
    room = await _room(guild, place.channel_id)
    if room is None:
        return _GONE
    me = await _own_member(client, guild)
    return _judged(place, room, await _permissions(me, room), me)


async def _permissions(me: discord.Member, room: Room) -> discord.Permissions:
    if not isinstance(room, discord.Thread) or room.parent is not None:
        return room.permissions_for(me)
    with discord_errors():
        parent = await room.guild.fetch_channel(room.parent_id)  # which the gateway did not send
    if isinstance(parent, discord.Thread):
        raise UnreadableAnswerError  # a thread within a thread
    # All that a channel's permissions say of its threads; what its kind takes away is said of messages.
    return discord.abc.GuildChannel.permissions_for(parent, me)


async def _room(guild: discord.Guild, channel_id: int) -> Room | None:
    """The channel, asked for where the gateway did not send it; None if there is none."""
    if room := guild.get_channel_or_thread(channel_id):
        return room
    try:
        with discord_errors():
            return await guild.fetch_channel(channel_id)
    except DiscordError as error:
        if error.code == UNKNOWN_CHANNEL:
            return None
        raise


async def _own_member(client: discord.Client, guild: discord.Guild) -> discord.Member:
    # discord.py's types promise `me`, but it is None where the gateway did not send it; and where a server
    # came without its members, the client makes one up that has no roles: it never joined.
    me = cast("discord.Member | None", guild.me)
    if client.user is not None and (me is None or me.joined_at is None):
        with discord_errors():
            return await guild.fetch_member(client.user.id)
    return guild.me


def _judged(place: Place, room: Room, ours: discord.Permissions, me: discord.Member) -> Access:
    kind = feed_kind(room.type)
    is_locked = isinstance(room, discord.Thread) and room.locked
    if me.is_timed_out() and not me.guild_permissions.administrator:
        timed_out = str(Obstacle(what="I am in a time-out in this server", remedy="end it, or wait"))
        return Access(
            obstacle=timed_out,
            history_obstacle=_text(_history_obstacle(place, room, ours)),
            publishing_obstacle=timed_out,
            threads_obstacle=timed_out,
        )
    return Access(
        obstacle=_text(posting_obstacle(place.channel_id, kind, ours, is_locked=is_locked, room=room)),
        history_obstacle=_text(_history_obstacle(place, room, ours)),
        publishing_obstacle=_text(obstacle_to_publishing(place, room, ours)),
        threads_obstacle=_text(obstacle_to_threads(place, room, ours)),
    )


def _unseen(place: Place) -> Access:
    obstacle = str(lacks("view_channel", place.channel_id))
    if place.kind is FeedKind.THREAD:
        obstacle = (
            f"I cannot see <#{place.channel_id}>: give me {permission_name('view_channel')} in its channel, "
            "and if the thread is private, add me to it by mentioning me there."
        )
    return Access(
        obstacle=obstacle,
        history_obstacle=obstacle,
        publishing_obstacle=obstacle,
        threads_obstacle=obstacle,
    )


def _history_obstacle(place: Place, room: Room, ours: discord.Permissions) -> Obstacle | None:
    needed = ["view_channel", "read_message_history"]
    if room.type in _VOICE:
        needed.insert(1, "connect")  # a voice channel's messages are for those who may join it
    return _first_lacking(needed, place, room, ours)


def obstacle_to_publishing(place: Place, room: Room, ours: discord.Permissions) -> Obstacle | None:
    if room.type is not discord.ChannelType.news:
        return Obstacle(
            what=f"<#{place.channel_id}> is not an announcement channel, so nobody follows it",
            remedy="make it one under *Edit Channel → Overview*",
        )
    return _first_lacking(["view_channel", "send_messages"], place, room, ours)


def obstacle_to_threads(place: Place, room: Room, ours: discord.Permissions) -> Obstacle | None:
    if room.type not in _TAKE_THREADS:
        return Obstacle(
            what=f"In <#{place.channel_id}> no threads can be opened under messages",
            remedy="use a text or an announcement channel",
        )
    # Discord opens a thread under a message only for who can read it.
    return _first_lacking(
        ["view_channel", "create_public_threads", "read_message_history"], place, room, ours
    )


def _first_lacking(needed: list[str], place: Place, room: Room, ours: discord.Permissions) -> Obstacle | None:
    missing = (name for name in needed if not getattr(ours, name))
    return next((lacks(name, place.channel_id, room=room) for name in missing), None)


def _text(obstacle: Obstacle | None) -> str | None:
    return None if obstacle is None else str(obstacle)
