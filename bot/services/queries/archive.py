"""The archive on request: the most upvoted papers of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.core.archive import ArchiveExtent
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.services.context import ServiceContext
from bot.services.runs.archive_reading import ArchiveReader
from bot.store import papers

MAX_TOP = 60


class Period(StrEnum):
    """The last days, up to the open list day."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> int:
        return {Period.WEEK: 7, Period.MONTH: 30, Period.YEAR: 365}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopPapers:
    """The most upvoted papers of a period."""

    days: int
    first: date  # the period's first list day
    papers: tuple[Paper, ...]  # at most MAX_TOP, the most upvoted first
    archive: ArchiveExtent


class Archive:
    """Reads all stored papers."""

    def __init__(self, context: ServiceContext, *, reader: ArchiveReader) -> None:
        self._database = context.database
        self._clock = context.clock
        self._reader = reader

    async def top(self, period: Period) -> TopPapers:
        """The most upvoted papers of the list days in the period."""
        first = self._first_of(period.days)
        async with self._database.read() as conn:
            found = await papers.most_upvoted(conn, first=first, limit=MAX_TOP)
        return TopPapers(
            days=period.days, first=first, papers=tuple(found), archive=await self._reader.extent()
        )

    def _first_of(self, days: int) -> date:
        """The first of the last `days` list days."""
        return open_list_day(self._clock()) - timedelta(days=days - 1)
