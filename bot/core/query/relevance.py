"""Relevance: how many of a query's papers are about it, and how many only mention it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.plurals import is_or_are
from bot.core.query.highlights import mark
from bot.core.query.nodes import Field, positive_phrases
from bot.core.query.parser import Query
from bot.core.words.latex import readable

# Abstracts that are read for one query. Bounds the work on a query that matches most papers.
MAX_READ: Final = 100
_MIN_PAPERS: Final = 5  # from which on `topic:` is offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    papers: int  # that the query matches
    about: int  # of them, those that have it in the title or the AI keywords
    once: int | None  # of the others, those that have it once, in the abstract; None if they were not read
    close: int = 0  # further papers, which only the subscription's focus adds

    @classmethod
    def of(cls, papers: Collection[Paper], about: Collection[PaperId]) -> Relevance:
        """Without reading abstracts."""
        return cls(papers=len(papers), about=sum(paper.id in about for paper in papers), once=None)

    @property
    def is_mostly_mentioned(self) -> bool:
        """Whether `topic:` would leave out most of the papers, and not all."""
        return self.papers >= _MIN_PAPERS and 0 < self.about * 2 < self.papers


def relevance(
    query: Query, papers: Collection[Paper], *, about: Collection[PaperId], most_read: int = MAX_READ
) -> Relevance:
    """How close the papers that the query matches are to it; `about` has those that are about it.

    It reads abstracts, at most `most_read`: call it in a thread.
    """
    others = [paper for paper in papers if paper.id not in about]
    is_read = len(others) <= most_read
    return Relevance(
        papers=len(papers),
        about=len(papers) - len(others),
        once=_mentioned_once(query, others) if is_read else None,
    )


def _mentioned_once(query: Query, papers: Iterable[Paper]) -> int:
    """How many of the papers have each phrase of the query once at most, in the abstract."""
    phrases = [
        Query(phrase) for phrase in set(positive_phrases(query.root)) if Field.ABSTRACT in phrase.fields
    ]
    return sum(
        all(len(mark([phrase], Field.ABSTRACT, text)) <= 1 for phrase in phrases)
        for text in (readable(paper.abstract) for paper in papers)
    )


def relevance_text(relevance: Relevance) -> str:
    """In words: `4 are about it (title or AI keywords), 5 mention it once`; '' if all are about it."""
    about, once = relevance.about, relevance.once
    if about == relevance.papers and not relevance.close:
        return ""
    parts = [f"{about:,} {is_or_are(about)} about it (title or AI keywords)" if about else "none is about it"]
    if relevance.close:
        parts.append(f"{relevance.close:,} {is_or_are(relevance.close)} close to it")
    if once is None:
        parts.append(f"{relevance.papers - about:,} mention it in the abstract")
    elif once:
        parts.append(f"{once:,} {'mentions' if once == 1 else 'mention'} it once, in the abstract")
    return ", ".join(parts)
