"""Hints on queries: how each was read, with numbers, and what may have been meant, by recent papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from time import monotonic
from typing import Final

from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.papers import Paper
from bot.core.query import rewrites
from bot.core.query.compiled import CompiledQuery, compile_alternatives, compile_query
from bot.core.query.description import other_forms, phrases_of
from bot.core.query.errors import QueryError
from bot.core.query.expression import compile_as_typed, compile_node
from bot.core.query.hints import Hint, chosen
from bot.core.query.nodes import Field, Phrase, in_topic
from bot.core.query.parser import Query, split_alternatives
from bot.core.query.rewrites import Kind, Rewrite
from bot.core.words.tokenizer import name_words
from bot.matching.index import PaperIndex
from bot.matching.vocabulary import Vocabulary

# Bounds the work for one answer: further queries get no hints, and further rewrites are not tried.
_MAX_QUERIES: Final = 10
_MAX_REWRITES: Final = 12  # of one query
_MAX_NEAR: Final = 100  # papers that are read to see whether a rewrite finds them
_MAX_SECONDS: Final = 1.5  # after which no more rewrites are tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What one phrase finds by its acronyms and long forms alone."""

    phrase: str  # as typed
    others: tuple[str, ...]
    more: int  # papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """How queries were read, and hints on them, by the papers of the last `days` list days."""

    days: int
    expansions: dict[str, tuple[Expansion, ...]]  # by the query's canonical form
    hints: tuple[Hint, ...] = ()
    about: dict[str, frozenset[PaperId]] = field(default_factory=dict)  # papers about it, likewise


NO_STUDY: Final = Study(days=0, expansions={})


def study(index: PaperIndex, queries: Sequence[CompiledQuery], *, days: int, limits: Limits) -> Study:
    """Studies what a person typed: one query, or several between commas. Takes long: call it in a thread."""
    evidence = _Evidence(index, limits)
    parsed = {query: query.readable() for query in queries}
    trees = {query.canonical: tree for query, tree in parsed.items() if tree is not None}
    queries = [query for query, tree in parsed.items() if tree is not None]
    return Study(
        days=days,
        expansions={canonical: tuple(evidence.expansions(tree)) for canonical, tree in trees.items()},
        about={canonical: evidence.about(tree) for canonical, tree in trees.items()},
        hints=chosen(
            chain(
                evidence.hints_on_all(queries),
                *(evidence.hints_on(query) for query in queries[:_MAX_QUERIES]),
            )
        ),
    )


class _Evidence:
    """What queries and their rewrites find."""

    def __init__(self, index: PaperIndex, limits: Limits) -> None:
        self._index = index
        self._limits = limits
        self._found: dict[str, frozenset[PaperId]] = {}
        self._ends_at = monotonic() + _MAX_SECONDS

    def expansions(self, query: Query) -> Iterator[Expansion]:
        for phrase in phrases_of(query):
            if others := other_forms(phrase):
                more = self._papers(compile_node(phrase)) - self._papers(compile_as_typed(phrase))
                yield Expansion(phrase=phrase.source, others=others, more=len(more))

    def about(self, query: Query) -> frozenset[PaperId]:
        """The papers that are about what the query looks for; all that match where it names fields."""
        return self._papers(compile_node(in_topic(query.root) or query.root))

    def hints_on_all(self, queries: Sequence[CompiledQuery]) -> Iterator[Hint]:
        """Hints on several keywords together."""
        typed = ", ".join(query.text for query in queries)
        for rewrite in rewrites.minus_for_all(split_alternatives(typed)):
            yield from self._measured(queries, rewrite)
        for rewrite in rewrites.surname_first(typed):
            name = compile_node(Phrase(words=name_words(rewrite.about), field=Field.AUTHOR))
            for hint in self._measured(queries, rewrite):
                yield replace(hint, after=len(self._papers(name)))

    def hints_on(self, query: CompiledQuery) -> Iterator[Hint]:
        """Hints on one query; which of them are useful is decided by their numbers."""
        before = self._papers(query.expression)
        found = self._rewrites(query.text, finds_none=not before)
        for rewrite in islice(found, _MAX_REWRITES):
            if monotonic() > self._ends_at:
                return
            yield from self._measured([query], rewrite)
        # All beginnings, or all quotes, of all papers take longer to read than an answer may take.
        for rewrite in rewrites.beginning(query.text):
            near = self._index.having_beginning(rewrite.text.removesuffix("*"))
            if len(near) <= _MAX_NEAR:
                yield from self._measured_in(near, query, rewrite)
        for rewrite in rewrites.in_capitals(query.text):
            near = self._index.having_text(rewrite.about)
            if len(near) <= _MAX_NEAR:
                yield from self._measured_in(near, query, rewrite)

    def _rewrites(self, typed: str, *, finds_none: bool) -> Iterator[Rewrite]:
        yield from rewrites.operators(typed)
        yield from self._similar_words(typed)
        if finds_none:
            yield from rewrites.names_and_words(typed)
        yield from rewrites.all_words(typed)
        yield from self._two_words(typed)
        yield from rewrites.as_topic(typed)

    def _measured_in(self, near: Sequence[Paper], query: CompiledQuery, rewrite: Rewrite) -> Iterator[Hint]:
        """The hint, for a rewrite that finds none but these papers."""
        if monotonic() > self._ends_at:
            return
        expression = compile_query(rewrite.text, self._limits).expression
        self._found[expression] = frozenset(PaperIndex(near).search(expression))
        yield from self._measured([query], rewrite)

    def _similar_words(self, typed: str) -> Iterator[Rewrite]:
        for word in rewrites.words_of(typed):
            if word not in self._vocabulary and (meant := self._vocabulary.similar(word)):
                yield from rewrites.with_word(typed, word, meant, Kind.SPELLING)

    def _two_words(self, typed: str) -> Iterator[Rewrite]:
        for word in rewrites.words_of(typed):
            for halves in self._vocabulary.halves(word):
                yield from rewrites.with_word(typed, word, "-".join(halves), Kind.TWO_WORDS)

    def _measured(self, queries: Sequence[CompiledQuery], rewrite: Rewrite) -> Iterator[Hint]:
        if len(rewrite.text) > self._limits.query_length:  # of several keywords, too
            return
        try:
            instead = compile_alternatives(rewrite.text, self._limits)
        except QueryError:
            return
        if {query.canonical for query in instead} == {query.canonical for query in queries}:
            return
        yield Hint(
            rewrite=rewrite,
            queries=tuple(query.canonical for query in queries),
            before=len(self._union(queries)),
            after=len(self._union(instead)),
            listed=len(self._index),
        )

    def _union(self, queries: Iterable[CompiledQuery]) -> frozenset[PaperId]:
        return frozenset(chain.from_iterable(self._papers(query.expression) for query in queries))

    def _papers(self, expression: str) -> frozenset[PaperId]:
        if expression not in self._found:
            self._found[expression] = frozenset(self._index.search(expression))
        return self._found[expression]

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return self._index.vocabulary()
