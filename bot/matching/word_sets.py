"""Words as sets of papers: which papers have a word, or two or three side by side, or a longer run of words.

A set of papers is a whole number with one bit a paper. A longer run is looked for in the papers that have all
of its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

from bot.core.query.expression import KEY_WORDS
from bot.core.query.phrase_search import lower_reading, query_readings
from bot.core.words.tokenizer import Mode
from bot.matching.reading import Reading, found_by, read
from bot.matching.terms import Lexicon, beginning, numbers_of, stands_in

_STARTS: Final = (8, 12)  # numbers of letters by which most words, and most compounds, are told apart


class WordSets:
    """The papers of each word and each two or three neighboring words, as one mode finds them."""

    def __init__(self, texts: Iterable[Sequence[str]], mode: Mode) -> None:
        self.papers: dict[str, int] = {}
        self._mode: Final = mode
        self._readings = [read(each, mode) for each in texts]
        self._every = (1 << len(self._readings)) - 1
        self._places: dict[int, Mapping[str, list[tuple[int, int]]]] = {}
        self._rows: dict[int, str] = {}
        get = self.papers.get
        for number, reading in enumerate(self._readings):
            bit = 1 << number
            for key in _keys(reading, mode):
                self.papers[key] = get(key, 0) | bit

    def matching(self, body: str) -> int:
        """The papers that have one of the runs of words of a term."""
        listed, _, long = body.partition("\v")
        found = 0
        if self._mode.is_prefix:
            found = self._beginning(filter(None, listed.split("|")))
        else:
            for key in self.papers.keys() & listed.split("|"):
                found |= self.papers[key]
        for run in long.split("|") if long else ():
            words = run.split(" ")
            in_row = self._in_row(words)
            typed = f" {run}" if self._mode.is_prefix else f" {run} "
            found |= sum(
                [1 << number for number in numbers_of(in_row & ~found) if typed in self._row(number)]
            )
            if near := (in_row | self._joined(words)) & ~found:
                ways = self._lexicon.ways(words, self._mode, is_listed=False)
                found |= sum([1 << n for n in numbers_of(near) if stands_in(ways, self._places_in(n))])
        return found

    def _row(self, number: int) -> str:
        """What the words of a paper in a row are found by first."""
        if number not in self._rows:
            words = [found_by(word, self._mode)[0] for word in self._readings[number].words]
            self._rows[number] = f" {' '.join(words)} "
        return self._rows[number]

    def _in_row(self, words: Sequence[str]) -> int:
        """The papers that have as many words of a run side by side as there are keys for."""
        found, count = self._every, len(words)
        for end in range(min(KEY_WORDS, count), count + 1):
            key = " ".join(words[max(end - KEY_WORDS, 0) : end])
            found &= self._having(key.lower() if self._mode.is_quote else key, is_last=end == count)
        return found

    def _joined(self, words: Sequence[str]) -> int:
        """The papers that have all words of a run, some of them joined."""
        count = len(words)
        reached = [self._every] + [0] * count
        joined = [0] * (count + 1)
        for start in range(count):
            for end, word in query_readings(words, start, self._mode) if reached[start] else ():
                key = lower_reading(word) if self._mode.is_quote else word
                having = reached[start] & self._having(key, is_last=end == count)
                reached[end] |= having
                joined[end] |= having & joined[start] if end == start + 1 else having
        return joined[count]

    def _having(self, key: str, *, is_last: bool) -> int:
        """The papers that have a word, or words side by side; of a beginning, that begins so."""
        return self._beginning([key]) if is_last and self._mode.is_prefix else self.papers.get(key, 0)

    def _beginning(self, keys: Iterable[str]) -> int:
        """The papers that have a word, or words side by side, that begins like one of these."""
        papers, ordered, starts, found = self.papers, self._sorted, self._starts, 0
        few, many = _STARTS
        for key in keys:
            if " " not in key:
                # Most readings are in no text, and are done here.
                length = len(key)
                if length >= few and key[: many if length >= many else few] not in starts:
                    continue
            for begun in beginning(ordered[key.count(" ")], key):
                found |= papers[begun]
        return found

    def _places_in(self, number: int) -> Mapping[str, list[tuple[int, int]]]:
        """Where each word of a paper starts and ends."""
        if number not in self._places:
            self._places[number] = places = defaultdict[str, list[tuple[int, int]]](list)
            for start, end, word in self._readings[number].every():
                places[word].append((start, end))
        return self._places[number]

    @cached_property
    def _sorted(self) -> Sequence[Sequence[str]]:
        """The keys in order, by their numbers of spaces."""
        keys: list[list[str]] = [[] for _ in range(KEY_WORDS)]
        for key in sorted(self.papers):
            keys[key.count(" ")].append(key)
        return keys

    @cached_property
    def _starts(self) -> set[str]:
        return {word[:length] for word in self._sorted[0] for length in _STARTS}

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon({word: word for reading in self._readings for _, _, word in reading.every()})


def _keys(reading: Reading, mode: Mode) -> set[str]:
    """All words of a reading, and those side by side, up to KEY_WORDS."""
    steps = [[(form, end) for form in found_by(word, mode)] for end, word in enumerate(reading.words, 1)]
    steps.append([])
    for start, end, word in reading.others:
        steps[start] += [(form, end) for form in found_by(word, mode)]
    runs = [step for here in steps for step in here]
    keys = {run for run, _ in runs}
    for _ in range(1, KEY_WORDS):
        runs = [(f"{run} {form}", end) for run, place in runs for form, end in steps[place]]
        keys.update([run for run, _ in runs])
    return keys
