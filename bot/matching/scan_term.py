"""One term of a query in the scan: which stored texts have it for certain, and which may have it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from bot.core.query.expression import EVERY_PAPER
from bot.core.query.names import is_reading_of_name, query_readings
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import wanted_words
from bot.core.words.inflection import AMERICAN
from bot.core.words.tokenizer import Mode
from bot.matching.scan_texts import GLUED, GREEK, LEFT_OUT, Columns
from bot.matching.scan_words import as_runs, long_runs, parts_of, plurals_begun, runs_of, variants

_LINES: Final = {Field.TITLE: (0,), Field.ABSTRACT: (1,), Field.KEYWORD: (2,), Field.TOPIC: (0, 2)}
_NAME_LINES: Final = {Field.AUTHOR: 0, Field.ORG: 1}

# How a word, or a run of them, is looked for.
_Key = str | re.Pattern[str]
Positions = range | list[int]


class _Run(NamedTuple):
    words: list[_Key]
    whole: _Key


class Term:
    """One term of a query, as it is looked for."""

    def __init__(self, term: str, codes: Mapping[str, str]) -> None:
        self._is_every_paper = term == EVERY_PAPER
        self._field, self._mode, self._body = parts_of(term)
        self._codes = codes
        self._quotes: list[tuple[Term, re.Pattern[str] | None]] = []
        self._runs: list[_Run] = []
        self._plurals: list[_Run] = []  # that may be there for a beginning
        self._long: list[list[list[tuple[_Key, int]]]] = []
        if self._is_every_paper or (self._field is not None and self._field.is_name):
            return
        if self._mode.is_quote:
            self._quotes = [
                (Term(run, codes), self._alone(quoted.split(" ")))
                for quoted, run in as_runs(self._body, self._field, self._mode)
            ]
            return
        is_prefix = self._mode.is_prefix
        runs = runs_of(self._body)
        if is_prefix:
            self._runs = list(self._begun_runs(runs))
            plurals = [[*words[:-1], word] for words in runs for word in plurals_begun(words[-1])]
            self._plurals = list(self._known(plurals))
        else:
            self._runs = list(self._known(runs))
        long = [self._wanted(words) for words in long_runs(self._body)]
        self._long = [wanted for wanted in long if _is_reachable(wanted)]

    @property
    def is_hopeless(self) -> bool:
        """Whether no stored text has its words."""
        if self._is_every_paper or (self._field is not None and self._field.is_name):
            return False
        if self._mode.is_quote:
            return all(run.is_hopeless for run, _ in self._quotes)
        return not (self._runs or self._plurals or self._long)

    def matching(self, texts: Columns, positions: Positions) -> tuple[set[int], set[int]]:
        """The texts at these positions that have it, and those that may (with the first ones)."""
        if self._is_every_paper:
            return set(positions), set(positions)
        if self._field is not None and self._field.is_name:
            return _named(self._body, texts.names, positions, field=self._field, mode=self._mode)
        if self._mode.is_quote:
            return self._quoted(texts, positions)
        certain, possible = self._found(self._runs, texts, positions)
        left = without(positions, certain)
        for long in self._long:
            possible.update(_joined(long, texts, left))
        if self._plurals:
            possible.update(*self._found(self._plurals, texts, left))
        return certain, possible | certain

    def _quoted(self, texts: Columns, positions: Positions) -> tuple[set[int], set[int]]:
        certain: set[int] = set()
        possible: set[int] = set()
        for run, alone in self._quotes:
            if run.is_hopeless:
                continue
            found = run.matching(texts, positions)[1]
            possible |= found
            if alone is not None:
                certain.update(self._in_field(sorted(found), alone, texts.words))
        return certain, possible

    def _found(self, runs: Sequence[_Run], texts: Columns, positions: Positions) -> tuple[set[int], set[int]]:
        """The texts that have one of these runs of words, and those that may."""
        if not runs:
            return set(), set()
        certain: set[int] = set()
        for run in runs:
            having = _having(run.whole, texts.words, without(positions, certain))
            certain.update(self._in_field(having, run.whole, texts.words))
        left = without(positions, certain)
        special = _having(LEFT_OUT, texts.other_words, left)
        possible: set[int] = set()
        for run in runs:
            having = sorted({one for key in run.words for one in _having(key, texts.other_words, left)})
            found = _having(run.whole, texts.others, [*having, *special])
            certain.update(self._in_field(found, run.whole, texts.others))
            if len(run.words) > 1:
                possible.update(_apart(run.words, texts, having))
        return certain, possible

    def _known(self, runs: Iterable[Sequence[str]]) -> Iterator[_Run]:
        """The runs, in every way in which they may stand in a text."""
        for words in runs:
            for codes in product(*map(self._codes_of, words)):
                yield _Run([*codes], "".join(codes))

    def _begun_runs(self, runs: Iterable[Sequence[str]]) -> Iterator[_Run]:
        """The same for runs whose last word is a beginning."""
        for words in runs:
            begun = self._begun(words[-1])
            if begun is not None:
                last = re.compile(begun)
                for codes in product(*map(self._codes_of, words[:-1])):
                    yield _Run([*codes, last], re.compile(re.escape("".join(codes)) + begun))

    def _codes_of(self, word: str) -> list[str]:
        return [self._codes[variant] for variant in variants(word) if variant in self._codes]

    def _begun(self, beginning: str) -> str | None:
        """A pattern for the words that start so; None if no stored text has any."""
        either = (beginning, beginning.upper())
        codes = [code for word, code in self._codes.items() if word.startswith(either)]
        plain = "".join([re.escape(code) for code in codes if len(code) == 1])
        glued = "".join([re.escape(code[1]) for code in codes if len(code) > 1])
        found = [f"[{plain}]"] if plain else []
        if glued:
            found.append(f"{GLUED}[{glued}]")
        return f"(?:{'|'.join(found)})" if found else None

    def _alone(self, words: Sequence[str]) -> re.Pattern[str] | None:
        """A pattern for where a quote is found for certain."""
        if self._mode.is_prefix or not all(map(_is_read_alike, words)):
            return None
        codes = [
            [self._codes[form] for form in dict.fromkeys((word, word.upper())) if form in self._codes]
            for word in words
        ]
        if not all(codes):
            return None
        run = "".join([f"(?:{'|'.join(map(re.escape, each))})" for each in codes])
        return re.compile(f"(?<!{GLUED}){run}(?!{GLUED})")

    def _wanted(self, words: Sequence[str]) -> list[list[tuple[_Key, int]]]:
        """For each word of a longer run, what it may be read as from there on, and where that ends."""
        wanted: list[list[tuple[_Key, int]]] = []
        for here in wanted_words(tuple(words), self._mode):
            keys: list[tuple[_Key, int]] = [
                (code, end)
                for word, ends in here.whole.items()
                for code in self._codes_of(word)
                for end, _ in ends
            ]
            patterns = filter(None, [self._begun(begun) for begun, _ in here.begun])
            wanted.append([*keys, *((re.compile(pattern), len(words)) for pattern in patterns)])
        return wanted

    def _in_field(self, found: Iterable[int], key: _Key, column: Sequence[str]) -> Iterable[int]:
        """Those of the texts found that have the key in the field."""
        if self._field is None:
            return found if isinstance(key, str) else _having(key, column, found)
        numbers_of_lines = _LINES[self._field]
        return [
            position
            for position in found
            for lines in (column[position].split("\n"),)
            if any(_has(key, lines[line]) for line in numbers_of_lines)
        ]


def without(positions: Positions, found: set[int]) -> Positions:
    return [position for position in positions if position not in found] if found else positions


def _apart(keys: Sequence[_Key], texts: Columns, having: Iterable[int]) -> list[int]:
    """The texts that have all the words, two or more of them only in other readings.

    Another reading is stored with the words around it, so that a run with one such word has been looked for
    already.
    """
    words, other_words = texts.words, texts.other_words
    return [
        position
        for position in having
        if sum(_has(key, other_words[position]) for key in keys) > 1
        and all(_has(key, words[position]) or _has(key, other_words[position]) for key in keys)
    ]


def _is_reachable(wanted: Sequence[Sequence[tuple[_Key, int]]]) -> bool:
    """Whether stored texts have words for the whole run."""
    reached = [False] * len(wanted) + [True]
    for start in range(len(wanted) - 1, -1, -1):
        reached[start] = any(reached[end] for _, end in wanted[start])
    return reached[0]


def _joined(
    wanted: Sequence[Sequence[tuple[_Key, int]]], texts: Columns, positions: Iterable[int]
) -> Iterator[int]:
    """The texts that have all the words of a longer run, some with a space between them left out."""
    count = len(wanted)
    joined = [key for start, here in enumerate(wanted) for key, end in here if end > start + 1]
    for position in positions:
        text, other_words = texts.words[position], texts.other_words[position]
        is_other = LEFT_OUT in other_words or any(
            _has(key, other_words) for here in wanted for key, _ in here
        )
        if not is_other and not any(_has(key, text) for key in joined):
            continue
        reached = [False] * count + [True]
        for start in range(count - 1, -1, -1):
            reached[start] = any(
                reached[end] and (_has(key, text) or _has(key, other_words)) for key, end in wanted[start]
            )
        if reached[0]:
            yield position


def _has(key: _Key, text: str) -> bool:
    return key in text if isinstance(key, str) else key.search(text) is not None


def _having(key: _Key, column: Sequence[str], positions: Iterable[int]) -> list[int]:
    """The positions at which the column has the key."""
    if isinstance(key, str):
        return [position for position in positions if key in column[position]]
    search = key.search
    return [position for position in positions if search(column[position])]


def _is_read_alike(word: str) -> bool:
    """Whether a quote and a run find the word in the same places, but for what is glued to it."""
    return word.isascii() and word.isalpha() and word.islower() and word not in AMERICAN and word not in GREEK


def _named(
    body: str, names: Sequence[str], positions: Iterable[int], *, field: Field, mode: Mode
) -> tuple[set[int], set[int]]:
    """The texts that have the name; in a quote with capitals, which are not stored, only those that may."""
    words = tuple(body.split(" "))
    lower = tuple(word.lower() for word in words)
    ending = "" if mode.is_prefix else "/"
    typed = {word.text for reading in query_readings(lower) for word in reading if len(word.text) > 1}
    keys = [f"/{word}{ending}" for word in typed]
    found: set[int] = set()
    for position in positions:
        of_paper = names[position]
        if any(key in of_paper for key in keys):
            for name in of_paper.split("\n")[_NAME_LINES[field]].split(";"):
                if any(key in name for key in keys) and is_reading_of_name(
                    lower, tuple(name.strip("/").split("/")), is_quote=mode.is_quote, is_prefix=mode.is_prefix
                ):
                    found.add(position)
                    break
    return (found, found) if words == lower else (set(), found)
