"""Phrase search: how a phrase may be read, with spaces left out, and where it is in the words of texts."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache, partial
from typing import Final

from bot.core.words.inflection import AMERICAN, BRITISH, fold, numbers
from bot.core.words.reading import Reading, found_by, offsets, read, spellings
from bot.core.words.tokenizer import MAX_PARTS, MAX_READING_LENGTH, SIGNS, Mode

# From each word of a run on: the words of texts that it may be read as, and where each reading ends.
Ways = Sequence[Sequence[tuple[AbstractSet[str], int]]]
Places = Mapping[str, Sequence[tuple[int, int]]]  # where each word of a text starts and ends

# Around a word of a quote that is found in its own capitals alone.
_STRICT: Final = "\x01\x02"
_LAST: Final = "\U0010ffff"  # after every character of a word
MAX_BEGINNINGS: Final = 8  # of a compound; beyond these, its further parts are read only in the singular


def query_readings(words: Sequence[str], start: int, mode: Mode) -> Iterator[tuple[int, str]]:
    """Every way to read the query as one word from `start` on: where it ends, and the word.

    The words are folded, so each but the last of a compound is read as its plural too, and each in British
    spelling: `sales force` is *salesforce*. In the modes of prefixes, the last word is only the beginning of
    a word and is not folded. An acronym of a run is in capitals only as a separate word. A quote's word
    with capitals is between marks.
    """
    first = words[start]
    yield start + 1, first if mode is Mode.RUN else _marked(first)
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
        endings = () if is_whole else _other_endings(word, mode)
        for beginning in begun:
            glued = beginning + word
            yield end + 1, glued if is_whole else _folded(glued, mode)
            for other in endings:
                yield end + 1, beginning + other
        if end + 1 < len(words):
            following = _unfolded(word, mode) if len(begun) < MAX_BEGINNINGS else (word,)
            begun = tuple([beginning + number for beginning in begun for number in following])


def _part(word: str, mode: Mode) -> str:
    """A word of a query as a part of a compound."""
    return word.lower() if mode is Mode.RUN else _marked(word)


def _marked(word: str) -> str:
    """A word of a quote, between marks if it is found in its own capitals alone."""
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
    """A reading of a quote as texts are folded: without its capitals and marks."""
    return word.casefold().replace(_STRICT[0], "").replace(_STRICT[1], "")


class Lexicon:
    """The words that texts have, each with what stands for it, by what they are found by."""

    def __init__(self, symbols: Mapping[str, str]) -> None:
        self._symbols = symbols
        self._words_of = cache(partial(_by_form, symbols))

    def ways(self, run: Sequence[str], mode: Mode, *, is_listed: bool = False) -> Ways:
        """The ways to read a run of words in the words that texts have; none if these are not enough."""
        ways = [
            [(self._meant(word, mode, is_begun=is_begun), end) for word, end, is_begun in here]
            for here in asked_words(run, mode, is_listed=is_listed)
        ]
        reached = [False] * len(ways) + [True]
        for start in reversed(range(len(ways))):
            reached[start] = any(words and reached[end] for words, end in ways[start])
        return ways if reached[0] else ()

    def _meant(self, asked: str, mode: Mode, *, is_begun: bool) -> AbstractSet[str]:
        """What stands for the words that may be meant."""
        by_form, forms = self._words_of(mode)
        key = lower_reading(asked) if mode.is_quote else asked
        length = len(key) if is_begun else None
        return {
            self._symbols[word]
            for form in (beginning(forms, key) if is_begun else [key])
            for word in by_form.get(form, ())
            if any(_is_spelled(asked, spelling[:length]) for spelling in spellings(word)[: 1 + is_begun])
        }


def _by_form(words: Iterable[str], mode: Mode) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    """The words by what they are found by, and that in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        for form in found_by(word, mode):
            found[form].append(word)
    return found, sorted(found)


def asked_words(run: Sequence[str], mode: Mode, *, is_listed: bool) -> Iterator[list[tuple[str, int, bool]]]:
    """From each word of a run on: what it may be read as, to where, and whether a word only begins so.

    The readings with a space left out are not asked for if they are listed beside the run.
    """
    for start in range(len(run)):
        here = query_readings(run, start, mode)
        if is_listed:
            here = [next(here)]
        yield [(word, end, mode.is_prefix and end == len(run)) for end, word in here]


def beginning(words: Sequence[str], begun: str) -> Sequence[str]:
    """Those of some sorted words that begin so."""
    return words[bisect_left(words, begun) : bisect_left(words, begun + _LAST)]


def places_of(reading: Reading) -> Places:
    """Where each word starts and ends."""
    places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for start, end, word in reading.every():
        places[word].append((start, end))
    return places


def found_in(ways: Ways, places: Places) -> Mapping[int, int]:
    """Where a run of words starts in a text, by the places at which it ends; the latest start of each."""
    reached: list[dict[int, int]] = [{} for _ in range(len(ways) + 1)]
    for number, here in enumerate(ways):
        for words, last in here:
            for word in words & places.keys():
                for start, end in places[word]:
                    first = reached[number].get(start, -1) if number else start
                    if first >= 0:
                        reached[last][end] = max(first, reached[last].get(end, -1))
    return reached[-1]


class SearchableText:
    """A text, read in one mode, in which phrases are found. Convert its LaTeX first."""

    def __init__(self, text: str, mode: Mode) -> None:
        reading = read([text], mode)
        self._mode = mode
        self._offsets = offsets(text, mode)
        self._places = places_of(reading)
        self._lexicon = Lexicon({word: word for word in self._places})

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """The matches of a phrase, as offsets in the text: the shortest from each place, the last ones first.

        The phrase has at least one word, and all are folded. In the modes of prefixes, the last one is only
        the beginning of a word, as written or folded. In a quote, a word with capitals is found in these
        alone.
        """
        found = found_in(self._lexicon.ways(words, self._mode), self._places)
        for start, end in {found[end]: end for end in sorted(found, reverse=True)}.items():
            yield self._offsets[start][0], self._offsets[end - 1][1]


def _is_spelled(word: str, written: str) -> bool:
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
