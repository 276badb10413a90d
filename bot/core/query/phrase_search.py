"""Phrase search in one text, in which hyphens and spaces between the parts of a compound may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from bot.core.words.inflection import AMERICAN, BRITISH, fold, numbers
from bot.core.words.tokenizer import (
    MAX_PARTS,
    MAX_READING_LENGTH,
    SIGNS,
    Mode,
    Path,
    Segment,
    capital_form,
    joined_forms,
    readings,
    segments,
    unaccented,
)

# Around a word of a quote that is found in its own capitals alone.
_STRICT: Final = "\x01\x02"
MAX_BEGINNINGS: Final = 8  # of a compound; beyond these, its further parts are read only in the singular


def query_readings(words: Sequence[str], start: int, mode: Mode) -> Iterator[tuple[int, str]]:
    """Every way to read the query as one word from `start` on: where it ends, and the word.

    The words are folded, so each but the last of a compound is read as its plural too, and each in British
    spelling: `sales force` is *salesforce*. In the modes of prefixes, the last word is only the beginning of
    a word and is not folded. An acronym of a run is in capitals only as a separate word. A quote's word
    with capitals is between marks.
    """
    first = words[start]
    yield start + 1, first if mode is Mode.RUN else marked(first)
    first = _part(first, mode)
    if first[-1] in SIGNS:
        return
    last_prefix = len(words) - 1 if mode.is_prefix else -1
    begun = _unfolded(first, mode)
    for end in range(start + 1, min(start + MAX_PARTS, len(words))):
        word = _part(words[end], mode)
        if word[-1] in SIGNS or len(begun[0]) + len(word) > MAX_READING_LENGTH:
            return
        is_whole = end == last_prefix or word[-1] == _STRICT[1]
        for beginning in begun:
            glued = beginning + word
            yield end + 1, glued if is_whole else _folded(glued, mode)
            for other in () if is_whole else _other_endings(word, mode):
                yield end + 1, beginning + other
        if end + 1 < len(words):
            following = _unfolded(word, mode) if len(begun) < MAX_BEGINNINGS else (word,)
            begun = tuple([beginning + number for beginning in begun for number in following])


def _part(word: str, mode: Mode) -> str:
    """A word of a query as a part of a compound."""
    if word.islower():
        return word
    return word.lower() if mode is Mode.RUN else marked(word)


def marked(word: str) -> str:
    """A word of a quote, between marks if it is found in its own capitals alone."""
    if _STRICT[0] in word:
        return word
    return word if word == word.lower() else f"{_STRICT[0]}{word}{_STRICT[1]}"


def _unfolded(word: str, mode: Mode) -> tuple[str, ...]:
    """What a folded word may have been before it became a part of a compound."""
    if word[-1] == _STRICT[1]:
        return (word, f"{word[:-1]}s{_STRICT[1]}")
    if mode is Mode.RUN and word in BRITISH:
        return (*numbers(word), BRITISH[word])
    return numbers(word)


def _folded(word: str, mode: Mode) -> str:
    folded = fold(word)
    return AMERICAN.get(folded, folded) if mode is Mode.RUN else folded


@lru_cache(maxsize=4096)
def _other_endings(word: str, mode: Mode) -> list[str]:
    """What else a folded word may have been at the end of a compound: *finegpus* keeps its ending."""
    typical = "compound"
    plurals = [plural for plural in numbers(word) if fold(plural) == word]
    ends = [fold(typical + plural).removeprefix(typical) for plural in plurals]
    british = [BRITISH[word]] if mode is Mode.RUN and word in BRITISH else []
    return [*(end for end in dict.fromkeys(ends) if end not in {"", word}), *british]  # `at-s` is not *at*


def lower_reading(word: str) -> str:
    """A reading of a quote without its capitals and marks."""
    return word.lower().replace(_STRICT[0], "").replace(_STRICT[1], "")


class WantedWords(NamedTuple):
    """What a phrase may be read as from one of its words on.

    Attributes:
        whole: words in lower case, each with where the phrase goes on and the word in the capitals asked for.
        begun: what the last word may begin with, if it is only a beginning; likewise.
    """

    whole: dict[str, list[tuple[int, str]]]
    begun: list[tuple[str, str]]


@lru_cache(maxsize=4096)
def wanted_words(words: tuple[str, ...], mode: Mode) -> tuple[WantedWords, ...]:
    """What a phrase may be read as from each of its words on."""
    wanted: list[WantedWords] = []
    for start in range(len(words)):
        here = WantedWords({}, [])
        for end, word in query_readings(words, start, mode):
            key = lower_reading(word) if mode.is_quote else word
            if mode.is_prefix and end == len(words):
                here.begun.append((key, word))
            else:
                here.whole.setdefault(key, []).append((end, word))
        wanted.append(here)
    return tuple(wanted)


@dataclass(frozen=True, slots=True)
class _Edge:
    """A word of a text that leads from one place to another. Without forms, both are one."""

    to: int
    forms: tuple[str, ...]
    start: int  # offsets in the original text
    end: int
    written: str  # in its capitals, if they may count
    unfolded: str  # likewise, as a plural if it is one


class SearchableText:
    """A text, read in one mode, in which phrases are found. Words lead from place to place."""

    def __init__(self, text: str, mode: Mode) -> None:
        self._mode = mode
        self._edges: list[list[_Edge]] = [[]]
        self._places: dict[str, list[int]] = {}  # where a word begins
        for offset, segment in segments(text, mode):
            self._add(segment, offset)

    def _add(self, segment: Segment, offset: int) -> None:
        begin = len(self._edges) - 1
        places: list[list[int]] = []
        for path in segment:
            places.append([begin, *range(len(self._edges), len(self._edges) + len(path) - 1)])
            self._edges.extend([] for _ in path[1:])
        end = len(self._edges)
        self._edges.append([])
        for path, own in zip(segment, places, strict=True):
            if not path:
                self._edges[begin].append(_Edge(end, (), 0, 0, "", ""))
            for first, place in enumerate(own if path else ()):
                for last in readings(path, first):
                    edge = self._edge(path, first, last, own[last] if last < len(path) else end, offset)
                    self._edges[place].append(edge)
                    for form in edge.forms:
                        self._places.setdefault(form, []).append(place)

    def _edge(self, path: Path, first: int, last: int, to: int, offset: int) -> _Edge:
        written = unfolded = ""
        if self._mode.is_quote:
            parts = path[first:last]
            text, source = "".join([part.text for part in parts]), "".join([part.source for part in parts])
            written, unfolded = capital_form(text, source), unaccented(text, source)
        found = joined_forms(path, first, last, self._mode)
        return _Edge(to, found, offset + path[first].start, offset + path[last - 1].end, written, unfolded)

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Every match of a phrase, as offsets in the original text.

        The phrase has at least one word, and all are folded. In the modes of prefixes, the last one is only
        the beginning of a word, as written or folded. In a quote, a word with capitals is found in these
        alone.
        """
        phrase = wanted_words(tuple(words), self._mode)
        failed: set[tuple[int, int]] = set()
        for place in self._first_places(phrase[0]):
            for edge in self._edges[place]:
                end = self._end_over(edge, phrase, 0, failed)
                if end is not None:
                    yield edge.start, end
                    break

    def _first_places(self, first: WantedWords) -> list[int]:
        """The places at which a match may begin, in the order of the text."""
        found = {place for word in first.whole for place in self._places.get(word, ())}
        if first.begun:
            keys = tuple(key for key, _ in first.begun)
            found.update(place for word, at in self._places.items() if word.startswith(keys) for place in at)
        return sorted(found)

    def _end_over(
        self, edge: _Edge, phrase: Sequence[WantedWords], position: int, failed: set[tuple[int, int]]
    ) -> int | None:
        """The offset at which a match of the phrase from `position` on ends, if its first word is this one.

        `failed` has the positions and places from which there is none, so that no text makes it slow.
        """
        if not edge.forms:
            return self._end_from(edge.to, phrase, position, failed)
        wanted = phrase[position]
        for form in edge.forms:
            if any(
                form.startswith(key)
                and any(is_spelled(word, spelling[: len(key)]) for spelling in (edge.written, edge.unfolded))
                for key, word in wanted.begun
            ):
                return edge.end
            for following, word in wanted.whole.get(form, ()):
                if not is_spelled(word, edge.written):
                    continue
                if following == len(phrase):
                    return edge.end
                reached = self._end_from(edge.to, phrase, following, failed)
                if reached is not None:
                    return reached
        return None

    def _end_from(
        self, place: int, phrase: Sequence[WantedWords], position: int, failed: set[tuple[int, int]]
    ) -> int | None:
        if (position, place) not in failed:
            for edge in self._edges[place]:
                reached = self._end_over(edge, phrase, position, failed)
                if reached is not None:
                    return reached
            failed.add((position, place))
        return None


def is_spelled(word: str, written: str) -> bool:
    """Whether the capitals that the query's word asks for are those of the text's word."""
    if _STRICT[0] not in word:
        return True
    place = 0
    is_strict = False
    for character in word:
        if character in _STRICT:
            is_strict = character == _STRICT[0]
            continue
        if is_strict and written[place : place + 1] != character:
            return False
        place += 1
    return place == len(written)
