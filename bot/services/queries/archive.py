"""The archive on request: search in all stored papers, and the most upvoted ones of a period."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.core.archive import ArchiveExtent
from bot.core.ids import PaperId
from bot.core.list_days import first_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.parser import Query
from bot.services.context import ServiceContext
from bot.services.queries.text_search import search_texts
from bot.services.runs.archive_reading import ArchiveReader
from bot.store import papers

MAX_DAYS = 3_650
MAX_TOP = 60


class Sort(StrEnum):
    """The order of search results. What is equal in it is ordered by upvotes, then list day."""

    MATCH = "match"
    UPVOTES = "upvotes"
    DAY = "day"


class Period(StrEnum):
    """The last days, up to the open list day."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> int:
        return {Period.WEEK: 7, Period.MONTH: 30, Period.YEAR: 365}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What a search found; the papers themselves are loaded page by page."""

    query: Query
    days: int | None  # the last list days that were searched; None for all
    sort: Sort
    ids: tuple[PaperId, ...]  # in this order
    searched: int  # papers
    first: date | None  # the first of those list days
    archive: ArchiveExtent


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
        self._limits = context.limits
        self._clock = context.clock
        self._reader = reader
        self._searching = asyncio.Lock()  # one search at a time, which bounds their memory

    def query(self, keywords: str) -> CompiledQuery:
        """The query to search for.

        Raises:
            QueryError: it cannot be read.
        """
        return compile_query(keywords, self._limits)

    async def search(self, query: CompiledQuery, *, days: int | None, sort: Sort) -> SearchResults:
        """The stored papers of the last `days` list days, or of all, that the query matches."""
        first = None if days is None else first_list_day(self._clock(), days=days)
        async with self._searching, self._database.read() as conn:
            matching = await search_texts(conn, query, first=first, is_ranked=sort is Sort.MATCH)
            keys = await papers.sort_keys(conn, matching.ranks)
        return SearchResults(
            query=query.parsed(),
            days=days,
            sort=sort,
            ids=_sorted(matching.ranks, keys, sort),
            searched=matching.searched,
            first=first,
            archive=await self._reader.extent(),
        )

    async def by_ids(self, ids: Sequence[PaperId]) -> list[Paper]:
        """These papers, in this order."""
        async with self._database.read() as conn:
            stored = await papers.by_ids(conn, ids)
        return [stored[paper_id] for paper_id in ids if paper_id in stored]

    async def top(self, period: Period) -> TopPapers:
        """The most upvoted papers of the list days in the period."""
        first = first_list_day(self._clock(), days=period.days)
        async with self._database.read() as conn:
            top = await papers.most_upvoted(conn, first=first, limit=MAX_TOP)
        return TopPapers(
            days=period.days, first=first, papers=tuple(top), archive=await self._reader.extent()
        )


def _sorted(
    ranks: Mapping[PaperId, int], keys: Mapping[PaperId, tuple[int, date]], sort: Sort
) -> tuple[PaperId, ...]:
    def key(paper_id: PaperId) -> tuple[int, int, int]:
        upvotes, day = keys[paper_id]
        if sort is Sort.DAY:
            return (-day.toordinal(), -upvotes, 0)
        rank = ranks[paper_id] if sort is Sort.MATCH else 0
        return (rank, -upvotes, -day.toordinal())

    return tuple(sorted(sorted(ranks, reverse=True), key=key))
