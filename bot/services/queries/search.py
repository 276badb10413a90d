"""Search in the stored papers, with the same index and rules as delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import newest_first
from bot.core.focus import Focus
from bot.core.ids import PaperId
from bot.core.list_days import first_list_day, open_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.parser import Query
from bot.core.query.relevance import Relevance, relevance
from bot.matching.index import PaperIndex
from bot.services.context import ServiceContext
from bot.services.queries.archive_study import MAX_SECONDS, study_archive
from bot.services.queries.focus import Compared, compare
from bot.services.queries.hints import NO_STUDY, Study
from bot.services.queries.text_search import matches_since
from bot.store import list_days, papers

RECENT_DAYS = 7  # the period in which /subscribe counts a keyword's papers; also /preview's default
MAX_DAYS = 30


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
        found, studied = await self.studied([query], days=days)
        matches = found[query.expression]
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
            days_known=await self.days_known(days),
            study=studied,
            relevance=close,
        )

    async def days_known(self, days: int) -> int:
        """How many of the last `days` list days have been read."""
        now = self._clock()
        async with self._database.read() as conn:
            return len(await list_days.read_at(conn, first_list_day(now, days=days), open_list_day(now)))

    async def compared(self, queries: Sequence[CompiledQuery], *, days: int) -> dict[str, Compared]:
        """For each query's canonical form, how close the papers of the last `days` list days are to it."""
        window = await self._window(days)
        async with self._studying:
            return await asyncio.to_thread(compare, window, queries)

    async def studied(
        self, queries: Sequence[CompiledQuery], *, days: int = MAX_DAYS
    ) -> tuple[dict[str, list[Paper]], Study]:
        """As `recent`, for what a person typed, and how it was read, with hints by the whole archive."""
        ends_at = monotonic() + MAX_SECONDS
        about = {query.canonical: query.about() for query in queries}
        first = first_list_day(self._clock(), days=days)
        async with self._studying, self._database.read() as conn:
            ids_of = await matches_since(conn, {*_expressions(queries), *about.values()}, first=first)
            matches = await _papers_of(
                conn, {expression: ids_of[expression] for expression in _expressions(queries)}
            )
            studied = await study_archive(conn, queries, limits=self._limits, ends_at=ends_at)
        of_queries = {canonical: frozenset(ids_of[expression]) for canonical, expression in about.items()}
        return matches, replace(studied, about=of_queries)

    async def recent(self, compiled: Collection[str], *, days: int) -> dict[str, list[Paper]]:
        """For each compiled query, the papers of the last `days` list days that it matches."""
        async with self._database.read() as conn:
            return await _papers_of(
                conn, await matches_since(conn, compiled, first=first_list_day(self._clock(), days=days))
            )

    async def _window(self, days: int) -> list[Paper]:
        async with self._database.read() as conn:
            return await papers.between(
                conn, first_list_day(self._clock(), days=days), open_list_day(self._clock())
            )


def _expressions(queries: Iterable[CompiledQuery]) -> list[str]:
    return [query.expression for query in queries]


async def _papers_of(
    conn: AsyncConnection, ids_of: Mapping[str, Collection[PaperId]]
) -> dict[str, list[Paper]]:
    """The papers in place of their ids, the oldest list day first."""
    by_id = await papers.by_ids(conn, set[PaperId]().union(*ids_of.values()))
    in_order = sorted(
        by_id.values(), key=lambda paper: (paper.list_day or date.min, -paper.upvotes, paper.id)
    )
    return {
        expression: [paper for paper in in_order if paper.id in ids] for expression, ids in ids_of.items()
    }


def _search(window: Sequence[Paper], compiled: Collection[str]) -> dict[str, tuple[PaperId, ...]]:
    return PaperIndex(window).search_many(compiled)


async def matching(paper: Paper, compiled: Collection[str]) -> frozenset[str]:
    """Those of the compiled queries that match this one paper."""
    matches = await asyncio.to_thread(_search, [paper], compiled)
    return frozenset(matches)
