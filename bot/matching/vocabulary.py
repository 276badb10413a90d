"""The vocabulary of an index: its words, and the readings of a query's phrase that they allow."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.core.query.phrase_search import query_readings, text_readings
from bot.core.words.inflection import numbers
from bot.core.words.tokenizer import Word

# Beyond this number of readings, searching the texts themselves is faster.
MAX_ALTERNATIVES: Final = 64


@dataclass(frozen=True, slots=True)
class Alternative:
    """A phrase of indexed words that a query's phrase can be read as."""

    words: tuple[str, ...]
    is_prefix: bool = False  # the last word is only the beginning of a word
    is_certain: bool = True  # if a text has it, the query matches; otherwise the text must be checked


class Vocabulary:
    """The words of an index in which plurals are folded and hyphens are spaces.

    Other readings (compounds as one word, an acronym's plural as the word that it looks like, plurals as
    written) are kept with the indexed words that they stand for.
    """

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._hidden: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        self._beginnings: set[tuple[str, tuple[str, ...]]] = set()
        self._sorted: list[tuple[str, tuple[str, ...]]] | None = None
        self._begun_words: set[str] = set()  # all beginnings of words, computed on first use
        self._begins: dict[str, bool] = {}

    def add(self, text: Sequence[Word]) -> None:
        """Add the words of an indexed text."""
        self._sorted = None
        self._begun_words.clear()
        self._begins.clear()
        last = len(text) - 1
        for start, word in enumerate(text):
            form = word.form
            self._words.add(form)
            if word.text != form:
                self._beginnings.add((word.text, (form,)))
            if word.other is not None:
                self._hidden[word.other].add((form,))
            if start < last and text[start + 1].follows_hyphen:
                self._add_compounds(text, start)

    def _add_compounds(self, text: Sequence[Word], start: int) -> None:
        for end, written, forms in islice(text_readings(text, start), 1, None):
            parts = tuple([part.form for part in text[start:end]])
            self._beginnings.add((written, parts))
            for form in forms:
                self._hidden[form].add(parts)
                self._beginnings.add((form, parts))

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def has_other_readings(self, query: Sequence[str]) -> bool:
        """A quick check whether part of the phrase may have another reading than its own words."""
        hidden = self._hidden
        for word in query:
            if word in hidden:
                return True
        return len(query) > 1 and any(map(self._begins_compound, query[:-1])) and self._has_compound(query)

    def _begins_compound(self, word: str) -> bool:
        """Whether a longer word of the index begins with this one, which is rare."""
        begins = self._begins.get(word)
        if begins is None:
            if not self._begun_words:
                readings = (*self._words, *self._hidden)
                self._begun_words = {reading[:end] for reading in readings for end in range(1, len(reading))}
            begins = self._begins[word] = not self._begun_words.isdisjoint(numbers(word))
        return begins

    def _has_compound(self, query: Sequence[str]) -> bool:
        return any(
            word in self._words or word in self._hidden
            for start in range(len(query) - 1)
            for _, word in islice(query_readings(query, start, is_prefix=False), 1, None)
        )

    def alternatives(self, query: Sequence[str], *, is_prefix: bool) -> list[Alternative] | None:
        """The readings of the phrase that the index allows; None if there are too many.

        An uncertain reading that a certain one covers is left out.
        """
        tails: list[list[Alternative]] = [[] for _ in query]
        tails.append([Alternative(())])
        for start in range(len(query) - 1, -1, -1):
            for end, word in query_readings(query, start, is_prefix=is_prefix):
                following = tails[end]
                if not following:
                    continue
                if is_prefix and end == len(query):
                    tails[start].append(Alternative((word,), is_prefix=True))
                    tails[start].extend(Alternative(parts, is_certain=False) for parts in self._begun(word))
                    continue
                if word in self._words:
                    tails[start].extend(
                        [
                            Alternative((word, *tail.words), tail.is_prefix, tail.is_certain)
                            for tail in following
                        ]
                    )
                for parts in self._hidden.get(word, ()):
                    tails[start].extend(
                        [
                            Alternative(parts + tail.words, tail.is_prefix, is_certain=False)
                            for tail in following
                        ]
                    )
            if len(tails[start]) > MAX_ALTERNATIVES:
                return None
        return _without_covered(tails[0])

    def _begun(self, beginning: str) -> Iterator[tuple[str, ...]]:
        """Indexed words that stand for a word with this beginning, though they do not begin with it."""
        if self._sorted is None:
            self._sorted = sorted(self._beginnings)
        seen: set[tuple[str, ...]] = set()
        for position in range(bisect_left(self._sorted, (beginning,)), len(self._sorted)):
            reading, parts = self._sorted[position]
            if not reading.startswith(beginning):
                return
            if parts not in seen and not parts[0].startswith(beginning):
                seen.add(parts)
                yield parts


def _without_covered(alternatives: list[Alternative]) -> list[Alternative]:
    if len(alternatives) < 2:
        return alternatives
    certain = list(dict.fromkeys(each for each in alternatives if each.is_certain))
    covered = {each.words for each in certain if not each.is_prefix}
    uncertain = dict.fromkeys(
        each for each in alternatives if not each.is_certain and each.words not in covered
    )
    return [*certain, *uncertain]
