"""The button below a preview with a hint."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.focus import Focus
from bot.discord.answers import papers as paper_answers
from bot.discord.answers.hints import preview_label
from bot.discord.ui.button_keywords import KEYWORDS, ButtonKeywords
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.services.queries.search import Preview


class PreviewButton(
    PersistentItem,
    template=rf"preview:(?P<days>\d{{1,4}})(?:\.(?P<focus>{'|'.join(Focus)}))?{KEYWORDS}",
):
    """Previews other keywords with the same focus, in place of the preview above."""

    def __init__(self, days: int, keywords: ButtonKeywords, focus: Focus = Focus.EXACT) -> None:
        chosen = "" if focus is Focus.EXACT else f".{focus}"
        super().__init__(
            discord.ui.Button(
                label=preview_label(keywords.text), custom_id=keywords.id_behind(f"preview:{days}{chosen}")
            )
        )
        self._days = days
        self._focus = focus
        self._keywords = keywords

    @classmethod
    def below(cls, result: Preview) -> list[PreviewButton]:
        """A button for each hint."""
        return [
            cls(result.days, ButtonKeywords(hint.rewrite.text), result.focus) for hint in result.study.hints
        ]

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(int(match["days"]), ButtonKeywords.of(match), Focus(match["focus"] or Focus.EXACT))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        keywords = self._keywords.in_message(interaction.message)
        search = client_of(interaction).services.search
        result = await search.preview(keywords, days=self._days, focus=self._focus)
        pages = await asyncio.to_thread(paper_answers.preview, result)
        await answer(interaction, pages, buttons=PreviewButton.below(result))
