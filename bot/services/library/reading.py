"""Reading: a paper as a person opens it."""

from __future__ import annotations

from bot.core.ids import PaperId
from bot.core.opened_papers import OpenedPaper
from bot.services.queries.papers import Papers


class Reading:
    """Opens papers, from the store as far as it has them."""

    def __init__(self, *, papers: Papers) -> None:
        self._papers = papers

    async def open(self, paper_id: PaperId) -> OpenedPaper:
        """The paper with all that is known of it.

        Raises:
            UserError: there is no such paper, or it has to be read from Hugging Face, which fails.
        """
        paper = await self._papers.one(paper_id)
        return OpenedPaper(paper=paper, days=tuple(await self._papers.days_of(paper)))
