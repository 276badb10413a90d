"""Preview without a store, for the command line: reads lists from Hugging Face and searches them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.decisions import newest_first
from bot.core.ids import PaperId
from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_alternatives, distinct
from bot.core.query.parser import parse_query
from bot.errors import NotOpenYetError, Problem
from bot.matching.index import PaperIndex
from bot.services.progress import Progress, no_progress
from bot.services.queries.hints import NO_STUDY, Study, study
from bot.sources.huggingface import HuggingFace
from bot.sources.paging import DayListing

_MAX_DAYS_BACK = 5  # there are at most a long weekend's days between two lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    paper: Paper
    queries: tuple[CompiledQuery, ...]  # those that match it


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The matching papers of some list days."""

    days: tuple[date, ...]  # the list days that were read, newest first
    listed: int  # papers on those days
    papers: tuple[Match, ...]  # newest list day first; within a day, by upvotes
    study: Study = NO_STUDY  # how the queries were read, with hints
    unreadable: int = 0  # items on those days
    problem: Problem | None = None  # why a list was read only in part; of the newest such list
    problem_day: date | None = None


def alternatives(keywords: str, limits: Limits) -> tuple[CompiledQuery, ...]:
    """The queries that /subscribe would add for the keywords.

    Raises:
        QueryError: one of them cannot be read.
    """
    parse_query(keywords)  # as a whole first, so that an error shows its place in the complete text
    return distinct(compile_alternatives(keywords, limits))[0]


async def newest_list(source: HuggingFace, today: date) -> DayListing:
    """The newest list that has papers; an empty list of `today` if none of the last days has any.

    Raises:
        SourceError: it could not be read.
    """
    async for listing in _newest_first(source, today, days=_MAX_DAYS_BACK):
        if listing.papers or listing.problem:
            return listing
    return DayListing(day=today, papers=())


async def preview(
    source: HuggingFace,
    queries: Sequence[CompiledQuery],
    *,
    days: int,
    today: date,
    progress: Progress = no_progress,
) -> Matches:
    """The matches of the queries in the last `days` list days. One day is the newest list that has papers.

    Raises:
        SourceError: a list could not be read.
    """
    if days == 1:
        return await asyncio.to_thread(_matches, [await newest_list(source, today)], queries)
    listings: list[DayListing] = []
    with progress(days) as advance:
        for back in range(days):
            with suppress(NotOpenYetError):
                listings.append(await source.list_day(today - timedelta(days=back)))
            advance()
    return await asyncio.to_thread(_matches, listings, queries)


async def _newest_first(source: HuggingFace, today: date, *, days: int) -> AsyncGenerator[DayListing]:
    for back in range(days):
        with suppress(NotOpenYetError):
            yield await source.list_day(today - timedelta(days=back))


def _matches(listings: Sequence[DayListing], queries: Sequence[CompiledQuery]) -> Matches:
    papers: dict[PaperId, Paper] = {}
    for listing in listings:
        for paper in listing.papers:
            papers.setdefault(paper.id, paper)  # a paper on two lists counts for the newer one
    index = PaperIndex(papers.values())
    matches = index.search_many(query.expression for query in queries)
    by_paper: dict[PaperId, list[CompiledQuery]] = {}
    for query in queries:
        for paper_id in matches.get(query.expression, ()):
            by_paper.setdefault(paper_id, []).append(query)
    in_order = newest_first([papers[paper_id] for paper_id in by_paper])
    incomplete = next((listing for listing in listings if listing.problem), None)
    return Matches(
        days=tuple(listing.day for listing in listings),
        listed=len(papers),
        study=study(index, queries, days=len(listings), limits=DEFAULT_LIMITS),
        unreadable=sum(listing.unreadable for listing in listings),
        problem=incomplete and incomplete.problem,
        problem_day=incomplete and incomplete.day,
        papers=tuple(Match(paper=paper, queries=tuple(by_paper[paper.id])) for paper in in_order),
    )
