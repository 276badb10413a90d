"""Compiled queries as they are evaluated: their terms, and the runs of words that these look for."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from bot.core.query.expression import EVERY_PAPER, MODES, SCOPES
from bot.core.query.phrase_search import is_spelled, lower_reading, query_readings
from bot.core.words.tokenizer import Mode
from bot.matching.reading import found_by, spellings

_FIELDS: Final = {letter: field for field, letter in SCOPES.items()}
_MODES: Final = {letter: mode for mode, letter in MODES.items()}
_DEFAULT_SCOPE: Final = SCOPES[None] + MODES[Mode.RUN]
_OPERATORS: Final = frozenset("&|~")

# From each word of a run on: the words of texts that it may be read as, and where each reading ends.
Ways = Sequence[Sequence[tuple[AbstractSet[str], int]]]


class Term:
    """A term of a query: what it looks for, how that is read, and in which fields."""

    def __init__(self, line: str) -> None:
        scope, self.body = (line[:2], line[3:-1]) if line[-1] == ")" else (_DEFAULT_SCOPE, line)
        self.field: Final = _FIELDS[scope[0]]
        self.mode: Final = _MODES[scope[1]]
        self.is_name: Final = self.field is not None and self.field.is_name

    def runs(self) -> Iterator[tuple[list[str], bool]]:
        """Its runs of words, each with whether its readings with a space left out are listed as well."""
        listed, _, long = self.body.partition("\v")
        for body, is_listed in ((listed, True), (long, False)):
            yield from ((run.split(" "), is_listed) for run in body.split("|") if run)


def lines_of(expression: str) -> list[str]:
    """The terms and operators of an expression, as `evaluated` takes them."""
    return expression[:-1].split("\n") if "\n" in expression else [expression]


def terms_of(expression: str) -> dict[str, Term]:
    """All terms but `*`, by their lines."""
    lines = (line for line in lines_of(expression) if line not in _OPERATORS and line != EVERY_PAPER)
    return {line: Term(line) for line in lines}


def evaluated(lines: list[str], among: int, matching: Callable[[str, int], int]) -> int:
    """Those of a set of papers that match; `matching` says it of a term. Takes what it reads off the lines.

    A set of papers is a whole number with one bit a paper.
    """
    found = 0
    while True:  # from the end on: an operator follows what it combines
        line = lines.pop()
        if line == "&":
            among = evaluated(lines, among, matching)
        elif line == "~":
            among &= ~evaluated(lines, among, matching)
        elif line == "|":
            right = evaluated(lines, among, matching)
            found |= right
            among &= ~right
        else:
            return found | (matching(line, among) if among else 0)


def numbers_of(bits: int) -> list[int]:
    """The places of the bits that are set, from the lowest."""
    found: list[int] = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def beginning(words: Sequence[str], begun: str) -> Iterator[str]:
    """Those of some sorted words that begin so."""
    for place in range(bisect_left(words, begun), len(words)):
        if not words[place].startswith(begun):
            return
        yield words[place]


class Lexicon:
    """The words that texts have, each with what stands for it, by what they are found by."""

    def __init__(self, symbols: Mapping[str, str]) -> None:
        self._symbols = symbols
        self._words_of = lru_cache(self._by_form)

    def ways(self, run: Sequence[str], mode: Mode, *, is_listed: bool) -> Ways:
        """The ways to read a run of words in the words that texts have; none if these are not enough."""
        ways = [
            [(self._meant(word, mode, is_begun=is_begun), end) for word, end, is_begun in here]
            for here in asked_words(run, mode, is_listed=is_listed)
        ]
        reached = [False] * len(ways) + [True]
        for start in reversed(range(len(ways))):
            reached[start] = any(words and reached[end] for words, end in ways[start])
        return ways if reached[0] else ()

    def _meant(self, asked: str, mode: Mode, *, is_begun: bool) -> AbstractSet[str]:
        """What stands for the words that may be meant."""
        by_form, forms = self._words_of(mode)
        key = lower_reading(asked) if mode.is_quote else asked
        length = len(key) if is_begun else None
        return {
            self._symbols[word]
            for form in (beginning(forms, key) if is_begun else [key])
            for word in by_form.get(form, ())
            if any(is_spelled(asked, one[:length]) for one in spellings(word)[: 1 + is_begun])
        }

    def _by_form(self, mode: Mode) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
        words: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._symbols:
            for form in found_by(word, mode):
                words[form].append(word)
        return words, sorted(words)


def asked_words(run: Sequence[str], mode: Mode, *, is_listed: bool) -> Iterator[list[tuple[str, int, bool]]]:
    """From each word of a run on: what it may be read as, to where, and whether a word only begins so."""
    for start in range(len(run)):
        here = query_readings(run, start, mode)
        if is_listed:
            here = [next(here)]
        yield [(word, end, mode.is_prefix and end == len(run)) for end, word in here]


def stands_in(ways: Ways, places: Mapping[str, Iterable[tuple[int, int]]]) -> bool:
    """Whether a run of words is in a text; `places` has where each of its words starts and ends."""
    reached: list[set[int]] = [set() for _ in range(len(ways) + 1)]
    for number, here in enumerate(ways):
        for words, last in here:
            for word in words & places.keys():
                reached[last].update(
                    [end for start, end in places[word] if not number or start in reached[number]]
                )
    return bool(reached[-1])
