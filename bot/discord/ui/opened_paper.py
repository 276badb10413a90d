"""The menu and the buttons below messages with papers, and what they open: a paper, and similar papers."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from typing_extensions import override

from bot.core.cards import paper_links
from bot.core.ids import PaperId
from bot.core.limits import Costly
from bot.core.opened_papers import opened_card
from bot.core.paper_choices import PaperChoice, paper_choices
from bot.discord.answers import similar as similar_answers
from bot.discord.embeds import add_links, to_embed
from bot.discord.ui.components import PersistentItem, SafeView, client_of
from bot.discord.ui.cooldowns import use, use_for_unknown
from bot.discord.ui.follow_like_buttons import FollowLikeButton
from bot.discord.ui.library_buttons import CiteButton, SaveButton
from bot.discord.ui.paper_items import PAPER, PaperButton, PaperSelect
from bot.discord.ui.replies import reply


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


class SimilarButton(PaperButton, template=rf"similar:{PAPER}"):
    """Shows the most similar papers to the person who presses it."""

    action, label = "similar", "More like this"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        use(interaction, Costly.SIMILAR)
        await use_for_unknown(interaction, [paper_id])
        result = await client_of(interaction).services.similar.to(paper_id)
        items: list[PersistentItem] = [FollowLikeButton(paper_id)]
        if result.papers:
            items.insert(0, PaperMenu(paper_choices(opened.paper for opened in result.papers)))
        await reply(interaction, embeds=[similar_answers.similar_papers(result)], view=SafeView(*items))


def paper_row(paper_id: PaperId) -> list[PersistentItem]:
    """What a person can do with a paper: Save · Cite · More like this."""
    return [SaveButton(paper_id), CiteButton(paper_id), SimilarButton(paper_id)]


def papers_view(papers: Sequence[PaperChoice]) -> discord.ui.View | None:
    """The menu below a message with these papers, or the buttons of the only one."""
    if not papers:
        return None
    if len(papers) > 1:
        return SafeView(PaperMenu(papers))
    return SafeView(OpenButton(papers[0].id), *paper_row(papers[0].id))


async def open_paper(interaction: discord.Interaction, paper_id: PaperId) -> None:
    """Answers a deferred interaction with the paper."""
    await use_for_unknown(interaction, [paper_id])
    opened = await client_of(interaction).services.reading.open(paper_id)
    view = SafeView(*paper_row(opened.paper.id))
    add_links(view, paper_links(opened.paper))
    await reply(interaction, embeds=[to_embed(opened_card(opened))], view=view)
