"""A channel with everything a channel can have, hidden from a person who manages the others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import discord
from simcord import interactions
from simcord.actors import _dispatch_actor_interaction
from simcord.backend import serializers
from simcord.backend.models import Overwrite
from simcord.enums import ChannelType, InteractionType, OverwriteType

from bot.core.ids import ChannelId
from bot.core.notices import NoticeKind
from bot.store import feeds, notices
from tests.world import World, answers

SECRET = (
    "zygomorphic"  # in the hidden channel's name, its keywords and what went wrong there; in nothing else
)
FIELDS = ("content", "embeds", "components")
KINDS = ("text", "voice", "forum", "thread of a hidden channel", "private thread")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    world: World
    channel: Any
    person: Any  # manages all channels, and does not see this one

    async def shown_by(self, result: Any) -> str:
        """All that an answer shows: texts, labels, ids in buttons, and what is in its files."""
        parts: list[str] = []
        for message in answers(result):
            stored = self.world.env.backend.get_message(message.channel_id, message.id)
            parts += [json.dumps(getattr(stored, field), default=str, ensure_ascii=False) for field in FIELDS]
            parts += [(await attachment.read()).decode() for attachment in message.attachments]
        return "\n".join(parts)

    def betrayed_by(self, shown: str) -> list[str]:
        """What it reveals of the hidden channel."""
        return [word for word in (SECRET, str(self.channel.id)) if word in shown]


async def hidden_channel(world: World, person: Any, kind: str) -> Hidden:
    makers = {
        "text": world.guild.create_text_channel,
        "voice": world.guild.create_voice_channel,
        "forum": world.guild.create_forum_channel,
    }
    if kind in makers:
        channel = closed = makers[kind](SECRET)
    else:
        is_private = kind == "private thread"
        parent = world.guild.create_text_channel("parent")
        thread_type = ChannelType.PRIVATE_THREAD if is_private else ChannelType.PUBLIC_THREAD
        world.env.backend.create_thread(parent.id, SECRET, world.client.user.id, type=thread_type)  # pyright: ignore[reportOptionalMemberAccess]
        channel = parent.threads[-1]
        closed = None if is_private else parent
    await _filled(world, channel)
    if closed is not None:
        hide(world, closed, person)
    await world.env.settle()
    return Hidden(world=world, channel=channel, person=person)


def hide(world: World, channel: Any, person: Any) -> None:
    denied = discord.Permissions(view_channel=True).value
    theirs = Overwrite(target_id=person.id, type=OverwriteType.MEMBER, allow=0, deny=denied)
    world.env.backend.set_overwrite(channel.id, theirs)


def show(world: World, channel: Any, person: Any) -> None:
    world.env.backend.delete_overwrite(channel.id, person.id)


async def _filled(world: World, channel: Any) -> None:
    """Subscriptions, a post that failed, one that waits, a follow-up that failed, a block, changes, notices."""
    world.list_paper("2608.00001", title="Video")
    there = {"channel": channel}
    await world.admin.slash(world.channel, "config schedule", cadence="live", **there)
    # A copy to a channel that others see names its source in the history there.
    await world.admin.slash(world.channel, "config copy", source=channel)
    await world.admin.slash(world.channel, "subscribe", keywords=f"video, {SECRET}", **there)
    await world.admin.slash(world.channel, "config filter", exclude=f"{SECRET} excluded", **there)
    await world.run()
    for number in range(2, 4):
        world.list_paper(f"2608.0000{number}", title="Video")
        world.clock.advance(hours=1)
        await world.run()
    await world.admin.slash(world.channel, "config notices", **there)  # which a forum refuses
    async with world.database.write() as conn:
        feed = await feeds.by_channel(conn, ChannelId(channel.id))
        assert feed is not None
        for sql in _GONE_WRONG:
            await conn.exec_driver_sql(sql, (SECRET,))
        await feeds.block(conn, feed.id, reason=f"{SECRET} <#{channel.id}>", now=world.clock())
        await notices.add(conn, NoticeKind.BLOCKED, feed.id, now=world.clock())


# The first post failed, the last one waits after a failure, and what follows on the one between failed.
_GONE_WRONG = (
    """UPDATE posts SET state = 'failed', message_id = NULL, sent_at = NULL, failed_at = planned_at, reason = ?
    WHERE id = (SELECT min(id) FROM posts)""",
    """UPDATE posts SET state = 'pending', message_id = NULL, sent_at = NULL, reason = ?,
    next_attempt_at = '2026-08-20T00:00:00.000000Z' WHERE id = (SELECT max(id) FROM posts)""",
    """INSERT INTO follow_ups (post_id, kind, state, attempts, next_attempt_at, ended_at, reason)
    SELECT id, 'thread', 'failed', 1, planned_at, planned_at, ? FROM posts WHERE state = 'sent'""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forger:
    """Acts as a client does that is not honest: with a hidden channel in the options of commands."""

    who: Any
    where: Any
    hidden: Any

    async def slash(self, name: str, **options: Any) -> Any:
        data = self._data(name, options, focused="")
        return await self._send(InteractionType.APPLICATION_COMMAND, data)

    async def autocomplete(self, name: str, focused: str, **options: Any) -> Any:
        data = self._data(name, options, focused=focused)
        result = await self._send(InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE, data)
        return result.autocomplete_choices

    async def _send(self, kind: InteractionType, data: dict[str, Any]) -> Any:
        return await _dispatch_actor_interaction(self.who, kind, self.where, data)

    def _data(self, name: str, options: dict[str, Any], *, focused: str) -> dict[str, Any]:
        """The command as Discord sends it on, and below it what Discord says of the channel."""
        backend = self.who._env.backend
        decoy = self.who.guild.create_text_channel("decoy")
        given = {key: decoy if value is self.hidden else value for key, value in options.items()}
        root_name, *path = name.split()
        root = backend.find_command(root_name, None)
        leaf, nesting = interactions.walk_to_subcommand(root, path)
        built, resolved = interactions.build_options(
            self.who, name, leaf, given, channel_id=self.where.id, partial=bool(focused)
        )
        if focused:
            built.append({"name": focused, "type": 3, "value": "", "focused": True})
        for option in built:
            if option["value"] == str(decoy.id):
                option["value"] = str(self.hidden.id)
        known = dict(serializers.channel_payload(backend, backend.get_channel(self.hidden.id)))
        theirs = backend.compute_permissions(self.who.guild.id, self.who.id, self.hidden.id)
        channels = {str(self.hidden.id): {**known, "permissions": str(theirs)}}
        return {
            "id": root["id"],
            "name": root["name"],
            "type": 1,
            "options": interactions.nest_options(root, nesting, built),
            "resolved": {**resolved, "channels": {**resolved.get("channels", {}), **channels}},
        }
