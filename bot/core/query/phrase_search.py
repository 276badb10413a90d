"""Phrase search in one text, in which hyphens and spaces between the parts of a compound may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.core.words.inflection import fold, numbers
from bot.core.words.tokenizer import SIGNS, Word

# Nobody types a compound of more parts as one word. Bounds the work on a hostile text.
MAX_PARTS: Final = 12
MAX_READING_LENGTH: Final = 120  # characters
MAX_BEGINNINGS: Final = 8  # of a compound; beyond these, its further parts are read only in the singular


def text_readings(words: Sequence[Word], start: int) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Every way to read the text as one word from `start` on: its end, as written, and its folded forms.

    First the word itself, then with each further part that a hyphen joins to it.
    """
    first = words[start]
    yield start + 1, first.text, (first.form,) if first.other is None else (first.form, first.other)
    written = first.text
    for end in range(start + 1, min(start + MAX_PARTS, len(words))):
        part = words[end]
        if not part.follows_hyphen or len(written) + len(part.text) > MAX_READING_LENGTH:
            return
        forms = {fold(written + part.text), written + part.form}
        if part.other is not None:
            forms.add(written + part.other)
        written += part.text
        yield end + 1, written, tuple(forms)


def query_readings(words: Sequence[str], start: int, *, is_prefix: bool) -> Iterator[tuple[int, str]]:
    """Every way to read the query as one word from `start` on: where it ends, and the word.

    The words are folded, so each but the last of a compound is read as its plural too: `sales force` is
    *salesforce*. With `is_prefix`, the last word is only the beginning of a word and is not folded.
    """
    yield start + 1, words[start]
    if words[start][-1] in SIGNS:
        return
    begun = numbers(words[start])
    for end in range(start + 1, min(start + MAX_PARTS, len(words))):
        word = words[end]
        if word[-1] in SIGNS or len(begun[0]) + len(word) > MAX_READING_LENGTH:
            return
        for beginning in begun:
            glued = beginning + word
            yield end + 1, glued if is_prefix and end == len(words) - 1 else fold(glued)
        following = numbers(word) if len(begun) < MAX_BEGINNINGS else (word,)
        begun = tuple([beginning + number for beginning in begun for number in following])


def find_phrase(
    query: Sequence[str], words: Sequence[Word], *, is_prefix: bool = False
) -> list[tuple[int, int]]:
    """Every match of a phrase in a text, as the index of its first word and the one after its last.

    The phrase has at least one word, and all are folded. With `is_prefix`, the last one is only the beginning
    of a word, as written or folded.
    """
    search = _Search(query, words, is_prefix=is_prefix)
    ends = ((start, search.end_of_match(0, start)) for start in range(len(words)))
    return [(start, end) for start, end in ends if end is not None]


class _Search:
    """The search for one phrase in one text, memoised so that no text makes it slow."""

    def __init__(self, query: Sequence[str], words: Sequence[Word], *, is_prefix: bool) -> None:
        self._words = words
        self._last = len(query)
        # For each position in the query: the words that it may read as, and the positions after them.
        self._wanted: list[dict[str, list[int]]] = []
        self._begun: list[tuple[str, ...]] = []  # what a prefix reads as, from each position on
        for position in range(self._last):
            wanted: dict[str, list[int]] = {}
            begun: list[str] = []
            for end, word in query_readings(query, position, is_prefix=is_prefix):
                if is_prefix and end == self._last:
                    begun.append(word)
                else:
                    wanted.setdefault(word, []).append(end)
            self._wanted.append(wanted)
            self._begun.append(tuple(begun))
        self._readings: dict[int, list[tuple[int, str, tuple[str, ...]]]] = {}
        self._failed: set[tuple[int, int]] = set()

    def end_of_match(self, position: int, start: int) -> int | None:
        """Where a match of the query from `position` on ends, if it starts at the text's word `start`."""
        if position == self._last:
            return start
        if start == len(self._words) or (position, start) in self._failed:
            return None
        wanted, begun = self._wanted[position], self._begun[position]
        for end, written, forms in self._readings_at(start):
            if begun and any(form.startswith(begun) for form in (written, *forms)):
                return end
            for form in forms:
                for next_position in wanted.get(form, ()):
                    reached = self.end_of_match(next_position, end)
                    if reached is not None:
                        return reached
        self._failed.add((position, start))
        return None

    def _readings_at(self, start: int) -> list[tuple[int, str, tuple[str, ...]]]:
        if start not in self._readings:
            self._readings[start] = list(text_readings(self._words, start))
        return self._readings[start]
