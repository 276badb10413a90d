"""The index: a set of papers as bits, searched by compiled queries.

A query is `&`, `|` and `& ~` over sets of papers (`paper_sets`), each of one mode of reading and one
choice of fields. Modes and fields that no query has asked for yet are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from itertools import chain

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.expression import EVERY_PAPER, Term, evaluated, numbers_of
from bot.core.query.nodes import Field
from bot.core.words.tokenizer import Mode
from bot.matching.paper_sets import NameSets, WordSets
from bot.matching.search_texts import LINES, names_of, texts_of
from bot.matching.vocabulary import Vocabulary


class PaperIndex:
    """An index of papers.

    It is synchronous, so call it off the event loop: from any thread, but from one at a time.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._papers = list({paper.id: paper for paper in papers}.values())
        self._every = (1 << len(self._papers)) - 1
        self._default = self._words_of(None, Mode.RUN)
        self._default.papers[EVERY_PAPER] = self._every
        self._searches: dict[str, Callable[[str], int]] = {}  # by the letters of the fields and the mode
        self._names: dict[Field, NameSets] = {}

    def search(self, expression: str) -> tuple[PaperId, ...]:
        """The papers that a compiled query matches, in the order of the index."""
        return self._ids(evaluated(expression, self._every, self._matching))

    def search_many(self, expressions: Iterable[str]) -> dict[str, tuple[PaperId, ...]]:
        """The matches of each expression that has any."""
        sets = self._default.papers
        has_none = sets.keys().isdisjoint
        ids = lru_cache(maxsize=None)(self._ids)  # many queries match the same one paper
        found: dict[str, tuple[PaperId, ...]] = {}
        for expression in expressions:
            papers = 0
            if expression[-1] == ")" or "\v" in expression:
                papers = evaluated(expression, self._every, self._matching)
            elif not has_none(keys := expression.split("|")):  # most queries match no paper of a day
                for key in keys:
                    if key in sets:
                        papers |= sets[key]
            if papers:
                found[expression] = ids(papers)
        return found

    def __len__(self) -> int:
        return len(self._papers)

    def vocabulary(self) -> Vocabulary:
        """The words of the titles, abstracts and AI keywords."""
        papers = self._default.papers
        words = [word for word in papers if " " not in word and word != EVERY_PAPER and word == word.lower()]
        return Vocabulary(sorted(words, key=lambda word: -papers[word].bit_count()))

    def _ids(self, papers: int) -> tuple[PaperId, ...]:
        return tuple([self._papers[number].id for number in numbers_of(papers)])

    def _matching(self, line: str, among: int) -> int:
        if line[-1] != ")":
            return self._default.matching(line) & among
        scope = line[:2]
        if scope not in self._searches:
            self._searches[scope] = self._search_in(Term(line))
        return self._searches[scope](line[3:-1]) & among

    def _search_in(self, term: Term) -> Callable[[str], int]:
        field = term.field
        if field is None or not field.is_name:
            return self._words_of(field, term.mode).matching
        if field not in self._names:
            self._names[field] = NameSets([names_of(paper, field) for paper in self._papers])
        return partial(self._names[field].matching, mode=term.mode)

    def _words_of(self, field: Field | None, mode: Mode) -> WordSets:
        texts = map(texts_of, self._papers)
        return WordSets([[*chain(*(each[line] for line in LINES[field]))] for each in texts], mode)
