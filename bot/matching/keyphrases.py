"""Keyphrases: the words of a paper, which are stop words, and the phrases that say what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from bot.core.papers import Paper
from bot.core.tables import TextTable
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, forms, segments

_TABLE = TextTable("bot.core.words", "stop_words.txt")
_STOP_WORDS: Final = frozenset(word for section in _TABLE.sections for word in _TABLE.words(section))
_MAX_WORDS: Final = 1_000  # of a title or an abstract; bounds the work on a hostile text
_JOINERS: Final = frozenset({"", " ", "-"})  # between two words of one phrase


class Word(NamedTuple):
    """A word of a text."""

    text: str  # as a run of words finds it
    start: int
    end: int

    @property
    def is_stop_word(self) -> bool:
        """Whether it says nothing about the paper: grammar, a number, what any paper says of itself."""
        return self.text in _STOP_WORDS or self.text.isdigit() or len(self.text) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A title or an abstract."""

    text: str
    words: tuple[Word, ...]  # in their order

    def phrase(self, start: int, count: int) -> str:
        """So many words from this one on as they are written; '' if anything but a hyphen is between them."""
        here = self.words[start : start + count]
        gaps = (self.text[one.end : other.start] for one, other in pairwise(here))
        return self.text[here[0].start : here[-1].end] if all(gap in _JOINERS for gap in gaps) else ""


def lines_of(paper: Paper) -> tuple[Line, Line]:
    """The title and the abstract."""
    title, abstract = map(_line, (paper.title, paper.abstract))
    return title, abstract


def shared_phrases(lines: tuple[Line, Line], parts: Iterable[tuple[int, int]], *, most: int) -> list[str]:
    """The first of these parts that say something, as they are written, no word twice.

    Args:
        lines: the title and the abstract.
        parts: for each, where it starts in both lines and what is between them, and how many words it has.
        most: how many are wanted.
    """
    title, abstract = lines
    found: list[str] = []
    taken: set[str] = set()
    for start, count in parts:
        line = title if start < len(title.words) else abstract
        first = start if line is title else start - len(title.words) - 1
        here = {word.text for word in line.words[first : first + count]}
        if len(found) < most and not any(word.is_stop_word for word in line.words[first : first + count]):
            phrase = line.phrase(first, count)
            if phrase and taken.isdisjoint(here):
                found.append(phrase)
                taken |= here
    return found


def _line(text: str) -> Line:
    shown = readable(text)
    words = [
        Word(forms(part.text, part.source, Mode.RUN)[0], offset + part.start, offset + part.end)
        for offset, segment in segments(shown, Mode.RUN)
        for part in segment[0]
    ]
    return Line(text=shown, words=tuple(words[:_MAX_WORDS]))
