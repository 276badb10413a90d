"""Reading: a paper as a person opens it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from bot.core.ids import PaperId
from bot.core.opened_papers import OpenedPaper
from bot.core.papers import Paper
from bot.errors import PaperNotFoundError, SourceError
from bot.services.queries.paper_pages import PaperPages
from bot.services.queries.papers import Papers

# For the papers of one message that are not stored. Two are asked for at once.
READING_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersById:
    """The papers with some ids."""

    papers: tuple[Paper, ...]
    unknown: tuple[PaperId, ...] = ()  # that Hugging Face does not have
    unread: tuple[PaperId, ...] = ()  # about which it did not answer


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
        paper, days = await self._papers.one_with_days(paper_id)
        page = await self._pages.at_once(paper_id)
        paper = _with_numbers(paper, page.paper) if page else paper
        if not days and paper.list_day:
            days = [paper.list_day]
        return OpenedPaper(
            paper=paper,
            days=tuple(days),
            linked=page.linked if page else None,
        )

    async def several(self, paper_ids: Sequence[PaperId]) -> PapersById:
        """The papers with these ids, in this order, as far as they can be read in READING_SECONDS."""
        stored = await self._papers.stored(paper_ids)
        unknown: set[PaperId] = set()

        async def read(paper_id: PaperId) -> None:
            try:
                stored[paper_id] = await self._papers.read(paper_id)
            except PaperNotFoundError:
                unknown.add(paper_id)
            except SourceError:
                pass

        with suppress(TimeoutError):
            async with asyncio.timeout(READING_SECONDS), asyncio.TaskGroup() as group:
                for paper_id in paper_ids:
                    if paper_id not in stored:
                        group.create_task(read(paper_id))
        return PapersById(
            papers=tuple(stored[paper_id] for paper_id in paper_ids if paper_id in stored),
            unknown=tuple(paper_id for paper_id in paper_ids if paper_id in unknown),
            unread=tuple(
                paper_id for paper_id in paper_ids if paper_id not in stored and paper_id not in unknown
            ),
        )


def _with_numbers(paper: Paper, latest: Paper) -> Paper:
    """The paper with what changes after its list. Its texts stay as the list had them, which are cleaner."""
    return replace(
        paper,
        list_day=paper.list_day or latest.list_day,
        upvotes=latest.upvotes,
        comments=max(paper.comments, latest.comments),  # a single paper may come without
        github_repo=latest.github_repo or paper.github_repo,
        github_stars=paper.github_stars if latest.github_stars is None else latest.github_stars,
        project_page=latest.project_page or paper.project_page,
        withdrawn_at=latest.withdrawn_at or paper.withdrawn_at,
    )
