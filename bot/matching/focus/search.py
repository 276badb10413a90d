"""The papers that queries with a focus may take: their hits, and close papers, each with its closeness.

Nothing imports it while every subscription is exact, because it loads the table of word vectors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from math import inf, isnan

import numpy as np

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.focus import Focus, threshold
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.focus import FocusQuery
from bot.core.words.inflection import LONG_FORMS
from bot.matching.focus.table import FocusTable, Vectors
from bot.matching.index import PaperIndex


class FocusSearch:
    """Compares papers with queries. Synchronous: call it off the event loop, from one thread at a time."""

    def __init__(self, papers: Sequence[Paper], index: PaperIndex) -> None:
        self._papers = {paper.id: paper for paper in papers}
        self._ids = list(self._papers)
        self._place = {paper_id: place for place, paper_id in enumerate(self._ids)}
        self._index = index
        self._words: dict[tuple[str, PaperId], tuple[str, ...]] = {}

    def search(
        self,
        queries: Collection[FocusedQuery],
        hits: Mapping[str, Sequence[PaperId]],
        *,
        takes_all: bool = False,
    ) -> dict[FocusedQuery, dict[PaperId, Closeness]]:
        """The hits of each query, and the papers that are close enough for its focus to add.

        Args:
            queries: which.
            hits: the papers that each expression matches, if any.
            takes_all: whether to return also the papers that are not close enough to be added.
        """
        asked = [(query, FocusQuery.stored(query.terms)) for query in queries]
        scores = FocusTable.load().closeness([parsed for _, parsed in asked], self._vectors)
        least = np.array([-inf if takes_all else _least(query.focus) for query, _ in asked], np.float32)
        close: list[list[int]] = np.argwhere(scores >= least[:, None]).tolist()
        allowed = self._matches({asked[row][1].hard_filter for row, _ in close})
        titles = self._matches({parsed.in_title for query, parsed in asked if hits.get(query.expression)})
        found: dict[FocusedQuery, dict[PaperId, Closeness]] = {query: {} for query in queries}
        for row, column in close:
            query, parsed = asked[row]
            if (paper_id := self._ids[column]) in allowed[parsed.hard_filter]:
                found[query][paper_id] = Closeness(
                    is_hit=False, in_title=False, score=float(scores[row, column])
                )
        for row, (query, parsed) in enumerate(asked):
            for paper_id in hits.get(query.expression, ()):
                score = float(scores[row, self._place[paper_id]])
                found[query][paper_id] = Closeness(
                    is_hit=True,
                    in_title=paper_id in titles[parsed.in_title],
                    score=None if isnan(score) else score,
                )
        return found

    def words(self, terms: str, paper_id: PaperId) -> tuple[str, ...]:
        """The paper's words that bring it near the query."""
        key = (terms, paper_id)
        if key not in self._words:
            query, paper = FocusQuery.stored(terms), self._papers[paper_id]
            near = FocusTable.load().near_words(query, paper)
            self._words[key] = tuple(dict.fromkeys(_as_written(term, paper) for term in near))
        return self._words[key]

    @staticmethod
    def knows(terms: str) -> bool:
        """Whether any word of the query is in the table."""
        return FocusTable.load().knows(FocusQuery.stored(terms))

    def _matches(self, expressions: Collection[str]) -> dict[str, frozenset[PaperId]]:
        return {expression: frozenset(self._index.search(expression)) for expression in expressions}

    @cached_property
    def _vectors(self) -> Vectors:
        return FocusTable.load().papers(list(self._papers.values()))


def _as_written(term: str, paper: Paper) -> str:
    """The term; for an acronym that the paper does not have, what it stands for."""
    if term != term.upper() or term in paper.title or term in paper.abstract:
        return term
    return LONG_FORMS.get(term.lower(), term)


def _least(focus: Focus) -> float:
    """How close a paper must be that the query does not match."""
    minimum = threshold(focus, is_hit=False, in_title=False)
    return inf if minimum is None else minimum
