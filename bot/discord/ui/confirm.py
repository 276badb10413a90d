"""A question before something is done: two buttons for the person who asked, and what pressing them does."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from weakref import WeakKeyDictionary

import discord
from typing_extensions import override

from bot.discord.ui.error_handler import errors_reported
from bot.discord.ui.pages import answer
from bot.discord.ui.panels import Ended, Sessions
from bot.discord.ui.replies import reply
from bot.errors import StoreError, UserError

# The answer to a command can be changed for 15 minutes.
OPEN_SECONDS = 14 * 60.0
_MOST_OPEN = 200  # of all people; the oldest goes
_KEY_BYTES = 8

_TEXTS = {
    Ended.UNDER_WAY: "This is being done right now: the answer appears above in a moment.",
    Ended.DONE: "This was done already, and pressing it again changed nothing more.",
    Ended.CANCELLED: "This was cancelled, and nothing was changed. To do it, type the command again.",
    Ended.EXPIRED: "These buttons have expired, and nothing was changed. Type the command again.",
    Ended.BROKEN: (
        "Something went wrong when this was pressed before, so I do not know whether it was done. `/config "
        "history` shows it; type the command again if it was not."
    ),
    Ended.UNKNOWN: (
        "I was restarted since this was asked, so these buttons no longer work. `/config history` shows "
        "whether it was done; type the command again if it was not."
    ),
}

Doing = Callable[[discord.Interaction], Awaitable[Sequence[discord.Embed]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    user_id: int
    do: Doing
    closes_at: float  # of the loop's clock
    then: Sequence[discord.ui.DynamicItem[Any]]  # below what then stands there


class ConfirmButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"confirm:(?P<key>[0-9a-f]{1,32}):(?P<choice>yes|no)",
):
    """Does what was asked for, or not. Where it cannot be pressed any more, it says why."""

    def __init__(self, *, key: str, choice: str, label: str = "…") -> None:
        style = discord.ButtonStyle.primary if choice == "yes" else discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"confirm:{key}:{choice}"))
        self._key = key
        self._is_yes = choice == "yes"

    @override
    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(key=match["key"], choice=match["choice"])

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            asked = _asked(interaction)
            _expire(asked)
            question = asked.get(self._key)
            if question.user_id != interaction.user.id:
                raise UserError("Only the person who typed the command may press this. Nothing was changed.")
            asked.end(self._key, Ended.UNDER_WAY)  # for a second press, until this one is through
            try:
                await interaction.response.defer()
            except BaseException:
                asked.start(self._key, question)
                raise
            try:
                embeds = await question.do(interaction) if self._is_yes else list[discord.Embed]()
            except (UserError, StoreError):
                asked.start(self._key, question)  # once that is fixed it can be pressed again
                raise
            except BaseException:
                asked.end(self._key, Ended.BROKEN)
                raise
            asked.end(self._key, Ended.DONE if self._is_yes else Ended.CANCELLED)
            if not self._is_yes:
                await reply(interaction, "Cancelled: nothing was changed.")
                return
            await answer(interaction, embeds, buttons=question.then)


def question(
    interaction: discord.Interaction,
    *,
    label: str,
    do: Doing,
    then: Sequence[discord.ui.DynamicItem[Any]] = (),
) -> list[ConfirmButton]:
    """The buttons below an answer that asks whether to go on.

    `do` gives what then stands in its place, with the buttons of `then` below.
    """
    asked = _asked(interaction)
    _expire(asked)
    while len(asked) >= _MOST_OPEN:
        asked.end(asked.oldest, Ended.EXPIRED)
    key = secrets.token_hex(_KEY_BYTES)
    closes_at = asyncio.get_running_loop().time() + OPEN_SECONDS
    asked.start(key, _Question(user_id=interaction.user.id, do=do, closes_at=closes_at, then=then))
    return [
        ConfirmButton(key=key, choice="yes", label=label),
        ConfirmButton(key=key, choice="no", label="Cancel"),
    ]


def _expire(asked: Sessions[_Question]) -> None:
    now = asyncio.get_running_loop().time()
    for key, one in asked.items():
        if one.closes_at <= now:
            asked.end(key, Ended.EXPIRED)


_of_clients: WeakKeyDictionary[discord.Client, Sessions[_Question]] = WeakKeyDictionary()


def _asked(interaction: discord.Interaction) -> Sessions[_Question]:
    return _of_clients.setdefault(interaction.client, Sessions(_TEXTS))
