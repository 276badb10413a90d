"""Checks of what a user or the bot may do in a channel: each returns the first obstacle and its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.core.feeds import FeedKind
from bot.core.ids import ChannelId
from bot.core.tags import Tag, usable

ServerChannel = discord.abc.GuildChannel | discord.Thread

THREADS = frozenset(
    {discord.ChannelType.news_thread, discord.ChannelType.public_thread, discord.ChannelType.private_thread}
)
FORUMS = frozenset({discord.ChannelType.forum, discord.ChannelType.media})
_VOICE = frozenset({discord.ChannelType.voice, discord.ChannelType.stage_voice})
_TEXT = frozenset({discord.ChannelType.text, discord.ChannelType.news})
_POSTABLE = THREADS | FORUMS | _VOICE | _TEXT

# discord.py's permissions by the names in Discord's settings, where a forum has other names for some.
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
    "mention_everyone": "Mention @everyone, @here, and All Roles",
}
_NAMES_IN_FORUMS = {
    "send_messages": "Create Posts",
    "send_messages_in_threads": "Send Messages in Posts",
    "manage_threads": "Manage Posts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What is wrong, and what to do about it: Discord markdown, each without a full stop."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}."

    @property
    def refusal(self) -> str:
        """The answer to a command that changed nothing because of it."""
        return f"{self.problem}. Nothing was changed. {self.remedy[0].upper()}{self.remedy[1:]}."


def permission_name(permission: str, *, in_forum: bool = False) -> str:
    """The name in Discord's settings, in bold.

    Args:
        permission: discord.py's name.
        in_forum: whether it is in the settings of a forum.
    """
    name = _NAMES_IN_FORUMS.get(permission) if in_forum else None
    return f"**{name or _NAMES[permission]}**"


def feed_kind(channel_type: discord.ChannelType) -> FeedKind:
    if channel_type in FORUMS:
        return FeedKind.FORUM
    return FeedKind.THREAD if channel_type in THREADS else FeedKind.CHANNEL


def missing(permission: str, channel_id: int, *, channel: object = None) -> Obstacle:
    """A permission that the bot is missing in a channel; `channel` is None if only the id is known."""
    name = permission_name(permission, in_forum=_has_forum_settings(channel))
    where = "there"
    if isinstance(channel, discord.Thread):
        where = f"in <#{channel.parent_id}>"  # a thread has no permissions of its own
    return Obstacle(
        problem=f"I'm missing {name} in <#{channel_id}>",
        remedy=f"give me {name} {where}, under *Edit Channel → Permissions*",
    )


def user_obstacle(
    channel_id: ChannelId,
    channel_type: discord.ChannelType,
    user_perms: discord.Permissions,
    *,
    writes: bool = True,
) -> Obstacle | None:
    """What prevents a user with these permissions from managing the channel and writing there.

    A channel that they cannot see is not mentioned, because a mention would say that it exists.
    """
    ask = "ask an admin of this server"
    if not user_perms.view_channel:
        return Obstacle(problem="You need **View Channel** in that channel", remedy=ask)
    needed = ["manage_channels", *([_writing(feed_kind(channel_type))] if writes else [])]
    names = [
        permission_name(name, in_forum=channel_type in FORUMS)
        for name in needed
        if not getattr(user_perms, name)
    ]
    if names:
        return Obstacle(problem=f"You need {' and '.join(names)} in <#{channel_id}> for this", remedy=ask)
    return None


def type_obstacle(channel_id: ChannelId, channel_type: discord.ChannelType) -> Obstacle | None:
    """What prevents posting in a channel of this type."""
    if channel_type in _POSTABLE:
        return None
    return Obstacle(
        problem=f"<#{channel_id}> doesn't accept messages", remedy="use a text channel, a forum or a thread"
    )


def posting_obstacle(
    channel_id: ChannelId,
    channel_type: discord.ChannelType,
    bot_perms: discord.Permissions,
    *,
    is_locked: bool = False,
    channel: ServerChannel | None,
) -> Obstacle | None:
    """What prevents the bot, with these permissions, from posting in a channel; the cause before the effects.

    `channel` is the channel itself, if it is known.
    """
    needed = ["view_channel", _writing(feed_kind(channel_type)), "embed_links"]
    if obstacle := _first_missing(needed, channel_id, channel, bot_perms):
        return obstacle
    if is_locked and not bot_perms.manage_threads:
        return Obstacle(problem=f"<#{channel_id}> is locked, so I can't post there", remedy="unlock it")
    if isinstance(channel, discord.ForumChannel) and channel.flags.require_tag:
        return _tag_obstacle(channel, bot_perms)
    return None


def _tag_obstacle(forum: discord.ForumChannel, bot_perms: discord.Permissions) -> Obstacle | None:
    if not forum.available_tags:
        return Obstacle(
            problem=f"<#{forum.id}> requires a tag on every post but has none",
            remedy="add a tag such as *Papers* there, or stop requiring one",
        )
    if not usable(forum_tags(forum), may_moderate=bot_perms.manage_threads):
        manage_posts = permission_name("manage_threads", in_forum=True)
        return Obstacle(
            problem=f"<#{forum.id}> requires a tag on every post, and only moderators may use its tags",
            remedy=f"add a tag that everyone may use, or give me {manage_posts} there",
        )
    return None


def history_obstacle(
    channel_id: ChannelId, channel: ServerChannel, bot_perms: discord.Permissions
) -> Obstacle | None:
    """What prevents the bot from reading the channel's messages."""
    needed = ["view_channel", "read_message_history"]
    if channel.type in _VOICE:
        needed.insert(1, "connect")  # the messages of a voice channel are only for those who may join it
    return _first_missing(needed, channel_id, channel, bot_perms)


