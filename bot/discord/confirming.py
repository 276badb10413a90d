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

from bot.discord.failures import failures_told
from bot.discord.paging import answer
from bot.discord.replies import reply
from bot.errors import UserError

# The answer to a command can be changed for 15 minutes.
OPEN_SECONDS = 14 * 60.0
_MOST_OPEN = 200  # of all people; the oldest goes
_KEY_BYTES = 8

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
    """Does what was asked for, or not. Where that is not known any more, after a restart, it says so."""

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
        async with failures_told(interaction):
            asked = _open(interaction)
            question = asked.get(self._key)
            if question is None or question.closes_at <= asyncio.get_running_loop().time():
                raise UserError("These buttons are too old, and nothing was changed: type the command again.")
            if question.user_id != interaction.user.id:
                raise UserError("Only the person who typed the command may press this. Nothing was changed.")
            del asked[self._key]  # a second press comes too late, whatever the first one is at
            await interaction.response.defer()
            if not self._is_yes:
                await reply(interaction, "Cancelled: nothing was changed.")
                return
            try:
                embeds = await question.do(interaction)
            except UserError:
                asked[self._key] = question  # once it is mended it can be pressed again
                raise
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
    asked = _open(interaction)
    now = asyncio.get_running_loop().time()
    for old in [key for key, one in asked.items() if one.closes_at <= now]:
        del asked[old]
    while len(asked) >= _MOST_OPEN:
        del asked[next(iter(asked))]
    key = secrets.token_hex(_KEY_BYTES)
    asked[key] = _Question(user_id=interaction.user.id, do=do, closes_at=now + OPEN_SECONDS, then=then)
    return [
        ConfirmButton(key=key, choice="yes", label=label),
        ConfirmButton(key=key, choice="no", label="Cancel"),
    ]


_of_clients: WeakKeyDictionary[discord.Client, dict[str, _Question]] = WeakKeyDictionary()


def _open(interaction: discord.Interaction) -> dict[str, _Question]:
    return _of_clients.setdefault(interaction.client, {})
