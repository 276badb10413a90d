"""The scan: one compiled query over the stored texts of a large archive, without an index of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from bot.core.query.expression import EVERY_PAPER, Term, evaluated, terms_of, those_of
from bot.core.query.names import NameSearch
from bot.core.query.phrase_search import Lexicon, asked_words, found_in, lower_reading
from bot.matching.search_texts import LINES, NAME_FIELDS, decoded

# Rare words have characters from here on. Regular expressions are slow at sets of these.
_RARE: Final = "\U00010000"
_LAST: Final = "\U0010ffff"

# Stored texts, a column for each part: words and other words, both as quotes read them, names. A part that a
# scan does not read may be empty.
Texts = Sequence[Sequence[str]]


def asked_forms(expressions: Iterable[str]) -> tuple[set[str], set[str]]:
    """The words, and the beginnings of words, in lower case, that scans need of a lexicon."""
    words: set[str] = set()
    beginnings: set[str] = set()
    for term in (term for expression in expressions for term in terms_of(expression).values()):
        for run, is_listed in () if term.is_name else term.runs():
            for here in asked_words(run, term.mode, is_listed=is_listed):
                for word, _, is_begun in here:
                    lower = lower_reading(word) if term.mode.is_quote else word.lower()
                    (beginnings if is_begun else words).add(lower)
    return words, beginnings


class TextScan:
    """One compiled query over stored texts; the lexicon has the characters of its words."""

    def __init__(self, expression: str, lexicon: Lexicon) -> None:
        self._expression = expression
        self._terms = {
            line: _Name(term) if term.is_name else _Words(term, lexicon)
            for line, term in terms_of(expression).items()
        }

    @property
    def parts(self) -> set[str]:
        """The parts of texts that it reads: `run`, `quoted`, `names`."""
        return {term.part for term in self._terms.values() if term.part}

    def matching(self, texts: Texts, among: int) -> int:
        """Those of the texts at these positions that match, as bits."""

        def matching(line: str, among: int) -> int:
            if line == EVERY_PAPER:
                return among
            return those_of(among, self._terms[line].finder(texts))

        return evaluated(self._expression, among, matching)


class _Name:
    """A term for a name, as it is looked for."""

    part: Final = "names"

    def __init__(self, term: Term) -> None:
        self._line = 0 if term.field is NAME_FIELDS[0] else 1
        self._search = NameSearch(term.body.split(" "), term.mode)

    def finder(self, texts: Texts) -> Callable[[int], bool]:
        """Says whether the text at a position has the name."""
        return lambda number: self._search.stands_in(texts[-1][number].split("\n")[self._line])


class _Words:
    """A term for words, as it is looked for."""

    def __init__(self, term: Term, lexicon: Lexicon) -> None:
        ways = [lexicon.ways(run, term.mode, is_listed=is_listed) for run, is_listed in term.runs()]
        self._ways = [each for each in ways if each]
        self.part: Final = ("quoted" if term.mode.is_quote else "run") if self._ways else ""
        self._lines = LINES[term.field]
        steps = [
            (words, end - start)
            for each in self._ways
            for start, here in enumerate(each)
            for words, end in here
        ]
        self._words = frozenset[str]().union(*(words for words, _ in steps))
        joined = set[str]().union(*(words for words, length in steps if length > 1))
        rows = ("".join(_one_of(here[0][0]) for here in each) for each in self._ways)
        self._in_row = re.compile("|".join(rows)).search
        self._find = re.compile(_one_of(self._words)).finditer
        self._has_word = re.compile(_one_of(self._words)).search
        self._has_joined = re.compile(_one_of(joined)).search if joined else _none

    def finder(self, texts: Texts) -> Callable[[int], bool]:
        """Says whether the text at a position has one of the runs of words."""
        if not self.part:
            return lambda _: False
        words, others = texts[2:4] if self.part == "quoted" else texts[:2]
        return lambda number: self._stands_in(words[number], others[number])

    def _stands_in(self, words: str, others: str) -> bool:
        if self._in_row(words):
            if self._lines is LINES[None]:
                return True
        elif not (self._has_word(others) or self._has_joined(words)):
            return False
        rows, more = words.split("\n"), others.split("\n")
        return any(self._in_row(rows[line]) or self._in_line(rows[line], more[line]) for line in self._lines)

    def _in_line(self, words: str, others: str) -> bool:
        if not (self._has_word(others) or self._has_joined(words)):
            return False
        places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for match in self._find(words):
            places[match[0]].append(match.span())
        for other in decoded(others):
            if other.word in self._words:
                places[other.word].append((other.start, other.end))
        return any(found_in(ways, places) for ways in self._ways)


def _none(_text: str) -> None:
    """Finds nothing, as the search of a pattern."""


def _one_of(characters: Collection[str]) -> str:
    """A pattern for one of these characters."""
    if len(characters) == 1:
        return re.escape(*characters)
    usual = "".join([re.escape(character) for character in characters if character < _RARE])
    rare = "".join([character for character in characters if character >= _RARE])
    found = ([f"[{usual}]"] if usual else []) + ([f"[{_RARE}-{_LAST}](?<=[{rare}])"] if rare else [])
    return f"(?:{'|'.join(found)})" if found else "(?!)"
