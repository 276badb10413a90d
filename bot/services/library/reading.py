"""Reading: a paper as a person opens it."""

from __future__ import annotations

from dataclasses import replace

from bot.core.ids import PaperId
from bot.core.opened_papers import OpenedPaper
from bot.core.papers import Paper
from bot.services.queries.paper_pages import PaperPages
from bot.services.queries.papers import Papers


class Reading:
    """Opens papers: from the store, with today's numbers and links where Hugging Face answers in time."""

    def __init__(self, *, papers: Papers, pages: PaperPages) -> None:
        self._papers = papers
        self._pages = pages

    async def open(self, paper_id: PaperId) -> OpenedPaper:
        """The paper with all that is known of it.

        Raises:
            UserError: there is no such paper, or it has to be read from Hugging Face, which fails.
        """
        paper = await self._papers.one(paper_id)
        page = await self._pages.at_once(paper_id)
        return OpenedPaper(
            paper=_with_numbers(paper, page.paper) if page else paper,
            days=tuple(await self._papers.days_of(paper)),
            linked=page.linked if page else None,
        )


def _with_numbers(paper: Paper, latest: Paper) -> Paper:
    """The paper with what changes after its list. Its texts stay as the list had them, which are cleaner."""
    return replace(
        paper,
        upvotes=latest.upvotes,
        comments=max(paper.comments, latest.comments),  # a single paper may come without
        github_repo=latest.github_repo or paper.github_repo,
        github_stars=paper.github_stars if latest.github_stars is None else latest.github_stars,
        project_page=latest.project_page or paper.project_page,
        withdrawn_at=latest.withdrawn_at or paper.withdrawn_at,
    )
