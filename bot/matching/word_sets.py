"""Words as sets of papers: which papers have a word, or two or three side by side, or a longer run of words.

A set of papers is a whole number with one bit a paper. Words side by side leave open whether a longer run
stands together: that is checked in the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, reduce
from itertools import pairwise
from typing import Final

from bot.core.papers import Paper
from bot.core.query.expression import KEY_WORDS
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import SearchableText, lower_reading, query_readings
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, Path, chunk_segments, forms, joined_forms, readings

_START: Final = 4  # letters of a word by which most are told apart
_LONG_START: Final = 12  # likewise, of several that are written as one
_MAX_TEXTS: Final = 256  # kept to check runs of words in, for each choice of fields and mode


class WordSets:
    """The papers of each word and pair of neighboring words, of some fields in one mode."""

    def __init__(self, papers: Sequence[Paper], field: Field | None, mode: Mode) -> None:
        self.papers: dict[str, int] = {}
        self._mode = mode
        self._is_prefix: Final = mode.is_prefix
        self._papers = papers
        self._field: Final = field
        self._every = (1 << len(papers)) - 1
        self._plain: dict[int, str] = {}
        self._texts: dict[int, list[SearchableText]] = {}
        get = self.papers.get
        for number, paper in enumerate(papers):
            keys: set[str] = set()
            for text in _texts(paper, field):
                self._add(text, keys)
            bit = 1 << number
            for key in keys:
                self.papers[key] = get(key, 0) | bit

    def matching(self, text: str) -> int:
        """The papers that have one of the runs of words."""
        short, _, long = text.partition("\v")
        keys = short.split("|")
        found = 0
        if self._is_prefix:
            found = self._beginning(keys) if short else 0
        elif not self.papers.keys().isdisjoint(keys):
            get = self.papers.get
            for key in keys:
                found |= get(key, 0)
        for run in long.split("|") if long else ():
            words = tuple(run.split(" "))
            for number in numbers_of(self._near(words) & ~found):
                if self._has_run(number, run):
                    found |= 1 << number
        return found

    def _near(self, words: tuple[str, ...]) -> int:
        """The papers that may have this run of four and more words, or of capitals."""
        mode, get, count = self._mode, self.papers.get, len(words)
        side_by_side = self._every
        for place in range(max(count - KEY_WORDS, 0) + 1):
            key = " ".join(words[place : place + KEY_WORDS])
            is_last = mode.is_prefix and place + KEY_WORDS >= count
            side_by_side &= (
                self._beginning([key.lower()]) if is_last else get(key.lower() if mode.is_prefix else key, 0)
            )
            if not side_by_side:
                break
        reached = [self._every] + [0] * count  # by words in the text, in any order
        joined = [0] * (count + 1)  # those with one space left out at least
        for start in range(count):
            so_far = reached[start]
            for end, reading in query_readings(words, start, mode) if so_far else ():
                word = lower_reading(reading) if mode.is_quote else reading
                is_begun = mode.is_prefix and end == count
                if having := so_far & (self._beginning([word]) if is_begun else get(word, 0)):
                    reached[end] |= having
                    joined[end] |= having & joined[start] if end == start + 1 else having
        return side_by_side | joined[count]

    def _has_run(self, number: int, run: str) -> bool:
        """Whether the run of words stands in the paper's text: as a rule in its plain words."""
        if number not in self._plain:
            self._plain[number] = "".join(map(self._plain_words, _texts(self._papers[number], self._field)))
        if (f" {run}" if self._mode.is_prefix else f" {run} ") in self._plain[number]:
            return True
        if number not in self._texts:
            if len(self._texts) == _MAX_TEXTS:
                self._texts.clear()
            self._texts[number] = [
                SearchableText(text, self._mode) for text in _texts(self._papers[number], self._field)
            ]
        words = run.split(" ")
        return any(True for text in self._texts[number] for _ in text.find(words))

    def _plain_words(self, text: str) -> str:
        """The words of a text, each by what it is found by first; a bar where there are several paths."""
        words: list[str] = ["|"]
        for chunk in text.split():
            for step in _steps(chunk, self._mode):
                if isinstance(step, str):
                    words.append(step)
                elif len(step) == 1:
                    words += [found_by[0] for first, end, found_by in step[0][1] if end == first + 1]
                else:
                    words.append("|")
        return f" {' '.join(words)} "

    def _add(self, text: str, keys: set[str]) -> None:
        """Add the words of a text, and each two and three that stand side by side."""
        plain: list[str] = []  # words, of one reading each, since the last segment that has several
        words: Sequence[str] = ()  # that end where that segment does, and the pairs that do
        pairs: Sequence[str] = ()
        for chunk in text.split():
            for step in _steps(chunk, self._mode):
                if isinstance(step, str):
                    plain.append(step)
                    continue
                words, pairs = _add_paths(step, keys, *_add_plain(plain, keys, words, pairs))
                plain = []
        _add_plain(plain, keys, words, pairs)

    @cached_property
    def _sorted(self) -> tuple[_Sorted, _Sorted]:
        """The words, and the pairs of words, each with its papers at the same place."""
        keys = sorted(self.papers)
        words, pairs = [key for key in keys if " " not in key], [key for key in keys if " " in key]
        return (words, [self.papers[key] for key in words]), (pairs, [self.papers[key] for key in pairs])

    @cached_property
    def _starts(self) -> set[str]:
        """How keys begin: up to some letters of the last word."""
        places = [(key, key.rfind(" ") + 1) for key in self.papers]
        return {key[: last + length] for key, last in places for length in (_START, _LONG_START)}

    def _beginning(self, texts: Iterable[str]) -> int:
        """The papers that have a word, or words side by side, that begins like one of these."""
        starts, found = self._starts, 0
        for text in texts:
            last = text.rfind(" ") + 1
            length = len(text) - last
            # Most readings of a phrase are in no text, and are done here.
            if length >= _START:
                start = text[: last + (_START if length < _LONG_START else _LONG_START)]
                if start not in starts:
                    continue
            keys, having = self._sorted[last > 0]
            first = bisect_left(keys, text)
            end = bisect_left(keys, text[:-1] + chr(ord(text[-1]) + 1), first)
            found = reduce(int.__or__, having[first:end], found)
        return found


