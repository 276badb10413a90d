"""Bases of the buttons and menus about papers. Anyone may use them; only that person sees the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import discord
from typing_extensions import override

from bot.core.ids import PAPER_ID, PaperId
from bot.core.paper_choices import PaperChoice
from bot.discord.ui.components import PersistentItem
from bot.discord.ui.replies import defer_personally

PAPER = rf"(?P<paper>{PAPER_ID})"  # in a template
_NONE = r"(?!)"  # matches no custom id: a base


class PaperItem(PersistentItem, template=_NONE):
    """Does something with one paper."""

    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        """Answers the interaction, which is deferred."""
        raise NotImplementedError


class PaperButton(PaperItem, template=_NONE):
    """A button about one paper, whose custom id is `{action}:{paper id}`: `template` has to match that."""

    action: ClassVar[str]
    label: ClassVar[str]
    style: ClassVar[discord.ButtonStyle] = discord.ButtonStyle.secondary

    def __init__(self, paper_id: PaperId, *, label: str = "") -> None:
        super().__init__(
            discord.ui.Button(
                label=label or self.label, style=self.style, custom_id=f"{self.action}:{paper_id}"
            )
        )
        self._paper_id = paper_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(PaperId(match["paper"]))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        await self.act(interaction, self._paper_id)


class PaperSelect(PaperItem, template=_NONE):
    """A menu of papers; its values are their ids. `template` has to match `action`, its custom id."""

    action: ClassVar[str]
    placeholder: ClassVar[str]

    def __init__(self, papers: Sequence[PaperChoice]) -> None:
        options = [discord.SelectOption(label=paper.title, value=paper.id) for paper in papers]
        super().__init__(
            discord.ui.Select(custom_id=self.action, placeholder=self.placeholder, options=options)
        )

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(())

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        chosen: list[str] = (interaction.data or {}).get("values", [])
        await self.act(interaction, PaperId(chosen[0]))
