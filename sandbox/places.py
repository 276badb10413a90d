"""Discord's rules for forums, threads, announcements, DMs and membership that SimCord doesn't enforce.

Every REST request passes through here before and after SimCord executes it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from simcord.backend import Backend, errors, permissions, serializers
from simcord.backend.access import channel_accessible
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Message, Role
from simcord.enums import ChannelType, MessageType

from sandbox.faults import RecordedRequest
from sandbox.rate_limits import RateLimitedError

MEDIA_CHANNEL: Final = 16  # SimCord has no media channels: internally they are forums, in payloads this type
REQUIRE_TAG: Final = 1 << 4  # channel flag
_HOUR_SECONDS: Final = 3600.0
_ARCHIVED_LISTED: Final = 50  # if the request has no `limit`
_NO_MESSAGES: Final = (ChannelType.FORUM, ChannelType.CATEGORY)


@dataclass(slots=True)
class ForumRules:
    """What SimCord doesn't store about forums."""

    tag_required: bool = False
    is_media: bool = False


class Places:
    """Checks, routes and fields that are added to SimCord's."""

    def __init__(self, backend: Backend) -> None:
        self.forums: dict[int, ForumRules] = {}
        self.most_active_threads: int | None = 1_000  # per guild; None: no limit
        self.crossposts_an_hour: int | None = 10  # per channel; None: no limit
        self.closed_dms: set[int] = set()  # IDs of users who disabled DMs from the bot
        self._backend = backend
        self._crossposts: defaultdict[int, deque[float]] = defaultdict(deque)
        backend.subscribers.append(self._on_event)
        self._create_system_message = backend.create_system_message
        backend.create_system_message = self._system_message  # pyright: ignore[reportAttributeAccessIssue]
        # SimCord uses the flag of the copies.
        backend.CROSSPOSTED_FLAG = 1 << 0  # pyright: ignore[reportAttributeAccessIssue]

    def execute(self, request: RecordedRequest, dispatch: Callable[[], Any]) -> Any:
        """Check the request, dispatch it, and complete the response.

        Raises:
            BackendError: Discord would reject this; `RateLimitedError` has its own headers.
        """
        body: dict[str, Any] = cast("dict[str, Any]", request.json) if isinstance(request.json, dict) else {}
        match (request.method, request.path.strip("/").split("/")):
            case ("POST", ["channels", channel_id, *rest]):
                result = self._post(self._backend.get_channel(int(channel_id)), rest, body, dispatch)
                return self.completed(result)
            case ("DELETE", ["users", "@me", "guilds", guild_id]):
                return self.remove_bot(int(guild_id))
            case ("GET", ["users", "@me", "guilds"]):
                return [guild for guild in dispatch() if self.has_bot(int(guild["id"]))]
            case ("GET", ["guilds", guild_id]) if not self.has_bot(int(guild_id)):
                raise errors.unknown_guild()
            case ("GET", ["guilds", guild_id, "threads", "active"]):
                return self._active_threads(int(guild_id))
            case ("GET", ["channels", channel_id, "threads", "archived", "public"]):
                return self._archived_threads(int(channel_id), request.params)
            case (_, ["guilds", guild_id, *_]) | (_, ["applications", _, "guilds", guild_id, *_]):
                self._require_bot(int(guild_id))
            case _:
                pass
        return self.completed(dispatch())

    def _post(
        self, channel: Channel, rest: list[str], body: Mapping[str, Any], dispatch: Callable[[], Any]
    ) -> Any:
        match rest:
            case ["threads"]:
                return self._open_thread(channel, body, dispatch)
            case ["messages"]:
                self._check_message(channel, body)
            case ["messages", message_id, "threads"]:
                self._check_thread_of_message(channel, int(message_id))
            case ["messages", _, "crosspost"]:
                self._count_crosspost(channel.id)
            case _:
                pass
        return dispatch()

    def completed(self, payload: Any) -> Any:
        """The payload with fields that SimCord omits: flags, and the type of media channels."""
        if not self.forums:
            return payload
        if isinstance(payload, list):
            return [self.completed(item) for item in cast("list[Any]", payload)]
        if not isinstance(payload, dict):
            return payload
        fields = cast("dict[str, Any]", payload)
        completed = {key: self.completed(value) for key, value in fields.items()}
        if fields.get("type") == ChannelType.FORUM and "id" in fields:
            rules = self.forums.get(int(fields["id"]), ForumRules())
            completed["flags"] = REQUIRE_TAG if rules.tag_required else 0
            if rules.is_media:
                completed["type"] = MEDIA_CHANNEL
        return completed

    def has_bot(self, guild_id: int) -> bool:
        guild = self._backend.guilds.get(guild_id)
        return guild is not None and self._backend.bot_user.id in guild.members

    def remove_bot(self, guild_id: int) -> None:
        """Kick the bot. Its messages stay, and its role is deleted."""
        guild = self._backend.get_guild(guild_id)
        member = guild.members.pop(self._backend.bot_user.id)
        for role_id in member.role_ids:
            if role_id in guild.roles and guild.roles[role_id].managed:
                del guild.roles[role_id]
        for thread_id in guild.thread_ids:
            self._backend.channels[thread_id].thread_members.pop(member.user_id, None)
        self._backend.emit("GUILD_DELETE", {"id": str(guild_id)})

    def add_bot(self, guild_id: int, *, permissions: int) -> None:
        guild = self._backend.get_guild(guild_id)
        bot = self._backend.bot_user
        position = 1 + max(role.position for role in guild.roles.values())
        role = Role(
            self._backend.snowflake(), bot.name, permissions=permissions, position=position, managed=True
        )
        guild.roles[role.id] = role
        self._backend.add_member(guild_id, bot.id, roles=[role.id])
        self._backend.emit("GUILD_CREATE", serializers.guild_create_payload(self._backend, guild))

    def archive(self, thread_id: int, *, archived: bool, locked: bool | None = None) -> None:
        """Set a thread's state and send the event. None keeps the lock unchanged."""
        changes: dict[str, Any] = {"archived": archived, "archive_timestamp": self._backend.now_iso()}
        if locked is not None:
            changes["locked"] = locked
        self._backend.edit_channel(thread_id, {}, thread_metadata=changes)

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        """Unarchive a thread after a message by somebody who can unarchive it."""
        if event != "MESSAGE_CREATE":
            return
        thread = self._backend.channels.get(int(payload["channel_id"]))
        if thread is None or thread.thread_metadata is None or not thread.thread_metadata.archived:
            return
        if not thread.thread_metadata.locked or self._may(
            thread, "manage_threads", user_id=int(payload["author"]["id"])
        ):
            self.archive(thread.id, archived=False)

    def _system_message(
        self, channel_id: int, kind: MessageType, author_id: int, **fields: Any
    ) -> Message | None:
        """Suppress the system message for a thread on a message: Discord shows it below that message."""
        if kind == MessageType.THREAD_CREATED and fields.get("referenced_message_id") is not None:
            return None
        return self._create_system_message(channel_id, kind, author_id, **fields)

    def _may(self, channel: Channel, name: str, *, user_id: int | None = None) -> bool:
        if channel.guild_id is None:
            return True
        who = self._backend.bot_user.id if user_id is None else user_id
        return bool(
            self._backend.compute_permissions(channel.guild_id, who, channel.id) & permissions.flag(name)
        )

    def _require(self, channel: Channel, *names: str) -> None:
        self._backend.require_permissions(channel.guild_id, self._backend.bot_user.id, channel.id, *names)

    def _require_bot(self, guild_id: int) -> None:
        if guild_id in self._backend.guilds and not self.has_bot(guild_id):
            raise errors.missing_access()

    def _check_message(self, channel: Channel, body: Mapping[str, Any]) -> None:
        if channel.guild_id is None:
            if self.closed_dms.intersection(channel.recipient_ids):
                raise errors.cannot_dm_bot()  # 50007 has the same text for bots and for disabled DMs
            return
        self._require(channel)
        if channel.type in _NO_MESSAGES:
            raise BackendError(400, 50008, "Cannot send messages in a non-text channel")
        self._require(channel, "send_messages_in_threads" if channel.is_thread else "send_messages")
        self._check_parts(channel, body)
        state = channel.thread_metadata
        if state is None:
            return
        if state.locked and not self._may(channel, "manage_threads"):
            # Observed on Discord for archived, locked threads (discord-api-docs issue 7707). For threads
            # that are locked but open, this is the documented code.
            if state.archived:
                raise BackendError(403, 50083, "Thread is archived")
            raise BackendError(403, 160005, "This thread is locked")
        if state.archived:
            self._check_room(channel.guild_id)

    def _check_parts(self, channel: Channel, body: Mapping[str, Any]) -> None:
        """Reject a bot's message with embeds or files that it can't send; Discord doesn't drop them."""
        if body.get("embeds") or body.get("embed"):
            self._require(channel, "embed_links")
        if body.get("attachments"):
            self._require(channel, "attach_files")

    def _check_room(self, guild_id: int) -> None:
        limit = self.most_active_threads
        if limit is not None and len(self._backend.active_threads(guild_id)) >= limit:
            raise BackendError(400, 160006, "Maximum number of active threads reached")

    def _check_thread_of_message(self, channel: Channel, message_id: int) -> None:
        self._require(channel, "create_public_threads")
        if channel.is_thread or channel.guild_id is None:
            raise errors.cannot_execute_on_channel_type()
        if message_id in self._backend.channels:
            raise BackendError(400, 160004, "A thread has already been created for this message")
        self._check_room(channel.guild_id)

    def _open_thread(self, channel: Channel, body: Mapping[str, Any], dispatch: Callable[[], Any]) -> Any:
        self._require(channel)
        if channel.guild_id is None:
            raise errors.cannot_execute_on_channel_type()
        if channel.type != ChannelType.FORUM:
            self._check_room(channel.guild_id)
            return dispatch()
        self._require(channel, "send_messages")
        starter: Mapping[str, Any] = body.get("message") or {}
        self._check_parts(channel, starter)
        applied: list[str] = body.get("applied_tags") or []
        self._check_tags(channel, {int(tag) for tag in applied})
        self._check_room(channel.guild_id)
        return self._with_starter_of_same_id(dispatch())

    def _check_tags(self, forum: Channel, applied: set[int]) -> None:
        """SimCord checks for more than five tags and for unknown ones."""
        if not applied and self.forums.get(forum.id, ForumRules()).tag_required:
            raise BackendError(400, 40067, "A tag is required to create a forum post in this channel")
        moderated = {int(tag["id"]) for tag in forum.available_tags if tag.get("moderated")}
        if applied & moderated:
            self._require(forum, "manage_threads")

    def _with_starter_of_same_id(self, post: dict[str, Any]) -> dict[str, Any]:
        """Give a post's first message the ID of the post, as on Discord. SimCord gives it another one."""
        thread_id, messages = int(post["id"]), self._backend.messages[int(post["id"])]
        message = messages.pop(int(post["message"]["id"]), None)
        if message is None:  # blocked by AutoMod
            return post
        message.id = thread_id
        messages[thread_id] = message
        self._backend.channels[thread_id].last_message_id = thread_id
        starter = {**post["message"], "id": str(thread_id)}
        return {**post, "last_message_id": str(thread_id), "message": starter}

    def _count_crosspost(self, channel_id: int) -> None:
        if self.crossposts_an_hour is None:
            return
        now = self._backend.clock.now().timestamp()
        times = self._crossposts[channel_id]
        while times and times[0] <= now - _HOUR_SECONDS:
            times.popleft()
        if len(times) >= self.crossposts_an_hour:
            raise RateLimitedError(times[0] + _HOUR_SECONDS - now if times else _HOUR_SECONDS)
        times.append(now)

    def _active_threads(self, guild_id: int) -> Any:
        self._require_bot(guild_id)
        threads = [thread for thread in self._backend.active_threads(guild_id) if self._is_seen(thread)]
        threads.sort(key=lambda thread: thread.id, reverse=True)
        return serializers.thread_list_payload(self._backend, threads)

    def _archived_threads(self, channel_id: int, params: Mapping[str, str]) -> Any:
        """Most recently archived first. `before` is a time, not an ID."""
        self._require(self._backend.get_channel(channel_id), "read_message_history")
        threads = [
            (datetime.fromisoformat(thread.thread_metadata.archive_timestamp), thread)
            for thread in self._backend.archived_threads(channel_id, private=False)
            if thread.thread_metadata is not None and self._is_seen(thread)
        ]
        if "before" in params:
            before = datetime.fromisoformat(params["before"])
            threads = [(when, thread) for when, thread in threads if when < before]
        threads.sort(key=lambda item: (item[0], item[1].id), reverse=True)
        limit = int(params.get("limit", _ARCHIVED_LISTED))
        return serializers.thread_list_payload(
            self._backend, [thread for _, thread in threads[:limit]], has_more=len(threads) > limit
        )

    def _is_seen(self, thread: Channel) -> bool:
        return channel_accessible(self._backend, thread.id, self._backend.bot_user.id)
