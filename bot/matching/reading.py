"""How texts are read: their words in a row, and the other ways to read some of them.

A word is kept as it is written as far as that counts, in its capitals or without. What it is found by depends
on the mode of the query and is asked here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Final, NamedTuple

from bot.core.papers import Paper
from bot.core.query.nodes import Field
from bot.core.words.characters import without_accents
from bot.core.words.latex import readable
from bot.core.words.tokenizer import (
    Mode,
    Part,
    capital_form,
    chunk_segments,
    has_capital_within,
    joined_forms,
    readings,
)

NO_WORD: Final = "."  # in a word's place: between two texts, or where only other words end and start

# Which of a paper's fields for words (title, abstract, AI keywords) are searched.
LINES: Final = {
    None: (0, 1, 2),
    Field.TITLE: (0,),
    Field.ABSTRACT: (1,),
    Field.KEYWORD: (2,),
    Field.TOPIC: (0, 2),
}


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


def texts_of(paper: Paper) -> tuple[Sequence[str], ...]:
    """The texts of the paper's fields for words, in the order of LINES."""
    return ([paper.title], [paper.abstract], paper.ai_keywords)


def read(texts: Iterable[str], mode: Mode) -> Reading:
    """The words of some texts. No run of words goes from one text into the next."""
    mode = Mode.QUOTE if mode.is_quote else Mode.RUN
    words: list[str] = []
    others: list[Other] = []
    for text in texts:
        if words:
            words.append(NO_WORD)
        for chunk in readable(text).split():
            own, more = _read_chunk(chunk, mode)
            if more:
                place = len(words)
                others += [Other(place + start, place + end, word) for start, end, word in more]
            words += own
    if not all(other.word for other in others):
        others = _without_gaps(words, others)
    return Reading(words, sorted(others))


def _without_gaps(words: Sequence[str], others: Sequence[Other]) -> list[Other]:
    """The other words, with those that start behind a gap, which has no word, before it as well."""
    found = [other for other in others if other.word]
    for gap in sorted((other for other in others if not other.word), reverse=True):
        behind = [Other(gap.end, gap.end + 1, word) for word in words[gap.end : gap.end + 1]]
        behind += [other for other in found if other.start == gap.end]
        found += [other._replace(start=gap.start) for other in behind]
    return found


@lru_cache(maxsize=32768)
def _read_chunk(chunk: str, mode: Mode) -> tuple[Sequence[str], Sequence[Other]]:
    """What is between two spaces, with places from 0 on."""
    words: list[str] = []
    others: list[Other] = []
    for main, *paths in chunk_segments(chunk, mode):
        start = len(words)
        words += [_written([part]) for part in main]
        places = [list(range(start, len(words) + 1))]
        if paths:  # each has places of its own, and the last word of all ends behind these
            end = len(words) + 1 + sum(len(path) for path in paths)
            places[0][-1] = end
            for path in paths:
                first = len(words) + 1
                words += [NO_WORD] * len(path)
                places.append([start, *range(first, first + len(path) - 1), end])
            words += [NO_WORD] * (end - len(words))
            others += [Other(start, end, "") for path in paths if not path]
        for path, here in zip((main, *paths), places, strict=True):
            for first in range(len(path)):
                for last in readings(path, first):
                    if path is not main or here[last] != here[first] + 1:
                        others.append(Other(here[first], here[last], _written(path[first:last])))
    return tuple(words), tuple(others)


def _written(parts: Sequence[Part]) -> str:
    """One word, with hyphens between its parts: in its capitals if one is after its first letter.

    What is written between its letters and left out, such as a raised figure, is left out here too.
    """
    text = "-".join([part.text for part in parts])
    source = "-".join([part.source for part in parts])
    if source == text or not has_capital_within(source):
        return text
    rest = iter(without_accents(source))
    written = "".join([next((each for each in rest if each.casefold() == letter), "") for letter in text])
    return written if len(written) == len(text) else text


@lru_cache(maxsize=65536)
def found_by(word: str, mode: Mode) -> tuple[str, ...]:
    """What a word of a reading is found by."""
    path = [
        Part(part if word.islower() else part.casefold(), part, 0, 0, joins=True) for part in word.split("-")
    ]
    return joined_forms(path, 0, len(path), mode)


@lru_cache(maxsize=65536)
def spellings(word: str) -> tuple[str, str]:
    """A word of a reading in its capitals: in the singular, and as it is written."""
    source = word.replace("-", "")
    return capital_form(source.casefold(), source), source
