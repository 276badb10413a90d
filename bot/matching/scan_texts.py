"""What is stored of a paper to be scanned: its words and names, normalised, with a character for each word.

A text has four parts: the words of its title, abstract and AI keywords, a line each; the words that it has
only when a hyphen is read as nothing, or something is read in another way; the same three lines in those
other ways, each with the words around it; and the names of its authors and its organisation, a line each.
Words are numbered over all papers and stored as one character each, so that a text is short and a run of
words is found as a short string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from bot.core.papers import Paper
from bot.core.query.names import name_readings
from bot.core.words.latex import readable
from bot.core.words.tokenizer import (
    GREEK_NAMES,
    Mode,
    Path,
    Segment,
    forms,
    joined_forms,
    readings,
    segments,
)

# Increase it when a paper's text is made by other rules: stored texts of a lower version are then made again.
TEXT_VERSION: Final = 2

_APART: Final = " . "  # between two texts, so that no run goes from one into the next; no word is a full stop
_ALL_PLAIN: Final = "^"  # among the other words: a reading has none, as it only leaves something out
AMERICAN_MARK: Final = (
    "="  # before a word in American spelling that is written in British: not for beginnings
)
_NAMES_APART: Final = "/;/"
_CONTEXT: Final = 4  # words on each side of another reading
_LONG_COMPOUND: Final = 5  # parts; of a longer one, only readings with one joined word are stored

# Characters that stand for no word, all before the first that does. No word follows an odd surrogate.
GLUED: Final = "\x03"  # beside a version or a Greek letter, which a quote may read with its neighbour
_MARKS: Final = {_APART.strip(): "\x01", _ALL_PLAIN: "\x02"}
LEFT_OUT: Final = _MARKS[_ALL_PLAIN]
_FIRST_CODE: Final = 0x1F
_SURROGATES: Final = 0xD800
_AFTER_SURROGATES: Final = 0xE000
_VERSION: Final = re.compile(r"v?\d")
GREEK: Final = frozenset(GREEK_NAMES.values())


def search_text(paper: Paper) -> str:
    """What is stored of a paper to be scanned, about 3 kB."""
    by_field = [paper.title], [paper.abstract], paper.ai_keywords
    fields = [_lines(list(map(readable, texts))) for texts in by_field]
    other_words = dict.fromkeys(word for _, _, others in fields for word in others)
    organisation = [name for name in (paper.organization, paper.organization_login) if name]
    return "\t".join(
        [
            "\n".join(words for words, _, _ in fields),
            f" {' '.join(other_words)} ",
            "\n".join(others for _, others, _ in fields),
            "\n".join(map(_name_line, (paper.authors, organisation))),
        ]
    )


def _lines(texts: Iterable[str]) -> tuple[str, str, list[str]]:
    """The words of some texts, the other ways to read them, and the words that only those have."""
    words: list[str] = []
    others: list[str] = []
    other_words: list[str] = []
    for text in texts:
        found = [segment for _, segment in segments(text, Mode.RUN)]
        plain = [tuple([_plain(part.text, part.source) for part in segment[0]]) for segment in found]
        flat = [word for each in plain for word in each]
        words.append(" ".join(flat))
        start = 0
        for segment, own in zip(found, plain, strict=True):
            end = start + len(own)
            for other in _others(segment, own):
                context = [*flat[max(start - _CONTEXT, 0) : start], *other, *flat[end : end + _CONTEXT]]
                others.append(" ".join(context))
                other_words += [word for word in other if word not in own] or [_ALL_PLAIN]
            start = end
    return f" {_APART.join(words)} ", f" {_APART.join(others)} ", other_words


def _plain(text: str, source: str) -> str:
    """The word as the line has it: in capitals if it is an acronym that stands for its long form."""
    found = _run_forms(text, source)
    return found[-1] if found[-1] != found[-1].lower() else found[0]


def _others(segment: Segment, plain: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The other ways to read a segment, and how its words are written where a beginning may ask for that."""
    if len(segment) == len(segment[0]) == 1:
        part = segment[0][0]
        found = [*_run_forms(part.text, part.source), *_written(part.text, part.source, plain[0])]
        return [(form,) for form in dict.fromkeys(found) if form.lower() != plain[0].lower()]
    others: dict[tuple[str, ...], None] = {}
    for path in segment:
        for choices in _readings(path):
            others.update(dict.fromkeys(product(*choices)))
    return [other for other in others if other != plain]


def _run_forms(text: str, source: str) -> tuple[str, ...]:
    return _marked(forms(text, source, Mode.RUN), forms(text, source, Mode.PREFIX))


def _marked(found: Sequence[str], written: Sequence[str]) -> tuple[str, ...]:
    """What a word is found by; marked where that is the American spelling of a British word."""
    return tuple(
        [AMERICAN_MARK + form if form == form.lower() and form not in written else form for form in found]
    )


def _written(text: str, source: str, plain: str) -> list[str]:
    found = forms(text, source, Mode.PREFIX)
    return [form for form in found if not form.startswith(plain.lower())]


def _readings(path: Path) -> Iterator[list[tuple[str, ...]]]:
    """Every way to divide the path into words, each word with what it is found by."""
    size = len(path)
    ends = [list(readings(path, first)) for first in range(size)]

    def divided(first: int, *, may_join: bool) -> Iterator[list[tuple[str, ...]]]:
        if first == size:
            yield []
            return
        for end in ends[first]:
            if end > first + 1 and not may_join:
                continue
            if end == first + 1:
                part = path[first]
                plain = _plain(part.text, part.source)
                word = tuple(dict.fromkeys([plain, *_written(part.text, part.source, plain)]))
            else:
                written = joined_forms(path, first, end, Mode.PREFIX)
                found = _marked(joined_forms(path, first, end, Mode.RUN), written)
                word = (*found, *(form for form in written if not form.startswith(found)))
            for rest in divided(end, may_join=may_join and (size <= _LONG_COMPOUND or end == first + 1)):
                yield [word, *rest]

    yield from divided(0, may_join=True)


def _name_line(names: Iterable[str]) -> str:
    found: dict[str, None] = {}
    for name in names:
        for reading in name_readings(readable(name)):
            found["/".join([word.text for word in reading])] = None
    return f"/{_NAMES_APART.join(found)}/"


def stored_words(text: str) -> set[str]:
    """The words of a stored text."""
    words, other_words, *_ = text.split("\t")
    return {*words.split(), *other_words.split()} - _MARKS.keys()


class Columns(NamedTuple):
    """Stored texts as they are scanned, part by part."""

    words: Sequence[str]
    other_words: Sequence[str]
    others: Sequence[str]
    names: Sequence[str]


def encoded(text: str, numbers: Mapping[str, int]) -> tuple[str, str, str, str]:
    """A stored text with a character in place of each word; `numbers` has its words, from 1 on."""
    codes = _MARKS | {word: code_of(word, numbers[word]) for word in stored_words(text)}
    words, other_words, others, names = text.split("\t")
    lines = [
        "\n".join(["".join([codes[word] for word in line.split()]) for line in part.split("\n")])
        for part in (words, other_words, others)
    ]
    return lines[0], lines[1], lines[2], names


def code_of(word: str, number: int) -> str:
    character = number + _FIRST_CODE
    if character >= _SURROGATES:
        character += _AFTER_SURROGATES - _SURROGATES
    code = chr(character)
    if word in GREEK:
        return f"{GLUED}{code}{GLUED}"
    return f"{GLUED}{code}" if _VERSION.match(word) else code