def publishing_obstacle(
    channel_id: ChannelId, channel: ServerChannel, bot_perms: discord.Permissions
) -> Obstacle | None:
    """What prevents the bot from publishing its messages to the channel's followers."""
    return publishing_type_obstacle(channel_id, channel.type) or _first_missing(
        ["view_channel", "send_messages"], channel_id, channel, bot_perms
    )


def publishing_type_obstacle(channel_id: ChannelId, channel_type: discord.ChannelType) -> Obstacle | None:
    if channel_type is discord.ChannelType.news:
        return None
    return Obstacle(
        problem=f"<#{channel_id}> isn't an announcement channel, so no server can follow it",
        remedy=(
            "in a community server, turn a text channel into one under *Edit Channel → Overview → "
            "Announcement Channel*"
        ),
    )


def thread_obstacle(
    channel_id: ChannelId, channel: ServerChannel, bot_perms: discord.Permissions
) -> Obstacle | None:
    """What prevents the bot from opening threads under its messages."""
    # Discord opens a thread under a message only for a user who can read the message.
    needed = ["view_channel", "create_public_threads", "read_message_history"]
    return thread_type_obstacle(channel_id, channel.type) or _first_missing(
        needed, channel_id, channel, bot_perms
    )


def thread_type_obstacle(channel_id: ChannelId, channel_type: discord.ChannelType) -> Obstacle | None:
    if channel_type in _TEXT:
        return None
    reasons = {
        FeedKind.THREAD: "is itself a thread, and threads can't contain threads",
        FeedKind.FORUM: "is a forum or media channel, where each paper is already a thread",
    }
    reason = reasons.get(feed_kind(channel_type), "can't have threads")
    return Obstacle(problem=f"<#{channel_id}> {reason}", remedy="use a text or announcement channel")


def mention_obstacle(
    role: discord.Role | None,
    channel_id: ChannelId,
    bot_perms: discord.Permissions,
    *,
    user_perms: discord.Permissions | None = None,
) -> Obstacle | None:
    """What prevents the bot from pinging a role in a channel, or from doing so for a user.

    Args:
        role: None if it does not exist.
        channel_id: where it would be pinged.
        bot_perms: the bot's permissions there.
        user_perms: the permissions there of the user who asks for it, if one does.
    """
    choose = "choose another role with `/config mention`"
    if role is None:
        return Obstacle(problem="The role to ping doesn't exist in this server", remedy=choose)
    if role.is_default():
        # Zero-width spaces keep the text itself from being a mention.
        return Obstacle(problem="I never ping @\u200beveryone or @\u200bhere", remedy=choose)
    if role.mentionable:
        return None
    name = permission_name("mention_everyone")
    if user_perms is not None and not _may_mention(user_perms):
        return Obstacle(
            problem=f"You can't ping {role.mention} in <#{channel_id}>, so I won't do it for you",
            remedy=f"ask an admin of this server to do it, or to give you {name} there",
        )
    if not _may_mention(bot_perms):
        return Obstacle(
            problem=f"I can't ping {role.mention} in <#{channel_id}>",
            remedy=(
                "turn on *Allow anyone to @mention this role* under *Server Settings → Roles*, or give me "
                f"{name} in the channel"
            ),
        )
    return None


def forum_tags(forum: discord.ForumChannel) -> tuple[Tag, ...]:
    return tuple(Tag(id=tag.id, name=tag.name, is_moderated=tag.moderated) for tag in forum.available_tags)


def _may_mention(permissions: discord.Permissions) -> bool:
    return permissions.administrator or permissions.mention_everyone


def _writing(kind: FeedKind) -> str:
    """The permission to write there; in a forum, it is the permission to create posts."""
    return "send_messages_in_threads" if kind is FeedKind.THREAD else "send_messages"


def _has_forum_settings(channel: object) -> bool:
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return isinstance(channel, discord.ForumChannel)


def _first_missing(
    needed: Sequence[str],
    channel_id: ChannelId,
    channel: ServerChannel | None,
    bot_perms: discord.Permissions,
) -> Obstacle | None:
    names = (name for name in needed if not getattr(bot_perms, name))
    return next((missing(name, channel_id, channel=channel) for name in names), None)