_Sorted = tuple[list[str], list[int]]
# The words of a path, with the number of its parts: between which parts each stands, and what it is found by.
_PathWords = tuple[int, list[tuple[int, int, tuple[str, ...]]]]


@lru_cache(maxsize=32768)
def _steps(chunk: str, mode: Mode) -> list[str | list[_PathWords]]:
    """What stands between two spaces: words that are found by one form alone, and segments with more."""
    found: list[str | list[_PathWords]] = []
    for segment in chunk_segments(chunk, mode):
        if len(segment) == len(segment[0]) == 1:
            [[word]] = segment
            found_by = forms(word.text, word.source, mode)
            found.append(found_by[0] if len(found_by) == 1 else [(1, [(0, 1, found_by)])])
        else:
            found.append([_path_words(path, mode) for path in segment])
    return found


def _path_words(path: Path, mode: Mode) -> _PathWords:
    found = [
        (first, end, joined_forms(path, first, end, mode))
        for first in range(len(path))
        for end in readings(path, first)
    ]
    return len(path), found


def _add_plain(
    plain: Sequence[str], keys: set[str], words: Sequence[str], pairs: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Add plain words behind words and pairs that end where they begin; what ends where they end."""
    if not plain:
        return words, pairs
    own_pairs = [f"{one} {other}" for one, other in pairwise(plain)]
    keys.update(
        plain, own_pairs, [f"{pair} {word}" for pair, word in zip(own_pairs, plain[2:], strict=False)]
    )
    first_pairs = [f"{word} {plain[0]}" for word in words]
    keys.update(first_pairs, [f"{pair} {plain[0]}" for pair in pairs])
    if len(plain) == 1:
        return plain, first_pairs
    keys.update([f"{pair} {plain[1]}" for pair in first_pairs])
    return plain[-1:], own_pairs[-1:]


def _add_paths(
    paths: Iterable[_PathWords], keys: set[str], words: Sequence[str], pairs: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Add a segment in which hyphens join words, or which has several paths; what may end where it ends."""
    last_words: list[str] = []
    last_pairs: list[str] = []
    for size, found in paths:
        words_at: list[list[str]] = [[*words], *([] for _ in range(size))]
        pairs_at: list[list[str]] = [[*pairs], *([] for _ in range(size))]
        for first, end, step in found:
            new = [f"{word} {form}" for word in words_at[first] for form in step]
            keys.update(step, new, [f"{pair} {form}" for pair in pairs_at[first] for form in step])
            words_at[end] += step
            pairs_at[end] += new
        last_words += words_at[size]
        last_pairs += pairs_at[size]
    return last_words, last_pairs


def numbers_of(bits: int) -> list[int]:
    """The places of the bits that are set, from the lowest."""
    found: list[int] = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def _texts(paper: Paper, field: Field | None) -> Iterator[str]:
    """The texts of a field, or of the default ones. No run of words goes from one into the next."""
    if field is None or field in {Field.TITLE, Field.TOPIC}:
        yield readable(paper.title)
    if field is None or field is Field.ABSTRACT:
        yield readable(paper.abstract)
    if field is None or field in {Field.KEYWORD, Field.TOPIC}:
        yield from map(readable, paper.ai_keywords)
