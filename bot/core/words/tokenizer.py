"""The tokenizer: texts and queries as normalized words, with their offsets.

A text is a sequence of segments with spaces between them. A segment is one or more paths (more where a raised
figure may be left out), and a path is a sequence of parts: words of which each but the first may be joined to
the one before by a hyphen, so that the two read both as two words and as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from bot.core.words.characters import PlainText, plain_readings, without_accents
from bot.core.words.inflection import AMERICAN, LONG_FORMS, fold, has_small_s

SIGNS: Final = "+#*"  # a letter followed by one of these is a separate word: C++, C#, A*

_PLUS_OR_SHARP: Final = r"[^\W\d_](?:\+\+|[+#])"
# A star that belongs to Markdown (*a*, **A**, model's *A*) does not count.
_SIGNED: Final = rf"{_PLUS_OR_SHARP}|(?:(?<!\*)|(?<=[^\W_]\*)(?<![\w+#*}}]'s\*))[^\W\d_]\*(?!\*)"
_WORD = re.compile(rf"{_SIGNED}|[^\W_]+")
_NAME_WORD = re.compile(rf"{_PLUS_OR_SHARP}|[^\W_]+")  # a star is no part of a name
# After three letters, a digit reads as after a hyphen, and so does a v with a digit: Qwen-2, DINO-v-2.
_VERSION: Final = r"(?<=[^\W\d_]{3})(?=v?\d)"
_VERSION_PLACE = re.compile(_VERSION)
_GREEK: Final = "α-ωΑ-Ω"  # noqa: RUF001 - Greek
_HAS_GREEK = re.compile(f"[{_GREEK}]")
_ALONE: Final = f"(?<![{_GREEK}])[{_GREEK}](?![{_GREEK}])"
_GREEK_WORD = re.compile(rf"(?<![^\W_])(?:{_SIGNED})|{_ALONE}|(?:(?!{_ALONE})[^\W_])+")
_GREEK_NAMES: Final = {
    letter: unicodedata.name(letter).rpartition(" ")[2].lower().replace("lamda", "lambda")
    for letter in "αβγδεζηθικλμνξοπρστυφχψω"
}
_RAISING = re.compile(r"[\^{}]")
_CHUNK = re.compile(r"\S+")
_PUNCTUATION: Final = ".,:;()"  # around words in running text

# Nobody types a compound of more parts as one word. Bounds the work on a hostile text.
MAX_PARTS: Final = 10
_LONG_PATH: Final = 40  # parts; in a longer chain of hyphens, only two neighbors are read as one word
MAX_READING_LENGTH: Final = 120  # characters


class Mode(Enum):
    """How a text is read, and what is folded: for a run of words, a prefix, a quote, a name.

    Attributes:
        is_literal: versions, raised figures and Greek letters are left as they are written.
        is_prefix: the last word of a query is only the beginning of a word.
    """

    RUN = "run"
    PREFIX = "prefix"
    QUOTE = "quote"
    QUOTED_PREFIX = "quoted prefix"
    NAME = "name"

    def __init__(self, value: str) -> None:
        self.is_quote = value.startswith("quote")
        self.is_literal = self.is_quote or value == "name"
        self.is_prefix = value.endswith("prefix")

    __hash__ = object.__hash__  # Enum's is computed from the name each time, and is slow


class Part(NamedTuple):
    """A word between spaces, hyphens and punctuation.

    Attributes:
        text: without case and accents.
        source: as written, of the same word.
        start: offset of its first character in the original text.
        end: offset after its last character.
        joins: only a hyphen separates it from the previous part, so that the two also read as one word.
    """

    text: str
    source: str
    start: int
    end: int
    joins: bool


Path = Sequence[Part]
Segment = tuple[Path, ...]


def segments(text: str, mode: Mode) -> Iterator[tuple[int, Segment]]:
    """A text as segments, each with what is to be added to its offsets.

    Convert the text's LaTeX first (`bot.core.words.latex`).
    """
    for chunk in _CHUNK.finditer(text):
        for segment in chunk_segments(chunk[0], mode):
            yield chunk.start(), segment


@lru_cache(maxsize=32768)
def chunk_segments(chunk: str, mode: Mode) -> tuple[Segment, ...]:
    """The segments of what is between two spaces. Nothing in a text reaches across a space."""
    bare = chunk.strip(_PUNCTUATION)
    words = bare.split("-") if bare.isascii() else []
    if words and all(map(str.isalpha, words)):  # most are
        path: list[Part] = []
        start = chunk.index(bare)
        for word in words:
            path.append(Part(word.lower(), word, start, start + len(word), joins=bool(path)))
            start += len(word) + 1
        return ((path,),)
    ways = plain_readings(chunk, is_literal=mode.is_literal)
    if len(ways) == 1:
        return tuple([(path,) for path in _paths(chunk, ways[0], mode)])
    return (tuple([[part for path in _paths(chunk, way, mode) for part in path] for way in ways]),)


def _paths(text: str, way: PlainText, mode: Mode) -> Iterator[list[Part]]:
    """The words, those that hyphens join together."""
    plain, starts, ends = way
    path: list[Part] = []
    previous_end = 0
    has_sign = False
    is_literal = mode.is_literal
    pattern = _NAME_WORD if mode is Mode.NAME else _WORD
    if not (is_literal or plain.isascii()) and _HAS_GREEK.search(plain):
        pattern = _GREEK_WORD
    for match in pattern.finditer(plain):
        word = match[0]
        first, last = match.span()
        gap = plain[previous_end:first]
        previous_end = last
        if gap == "'" and path and word.rstrip(SIGNS) == "s":  # model's, and *model's*
            previous_end = first + 1
            continue
        ends_with_sign = word[-1] in SIGNS
        joins = bool(path) and gap.strip("-") == "" and not has_sign and not ends_with_sign
        has_sign = ends_with_sign
        if path and not joins:
            yield path
            path = []
        if is_literal:
            source = text[starts[first] : ends[last - 1]]
            source = _RAISING.sub("", source) if "^" in source else source
            path.append(Part(word, source, starts[first], ends[last - 1], joins))
            continue
        if pattern is _GREEK_WORD and word in _GREEK_NAMES:
            path.append(Part(_GREEK_NAMES[word], _GREEK_NAMES[word], starts[first], ends[last - 1], joins))
            continue
        begun = first
        for place in _versions(word):
            part = plain[begun : first + place]
            begun_at, ended_at = starts[begun], ends[first + place - 1]
            path.append(Part(part, text[begun_at:ended_at], begun_at, ended_at, joins))
            begun, joins = first + place, True
        path.append(
            Part(
                plain[begun:last], text[starts[begun] : ends[last - 1]], starts[begun], ends[last - 1], joins
            )
        )
    if path:
        yield path


@lru_cache(maxsize=65536)
def _versions(word: str) -> tuple[int, ...]:
    if word.isalpha():
        return ()
    return tuple(match.start() for match in _VERSION_PLACE.finditer(word))


@lru_cache(maxsize=65536)
def forms(text: str, source: str, mode: Mode) -> tuple[str, ...]:
    """What a word of a text is found by.

    In a run: its singular in American spelling (both words that `AIs` may be), and the acronym in capitals
    where it stands for its long form. For a prefix also as it is written. In a quote also in its own
    capitals.
    """
    if mode is Mode.NAME:
        return (text,)
    if source == text:
        singular = fold(text)
        if mode is Mode.RUN:
            return (AMERICAN.get(singular, singular),)
        return (singular, text) if mode.is_prefix and singular != text else (singular,)
    singular = fold(text, source)
    found = [singular]
    if has_small_s(text, source):
        found.append(fold(text))
    if mode is Mode.RUN:
        found = [AMERICAN.get(form, form) for form in found]
        if singular in LONG_FORMS and sum(map(str.isupper, source)) >= 2:
            found.append(singular.upper())
    elif mode is Mode.QUOTE:
        if has_capital_within(source):
            found.append(capital_form(text, source))
    else:
        found.append(text)
    return tuple(dict.fromkeys(found))


def joined_forms(path: Path, first: int, last: int, mode: Mode) -> tuple[str, ...]:
    """What the parts from `first` up to `last` (excluded) are found by as one word."""
    if last - first == 1:
        part = path[first]
        return forms(part.text, part.source, mode)
    beginning = "".join([part.text for part in path[first : last - 1]])
    end = path[last - 1]
    source = "".join([part.source for part in path[first:last]])
    whole = forms(beginning + end.text, source, mode)
    ended = forms(end.text, end.source, mode)
    if len(whole) == len(ended) == 1 and whole[0] == beginning + ended[0]:
        return whole
    return tuple(dict.fromkeys([*whole, *(beginning + form for form in ended if form == form.lower())]))


def readings(path: Path, first: int) -> Iterator[int]:
    """The ends of the words that begin with the part `first`: itself, then with each part that joins it."""
    yield first + 1
    length = len(path[first].text)
    parts = MAX_PARTS if len(path) <= _LONG_PATH else 2
    for end in range(first + 1, min(first + parts, len(path))):
        length += len(path[end].text)
        if not path[end].joins or length > MAX_READING_LENGTH:
            return
        yield end + 1


def has_capital_within(source: str) -> bool:
    """Whether there is a capital after the word's first letter (*CLIP*, *STaR*; not *3D*)."""
    letters = [character for character in source if character.isalpha()]
    return any(character.isupper() for character in letters[1:])


