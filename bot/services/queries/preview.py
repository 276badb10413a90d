"""Preview for the command line: searches lists of Hugging Face, or the database of a bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import newest_first
from bot.core.focus import Focus
from bot.core.ids import PaperId
from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.papers import Paper
from bot.core.posts import CloseTo
from bot.core.query.compiled import CompiledQuery, compile_alternatives, distinct
from bot.core.query.parser import parse_query
from bot.errors import ConfigError, NotOpenYetError, Problem
from bot.matching.index import PaperIndex
from bot.services.progress import Progress, no_progress
from bot.services.queries.archive_study import MAX_SECONDS, study_archive
from bot.services.queries.focus import compare
from bot.services.queries.hints import NO_STUDY, Study, study
from bot.services.queries.text_search import search_texts
from bot.sources.huggingface import HuggingFace
from bot.sources.paging import DayListing
from bot.store import list_days, papers
from bot.store.inspection import BusyError
from bot.store.postgres import address as postgres
from bot.store.postgres.backend import PostgresBackend
from bot.store.postgres.inspection import inspected as inspected_on_postgres
from bot.store.sqlite.engine import parse_url
from bot.store.sqlite.inspection import inspected

_TIMEOUT_SECONDS = 60.0  # for reading a database
_MAX_DAYS_BACK = 5  # there are at most a long weekend's days between two lists

_OTHER_VERSION = (
    "DATABASE_URL names {}, which another version of Paperboy wrote; start this version of the bot to "
    "update it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    paper: Paper
    queries: tuple[CompiledQuery, ...]  # those that match it
    close_to: tuple[CloseTo, ...] = ()  # those that the focus adds it to


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The matching papers of some list days."""

    days: tuple[date, ...]  # the list days that were read, newest first
    listed: int  # papers on those days
    papers: tuple[Match, ...]  # newest list day first; within a day, by upvotes
    study: Study = NO_STUDY  # how the queries were read, with hints
    focus: Focus = Focus.EXACT
    taken: Mapping[Focus, int] = field(default_factory=dict[Focus, int])  # papers, if one was asked for
    unreadable: int = 0  # items on those days
    unread: int = 0  # list days of the period that the database does not have
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
    focus: Focus = Focus.EXACT,
) -> Matches:
    """What subscriptions to the queries with this focus would take of the last `days` list days.

    One day is the newest list that has papers.

    Raises:
        SourceError: a list could not be read.
    """
    if days == 1:
        return await asyncio.to_thread(_matches, [await newest_list(source, today)], queries, focus)
    listings: list[DayListing] = []
    with progress(days) as advance:
        for back in range(days):
            with suppress(NotOpenYetError):
                listings.append(await source.list_day(today - timedelta(days=back)))
            advance()
    return await asyncio.to_thread(_matches, listings, queries, focus)


async def preview_of_database(
    url: str, queries: Sequence[CompiledQuery], *, days: int, today: date
) -> Matches:
    """The matches of the queries in the last `days` list days that a bot's database has; changes nothing.

    Raises:
        ConfigError: there is no such database, or it cannot be read now.
    """
    if postgres.is_meant(url):
        backend = PostgresBackend(postgres.database_url(url))
        try:
            async with inspected_on_postgres(backend, within_seconds=_TIMEOUT_SECONDS) as database:
                if (await database.revision()).is_readable:
                    return await _stored(database.connection, queries, days=days, today=today)
        except TimeoutError as error:
            raise ConfigError(
                f"DATABASE_URL names a server that did not answer in {_TIMEOUT_SECONDS:g} s"
            ) from error
        raise ConfigError(_OTHER_VERSION.format("the database"))
    path = parse_url(url)
    if not path.exists():
        raise ConfigError(
            f"more than 30 days are searched in a bot's database, but DATABASE_URL names {path}, which "
            "does not exist; start the bot to create it, or search 30 days or fewer"
        )
    try:
        async with inspected(path, within_seconds=_TIMEOUT_SECONDS) as file:
            if (await file.revision()).is_readable:
                return await _stored(file.connection, queries, days=days, today=today)
    except (BusyError, TimeoutError) as error:
        raise ConfigError(
            f"DATABASE_URL names {path}, which another program has locked; try again"
        ) from error
    raise ConfigError(_OTHER_VERSION.format(path))


