"""Searching stored texts: which papers a query matches, and how well, without an index of them all."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.errors import QueryError
from bot.core.query.expression import EVERY_PAPER
from bot.core.query.nodes import Field
from bot.matching.index import PaperIndex
from bot.matching.scan import TextScan
from bot.matching.scan_texts import Columns
from bot.matching.scan_words import looked_for
from bot.store import paper_texts, paper_words, papers

# Where a match counts more: in the title, then in the keywords, then elsewhere.
_BEST_FIRST: Final = (Field.TITLE, Field.KEYWORD)
_INDEXED: Final = 100  # papers at once, which bounds the memory of their index


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The papers that a query matches."""

    ranks: Mapping[PaperId, int]  # 0 is the best
    searched: int  # papers


async def search_texts(
    conn: AsyncConnection, query: CompiledQuery, *, first: date | None, is_ranked: bool
) -> Matched:
    """The papers of the list days from `first` on that the query matches.

    The texts are read and scanned in batches, in a thread. What they leave open is decided by an index of
    these papers.
    """
    if query.expression == EVERY_PAPER:
        every = await paper_texts.ids(conn, first=first)
        return Matched(ranks=dict.fromkeys(every, 0), searched=len(every))
    expressions = [*(_in_fields(query) if is_ranked else ()), query.expression]
    scans = [await _scan_of(conn, expression) for expression in expressions]
    if scans[-1].is_hopeless:
        return Matched(ranks={}, searched=len(await paper_texts.ids(conn, first=first)))
    ranks: dict[PaperId, int] = {}
    undecided: list[PaperId] = []
    searched = 0
    async for ids, parts in paper_texts.batches(conn, first=first):
        searched += len(ids)
        found, possible = await asyncio.to_thread(_scanned, scans, Columns(*parts))
        ranks |= {ids[position]: rank for position, rank in found.items()}
        undecided += [ids[position] for position in sorted(possible)]
    for start in range(0, len(undecided), _INDEXED):
        loaded = await papers.by_ids(conn, undecided[start : start + _INDEXED])
        ranks |= await asyncio.to_thread(_indexed, expressions, loaded.values())
    return Matched(ranks=ranks, searched=searched)


async def _scan_of(conn: AsyncConnection, expression: str) -> TextScan:
    words, beginnings = looked_for(expression)
    numbers = await paper_words.numbers(conn, words)
    return TextScan(expression, numbers | await paper_words.beginning(conn, beginnings))


def _in_fields(query: CompiledQuery) -> list[str]:
    """The same query within one field each; none if it names fields of its own."""
    long_enough = Limits(query_length=10 * len(query.text) + 100)
    try:
        narrowed = [compile_query(f"{field}:({query.text})", long_enough) for field in _BEST_FIRST]
    except QueryError:
        return []
    return [each.expression for each in narrowed]


def _scanned(scans: Sequence[TextScan], texts: Columns) -> tuple[dict[int, int], set[int]]:
    """The positions of the texts that match, each with the first scan that finds it, and of the undecided."""
    *fields, whole = scans
    certain, undecided = whole.matching(texts)
    ranks: dict[int, int] = {}
    for rank, field in enumerate(fields):
        found, possible = field.matching(texts, sorted(certain))
        ranks |= dict.fromkeys(found, rank)
        undecided |= possible
        certain -= found | possible
    return ranks | dict.fromkeys(certain, len(fields)), undecided


def _indexed(expressions: Sequence[str], undecided: Collection[Paper]) -> dict[PaperId, int]:
    """Those of the papers that the last query matches, each with the first query that matches it."""
    index = PaperIndex(undecided)
    whole = index.search(expressions[-1])
    ranks: dict[PaperId, int] = dict.fromkeys(whole, len(expressions) - 1)
    for rank, expression in reversed(list(enumerate(expressions[:-1]))):
        ranks |= {paper_id: rank for paper_id in index.search(expression) if paper_id in ranks}
    return ranks
