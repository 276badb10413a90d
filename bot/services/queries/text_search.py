"""Searching stored texts: which papers queries match, without an index of them all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from time import monotonic
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.errors import QueryError
from bot.core.query.nodes import Field
from bot.matching.index import PaperIndex
from bot.matching.scan import Parts, TextScan
from bot.matching.scan_texts import TEXT_VERSION, Columns, Lines
from bot.matching.scan_words import Codes, looked_for
from bot.store import paper_texts, paper_words, papers

# Where a match counts more: in the title, then in the keywords, then elsewhere.
_BEST_FIRST: Final = (Field.TITLE, Field.KEYWORD)
_INDEXED: Final = 100  # papers at once, which bounds the memory of their index
_FOREVER: Final = float("inf")
_INDEX_SECONDS: Final = 0.4  # of a bounded scan, for what the texts leave open

_Positions = dict[str, set[int]]  # by expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The papers that compiled queries match."""

    found: Mapping[str, frozenset[PaperId]]  # by expression
    searched: int  # papers
    is_complete: bool  # whether all papers were searched
    unsure: frozenset[str] = frozenset()  # expressions that may match more of the papers that were searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The papers that a query matches."""

    ranks: Mapping[PaperId, int]  # 0 is the best
    searched: int  # papers


async def search_texts(
    conn: AsyncConnection, query: CompiledQuery, *, first: date | None, is_ranked: bool
) -> Matched:
    """The papers of the list days from `first` on that the query matches, and how well."""
    expressions = [*(_in_fields(query) if is_ranked else ()), query.expression]
    scanned = await scan_texts(conn, expressions, first=first, within=query.expression)
    ranks: dict[PaperId, int] = dict.fromkeys(scanned.found[query.expression], len(expressions) - 1)
    for rank, expression in reversed(list(enumerate(expressions[:-1]))):
        ranks |= dict.fromkeys(scanned.found[expression] & ranks.keys(), rank)
    return Matched(ranks=ranks, searched=scanned.searched)


async def scan_texts(
    conn: AsyncConnection,
    expressions: Collection[str],
    *,
    first: date | None = None,
    within: str | None = None,
    ends_at: float = _FOREVER,
) -> Scanned:
    """The papers of the list days from `first` on that each query matches.

    The texts are read and scanned in batches, in a thread. What they leave open is decided by an index of
    these papers.

    Args:
        conn: to read with.
        expressions: the compiled queries.
        first: the first list day; none for all papers.
        within: one of the queries; the papers of the others are looked for among its papers only.
        ends_at: when to stop, by the monotonic clock.
    """
    scans = await _scans(conn, expressions, within=within)
    found: defaultdict[str, set[PaperId]] = defaultdict(set)
    undecided: defaultdict[str, set[PaperId]] = defaultdict(set)
    parts = Parts(*map(any, zip(*(scan.parts for scan in scans.values()), strict=True))) if scans else Parts()
    searched, is_complete = 0, True
    async for ids, columns in paper_texts.batches(conn, TEXT_VERSION, first=first, **parts._asdict()):
        run, other_run, quoted, other_quoted, names = columns
        texts = Columns(Lines(run, other_run, {}), Lines(quoted, other_quoted, {}), names)
        every = dict.fromkeys(scans, range(len(ids)))
        certain, possible = await asyncio.to_thread(_scanned, scans, texts, every, within)
        if any(possible.values()):
            texts = await _with_other_readings(conn, texts, ids, set(chain(*possible.values())), parts)
            more, possible = await asyncio.to_thread(_scanned, scans, texts, possible, None)
            for expression, positions in more.items():
                certain[expression] |= positions
        for expression, positions in certain.items():
            found[expression].update([ids[position] for position in positions])
            undecided[expression].update([ids[position] for position in possible[expression]])
        searched += len(ids)
        if monotonic() > ends_at - _INDEX_SECONDS:
            is_complete = False
            break
    unsure = await _index(conn, undecided, found, ends_at=ends_at)
    return Scanned(
        found={expression: frozenset(found[expression]) for expression in expressions},
        searched=searched,
        is_complete=is_complete,
        unsure=frozenset(unsure),
    )