def capital_form(text: str, source: str) -> str:
    """The singular of a word in the capitals in which it was written."""
    singular = fold(text, source)
    plain = unaccented(text, source)
    kept = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(singular, text, strict=False)))
    return plain[:kept] + singular[kept:]


def unaccented(text: str, source: str) -> str:
    """The word in the capitals in which it was written; in lower case if a character became several."""
    plain = source if source.isascii() else without_accents(source)
    return plain if len(plain) == len(text) else text


def run_words(text: str) -> tuple[str, ...]:
    """The words of a query's run: versions apart, Greek letters named, singular, in American spelling."""
    return tuple([forms(part.text, part.source, Mode.RUN)[0] for part in parts_of(text, Mode.RUN)])


def query_words(text: str, mode: Mode, *, is_name: bool = False) -> tuple[str, ...]:
    """The words of a query, as they are searched in a mode.

    They are in the singular, but for names and the beginning of a word. In quotes, a word with a capital
    after its first letter keeps its capitals.
    """
    parts = parts_of(text, Mode.NAME if is_name else mode)
    words: list[str] = []
    for place, part in enumerate(parts, 1):
        is_kept = is_name or (mode.is_prefix and place == len(parts))
        if mode.is_quote and has_capital_within(part.source):
            words.append((unaccented if is_kept else capital_form)(part.text, part.source))
        else:
            words.append(part.text if is_kept else forms(part.text, part.source, mode)[0])
    return tuple(words)


def parts_of(text: str, mode: Mode) -> list[Part]:
    """The parts of a query, in which a raised figure is asked for."""
    return [part for chunk in text.split() for segment in chunk_segments(chunk, mode) for part in segment[0]]
