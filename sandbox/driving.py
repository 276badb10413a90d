"""Acting as a person in the sandbox: commands, buttons, menus, modals, and waiting for what follows."""

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

ANSWER_SECONDS: Final = 15.0  # for a deferred answer; the first reaction has Discord's three seconds
CONNECT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered to one interaction; reads the world as it is now, later edits included."""

    result: InteractionResult

    @property
    def messages(self) -> list[ResponseMessage]:
        """The answer and its follow-ups, ephemeral ones too."""
        first = self.result.response
        return ([] if first is None else [first]) + self.result.followups

    @property
    def text(self) -> str:
        """All content and embed text, for looking something up in it."""
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
        """Type a slash command ("config show" for a sub-command) and wait for the whole answer.

        A `UserHandle` types in its own DMs. Options take plain values and SimCord's handles.

        Raises:
            SetupError: a person could not do this: no such command or option, or not theirs to use.
            TimeoutError: the bot did not answer.
        """
        if isinstance(user, MemberActor):
            result = await user.slash(channel, name, **options)
        else:
            result = await user.slash(name, **options)
        return await self._whole(result)

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
        """The choices that the bot offers for what was typed so far in one option, the others filled."""
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
        """Press the one button that has this label or id."""
        return await self._whole(await user.click(message, label=label, custom_id=custom_id))

    async def choose(
        self,
        user: MemberActor | UserHandle,
        message: ResponseMessage,
        values: Sequence[Any],
        *,
        custom_id: str | None = None,
    ) -> Answer:
        """Choose in a menu."""
        return await self._whole(await user.select(message, values, custom_id=custom_id))

    async def submit(self, user: MemberActor | UserHandle, shown: Answer, values: dict[str, Any]) -> Answer:
        """Fill and send the modal that an answer showed; values by custom id."""
        return await self._whole(await user.submit_modal(shown.result, values))

    def messages(self, channel: ChannelHandle) -> list[ResponseMessage]:
        """The channel's messages that everyone there sees, oldest first."""
        stored: list[Message] = list(self._world.backend.messages.get(channel.id, {}).values())
        return [
            ResponseMessage(self._world, message)
            for message in sorted(stored, key=lambda message: message.id)
            if not message.is_ephemeral
        ]

    async def until(
        self, claim: Callable[[], bool], *, timeout_seconds: float = ANSWER_SECONDS, what: str = "a change"
    ) -> None:
        """Wait until the claim holds; it is asked again after each request, event and connection.

        Raises:
            TimeoutError: it did not hold in time.
        """
        await self._world.changes.until(claim, timeout_seconds=timeout_seconds, what=what)

    async def wait_for_bot(
        self, guild_id: int, *, commands: Sequence[str] = (), timeout_seconds: float = CONNECT_SECONDS
    ) -> None:
        """Wait until a bot is connected and has registered these commands (or, without a name, any)."""
        backend = self._world.backend

        def is_there() -> bool:
            if not self._server.gateway.is_connected(guild_id):
                return False
            if not commands:
                return any(backend.commands.values())
            return all(backend.find_command(name.split()[0], guild_id) for name in commands)

        await self.until(is_there, timeout_seconds=timeout_seconds, what="a bot with its commands")

    async def _whole(self, result: InteractionResult) -> Answer:
        interaction = result._interaction  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the record has no public name
        await self.until(
            lambda: self._world.is_answered(interaction), what="the bot's answer after it deferred"
        )
        return Answer(result)
