"""The button *More like this* below a paper."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import PAPER_ID, PaperId
from bot.core.paper_choices import paper_choices
from bot.discord.answers import similar as answers
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.replies import reply


class SimilarButton(PersistentItem, template=rf"similar:(?P<paper>{PAPER_ID})"):
    """Shows the person who presses which papers are about the same."""

    def __init__(self, paper_id: PaperId) -> None:
        super().__init__(discord.ui.Button(label="More like this", custom_id=f"similar:{paper_id}"))
        self._paper_id = paper_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(PaperId(match["paper"]))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        from bot.discord.ui.opened_paper import PaperMenu  # noqa: PLC0415 - which shows this button

        await interaction.response.defer(ephemeral=True, thinking=True)
        result = await client_of(interaction).services.similar.to(self._paper_id)
        view = discord.ui.View(timeout=None)
        if result.papers:
            view.add_item(PaperMenu(paper_choices(one.paper for one in result.papers)))
        await reply(interaction, embeds=[answers.similar_papers(result)], view=view)
