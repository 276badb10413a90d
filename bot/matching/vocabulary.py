"""The words of a set of papers: which of them are similar to a word that none or few have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MIN_LENGTH: Final = 4  # of a word; shorter ones are similar to too many
_LONG: Final = 8  # characters; a longer word may differ in two places, or in one although papers have it
_MIN_PART: Final = 2
_MAX_SIMILAR: Final = 3


class Vocabulary:
    """Words, folded as in a run, those that most papers have first."""

    def __init__(self, words: Iterable[str]) -> None:
        self._place = {word: place for place, word in enumerate(words)}

    def __contains__(self, word: str) -> bool:
        return word in self._place

    def similar(self, word: str) -> tuple[str, ...]:
        """The words that may have been meant: the most similar ones, at most a few.

        Of a word that papers have, those that are more frequent, if it is long.
        """
        is_known = word in self
        if len(word) < (_LONG if is_known else _MIN_LENGTH):
            return ()
        most = 2 if len(word) >= _LONG and not is_known else 1
        candidates = [
            each
            for each, place in self._place.items()
            if abs(len(each) - len(word)) <= most
            and each[0] == word[0]
            and each.isalpha()
            and (not is_known or place < self._place[word])
        ]
        if not candidates:
            return ()
        # Loaded for the first word that needs it: most processes never meet one.
        from rapidfuzz import process  # noqa: PLC0415
        from rapidfuzz.distance import OSA  # noqa: PLC0415

        found = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=most, limit=None)
        nearest = min((distance for _, distance, _ in found), default=0)
        near = [each for each, distance, _ in found if distance == nearest]
        return tuple(sorted(near, key=self._place.__getitem__)[:_MAX_SIMILAR])

    def halves(self, word: str) -> list[tuple[str, str]]:
        """The ways to read the word as two words that papers have."""
        return [
            (first, second)
            for first, second in halves_of(word)
            if first in self._place and second in self._place
        ]


def halves_of(word: str) -> list[tuple[str, str]]:
    """All ways to divide a word into two."""
    return [(word[:place], word[place:]) for place in range(_MIN_PART, len(word) - _MIN_PART + 1)]
