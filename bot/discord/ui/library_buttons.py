"""*Save*, *Remove* and *Cite* below a paper, for the person who presses, and the menu that removes papers."""

from __future__ import annotations

from io import BytesIO

import discord
from typing_extensions import override

from bot.core.ids import PaperId, UserId
from bot.discord.answers import citations as citation_answers
from bot.discord.answers import library as answers
from bot.discord.ui.components import SafeView, client_of
from bot.discord.ui.cooldowns import use_for_unknown
from bot.discord.ui.paper_items import PAPER, PaperButton, PaperSelect
from bot.discord.ui.replies import reply


class SaveButton(PaperButton, template=rf"save:{PAPER}"):
    """Saves a paper in the library of the person who presses."""

    action, label, style = "save", "Save", discord.ButtonStyle.primary

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        await use_for_unknown(interaction, [paper_id])
        library = client_of(interaction).services.library
        result = await library.save(UserId(interaction.user.id), [paper_id])
        await reply(interaction, embeds=[answers.saving(result)], view=SafeView(UnsaveButton(paper_id)))


class UnsaveButton(PaperButton, template=rf"unsave:{PAPER}"):
    """Removes a paper from the library of the person who presses."""

    action, label = "unsave", "Remove"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        await _remove(interaction, paper_id)


class UnsaveMenu(PaperSelect, template="unsave"):
    """Removes one of several papers from the library of the person who chooses it."""

    action, placeholder = "unsave", "Remove a paper …"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        await _remove(interaction, paper_id)


class CiteButton(PaperButton, template=rf"cite:{PAPER}"):
    """Shows a paper's BibTeX to the person who presses."""

    action, label = "cite", "Cite"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        await use_for_unknown(interaction, [paper_id])
        citations = client_of(interaction).services.citations
        citation = await citations.cite(UserId(interaction.user.id), paper_id)
        text, file = citation_answers.citation(citation)
        await reply(
            interaction,
            text,
            files=[] if file is None else [discord.File(BytesIO(file), filename=f"{citation.key}.bib")],
            view=None if citation.is_saved else SafeView(SaveButton(paper_id)),
        )


async def _remove(interaction: discord.Interaction, paper_id: PaperId) -> None:
    library = client_of(interaction).services.library
    result = await library.remove(UserId(interaction.user.id), [paper_id])
    view = SafeView(SaveButton(paper_id, label="Save again")) if result.removed else None
    await reply(interaction, embeds=[answers.removal(result)], view=view)
