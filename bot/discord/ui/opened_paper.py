"""The menu and the buttons under messages with papers, and the paper that they open."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from typing_extensions import override

from bot.core.cards import paper_links
from bot.core.ids import PaperId
from bot.core.opened_papers import OpenedPaper, opened_card
from bot.core.paper_choices import PaperChoice
from bot.discord.embeds import add_links, to_embed
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.cooldowns import use_for_unknown
from bot.discord.ui.library_buttons import CiteButton, SaveButton
from bot.discord.ui.paper_items import PAPER, PaperButton, PaperSelect
from bot.discord.ui.replies import reply
from bot.discord.ui.similar_buttons import SimilarButton


class PaperMenu(PaperSelect, template="papers"):
    """Opens one of several papers for the person who chooses it."""

    action, placeholder = "papers", "Open a paper …"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        await open_paper(interaction, paper_id)


class OpenButton(PaperButton, template=rf"open:{PAPER}"):
    """Opens a paper for the person who presses it."""

    action, label = "open", "Open"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        await open_paper(interaction, paper_id)


def paper_row(paper_id: PaperId) -> list[PersistentItem]:
    """What a person can do with a paper: Save · Cite · More like this."""
    return [SaveButton(paper_id), CiteButton(paper_id), SimilarButton(paper_id)]


def papers_view(papers: Sequence[PaperChoice]) -> discord.ui.View | None:
    """What stands under a message with these papers: a menu, or the buttons of the only one."""
    if not papers:
        return None
    view = discord.ui.View(timeout=None)
    if len(papers) > 1:
        view.add_item(PaperMenu(papers))
        return view
    for item in (OpenButton(papers[0].id), *paper_row(papers[0].id)):
        view.add_item(item)
    return view


async def open_paper(interaction: discord.Interaction, paper_id: PaperId) -> None:
    """Answers a deferred interaction with the paper."""
    await use_for_unknown(interaction, [paper_id])
    await show_paper(interaction, await client_of(interaction).services.reading.open(paper_id))


async def show_paper(interaction: discord.Interaction, opened: OpenedPaper) -> None:
    """Answers a deferred interaction with an opened paper."""
    view = discord.ui.View(timeout=None)
    for item in paper_row(opened.paper.id):
        view.add_item(item)
    add_links(view, paper_links(opened.paper))
    await reply(interaction, embeds=[to_embed(opened_card(opened))], view=view)
