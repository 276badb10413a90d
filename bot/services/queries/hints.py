"""Hints on queries: how each was read, with numbers, and what may have been meant, by what papers have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from time import monotonic
from typing import Final

from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.query import commas, rewrites
from bot.core.query.compiled import CompiledQuery, compile_alternatives
from bot.core.query.description import other_forms
from bot.core.query.errors import QueryError
from bot.core.query.expression import compile_as_typed, compile_node
from bot.core.query.hints import Hint, chosen
from bot.core.query.nodes import Field, Phrase, all_phrases
from bot.core.query.parser import Query, split_alternatives
from bot.core.query.rewrites import Kind, Rewrite
from bot.core.words.tokenizer import Mode, query_words
from bot.matching.index import PaperIndex
from bot.matching.vocabulary import Vocabulary

# Bounds the work for one answer: further queries get no hints, and further rewrites are not tried.
_MAX_QUERIES: Final = 10
_MAX_REWRITES: Final = 16  # of one query
_MAX_SECONDS: Final = 1.5  # after which an index is asked no more

Found = Mapping[str, Collection[PaperId]]  # the papers of each expression that was counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What one phrase finds only by its acronyms and long forms."""

    phrase: str  # as typed
    others: tuple[str, ...]
    more: int  # papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """How queries were read, and hints on them, by `searched` papers."""

    searched: int
    archive: int  # papers in all
    expansions: dict[str, tuple[Expansion, ...]]  # by the query's canonical form
    days: int | None = None  # the last list days that were searched; None for the archive
    hints: tuple[Hint, ...] = ()
    about: dict[str, frozenset[PaperId]] = field(default_factory=dict)  # recent papers about it, likewise


NO_STUDY: Final = Study(searched=0, archive=0, expansions={})


