"""How texts are read: their words in a row, and the other ways to read some of them.

A word is kept as it is written as far as that counts, in its capitals or without. What it is found by depends
on the mode of the query and is asked here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, count, islice
from typing import Final, NamedTuple

from bot.core.words.characters import without_accents
from bot.core.words.tokenizer import (
    Mode,
    Part,
    capital_form,
    chunk_segments,
    forms,
    has_capital_within,
    joined_forms,
    readings,
)

NO_WORD: Final = "."  # in a word's place: between two texts, or where only other words end and start
_CHUNK = re.compile(r"\S+")


class Other(NamedTuple):
    """A word that reaches from one place to another, beside the words in a row."""

    start: int
    end: int
    word: str


class Reading(NamedTuple):
    """Texts as they are read: the words in a row, each from its place to the next, and the others."""

    words: Sequence[str]
    others: Sequence[Other]  # in the order of their starts

    def every(self) -> Iterator[tuple[int, int, str]]:
        """All words, each with where it starts and ends."""
        return chain(zip(count(), count(1), self.words), self.others)


class _Chunk(NamedTuple):
    """What is between two spaces, with places from 0 on."""

    words: Sequence[str]
    others: Sequence[Other]
    offsets: Sequence[tuple[int, int]]


def read(texts: Iterable[str], mode: Mode) -> Reading:
    """The words of some texts. No run of words goes from one text into the next.

    Convert their LaTeX first (`bot.core.words.latex`).
    """
    mode = Mode.QUOTE if mode.is_quote else Mode.RUN
    words: list[str] = []
    others: list[Other] = []
    for text in texts:
        if words:
            words.append(NO_WORD)
        for part in text.split():
            chunk = _read_chunk(part, mode)
            if chunk.others:
                place = len(words)
                others += [Other(place + start, place + end, word) for start, end, word in chunk.others]
            words += chunk.words
    if not all(other.word for other in others):
        others = _without_gaps(words, others)
    return Reading(words, sorted(others))


def offsets(text: str, mode: Mode) -> list[tuple[int, int]]:
    """For each place of a text: where a word that starts there begins, and one that ends behind it ends."""
    mode = Mode.QUOTE if mode.is_quote else Mode.RUN
    return [
        (match.start() + start, match.start() + end)
        for match in _CHUNK.finditer(text)
        for start, end in _read_chunk(match[0], mode).offsets
    ]


def _without_gaps(words: Sequence[str], others: Sequence[Other]) -> list[Other]:
    """The other words, with those that start behind a gap, which has no word, before it as well."""
    found = [other for other in others if other.word]
    for gap in sorted((other for other in others if not other.word), reverse=True):
        behind = [Other(gap.end, gap.end + 1, word) for word in words[gap.end : gap.end + 1]]
        behind += [other for other in found if other.start == gap.end]
        found += [other._replace(start=gap.start) for other in behind]
    return found


@lru_cache(maxsize=32768)
def _read_chunk(chunk: str, mode: Mode) -> _Chunk:
    segments = chunk_segments(chunk, mode)
    match segments:
        case (([part],),):  # most are one word
            return _Chunk((_written(part.text, part.source),), (), ((part.start, part.end),))
        case _:
            pass
    words: list[str] = []
    others: list[Other] = []
    starts: list[int] = []
    ends: list[int] = []
    for segment in segments:
        start = len(words)
        end = start + 1 + sum([len(path) - 1 for path in segment if path])
        words += [NO_WORD] * (end - start)
        starts += [0] * (end - start)
        ends += [0] * (end - start)
        inner = iter(range(start + 1, end))
        places = [[start, *islice(inner, max(len(path) - 1, 0)), end] for path in segment]
        for path, here in reversed([*zip(segment, places, strict=True)]):  # the main one last
            for first, part in enumerate(path):
                place = here[first]
                starts[place], ends[here[first + 1] - 1] = part.start, part.end
                for last in readings(path, first):
                    if here[last] == place + 1:
                        words[place] = _written(part.text, part.source)
                        continue
                    text = "-".join([part.text for part in path[first:last]])
                    source = "-".join([part.source for part in path[first:last]])
                    others.append(Other(place, here[last], _written(text, source)))
            if not path:
                others.append(Other(start, end, ""))
    return _Chunk(words, others, [*zip(starts, ends, strict=True)])


def _written(text: str, source: str) -> str:
    """One word, with hyphens between its parts: in its capitals if one is after its first letter.

    What is written between its letters and left out, such as a raised figure, is left out here too.
    """
    if source == text or not has_capital_within(source):
        return text
    rest = iter(without_accents(source))
    written = "".join([next((each for each in rest if each.casefold() == letter), "") for letter in text])
    return written if len(written) == len(text) else text


@lru_cache(maxsize=65536)
def found_by(word: str, mode: Mode) -> tuple[str, ...]:
    """What a word of a reading is found by."""
    texts = [(part if word.islower() else part.casefold(), part) for part in word.split("-")]
    if len(texts) == 1:
        return forms(*texts[0], mode)
    path = [Part(text, source, 0, 0, joins=True) for text, source in texts]
    return joined_forms(path, 0, len(path), mode)


@lru_cache(maxsize=65536)
def spellings(word: str) -> tuple[str, str]:
    """A word of a reading in its capitals: in the singular, and as it is written."""
    source = word.replace("-", "")
    return capital_form(source.casefold(), source), source
