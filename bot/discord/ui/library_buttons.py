"""The buttons *Save* and *Remove* below a paper. What they do concerns only the person who presses."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import PaperId, UserId
from bot.discord.answers import library as answers
from bot.discord.ui.components import PersistentItem, SafeView, client_of
from bot.discord.ui.replies import reply

_ID = r"(?P<paper>\d{4}\.\d{4,5})"


class SaveButton(PersistentItem, template=rf"save:{_ID}"):
    """Saves a paper in the library of the person who presses."""

    def __init__(self, paper_id: PaperId, *, label: str = "Save") -> None:
        super().__init__(
            discord.ui.Button(label=label, style=discord.ButtonStyle.primary, custom_id=f"save:{paper_id}")
        )
        self._paper_id = paper_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(PaperId(match["paper"]))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        library = client_of(interaction).services.library
        result = await library.save(UserId(interaction.user.id), [self._paper_id])
        await reply(interaction, embeds=[answers.saving(result)], view=SafeView(UnsaveButton(self._paper_id)))


class UnsaveButton(PersistentItem, template=rf"unsave:{_ID}"):
    """Removes a paper from the library of the person who presses."""

    def __init__(self, paper_id: PaperId, *, label: str = "Remove") -> None:
        super().__init__(
            discord.ui.Button(
                label=label, style=discord.ButtonStyle.secondary, custom_id=f"unsave:{paper_id}"
            )
        )
        self._paper_id = paper_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(PaperId(match["paper"]))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        library = client_of(interaction).services.library
        result = await library.remove(UserId(interaction.user.id), [self._paper_id])
        again = SafeView(SaveButton(self._paper_id, label="Save again")) if result.removed else None
        await reply(interaction, embeds=[answers.removal(result)], view=again)
