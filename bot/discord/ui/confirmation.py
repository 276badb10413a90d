"""Confirmations: two buttons below an answer, for the user who asked, and what pressing them does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import discord
from typing_extensions import override

from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import reply
from bot.discord.ui.sessions import Ended, Session, new_key
from bot.errors import StoreError, UserError

# Discord lets the answer to a command be edited for 15 minutes.
OPEN_SECONDS = 14 * 60.0

# Gives the pages that replace the question, and the buttons below them.
Action = Callable[[discord.Interaction], Awaitable[tuple[Sequence[discord.Embed], Sequence[PersistentItem]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Session):
    user_id: int
    action: Action
    closes_at: float | None

    ended_texts = {  # noqa: RUF012 - ClassVar in the base class
        Ended.IN_PROGRESS: "This is already in progress: the result appears above.",
        Ended.DONE: "This is already done. Pressing it again changed nothing.",
        Ended.CANCELLED: "This was cancelled, and nothing was changed. To do it, use the command again.",
        Ended.EXPIRED: "These buttons have expired, and nothing was changed. Use the command again.",
        Ended.BROKEN: (
            "Something went wrong when this was pressed before, so I don't know whether it was done. Use the "
            "command again to find out; `/config history` shows what was changed in a server."
        ),
        Ended.UNKNOWN: (
            "I have been restarted or moved since then, so these buttons no longer work, and I don't "
            "know whether it was done. Use the command again to find out; `/config history` shows what was "
            "changed in a server."
        ),
    }
    max_open = 200


class ConfirmButton(PersistentItem, template=r"confirm:(?P<key>[0-9a-f]{1,32}):(?P<choice>yes|no)"):
    """Confirms or cancels. If that is no longer possible, it says why."""

    def __init__(self, *, key: str, choice: str, label: str = "…") -> None:
        style = discord.ButtonStyle.primary if choice == "yes" else discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"confirm:{key}:{choice}"))
        self._key = key
        self._is_confirmed = choice == "yes"

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(key=match["key"], choice=match["choice"])

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        sessions = client_of(interaction).sessions
        confirmation = sessions.get(self._key, Confirmation)
        if confirmation.user_id != interaction.user.id:
            raise UserError("Only the person who used the command can press this. Nothing was changed.")
        sessions.end(self._key, Ended.IN_PROGRESS)  # so that a second press waits for this one
        try:
            await interaction.response.defer()
        except BaseException:
            sessions.open(self._key, confirmation)
            raise
        try:
            embeds, buttons = await confirmation.action(interaction) if self._is_confirmed else ((), ())
        except (UserError, StoreError):
            sessions.open(self._key, confirmation)  # the user can press again once the cause is fixed
            raise
        except BaseException:
            sessions.end(self._key, Ended.BROKEN)
            raise
        sessions.end(self._key, Ended.DONE if self._is_confirmed else Ended.CANCELLED)
        if self._is_confirmed:
            await answer(interaction, embeds, buttons=buttons)
        else:
            await reply(interaction, "Cancelled. Nothing was changed.")


def ask(interaction: discord.Interaction, *, label: str, action: Action) -> list[ConfirmButton]:
    """Opens a confirmation and returns its buttons, to be shown below the question.

    Args:
        interaction: of the user who may confirm.
        label: of the button that confirms.
        action: what confirming does; its pages replace the question.
    """
    key = new_key()
    confirmation = Confirmation(
        user_id=interaction.user.id,
        action=action,
        closes_at=asyncio.get_running_loop().time() + OPEN_SECONDS,
    )
    client_of(interaction).sessions.open(key, confirmation)
    return [
        ConfirmButton(key=key, choice="yes", label=label),
        ConfirmButton(key=key, choice="no", label="Cancel"),
    ]
