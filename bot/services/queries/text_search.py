"""Searching stored texts: which papers queries match, without an index of them all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.errors import QueryError
from bot.core.query.expression import numbers_of
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import Lexicon
from bot.matching.index import PaperIndex
from bot.matching.scan import Texts, TextScan, asked_forms
from bot.matching.search_texts import TEXT_VERSION, code_of
from bot.store import paper_texts, paper_words, papers

# Where a match counts more: in the title, then in the keywords, then elsewhere.
_BEST_FIRST: Final = (Field.TITLE, Field.KEYWORD)
_INDEXED: Final = 100  # papers at once, which bounds the memory of their index
_FOREVER: Final = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The papers that compiled queries match."""

    found: Mapping[str, frozenset[PaperId]]  # by expression
    searched: int  # papers
    is_complete: bool  # whether all papers were searched


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

    The texts are read and scanned in batches, in a thread.

    Args:
        conn: to read with.
        expressions: the compiled queries.
        first: the first list day; none for all papers.
        within: one of the queries; the papers of the others are looked for among its papers only.
        ends_at: when to stop, by the monotonic clock.
    """
    scans = await _scans(conn, expressions, within=within)
    parts = set[str]().union(*(scan.parts for scan in scans.values()))
    ids_of: defaultdict[str, set[PaperId]] = defaultdict(set)
    searched, is_complete = 0, True
    async for ids, texts in paper_texts.batches(conn, TEXT_VERSION, first=first, parts=parts):
        for expression, matches in (
            await asyncio.to_thread(_scanned, scans, texts, len(ids), within)
        ).items():
            ids_of[expression].update([ids[number] for number in numbers_of(matches)])
        searched += len(ids)
        if monotonic() > ends_at:
            is_complete = False
            break
    return Scanned(
        found={expression: frozenset(ids_of[expression]) for expression in expressions},
        searched=searched,
        is_complete=is_complete,
    )


async def matches_since(
    conn: AsyncConnection, expressions: Collection[str], *, first: date
) -> dict[str, set[PaperId]]:
    """The papers of the list days from `first` on that each query matches, with a current text or not."""
    scanned = await scan_texts(conn, expressions, first=first)
    ids_of = {expression: set(ids) for expression, ids in scanned.found.items()}
    without_text = await paper_texts.outdated(conn, TEXT_VERSION, first=first)
    for start in range(0, len(without_text), _INDEXED):
        loaded = await papers.by_ids(conn, without_text[start : start + _INDEXED])
        for expression, ids in (await index_papers(loaded.values(), expressions)).items():
            ids_of[expression] |= ids
    return ids_of


async def index_papers(loaded: Collection[Paper], expressions: Iterable[str]) -> dict[str, set[PaperId]]:
    """Those of the papers that each query matches, by an index of them."""
    return await asyncio.to_thread(_indexed, loaded, expressions)


async def _scans(
    conn: AsyncConnection, expressions: Collection[str], *, within: str | None
) -> dict[str, TextScan]:
    """The scans, the one that the others are within first."""
    words, beginnings = asked_forms(expressions)
    numbers = await paper_words.numbers(conn, words) | await paper_words.beginning(conn, beginnings)
    lexicon = Lexicon({word: code_of(number) for word, number in numbers.items()})
    ordered = sorted(expressions, key=lambda expression: expression != within)
    return {expression: TextScan(expression, lexicon) for expression in ordered}


def _scanned(scans: Mapping[str, TextScan], texts: Texts, count: int, within: str | None) -> dict[str, int]:
    """Which of the texts match each query, as bits."""
    found: dict[str, int] = {}
    for expression, scan in scans.items():
        found[expression] = scan.matching(texts, found.get(within or "", (1 << count) - 1))
    return found


def _in_fields(query: CompiledQuery) -> list[str]:
    """The same query within one field each; none if it names fields of its own."""
    long_enough = Limits(query_length=10 * len(query.text) + 100)
    try:
        narrowed = [compile_query(f"{field}:({query.text})", long_enough) for field in _BEST_FIRST]
    except QueryError:
        return []
    return [query.expression for query in narrowed]


def _indexed(loaded: Collection[Paper], expressions: Iterable[str]) -> dict[str, set[PaperId]]:
    index = PaperIndex(loaded)
    return {expression: set(index.search(expression)) for expression in expressions}
