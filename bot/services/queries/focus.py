"""What each focus takes of recent papers, for a query that a person typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.focus import Focus
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.posts import CloseTo
from bot.core.query.compiled import CompiledQuery
from bot.matching.index import PaperIndex
from bot.services.runs.closeness import ClosePapers, focus_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How close recent papers are to a query."""

    closeness: Mapping[PaperId, Closeness]  # of the papers that it matches or that some focus adds
    papers: tuple[Paper, ...]  # these papers
    close_to: Mapping[PaperId, CloseTo]  # of those that it does not match
    is_known: bool  # whether any word of it is known; if not, each focus is exact

    def taken(self, focus: Focus) -> list[Paper]:
        """The papers that a subscription with this focus takes."""
        return [paper for paper in self.papers if self.closeness[paper.id].satisfies(focus)]


def compare(papers: Sequence[Paper], queries: Sequence[CompiledQuery]) -> dict[str, Compared]:
    """For each query's canonical form, how close the papers are. Takes long: call it in a thread."""
    index = PaperIndex(papers)
    close = ClosePapers(papers, index)
    return {query.canonical: _compared(papers, query, index, close) for query in queries}


def _compared(
    papers: Sequence[Paper], query: CompiledQuery, index: PaperIndex, close: ClosePapers
) -> Compared:
    hits = {query.expression: index.search(query.expression)}
    terms = focus_terms(query, Focus.BROAD)
    if terms is None:
        closeness: Mapping[PaperId, Closeness] = {
            paper_id: Closeness(is_hit=True, in_title=False, score=None)
            for paper_id in hits[query.expression]
        }
    else:
        focused = [FocusedQuery(query.expression, terms, focus) for focus in (Focus.BALANCED, Focus.BROAD)]
        sets = close.search(focused, hits)
        closeness = {
            paper_id: value
            for measured_papers in sets.values()
            for paper_id, value in measured_papers.items()
        }
    return Compared(
        closeness=closeness,
        papers=tuple(paper for paper in papers if paper.id in closeness),
        close_to={
            paper_id: CloseTo(queries=(query.canonical,), words=close.words(terms or "", paper_id))
            for paper_id, value in closeness.items()
            if not value.is_hit
        },
        is_known=terms is not None and close.knows(terms),
    )
