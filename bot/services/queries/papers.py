"""Papers on request: the newest list, the list of a day, one paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.core.ids import PaperId
from bot.core.list_days import FIRST_LIST_DAY, closes_at, open_list_day
from bot.core.papers import Paper
from bot.core.typed_dates import dates_like, parse_date
from bot.errors import (
    NotOpenYetError,
    PaperNotFoundError,
    Problem,
    ProblemKind,
    SourceError,
    UserError,
)
from bot.services.context import ServiceContext
from bot.services.queries.paper_pages import PaperPages
from bot.services.runs.polling import Polling
from bot.services.runs.run import Runs
from bot.store import list_days, papers

# The timeout for a person's request to Hugging Face, including all pages and retries.
REQUEST_TIMEOUT_SECONDS = 20.0
_MAX_KNOWN = 50_000  # ids in memory, about 5 MB
_MAX_DAYS_BACK = 5  # there are at most a long weekend's days between two lists


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDay:
    """One list day, as far as it is known."""

    day: date
    papers: tuple[Paper, ...]  # by upvotes, then id
    is_open: bool  # papers may still be added
    unreadable: int = 0  # items on it that could not be read
    problem: Problem | None = None  # why it may be incomplete, or not the newest list
    read_while_open_at: datetime | None = None  # when a closed day was last read, if it was still open then


class Papers:
    """Reads lists and papers from the store, or from Hugging Face if the store does not have them."""

    def __init__(self, context: ServiceContext, *, polling: Polling, pages: PaperPages, runs: Runs) -> None:
        self._database = context.database
        self._source_health = runs.source_health
        self._polling = polling
        self._pages = pages
        self._clock = context.clock
        self._known: set[PaperId] = set()  # some that are stored; none is ever deleted

    def day(self, text: str) -> date:
        """Parses a list day, as `parse_date` reads it.

        Raises:
            UserError: it is not a date, has not opened yet, or is before the first list.
        """
        return _parse_day(text, open_list_day(self._clock()))

    def days_like(self, typed: str) -> Iterator[tuple[str, str]]:
        """List days to offer for what was typed so far, each as a label and as text that `day` reads."""
        today = open_list_day(self._clock())
        return dates_like(typed, today=today, is_past=True)

    async def today(self) -> ListDay:
        """The newest list day that has papers.

        Raises:
            UserError: none is known, and Hugging Face cannot be read.
        """
        today = open_list_day(self._clock())
        newest = await self._newest_day(today)
        if newest is None:
            async with _user_errors("The list"):
                newest = await self._read_newest(today)
        health = await self._source_health()
        return await self._stored(newest or today, problem=health.last_failure if health.is_failing else None)

    async def on(self, day: date) -> ListDay:
        """The list of a day that `day` returned.

        Raises:
            UserError: Hugging Face has not opened it yet, or cannot be read.
        """
        async with self._database.read() as conn:
            is_known = day in await list_days.reads(conn, day, day)
        problem: Problem | None = None
        if not is_known:
            async with _user_errors("The list"):
                try:
                    problem = (await self._polling.read_day(day)).problem
                except NotOpenYetError as error:
                    raise UserError(
                        f"The list of {day} is not open yet: a list opens when its first papers are "
                        "chosen. `/papers today` shows the newest one."
                    ) from error
        return await self._stored(day, problem=problem)

    async def one(self, paper_id: PaperId) -> Paper:
        """The stored paper. One that was on no list that was read is read from Hugging Face, and then stored.

        Raises:
            UserError: there is no such paper, or Hugging Face cannot be read.
        """
        async with self._database.read() as conn:
            stored = await papers.get(conn, paper_id)
        if stored is not None:
            return stored
        async with _user_errors("The paper"):
            try:
                return await self.read(paper_id)
            except PaperNotFoundError as error:
                raise UserError(
                    f"Hugging Face has no paper `{paper_id}`. Check the ID, or look on arXiv: "
                    f"https://arxiv.org/abs/{paper_id}"
                ) from error

    async def one_with_day(self, paper_id: PaperId) -> Paper:
        """As `one`; a paper on no list that was read has the list day that Hugging Face names, if any."""
        paper = await self.one(paper_id)
        page = None if paper.list_day else await self._pages.at_once(paper_id)
        return replace(paper, list_day=page.paper.list_day) if page else paper

    async def stored(self, paper_ids: Collection[PaperId]) -> dict[PaperId, Paper]:
        """Those of the papers that are stored."""
        async with self._database.read() as conn:
            return await papers.by_ids(conn, paper_ids)

    async def unknown(self, paper_ids: Collection[PaperId]) -> set[PaperId]:
        """Those of the papers that are not stored."""
        unknown = set(paper_ids) - self._known
        if unknown:
            stored_ids = (await self.stored(unknown)).keys()
            if len(self._known) > _MAX_KNOWN:
                self._known.clear()
            self._known |= stored_ids
            unknown -= stored_ids
        return unknown

    async def read(self, paper_id: PaperId) -> Paper:
        """A paper that is not stored, from Hugging Face; stores it.

        Raises:
            PaperNotFoundError: there is no such paper.
            SourceError: it could not be read.
        """
        page = await self._pages.read(paper_id)
        async with self._database.write() as conn:
            await papers.add_unlisted(conn, page.paper)
        return page.paper

    async def one_with_days(self, paper_id: PaperId) -> tuple[Paper, list[date]]:
        """As `one`, with the known list days that the paper was on, oldest first.

        Raises:
            UserError: as `one`.
        """
        async with self._database.read() as conn:
            stored = await papers.get(conn, paper_id)
            days = await papers.days_of(conn, paper_id)
        return stored or await self.one(paper_id), days

    async def _read_newest(self, today: date) -> date | None:
        """Reads lists, starting with today's, until one has papers."""
        for back in range(_MAX_DAYS_BACK):
            with suppress(NotOpenYetError):
                await self._polling.read_day(today - timedelta(days=back))
            newest = await self._newest_day(today)
            if newest is not None:
                return newest
        return None

    async def _newest_day(self, up_to: date) -> date | None:
        async with self._database.read() as conn:
            return await papers.newest_day(conn, up_to=up_to)

    async def _stored(self, day: date, *, problem: Problem | None) -> ListDay:
        async with self._database.read() as conn:
            listed = await papers.of_day(conn, day)
            read = (await list_days.reads(conn, day, day)).get(day)
        is_old = read is not None and read.read_at < closes_at(day) <= self._clock()
        return ListDay(
            day=day,
            papers=tuple(listed),
            is_open=day >= open_list_day(self._clock()),
            unreadable=read.unreadable if read else 0,
            problem=problem,
            read_while_open_at=read.read_at if read and is_old else None,
        )


@asynccontextmanager
async def _user_errors(what: str) -> AsyncGenerator[None]:
    """Limits the time of requests that a person waits for, and turns their failure into a UserError."""
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
            yield
    except (SourceError, TimeoutError) as error:
        timed_out = Problem(ProblemKind.TIMED_OUT)
        problem = error.problem if isinstance(error, SourceError) else timed_out
        raise UserError(
            f"{what} could not be read, because {problem}. Try again in a few minutes."
        ) from error


def _parse_day(text: str, today: date) -> date:
    day = parse_date(text, today=today, is_past=True)
    if day > today:
        raise UserError(
            f"The list of {day} is not open yet. The newest list that can have papers is `{today}`."
        )
    if day < FIRST_LIST_DAY:
        raise UserError(f"The Daily Papers list started on `{FIRST_LIST_DAY}`. Use that day or a later one.")
    return day
