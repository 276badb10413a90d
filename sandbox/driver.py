"""The driver: acts as a person in the sandbox (commands, buttons, menus, modals) and waits for answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcord.actors import MemberActor
from simcord.backend.models import Message
from simcord.builders import ChannelHandle, UserHandle
from simcord.results import InteractionResult, ResponseMessage

from sandbox.discord import DiscordServer
from sandbox.world import World

ANSWER_SECONDS: Final = (
    15.0  # for a deferred answer; the first response must come within Discord's three seconds
)
CONNECT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The bot's answer to one interaction. It reflects the current state, including later edits."""

    result: InteractionResult

    @property
    def messages(self) -> list[ResponseMessage]:
        """The answer and its follow-ups, including ephemeral ones."""
        first = self.result.response
        return ([] if first is None else [first]) + self.result.followups

    @property
    def text(self) -> str:
        """All content and embed text, for searching."""
        parts: list[str] = []
        for message in self.messages:
            parts.append(message.content)
            for embed in message.embeds:
                parts += [embed.title or "", embed.description or ""]
                parts += [f"{item.name}\n{item.value}" for item in embed.fields]
                parts.append(embed.footer.text or "")
        return "\n".join(part for part in parts if part)

    @property
    def modal(self) -> dict[str, Any] | None:
        return self.result.modal


class Driver:
    """The person at the keyboard."""

    def __init__(self, world: World, server: DiscordServer) -> None:
        self._world = world
        self._server = server

    async def run_command(
        self, user: MemberActor | UserHandle, channel: ChannelHandle, name: str, /, **options: Any
    ) -> Answer:
        """Type a slash command, for example "config show", and wait for the complete answer.

        A `UserHandle` types in its own DMs. Options accept plain values and SimCord's handles.

        Raises:
            SetupError: the person can't do this: the command or option doesn't exist, or isn't theirs to use.
            TimeoutError: the bot didn't answer.
        """
        if isinstance(user, MemberActor):
            result = await user.slash(channel, name, **options)
        else:
            result = await user.slash(name, **options)
        return await self._completed(result)

    async def autocomplete(
        self,
        user: MemberActor | UserHandle,
        channel: ChannelHandle,
        name: str,
        /,
        *,
        option: str,
        value: str,
        **filled: Any,
    ) -> list[dict[str, Any]]:
        """The choices that the bot offers for `value` in one option, with the others `filled`."""
        if isinstance(user, MemberActor):
            return await user.autocomplete(channel, name, option, value, **filled)
        return await user.autocomplete(name, option, value, **filled)

    async def click(
        self,
        user: MemberActor | UserHandle,
        message: ResponseMessage,
        *,
        label: str | None = None,
        custom_id: str | None = None,
    ) -> Answer:
        """Press the button with this label or custom ID."""
        return await self._completed(await user.click(message, label=label, custom_id=custom_id))

    async def choose(
        self,
        user: MemberActor | UserHandle,
        message: ResponseMessage,
        values: Sequence[Any],
        *,
        custom_id: str | None = None,
    ) -> Answer:
        """Choose values in a select menu."""
        return await self._completed(await user.select(message, values, custom_id=custom_id))

    async def submit(self, user: MemberActor | UserHandle, shown: Answer, values: dict[str, Any]) -> Answer:
        """Fill in and submit the modal that an answer showed. `values` are by custom ID."""
        return await self._completed(await user.submit_modal(shown.result, values))

    def messages(self, channel: ChannelHandle) -> list[ResponseMessage]:
        """The channel's messages that everyone there can see, oldest first."""
        stored: list[Message] = list(self._world.backend.messages.get(channel.id, {}).values())
        return [
            ResponseMessage(self._world, message)
            for message in sorted(stored, key=lambda message: message.id)
            if not message.is_ephemeral
        ]

    async def until(
        self,
        condition: Callable[[], bool],
        *,
        timeout_seconds: float = ANSWER_SECONDS,
        what: str = "a change",
    ) -> None:
        """Wait until `condition` returns True. It is called again after each request, event and connection.

        Raises:
            TimeoutError: it didn't in time.
        """
        await self._world.changes.until(condition, timeout_seconds=timeout_seconds, what=what)

    async def wait_for_bot(
        self, guild_id: int, *, commands: Sequence[str] = (), timeout_seconds: float = CONNECT_SECONDS
    ) -> None:
        """Wait until a bot is connected and has registered these commands (or any, if none are named)."""
        backend = self._world.backend

        def is_there() -> bool:
            if not self._server.gateway.is_connected(guild_id):
                return False
            if not commands:
                return any(backend.commands.values())
            return all(backend.find_command(name.split()[0], guild_id) for name in commands)

        await self.until(is_there, timeout_seconds=timeout_seconds, what="a bot with its commands")

    async def _completed(self, result: InteractionResult) -> Answer:
        interaction = result._interaction  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # not public in SimCord
        await self.until(
            lambda: self._world.is_answered(interaction), what="the bot's answer after it deferred"
        )
        return Answer(result)
