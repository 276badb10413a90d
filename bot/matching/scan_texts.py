"""What is stored of a paper to be scanned: its words and names, normalized, with a character for each word.

A text has seven parts. The first three are for runs of words and beginnings: the words of its title,
abstract and AI keywords, a line each; the words that it has only when a hyphen is read as nothing, or
something is read in another way; and the same three lines in those other ways, each with the words around it.
The next three are the same for quotes, which read it otherwise and count capitals. The last has the names of
its authors and its organization, a line each.

Words are numbered over all papers and stored as one character each, so that a text is short and a run of
words is found as a short string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from bot.core.papers import Paper
from bot.core.query.names import name_readings
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, Path, Segment, forms, joined_forms, readings, segments, unaccented

# Increase it when a paper's text is made by other rules: stored texts of a lower version are then made again.
TEXT_VERSION: Final = 6

_APART: Final = " . "  # between two texts, so that no run goes from one into the next; no word is a full stop
_ALL_PLAIN: Final = "^"  # among the other words: a reading has none, as it only leaves something out
AMERICAN_MARK: Final = (
    "="  # before a word in American spelling that is written in British: not for beginnings
)
_NAMES_APART: Final = "/;/"
CONTEXT: Final = 4  # words on each side of another reading
_LONG_COMPOUND: Final = 5  # parts; of a longer one, only readings with one joined word are stored
_BEGINNINGS: Final = {Mode.RUN: Mode.PREFIX, Mode.QUOTE: Mode.QUOTED_PREFIX}

# Characters that stand for no word: up to the last mark. No word follows an odd surrogate.
_MARKS: Final = {_APART.strip(): "\x01", _ALL_PLAIN: "\x02"}
LEFT_OUT: Final = _MARKS[_ALL_PLAIN]
LAST_MARK: Final = 0x1F
_SURROGATES: Final = 0xD800
_AFTER_SURROGATES: Final = 0xE000


def search_text(paper: Paper) -> str:
    """What is stored of a paper to be scanned, about 5 kB."""
    by_field = [list(map(readable, texts)) for texts in ([paper.title], [paper.abstract], paper.ai_keywords)]
    organization = [name for name in (paper.organization, paper.organization_login) if name]
    return "\t".join(
        [
            *_read(by_field, Mode.RUN),
            *_read(by_field, Mode.QUOTE),
            "\n".join(map(_name_line, (paper.authors, organization))),
        ]
    )


def plain_words(text: str) -> list[tuple[str, int, int]]:
    """The words of a title or an abstract as a stored text has them for runs, with their offsets.

    Convert the text's LaTeX first (`bot.core.words.latex`).
    """
    return [
        (_plain(part.text, part.source, Mode.RUN), offset + part.start, offset + part.end)
        for offset, segment in segments(text, Mode.RUN)
        for part in segment[0]
    ]


def _read(by_field: Iterable[Iterable[str]], mode: Mode) -> tuple[str, str, str]:
    fields = [_lines(texts, mode) for texts in by_field]
    other_words = dict.fromkeys(word for _, _, others in fields for word in others)
    return (
        "\n".join(words for words, _, _ in fields),
        f" {' '.join(other_words)} ",
        "\n".join(others for _, others, _ in fields),
    )


def _lines(texts: Iterable[str], mode: Mode) -> tuple[str, str, list[str]]:
    """The words of some texts, the other ways to read them, and the words that only those have."""
    words: list[str] = []
    others: list[str] = []
    other_words: list[str] = []
    for text in texts:
        found = [segment for _, segment in segments(text, mode)]
        plain = [tuple([_plain(part.text, part.source, mode) for part in segment[0]]) for segment in found]
        flat = [word for each in plain for word in each]
        words.append(" ".join(flat))
        start = 0
        for segment, own in zip(found, plain, strict=True):
            end = start + len(own)
            for other in _others(segment, own, mode):
                context = [*flat[max(start - CONTEXT, 0) : start], *other, *flat[end : end + CONTEXT]]
                others.append(" ".join(context))
                other_words += [word for word in other if word not in own] or [_ALL_PLAIN]
            start = end
    return f" {_APART.join(words)} ", f" {_APART.join(others)} ", other_words


def _plain(text: str, source: str, mode: Mode) -> str:
    """The word as the line has it: in its capitals if these count.

    In a run, they are those of an acronym that stands for its long form.
    """
    found = _forms(text, source, mode)
    last = found[-1]
    return last if last != last.lower() and last.lower() in found else found[0]


def _others(segment: Segment, plain: tuple[str, ...], mode: Mode) -> list[tuple[str, ...]]:
    """The other ways to read a segment, and how its words are written where a beginning may ask for that."""
    if len(segment) == len(segment[0]) == 1:
        part = segment[0][0]
        found = [*_forms(part.text, part.source, mode), *_written(part.text, part.source, mode)]
        return [(form,) for form in dict.fromkeys(found) if form.lower() != plain[0].lower()]
    others: dict[tuple[str, ...], None] = {}
    for path in segment:
        for choices in _readings(path, mode):
            others.update(dict.fromkeys(product(*choices)))
    return [other for other in others if other != plain]


def _forms(text: str, source: str, mode: Mode) -> tuple[str, ...]:
    return _marked(forms(text, source, mode), forms(text, source, _BEGINNINGS[mode]))


def _written(text: str, source: str, mode: Mode) -> tuple[str, ...]:
    """What a beginning finds a word by; in a quote also as it is written, for `"GPUs*"`."""
    found = forms(text, source, _BEGINNINGS[mode])
    as_written = unaccented(text, source)
    if mode is not Mode.QUOTE or as_written == text or text not in found or text == found[0]:
        return found
    return (*(form for form in found if form != text), as_written)


def _marked(found: Sequence[str], written: Sequence[str]) -> tuple[str, ...]:
    """What a word is found by; marked where that is the American spelling of a British word."""
    return tuple(
        [AMERICAN_MARK + form if form == form.lower() and form not in written else form for form in found]
    )


def _readings(path: Path, mode: Mode) -> Iterator[list[tuple[str, ...]]]:
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
            word = _read_as(path, first, end, mode)
            for rest in divided(end, may_join=may_join and (size <= _LONG_COMPOUND or end == first + 1)):
                yield [word, *rest]

    yield from divided(0, may_join=True)


def _read_as(path: Path, first: int, end: int, mode: Mode) -> tuple[str, ...]:
    """What these parts of a path are found by as one word."""
    if end == first + 1:
        part = path[first]
        plain = _plain(part.text, part.source, mode)
        written = _written(part.text, part.source, mode)
        return (plain, *(form for form in written if form.lower() != plain.lower()))
    written = joined_forms(path, first, end, _BEGINNINGS[mode])
    found = _marked(joined_forms(path, first, end, mode), written)
    capitals = {form.lower() for form in found if form != form.lower()}
    found = tuple([form for form in found if form not in capitals or mode is Mode.RUN])
    lower = {form.lower() for form in found}
    return (*found, *(form for form in written if form not in lower))


def _name_line(names: Iterable[str]) -> str:
    found: dict[str, None] = {}
    for name in names:
        for reading in name_readings(readable(name)):
            words = [word.written if word.written.lower() == word.text else word.text for word in reading]
            found["/".join(words)] = None
    return f"/{_NAMES_APART.join(found)}/"


def stored_words(text: str) -> set[str]:
    """The words of a stored text."""
    parts = text.split("\t")
    words = (word for part in (parts[0], parts[1], parts[3], parts[4]) for word in part.split())
    return set(words) - _MARKS.keys()


class Lines(NamedTuple):
    """The words of texts, read in one way; `others` has those that were loaded, by their places."""

    words: Sequence[str]
    other_words: Sequence[str]
    others: Mapping[int, str]


class Columns(NamedTuple):
    """Stored texts as they are scanned, part by part. A part that a scan does not need may be empty."""

    run: Lines
    quoted: Lines
    names: Sequence[str]


def encoded(text: str, numbers: Mapping[str, int]) -> tuple[str, ...]:
    """The parts of a stored text with a character for each word; `numbers` has its words, from 1 on."""
    codes = _MARKS | {word: code_of(numbers[word]) for word in stored_words(text)}
    *lines, names = text.split("\t")
    return (
        *(
            "\n".join(["".join([codes[word] for word in line.split()]) for line in part.split("\n")])
            for part in lines
        ),
        names,
    )


def code_of(number: int) -> str:
    """The character of the word with this number."""
    character = number + LAST_MARK
    if character >= _SURROGATES:
        character += _AFTER_SURROGATES - _SURROGATES
    return chr(character)
