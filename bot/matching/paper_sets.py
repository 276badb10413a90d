"""Sets of papers: which have a word, or two or three side by side, or a longer run of words, or a name.

A set of papers is a whole number with one bit a paper. A longer run and a name are looked for in the papers
that have all of their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, cached_property, partial, reduce
from itertools import repeat
from typing import Final

from bot.core.query.expression import KEY_WORDS, those_of
from bot.core.query.names import NameSearch
from bot.core.query.phrase_search import (
    Lexicon,
    Places,
    beginning,
    found_in,
    lower_reading,
    places_of,
    query_readings,
)
from bot.core.words.reading import Reading, found_by, read
from bot.core.words.tokenizer import Mode

_STEP: Final = 4  # characters by which what keys begin with is kept
_LONGEST_START: Final = 12


class WordSets:
    """The papers of each word and each two or three neighboring words, as one mode finds them."""

    def __init__(self, texts: Iterable[Sequence[str]], mode: Mode) -> None:
        self.papers: dict[str, int] = {}
        self._mode: Final = mode
        self._readings = [read(each, mode) for each in texts]
        self._every = (1 << len(self._readings)) - 1
        # Without a reference to this object, so that it is freed as soon as nobody needs it.
        self._row = cache(partial(_row, self._readings, mode))
        self._places = cache(partial(_places, self._readings))
        get = self.papers.get
        for number, reading in enumerate(self._readings):
            bit = 1 << number
            for key in _keys(reading, mode):
                self.papers[key] = get(key, 0) | bit

    def matching(self, body: str) -> int:
        """The papers that have one of the runs of words of a term."""
        listed, _, long = body.partition("\v")
        papers, found = self.papers, 0
        keys = listed.split("|") if listed else ()
        if self._mode.is_prefix:
            found = self._beginning(keys)
        else:
            for key in keys:
                if key in papers:
                    found |= papers[key]
        for run in long.split("|") if long else ():
            found |= self._having_run(run)
        return found

    def _having_run(self, run: str) -> int:
        """The papers that have a run of words, as is checked in their texts."""
        words = run.split(" ")
        typed = f" {run}" if self._mode.is_prefix else f" {run} "
        in_row = self._in_row(words)
        found = those_of(in_row, lambda number: typed in self._row(number))
        if near := (in_row | self._joined(words)) & ~found:
            ways = self._lexicon.ways(words, self._mode)
            found |= those_of(near, lambda number: found_in(ways, self._places(number)))
        return found

    def _in_row(self, words: Sequence[str]) -> int:
        """The papers that have as many words of a run side by side as there are keys for."""
        found, count = self._every, len(words)
        for end in range(min(KEY_WORDS, count), count + 1):
            key = " ".join(words[max(end - KEY_WORDS, 0) : end])
            found &= self._having(key, is_last=end == count)
        return found

    def _joined(self, words: Sequence[str]) -> int:
        """The papers that have all words of a run, some of them joined."""
        count = len(words)
        reached = [self._every] + [0] * count
        joined = [0] * (count + 1)
        for start in range(count):
            for end, word in query_readings(words, start, self._mode) if reached[start] else ():
                if having := reached[start] & self._having(word, is_last=end == count):
                    reached[end] |= having
                    joined[end] |= having & joined[start] if end == start + 1 else having
        return joined[count]

    def _having(self, asked: str, *, is_last: bool) -> int:
        """The papers that have a word, or words side by side; of a beginning, that begins so."""
        key = lower_reading(asked) if self._mode.is_quote else asked
        return self._beginning([key]) if is_last and self._mode.is_prefix else self.papers.get(key, 0)

    def _beginning(self, keys: Iterable[str]) -> int:
        """The papers that have a word, or words side by side, that begins like one of these."""
        papers, starts, found = self.papers, self._starts, 0
        for key in keys:
            if key[: len(key) & -_STEP][:_LONGEST_START] in starts:
                for begun in beginning(self._sorted[key.count(" ")], key):
                    found |= papers[begun]
        return found

    @cached_property
    def _sorted(self) -> Sequence[Sequence[str]]:
        """The keys in order, by their numbers of spaces."""
        keys: list[list[str]] = [[] for _ in range(KEY_WORDS)]
        for key in sorted(self.papers):
            keys[key.count(" ")].append(key)
        return keys

    @cached_property
    def _starts(self) -> set[str]:
        """What keys begin with: most readings of a query are in no text, and are done with these."""
        lengths = range(0, _LONGEST_START + 1, _STEP)
        return {key[:length] for key in self.papers for length in lengths}

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon({word: word for reading in self._readings for _, _, word in reading.every()})


class NameSets:
    """The papers of each word of a name and of each initial."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines  # of names, one a paper
        self._papers: defaultdict[str, int] = defaultdict(int)
        for number, line in enumerate(lines):
            for word in set(line.lower().replace(";", "/").split("/")) - {""}:
                self._papers[word] |= 1 << number
                self._papers[f"{word[0]}."] |= 1 << number

    def matching(self, body: str, mode: Mode) -> int:
        """The papers that have this name."""
        words = body.lower().split(" ")
        count = len(words)
        near = [(1 << len(self._lines)) - 1] + [0] * count  # having the words before this one
        for start in range(count):
            joined = ""
            for end in range(start + 1, count + 1) if near[start] else ():
                joined += words[end - 1]
                is_begun = end == count and mode.is_prefix
                near[end] |= near[start] & (self._begun(joined) if is_begun else self._having(joined))
        if not near[count]:
            return 0
        search = NameSearch(body.split(" "), mode)
        return those_of(near[count], lambda number: search.stands_in(self._lines[number]))

    def _having(self, word: str) -> int:
        """The papers that have a word, or what may stand for it: its initial, or what begins with it."""
        get = self._papers.get
        return get(word, 0) | get(f"{word}." if len(word) == 1 else word[0], 0)

    def _begun(self, word: str) -> int:
        begun = [papers for each, papers in self._papers.items() if each.startswith(word)]
        return reduce(int.__or__, begun, self._having(word))


def _row(readings: Sequence[Reading], mode: Mode, number: int) -> str:
    """What the words of a paper in a row are found by first."""
    return f" {' '.join([found_by(word, mode)[0] for word in readings[number].words])} "


def _places(readings: Sequence[Reading], number: int) -> Places:
    return places_of(readings[number])


def _keys(reading: Reading, mode: Mode) -> set[str]:
    """All words of a reading, and those side by side, up to KEY_WORDS."""
    forms = [*map(found_by, reading.words, repeat(mode))]
    row = runs = [found[0] for found in forms]
    keys = set(row)
    for size in range(1, KEY_WORDS):
        runs = [f"{run} {word}" for run, word in zip(runs, row[size:], strict=False)]
        keys.update(runs)
    # Of the other words and forms, what is read with up to as many words before and behind them.
    others = [(end - 1, end, form) for end, each in enumerate(forms, 1) if len(each) > 1 for form in each[1:]]
    others += [(start, end, form) for start, end, word in reading.others for form in found_by(word, mode)]
    if others:
        steps = [[(word, end)] for end, word in enumerate(row, 1)] + [[]]
        for start, end, form in others:
            steps[start].append((form, end))
        nearby = {
            place for start, _, _ in others for place in range(max(start - KEY_WORDS + 1, 0), start + 1)
        }
        paths = [step for place in nearby for step in steps[place]]
        keys.update([run for run, _ in paths])
        for _ in range(1, KEY_WORDS):
            paths = [(f"{run} {word}", end) for run, place in paths for word, end in steps[place]]
            keys.update([run for run, _ in paths])
    return keys
