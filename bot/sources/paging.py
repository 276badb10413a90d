"""Paging: collects the pages of one list day, and decides whether to request the next one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import Any

from yarl import URL

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.errors import Problem, ProblemKind
from bot.sources.answers import Answer
from bot.sources.parse import ParsedList

_log = logging.getLogger(__name__)

LIST_PATH = "/api/daily_papers"
# The fullest day seen has 92 papers. A list beyond these limits is cut and reported as too long.
MAX_PAGES = 50
MAX_ITEMS = 5_000
MAX_BYTES = 32 * 1024 * 1024  # of all pages together


@dataclass(frozen=True, slots=True, kw_only=True)
class DayListing:
    """One list day as far as it could be read. A Saturday's is empty, which is not a failure.

    Attributes:
        unreadable: how many items could not be read; the log says why.
        problem: why this may not be the whole list; None if it was read to its end and at least half of its
            items could be read.
    """

    day: date
    papers: tuple[Paper, ...]
    unreadable: int = 0
    problem: Problem | None = None


class DayReading:
    """Collects the pages of one list day.

    Attributes:
        papers: of all pages, in their order, each once.
        problem: why reading stopped before the end of the list.
    """

    def __init__(self, day: date) -> None:
        self.day = day
        self.papers: dict[PaperId, Paper] = {}
        self.problem: Problem | None = None
        self._unreadable = 0
        self._items = 0
        self._size = 0
        self._asked: set[URL] = set()

    def add(self, url: URL, answer: Answer[ParsedList]) -> URL | None:
        """Add the page at this address; return the address of the next one to read, if any."""
        self._asked.add(url)
        page = answer.found
        if page is None:
            return None
        before = len(self.papers)
        for paper in page.papers:
            self.papers.setdefault(paper.id, paper)
        self._unreadable += len(page.dropped)
        self._items += len(page.papers) + len(page.dropped)
        self._size += answer.size
        next_page, kind = _next_page(url, answer, self.day)
        if page.dropped and not page.papers:
            kind = ProblemKind.NO_ITEM_READABLE
        elif page.is_cut:
            kind = ProblemKind.TOO_LONG
        elif next_page is not None:
            kind = self._why_stop(next_page, is_new=len(self.papers) > before)
        if kind is not None:
            self.problem = Problem(kind)
            return None
        return next_page

    def _why_stop(self, next_page: URL, *, is_new: bool) -> ProblemKind | None:
        """Why the next page must not be requested; None if it may be."""
        if next_page in self._asked or not is_new:
            return ProblemKind.REPEATED
        if len(self._asked) >= MAX_PAGES or self._items >= MAX_ITEMS or self._size >= MAX_BYTES:
            return ProblemKind.TOO_LONG
        return None

    def listing(self) -> DayListing:
        problem = self.problem
        if problem is None and self._unreadable > len(self.papers):
            problem = Problem(ProblemKind.MOST_ITEMS_UNREADABLE)
        return DayListing(
            day=self.day, papers=tuple(self.papers.values()), unreadable=self._unreadable, problem=problem
        )


def _next_page(url: URL, answer: Answer[Any], day: date) -> tuple[URL | None, ProblemKind | None]:
    """The address of the next page, always at our endpoint; or why there is none.

    A mirror may pass on links to the origin that it copies: their query is right, their host is not.
    """
    link = answer.next_link
    if answer.has_broken_link:
        _log.warning("The address of the next page of the list of %s cannot be parsed", day)
        return None, ProblemKind.UNREADABLE
    if link is None:
        return None, None
    if not link.path.endswith(LIST_PATH) or not link.query or link.query.get("date", str(day)) != str(day):
        _log.warning("The next page of the list of %s is on another path; it was not followed", day)
        return None, ProblemKind.REDIRECTED
    return url.update_query(link.query), None