async def matches_since(
    conn: AsyncConnection, expressions: Collection[str], *, first: date
) -> dict[str, set[PaperId]]:
    """The papers of the list days from `first` on that each query matches, with a current text or not."""
    scanned = await scan_texts(conn, expressions, first=first)
    found = {expression: set(ids) for expression, ids in scanned.found.items()}
    without_text = await paper_texts.outdated(conn, TEXT_VERSION, first=first)
    for start in range(0, len(without_text), _INDEXED):
        loaded = await papers.by_ids(conn, without_text[start : start + _INDEXED])
        for expression, ids in (await index_papers(loaded.values(), expressions)).items():
            found[expression] |= ids
    return found


async def index_papers(loaded: Collection[Paper], expressions: Iterable[str]) -> dict[str, set[PaperId]]:
    """Those of the papers that each query matches, by an index of them."""
    return await asyncio.to_thread(_indexed, loaded, expressions)


async def _scans(
    conn: AsyncConnection, expressions: Collection[str], *, within: str | None
) -> dict[str, TextScan]:
    """The scans that may find something, the one that the others are within first."""
    wanted = [looked_for(expression) for expression in expressions]
    words = set[str]().union(*(each.words for each in wanted))
    beginnings = set[str]().union(*(each.beginnings for each in wanted))
    numbers = await paper_words.numbers(conn, words) | await paper_words.beginning(conn, beginnings)
    codes = Codes(numbers)
    ordered = sorted(expressions, key=lambda expression: expression != within)
    scans = {expression: TextScan(expression, codes) for expression in ordered}
    if within is not None and scans[within].is_hopeless:
        return {}
    return {expression: scan for expression, scan in scans.items() if not scan.is_hopeless}


def _scanned(
    scans: Mapping[str, TextScan],
    texts: Columns,
    positions: Mapping[str, range | set[int]],
    within: str | None,
) -> tuple[_Positions, _Positions]:
    """The positions, of those given, of the texts that each scan finds, and of those that it may find."""
    certain: _Positions = {}
    possible: _Positions = {}
    for expression, scan in scans.items():
        among = positions[expression]
        if within is not None and expression != within:
            among = certain[within] | possible[within]
        certain[expression], possible[expression] = scan.matching(
            texts, among if isinstance(among, range) else sorted(among)
        )
    return certain, possible


async def _with_other_readings(
    conn: AsyncConnection, texts: Columns, ids: Sequence[PaperId], positions: set[int], parts: Parts
) -> Columns:
    """The texts with the other readings of those at these positions."""
    places = {ids[position]: position for position in positions}
    found = await paper_texts.readings(conn, places, run=parts.run, quoted=parts.quoted)
    run = {places[paper_id]: readings for paper_id, (readings, _) in found.items()}
    quoted = {places[paper_id]: readings for paper_id, (_, readings) in found.items()}
    return Columns(texts.run._replace(others=run), texts.quoted._replace(others=quoted), texts.names)


async def _index(
    conn: AsyncConnection,
    undecided: Mapping[str, set[PaperId]],
    found: Mapping[str, set[PaperId]],
    *,
    ends_at: float,
) -> set[str]:
    """Find what was left undecided; return the expressions of which not all was decided in time."""
    left = sorted(set(chain(*undecided.values())))
    for start in range(0, len(left), _INDEXED):
        if monotonic() > ends_at:
            rest = set(left[start:])
            return {expression for expression, ids in undecided.items() if ids & rest}
        loaded = await papers.by_ids(conn, left[start : start + _INDEXED])
        wanted = [expression for expression, ids in undecided.items() if ids & loaded.keys()]
        for expression, ids in (await index_papers(loaded.values(), wanted)).items():
            found[expression].update(ids & undecided[expression])
    return set()


def _in_fields(query: CompiledQuery) -> list[str]:
    """The same query within one field each; none if it names fields of its own."""
    long_enough = Limits(query_length=10 * len(query.text) + 100)
    try:
        narrowed = [compile_query(f"{field}:({query.text})", long_enough) for field in _BEST_FIRST]
    except QueryError:
        return []
    return [each.expression for each in narrowed]


def _indexed(loaded: Collection[Paper], expressions: Iterable[str]) -> dict[str, set[PaperId]]:
    index = PaperIndex(loaded)
    return {expression: set(index.search(expression)) for expression in expressions}
