"""The words of a set of papers: which of them are similar to a word that no paper has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_MIN_LENGTH: Final = 4  # of a word; shorter ones are similar to too many
_LONG: Final = 8  # characters; a longer word may differ in two places
_MIN_PART: Final = 2


class Vocabulary:
    """Words, folded as in a run, each with the number of papers that it stands in."""

    def __init__(self, papers_of: Mapping[str, int]) -> None:
        self._papers_of = papers_of

    def __contains__(self, word: str) -> bool:
        return word in self._papers_of

    def similar(self, word: str) -> str | None:
        """The word that was probably meant: the most similar one, then the one of the most papers."""
        if len(word) < _MIN_LENGTH:
            return None
        most = 2 if len(word) >= _LONG else 1
        candidates = [
            each
            for each in self._papers_of
            if abs(len(each) - len(word)) <= most and each[0] == word[0] and each.isalpha()
        ]
        if not candidates:
            return None
        # Loaded for the first word that needs it: most processes never meet one.
        from rapidfuzz import process  # noqa: PLC0415
        from rapidfuzz.distance import OSA  # noqa: PLC0415

        found = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=most, limit=None)
        best = min(found, key=lambda each: (each[1], -self._papers_of[each[0]]), default=None)
        return best[0] if best else None

    def halves(self, word: str) -> list[tuple[str, str]]:
        """The ways to read the word as two words that papers have."""
        return [
            (word[:place], word[place:])
            for place in range(_MIN_PART, len(word) - _MIN_PART + 1)
            if word[:place] in self._papers_of and word[place:] in self._papers_of
        ]
