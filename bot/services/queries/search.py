"""Search in the stored papers, with the same index and rules as delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.decisions import newest_first
from bot.core.focus import Focus
from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.parser import Query
from bot.core.query.relevance import Relevance, relevance
from bot.matching.index import PaperIndex
from bot.services.context import ServiceContext
from bot.services.queries.focus import Compared, compare
from bot.services.queries.hints import NO_STUDY, Study, study
from bot.store import list_days, papers

RECENT_DAYS = 7  # the period in which /subscribe counts a keyword's papers; also /preview's default
MAX_DAYS = 30
STUDY_DAYS = MAX_DAYS  # the period of the numbers in hints


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The papers of the last days that a query matches."""

    query: Query
    days: int
    papers: tuple[Paper, ...]  # newest list day first; within a day, by upvotes
    days_known: int  # how many of the list days have been read; fewer than `days` during the backfill
    compiled: CompiledQuery
    focus: Focus
    compared: Compared  # what each focus takes
    study: Study = NO_STUDY
    relevance: Relevance | None = None  # of the papers; None if there are none


class Search:
    """Searches the papers of the last days."""

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._limits = context.limits
        self._clock = context.clock
        self._studying = asyncio.Lock()  # one study at a time, which bounds their memory

    async def preview(self, keywords: str, *, days: int, focus: Focus = Focus.EXACT) -> Preview:
        """The papers of the last `days` list days that the query matches, and what each focus takes of them.

        Raises:
            QueryError: the query cannot be read.
        """
        query = compile_query(keywords, self._limits)
        today = open_list_day(self._clock())
        first = today - timedelta(days=days - 1)
        async with self._database.read() as conn:
            reads = await list_days.reads(conn, first, today)
        found, studied = await self.studied([query], days=max(days, STUDY_DAYS))
        matches = [paper for paper in found[query.expression] if paper.list_day and paper.list_day >= first]
        parsed = query.parsed()
        close = (
            await asyncio.to_thread(relevance, parsed, matches, about=studied.about[query.canonical])
            if matches
            else None
        )
        return Preview(
            focus=focus,
            compared=(await self.compared([query], days=days))[query.canonical],
            query=parsed,
            compiled=query,
            days=days,
            papers=tuple(newest_first(matches)),
            days_known=len(reads),
            study=studied,
            relevance=close,
        )

    async def compared(self, queries: Sequence[CompiledQuery], *, days: int) -> dict[str, Compared]:
        """For each query's canonical form, how close the papers of the last `days` list days are to it."""
        window = await self._window(days)
        async with self._studying:
            return await asyncio.to_thread(compare, window, queries)

    async def studied(
        self, queries: Sequence[CompiledQuery], *, days: int = STUDY_DAYS
    ) -> tuple[dict[str, list[Paper]], Study]:
        """As `recent`, for what a person typed, and how it was read, with hints."""
        window = await self._window(days)
        expressions = [query.expression for query in queries]
        async with self._studying:
            matches, result = await asyncio.to_thread(_studied, window, queries, days, self._limits)
        return _by_query(window, expressions, matches), result

    async def recent(self, compiled: Collection[str], *, days: int) -> dict[str, list[Paper]]:
        """For each compiled query, the papers of the last `days` list days that it matches."""
        window = await self._window(days)
        return _by_query(window, compiled, await asyncio.to_thread(_search, window, compiled))

    async def _window(self, days: int) -> list[Paper]:
        today = open_list_day(self._clock())
        async with self._database.read() as conn:
            return await papers.between(conn, today - timedelta(days=days - 1), today)


def _by_query(
    window: Sequence[Paper], compiled: Iterable[str], matches: Mapping[str, Sequence[PaperId]]
) -> dict[str, list[Paper]]:
    by_id = {paper.id: paper for paper in window}
    return {query: [by_id[paper_id] for paper_id in matches.get(query, ())] for query in compiled}


def _studied(
    window: Sequence[Paper], queries: Sequence[CompiledQuery], days: int, limits: Limits
) -> tuple[dict[str, tuple[PaperId, ...]], Study]:
    index = PaperIndex(window)
    matches = index.search_many(query.expression for query in queries)
    return matches, study(index, queries, days=days, limits=limits)


def _search(window: Sequence[Paper], compiled: Collection[str]) -> dict[str, tuple[PaperId, ...]]:
    return PaperIndex(window).search_many(compiled)


async def matching(paper: Paper, compiled: Collection[str]) -> frozenset[str]:
    """Those of the compiled queries that match this one paper."""
    matches = await asyncio.to_thread(_search, [paper], compiled)
    return frozenset(matches)