def study(index: PaperIndex, queries: Sequence[CompiledQuery], *, days: int, limits: Limits) -> Study:
    """A study of what a person typed, by the papers of an index. Takes long: call it in a thread."""
    questions = Questions(queries, index.vocabulary(), limits)
    ends_at = monotonic() + _MAX_SECONDS
    ids_of: dict[str, Collection[PaperId]] = {}
    for expression in questions.expressions:
        if monotonic() < ends_at:
            ids_of[expression] = index.search(expression)
    return replace(questions.study(ids_of, searched=len(index), archive=len(index)), days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expanded:
    """A phrase whose acronyms and long forms are searched too."""

    canonical: str  # of its query
    phrase: Phrase
    expression: str
    as_typed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rewritten:
    """Queries and what may have been meant, as expressions; `counted` is what the rewrite counts, if less."""

    rewrite: Rewrite
    queries: tuple[str, ...]  # canonical forms
    before: tuple[str, ...]
    after: tuple[str, ...]
    counted: tuple[str, ...] = ()


class Questions:
    """What is to be counted to study queries: one, or several that were typed between commas."""

    def __init__(self, queries: Sequence[CompiledQuery], vocabulary: Vocabulary, limits: Limits) -> None:
        self._vocabulary = vocabulary
        self._limits = limits
        parsed = {query: query.readable() for query in queries}
        readable = [query for query, tree in parsed.items() if tree is not None]
        self._canonical = tuple(query.canonical for query in readable)
        self._expanded = [
            expanded for query in readable for expanded in _expanded(query.canonical, parsed[query])
        ]
        rewritten = chain(self._on_all(readable), *(self._on(query) for query in readable[:_MAX_QUERIES]))
        self._rewritten = list(rewritten)

    @property
    def expressions(self) -> tuple[str, ...]:
        """Everything to count, the most important first."""
        counted = chain(
            *((expanded.expression, expanded.as_typed) for expanded in self._expanded),
            *((*rewritten.before, *rewritten.after, *rewritten.counted) for rewritten in self._rewritten),
        )
        return tuple(dict.fromkeys(counted))

    def study(self, found: Found, *, searched: int, archive: int) -> Study:
        """The study, by the papers of the expressions that were counted."""
        expansions: dict[str, tuple[Expansion, ...]] = dict.fromkeys(self._canonical, ())
        for expanded in self._expanded:
            if expanded.expression in found and expanded.as_typed in found:
                more = set(found[expanded.expression]).difference(found[expanded.as_typed])
                expansion = Expansion(
                    phrase=expanded.phrase.source, others=other_forms(expanded.phrase), more=len(more)
                )
                expansions[expanded.canonical] += (expansion,)
        hints = chain.from_iterable(_hint(rewritten, found, listed=searched) for rewritten in self._rewritten)
        return Study(searched=searched, archive=archive, expansions=expansions, hints=chosen(hints))

    def _on_all(self, queries: Sequence[CompiledQuery]) -> Iterator[_Rewritten]:
        """Rewrites of several keywords together."""
        typed = ", ".join(query.text for query in queries)
        for rewrite in rewrites.minus_for_all(split_alternatives(typed)):
            yield from self._compared(queries, rewrite)
        for rewrite in commas.surname_first(typed):
            name = compile_node(Phrase(words=query_words(rewrite.about, Mode.NAME), field=Field.AUTHOR))
            for rewritten in self._compared(queries, rewrite):
                yield replace(rewritten, counted=(name,))
        for rewrite in commas.quoted_numbers(typed):
            yield from self._compared(queries, rewrite)

    def _on(self, query: CompiledQuery) -> Iterator[_Rewritten]:
        """Rewrites of one query; which of them are useful is decided by their numbers."""
        for rewrite in islice(self._rewrites(query.text), _MAX_REWRITES):
            yield from self._compared([query], rewrite)

    def _rewrites(self, typed: str) -> Iterator[Rewrite]:
        yield from rewrites.operators(typed)
        yield from self._similar_words(typed)
        yield from rewrites.names_and_words(typed)
        yield from rewrites.all_words(typed)
        yield from rewrites.in_capitals(typed)
        yield from rewrites.as_topic(typed)
        yield from rewrites.beginning(typed)
        yield from self._two_words(typed)

    def _similar_words(self, typed: str) -> Iterator[Rewrite]:
        for word in rewrites.words_of(typed):
            kind = Kind.RARE if word in self._vocabulary else Kind.SPELLING
            for meant in self._vocabulary.similar(word):
                yield from rewrites.with_word(typed, word, meant, kind)

    def _two_words(self, typed: str) -> Iterator[Rewrite]:
        for word in rewrites.words_of(typed):
            for halves in self._vocabulary.halves(word):
                yield from rewrites.with_word(typed, word, "-".join(halves), Kind.TWO_WORDS)

    def _compared(self, queries: Sequence[CompiledQuery], rewrite: Rewrite) -> Iterator[_Rewritten]:
        if len(rewrite.text) > self._limits.query_length:  # of several keywords, too
            return
        try:
            instead = compile_alternatives(rewrite.text, self._limits)
        except QueryError:
            return
        canonical = tuple(query.canonical for query in queries)
        if {query.canonical for query in instead} != set(canonical):
            yield _Rewritten(
                rewrite=rewrite,
                queries=canonical,
                before=tuple(query.expression for query in queries),
                after=tuple(query.expression for query in instead),
            )


def _expanded(canonical: str, query: Query | None) -> Iterator[_Expanded]:
    for phrase in all_phrases(query.root) if query is not None else ():
        if other_forms(phrase):
            yield _Expanded(
                canonical=canonical,
                phrase=phrase,
                expression=compile_node(phrase),
                as_typed=compile_as_typed(phrase),
            )


def _hint(rewritten: _Rewritten, found: Found, *, listed: int) -> Iterator[Hint]:
    """The hint, if everything that it says was counted."""
    after = rewritten.counted or rewritten.after
    if found.keys() >= {*rewritten.before, *after}:
        yield Hint(
            rewrite=rewritten.rewrite,
            queries=rewritten.queries,
            before=_number(rewritten.before, found),
            after=_number(after, found),
            listed=listed,
        )


def _number(expressions: Iterable[str], found: Found) -> int:
    return len(set[PaperId]().union(*(found[expression] for expression in expressions)))
