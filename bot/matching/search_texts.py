"""What is stored of a paper to be searched: its words and names, with a character for each word.

A text has a line each for the words of its title, its abstract and its AI keywords; the same three lines for
the other ways to read them; both again as quotes read them, which leave more as it is written; and its names.

Words are numbered over all papers and stored as one character each, so that a text is short and a run of
words is found as a short string. In the lines of other ways, two numbers precede each word: how far from
the one before it starts, and how far it reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bot.core.papers import Paper
from bot.core.query.names import name_line
from bot.core.query.nodes import WORD_FIELDS, Field, searched
from bot.core.words.latex import readable
from bot.core.words.reading import NO_WORD, Other, Reading, found_by, read
from bot.core.words.tokenizer import Mode

# Increase it when a paper's text is made by other rules: stored texts of a lower version are then made again.
TEXT_VERSION: Final = 11

# Which of a paper's fields for words (title, abstract, AI keywords) are searched.
LINES: Final = {
    field: tuple(WORD_FIELDS.index(each) for each in searched(field))
    for field in (None, *WORD_FIELDS, Field.TOPIC)
}
NAME_FIELDS: Final = (Field.AUTHOR, Field.ORG)

UNKNOWN: Final = "\x01"  # stands where no word is
# Characters up to the last mark stand for no word. Numbers, which are low as a rule, have those from here on.
_ZERO: Final = 0x20
LAST_MARK: Final = 0x7F
_SURROGATES: Final = range(0xD800, 0xE000)


class SearchText(NamedTuple):
    """What is stored of a paper, before words have characters."""

    run: tuple[Reading, ...]  # one for each field
    quoted: tuple[Reading, ...]
    names: str  # a line for the authors, one for the organization

    def words(self) -> set[str]:
        """Its words."""
        readings = (*self.run, *self.quoted)
        return {word for reading in readings for _, _, word in reading.every()} - {NO_WORD}

    def encoded(self, numbers: Mapping[str, int]) -> tuple[str, ...]:
        """The parts that are stored; `numbers` has its words, from 1 on."""
        codes = {word: code_of(numbers[word]) for word in self.words()} | {NO_WORD: UNKNOWN}
        parts: list[str] = []
        for readings in (self.run, self.quoted):
            parts.append("\n".join("".join([codes[word] for word in reading.words]) for reading in readings))
            parts.append("\n".join("".join(_encoded(reading.others, codes)) for reading in readings))
        return (*parts, self.names)


def texts_of(paper: Paper) -> tuple[Sequence[str], ...]:
    """The texts of the paper's fields for words, in the order of LINES."""
    return tuple([*map(readable, texts)] for texts in ([paper.title], [paper.abstract], paper.ai_keywords))


def names_of(paper: Paper, field: Field) -> str:
    """The paper's names of a field, as a line in which names are looked for."""
    names = paper.authors if field is Field.AUTHOR else (paper.organization, paper.organization_login)
    return name_line([readable(name) for name in names if name])


def search_text(paper: Paper) -> SearchText:
    """What is stored of a paper."""
    fields = texts_of(paper)
    run, quoted = (tuple(read(texts, mode) for texts in fields) for mode in (Mode.RUN, Mode.QUOTE))
    return SearchText(run, quoted, "\n".join(names_of(paper, field) for field in NAME_FIELDS))


def forms_of(word: str) -> set[str]:
    """What a word is found by in any mode, in lower case."""
    return {form.lower() for mode in Mode if mode is not Mode.NAME for form in found_by(word, mode)}


def code_of(number: int) -> str:
    """The character of the word with this number."""
    character = LAST_MARK + number
    return chr(character if character < _SURROGATES.start else character + len(_SURROGATES))


def _encoded(others: Iterable[Other], codes: Mapping[str, str]) -> Iterator[str]:
    last = 0
    for start, end, word in others:
        yield chr(_ZERO + start - last) + chr(_ZERO + end - start) + codes[word]
        last = start


def decoded(line: str) -> Iterator[Other]:
    """The other words of a line, each in its character."""
    start = 0
    for distance, length, word in zip(line[::3], line[1::3], line[2::3], strict=True):
        start += ord(distance) - _ZERO
        yield Other(start, start + ord(length) - _ZERO, word)
