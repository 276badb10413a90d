"""*Save*, *Remove* and *Cite* below a paper, for the person who presses, and the menu that removes papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import PAPER_ID, PaperId, UserId
from bot.core.paper_choices import PaperChoice
from bot.discord.answers import citations as citation_answers
from bot.discord.answers import library as answers
from bot.discord.ui.components import PersistentItem, SafeView, client_of
from bot.discord.ui.cooldowns import use_for_unknown
from bot.discord.ui.replies import defer_personally, reply

_ID = rf"(?P<paper>{PAPER_ID})"


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
        await defer_personally(interaction)
        await use_for_unknown(interaction, [self._paper_id])
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
        await defer_personally(interaction)
        await _remove(interaction, self._paper_id)


class UnsaveMenu(PersistentItem, template="unsave"):
    """Removes one of several papers from the library of the person who chooses it."""

    def __init__(self, papers: Sequence[PaperChoice]) -> None:
        super().__init__(
            discord.ui.Select(
                custom_id="unsave",
                placeholder="Remove a paper …",
                options=[discord.SelectOption(label=paper.title, value=paper.id) for paper in papers],
            )
        )

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(())

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        chosen: list[str] = (interaction.data or {}).get("values", [])
        await _remove(interaction, PaperId(chosen[0]))


class CiteButton(PersistentItem, template=rf"cite:{_ID}"):
    """Shows a paper's BibTeX to the person who presses."""

    def __init__(self, paper_id: PaperId) -> None:
        super().__init__(discord.ui.Button(label="Cite", custom_id=f"cite:{paper_id}"))
        self._paper_id = paper_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(PaperId(match["paper"]))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        await use_for_unknown(interaction, [self._paper_id])
        citations = client_of(interaction).services.citations
        citation = await citations.cite(UserId(interaction.user.id), self._paper_id)
        text, file = citation_answers.citation(citation)
        await reply(
            interaction,
            text,
            files=[] if file is None else [discord.File(BytesIO(file), filename=f"{citation.key}.bib")],
            view=None if citation.is_saved else SafeView(SaveButton(self._paper_id)),
        )


async def _remove(interaction: discord.Interaction, paper_id: PaperId) -> None:
    library = client_of(interaction).services.library
    result = await library.remove(UserId(interaction.user.id), [paper_id])
    again = SafeView(SaveButton(paper_id, label="Save again")) if result.removed else None
    await reply(interaction, embeds=[answers.removal(result)], view=again)