async def _stored(
    conn: AsyncConnection, queries: Sequence[CompiledQuery], *, days: int, today: date
) -> Matches:
    first = today - timedelta(days=days - 1)
    reads = await list_days.reads(conn, first, today)
    by_paper: dict[PaperId, list[CompiledQuery]] = {}
    listed = 0
    for query in queries:
        matched = await search_texts(conn, query, first=first, is_ranked=False)
        listed = matched.searched
        for paper_id in matched.ranks:
            by_paper.setdefault(paper_id, []).append(query)
    by_id = await papers.by_ids(conn, by_paper)
    studied = await study_archive(conn, queries, limits=DEFAULT_LIMITS, ends_at=monotonic() + MAX_SECONDS)
    return Matches(
        days=tuple(reads),
        listed=listed,
        papers=_in_order(by_id, by_paper),
        study=studied,
        unreadable=sum(read.unreadable for read in reads.values()),
        unread=days - len(reads),
    )


async def _newest_first(source: HuggingFace, today: date, *, days: int) -> AsyncGenerator[DayListing]:
    for back in range(days):
        with suppress(NotOpenYetError):
            yield await source.list_day(today - timedelta(days=back))


def _matches(listings: Sequence[DayListing], queries: Sequence[CompiledQuery], focus: Focus) -> Matches:
    by_id: dict[PaperId, Paper] = {}
    for listing in listings:
        for paper in listing.papers:
            by_id.setdefault(paper.id, paper)  # a paper on two lists counts for the newer one
    index = PaperIndex(by_id.values())
    matches = index.search_many(query.expression for query in queries)
    by_paper: dict[PaperId, list[CompiledQuery]] = {}
    for query in queries:
        for paper_id in matches.get(query.expression, ()):
            by_paper.setdefault(paper_id, []).append(query)
    incomplete = next((listing for listing in listings if listing.problem), None)
    matches = Matches(
        days=tuple(listing.day for listing in listings),
        listed=len(by_id),
        study=study(index, queries, days=len(listings), limits=DEFAULT_LIMITS),
        unreadable=sum(listing.unreadable for listing in listings),
        problem=incomplete and incomplete.problem,
        problem_day=incomplete and incomplete.day,
        papers=_in_order(by_id, by_paper),
    )
    return matches if focus is Focus.EXACT else _focused(matches, by_id, queries, focus)


def _focused(
    matches: Matches, known: Mapping[PaperId, Paper], queries: Sequence[CompiledQuery], focus: Focus
) -> Matches:
    """With the papers that the focus takes, and how many each focus does."""
    found = compare(list(known.values()), queries)
    matched: dict[PaperId, list[CompiledQuery]] = {}
    close: dict[PaperId, list[CloseTo]] = {}
    for query in queries:
        compared = found[query.canonical]
        for paper in compared.taken(focus):
            matched.setdefault(paper.id, [])
            if paper.id in compared.close_to:
                close.setdefault(paper.id, []).append(compared.close_to[paper.id])
            else:
                matched[paper.id].append(query)
    return replace(
        matches,
        focus=focus,
        papers=tuple(
            replace(match, close_to=tuple(close.get(match.paper.id, ())))
            for match in _in_order(known, matched)
        ),
        taken={
            choice: len({paper.id for result in found.values() for paper in result.taken(choice)})
            for choice in Focus
        },
    )


def _in_order(
    by_id: Mapping[PaperId, Paper], by_paper: Mapping[PaperId, Sequence[CompiledQuery]]
) -> tuple[Match, ...]:
    in_order = newest_first([by_id[paper_id] for paper_id in by_paper])
    return tuple(Match(paper=paper, queries=tuple(by_paper[paper.id])) for paper in in_order)
