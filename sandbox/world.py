"""The world: SimCord's in-memory Discord on the sandbox's clock, with a bot that connects by a socket.

SimCord runs a bot in its own process and waits until the bot's tasks are idle. Here, the bot can be anywhere,
so the world waits for its answer instead. This module and the page's modules use private parts of SimCord.
SimCord is pinned exactly, and tests/sandbox fails if a new version changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

import discord
from simcord._clock import Clock  # pyright: ignore[reportPrivateUsage]  # not public in SimCord
from simcord.actors import MemberActor
from simcord.backend import Backend
from simcord.backend.models import Interaction
from simcord.backend.models.interaction import ResponseKind
from simcord.builders import ChannelHandle, GuildHandle, UserHandle
from simcord.env import Env

from sandbox.changes import Changes
from sandbox.places import Places

FIRST_ANSWER_SECONDS: Final = 3.0  # Discord's limit for the first answer to an interaction
_MAX_RECORDS: Final = 500  # SimCord's logs grow without limit, and a sandbox can run for days


class MovableClock(Clock):
    """SimCord's clock, based on ours."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now

    def now(self) -> datetime:
        return self._now()


class World(Env):
    """SimCord's builders and actors, for a bot that is connected by a socket."""

    def __init__(self, *, bot_name: str, now: Callable[[], datetime]) -> None:
        # The client never starts. SimCord's handles need one to create discord.Message objects.
        super().__init__(discord.Client(intents=discord.Intents.none()))
        self.backend = Backend(clock=MovableClock(now))
        self.backend.bot_user.name = bot_name
        self.changes = Changes()
        self.places = Places(self.backend)
        self._dispatched: ContextVar[Interaction | None] = ContextVar("dispatched", default=None)
        self._edited: set[str] = set()
        self._started = True
        self._generation = 1
        self.backend.subscribers.append(self._on_event)

    def create_server(self, name: str, *, shard_id: int, of: int) -> GuildHandle:
        """A server with the bot, whose ID belongs to this shard if there are `of` shards."""
        made = self.backend.create_guild(name, id=None, owner_id=None, shard_id=shard_id, shard_count=of)
        self._guilds.append(handle := GuildHandle(self, made))
        return handle

    def is_answered(self, interaction: Interaction) -> bool:
        """Whether the bot has answered. A deferral ("thinking…") is not an answer yet."""
        if interaction.response_kind is ResponseKind.DEFERRED_UPDATE:
            return interaction.token in self._edited
        return interaction.responded and not interaction.loading

    def note_request(self, *, method: str, path: str) -> None:
        """Record a REST call that was executed."""
        del self.backend.transcript[:-_MAX_RECORDS]
        del self.backend.http_requests[:-_MAX_RECORDS]
        if method == "GET":
            return
        parts = path.strip("/").split("/")
        channel_id: int | None = None
        match parts:
            case ["webhooks", _, token, *_] if token in self.backend.interaction_tokens:
                self._edited.add(token)
                channel_id = self.backend.interactions[self.backend.interaction_tokens[token]].channel_id
            case ["interactions", interaction_id, *_]:
                channel_id = self.backend.interactions[int(interaction_id)].channel_id
            case ["channels", number, "messages" | "typing", *_]:
                channel_id = int(number)
            case _:
                pass
        self.changes.mark(channel_id)

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        channel_id = payload.get("channel_id")
        if event == "INTERACTION_CREATE":
            self.changes.wake()
        elif event.startswith("MESSAGE_") and channel_id is not None:
            self.changes.mark(int(channel_id))
        else:
            self.changes.mark()

    # Overrides of SimCord's environment, for a bot that it doesn't own:

    def _begin_operation(self, label: str) -> None:
        """No guard: operations of the page, of tests and of seed commands can overlap."""

    def _end_operation(self) -> None:
        pass

    def _mark_mutation(self) -> None:
        if self._preview is not None:
            self._preview._mark_action_dispatched()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as in the base class

    def _notify_dispatch_observers(self, interaction: Any) -> None:
        super()._notify_dispatch_observers(interaction)
        self._dispatched.set(interaction)

    async def _settle_internal(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # SimCord's signature
        idle: float = 0.05,  # noqa: ARG002
        dispatch: str | None = None,
        _deadline: float | None = None,
    ) -> None:
        """Wait for the first response to the interaction that this task dispatched, if any.

        Raises:
            TimeoutError: the bot didn't respond within Discord's three seconds.
        """
        interaction = self._dispatched.get()
        self._dispatched.set(None)
        if dispatch != "INTERACTION_CREATE" or interaction is None:
            return
        await self.changes.until(
            lambda: interaction.responded,
            timeout_seconds=FIRST_ANSWER_SECONDS if timeout is None else timeout,
            what=f"the bot's first answer to {interaction.command_name or 'an interaction'}",
        )


class PaperClub:
    """The initial server and its members."""

    def __init__(self, world: World) -> None:
        owner = world.create_user("ada", global_name="Ada (admin)")
        reader = world.create_user("ben", global_name="Ben (member)")
        self.guild: GuildHandle = world.create_guild("Paper Club", owner=owner)
        self.papers: ChannelHandle = self.guild.create_text_channel("papers", topic="New papers every day")
        self.general: ChannelHandle = self.guild.create_text_channel("general")
        self.announcements: ChannelHandle = self.guild.create_news_channel("announcements")
        self.forum: ChannelHandle = self.guild.create_forum_channel("reading-group")
        self.voice: ChannelHandle = self.guild.create_voice_channel("lounge")
        self.admin: MemberActor = MemberActor(world, self.guild, owner)
        self.member: MemberActor = self.guild.add_member(reader)
        self.users: tuple[UserHandle, ...] = (owner, reader)
        self.direct: tuple[ChannelHandle, ...] = tuple(user.dm_channel for user in self.users)
