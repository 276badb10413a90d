"""Bases of every button, menu, view and form: errors reach the user, services come from the client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, Self, cast

import discord
from typing_extensions import override

from bot.discord.ui.error_handler import answer_failure
from bot.discord.ui.sessions import Sessions
from bot.services.container import Services
from bot.store.database import yield_to_others


class UiClient(Protocol):
    """The part of the client that components use."""

    @property
    def services(self) -> Services: ...

    @property
    def sessions(self) -> Sessions: ...


def client_of(interaction: discord.Interaction) -> UiClient:
    return cast("UiClient", interaction.client)


class PersistentItem(discord.ui.DynamicItem[discord.ui.Item[discord.ui.View]], template=r"(?!)"):
    """A button or menu that works as long as its message exists, across restarts of the bot.

    All that it needs is in its custom id, which `template` matches: discord.py passes presses on messages
    older than the process to dynamic items only.
    """

    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:  # noqa: ARG003 - for subclasses
        """The item from its custom id; without parameters, if there is nothing in the id."""
        return cls()  # pyright: ignore[reportCallIssue] - of a subclass whose constructor takes none

    async def on_press(self, interaction: discord.Interaction) -> None:
        """Handles a press or a choice; what it raises is answered and logged."""
        raise NotImplementedError

    @override
    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls.parse(match, item)

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        yield_to_others()
        # discord.py only logs what a dynamic item raises.
        try:
            await self.on_press(interaction)
        except Exception as error:  # noqa: BLE001 - the error handler of every item
            await answer_failure(interaction, error)


class SafeView(discord.ui.View):
    """A view whose errors reach the user.

    It must not mix persistent items with others: when such a view ends, discord.py 2.7.1 forgets the
    persistent items on every message.
    """

    def __init__(self, *items: discord.ui.Item[Any], timeout: float | None = None) -> None:
        super().__init__(timeout=timeout)
        for item in items:
            self.add_item(item)

    @override
    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[Any], /
    ) -> None:
        await answer_failure(interaction, error)


class SafeModal(discord.ui.Modal):
    """A form whose errors reach the user."""

    @override
    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:
        await answer_failure(interaction, error)


def typed_in(interaction: discord.Interaction, form_id: str) -> dict[str, str] | None:
    """What was typed in each field of the form with this id, by the field's custom id; None for another.

    It is read from the interaction, so that a form works that was opened before the bot was restarted.
    """
    data = cast("Mapping[str, Any]", interaction.data or {})
    if interaction.type is not discord.InteractionType.modal_submit or data.get("custom_id") != form_id:
        return None
    fields = (
        field
        for part in data.get("components", ())
        for field in (part.get("component"), *part.get("components", ()))
        if field
    )
    return {field["custom_id"]: str(field.get("value") or "").strip() for field in fields}
