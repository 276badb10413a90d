"""What the page's frame lists: the channels that a person can see, their newest messages, and the members."""

from __future__ import annotations

import re
from typing import Any, Final

from simcord.backend.access import channel_accessible
from simcord.backend.models import Channel, Message
from simcord.enums import ChannelType

from sandbox.world import PaperClub, World

_LISTED: Final = {ChannelType.TEXT: "text", ChannelType.NEWS: "news", ChannelType.FORUM: "forum"}
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_MARKUP: Final = re.compile(r"[*_`~|\\]+|<[^>]*>|^(?:-#|#+|>) ", re.MULTILINE)
_EXCERPT_CHARACTERS: Final = 140


class Listing:
    """Reads the current state of the world on every call."""

    def __init__(self, world: World, club: PaperClub) -> None:
        self._world = world
        self._club = club

    def places(self, person_id: int) -> list[dict[str, Any]]:
        """The channels that this person can see, each followed by its threads, then direct messages."""
        backend = self._world.backend
        guild = backend.get_guild(self._club.guild.id)
        threads = [backend.channels[thread_id] for thread_id in guild.thread_ids]
        rows: list[dict[str, Any]] = []
        for channel in (backend.channels[channel_id] for channel_id in guild.channel_ids):
            kind = _LISTED.get(ChannelType(channel.type))
            if kind is None or not channel_accessible(backend, channel.id, person_id, history=True):
                continue
            below = [thread for thread in threads if thread.parent_id == channel.id]
            below = [thread for thread in below if channel_accessible(backend, thread.id, person_id)]
            rows.append(self._row(channel, kind, person_id))
            if kind == "forum":
                rows[-1]["newest"] = str(max((self._newest(post, person_id) for post in below), default=0))
                below.sort(key=lambda post: post.id, reverse=True)
                rows += [self._post(post, channel, person_id) for post in below]
            else:
                rows += [self._row(thread, "thread", person_id) for thread in below]
        for user in self._club.users:
            if user.id == person_id:
                direct = self._row(user.dm_channel._channel, "dm", person_id)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # not public in SimCord
                rows.append({**direct, "name": backend.bot_user.name})
        return rows

    def commands(self, person_id: int) -> list[str]:
        """The commands that this person can use in the first channel."""
        visible = self._world.backend.visible_commands(user_id=person_id, channel_id=self._club.papers.id)
        return [command["name"] for command in visible]

    def people(self, *, is_bot_online: bool) -> list[dict[str, Any]]:
        """The members, with the bot first."""
        bot = {"name": self._world.backend.bot_user.name, "is_bot": True, "is_online": is_bot_online}
        users = [(user.global_name or user.name) for user in self._club.users]
        return [bot, *({"name": name, "is_bot": False, "is_online": True} for name in users)]

    def _row(self, channel: Channel, kind: str, person_id: int) -> dict[str, Any]:
        return {
            "id": str(channel.id),
            "kind": kind,
            "name": channel.name,
            "newest": str(self._newest(channel, person_id)),
        }

    def _post(self, post: Channel, forum: Channel, person_id: int) -> dict[str, Any]:
        names = {int(tag["id"]): str(tag["name"]) for tag in forum.available_tags}
        messages = self._shown(post)
        newest = max(messages, key=lambda message: message.id, default=None)
        return {
            **self._row(post, "post", person_id),
            "forum": str(forum.id),
            "tags": [names[tag] for tag in post.applied_tags if tag in names],
            "messages": len(messages),
            "author": None if newest is None else self._world.backend.get_user(newest.author_id).name,
            "text": "" if newest is None else excerpt(newest),
            "at": None if newest is None else newest.timestamp,
        }

    def _newest(self, channel: Channel, person_id: int) -> int:
        """The newest message that is new to the person: by somebody else, and not ephemeral."""
        messages = self._shown(channel)
        return max((message.id for message in messages if message.author_id != person_id), default=0)

    def _shown(self, channel: Channel) -> list[Message]:
        messages: dict[int, Message] = self._world.backend.messages.get(channel.id, {})
        return [message for message in messages.values() if not message.is_ephemeral]


def excerpt(message: Message) -> str:
    """The beginning of a message's text, on one line and without markup."""
    embed = message.embeds[0] if message.embeds else {}
    text = message.content or embed.get("title") or embed.get("description") or ""
    plain = " ".join(_MARKUP.sub("", _LINK.sub(r"\1", text)).split())
    cut = plain[:_EXCERPT_CHARACTERS]
    return cut if cut == plain else f"{cut.rstrip()}…"
