"""Which stored texts are about the same as a paper: BM25 over its words and its pairs of neighbors.

A text is about the same if it has many of the paper's parts: its words but for stop words, and its pairs of
words side by side, of which one may be a stop word. Rare parts count more, and a part counts more if it is
often in a text and there are few other words beside it (BM25; Robertson and Zaragoza, 2009). How much each of
these counts was chosen by measuring (docs/similar.md).

Importing this imports numpy, which a bot does without until somebody asks for similar papers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.core.ids import PaperId
from bot.matching.search_texts import LAST_MARK

_Integers = NDArray[np.integer[Any]]
_Floats = NDArray[np.float64]
_Codes = NDArray[np.uint32]

_TITLE_WEIGHT: Final = 2  # of a part in the title; one in the abstract counts once
_SATURATION: Final = 2.0  # BM25's k1
_LENGTH_WEIGHT: Final = 0.75  # BM25's b
_RARITY_POWER: Final = 1.5  # of a part's inverse document frequency
_PAIR_WEIGHT: Final = 1.5  # how distinctive it is beside a word that counts as much
_MOST_OFTEN: Final = 255  # that is counted
_CODES: Final = 0x110000
_NEWLINE: Final = ord("\n")
_AT_ONCE: Final = 500  # texts that are counted at once, which fit the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much a text is like the paper's."""

    paper_id: PaperId
    score: float  # 1 is as much as the paper itself
    # The parts that both have, the most distinctive first: where each first stands in the paper's text, and
    # how many words it has.
    shared: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """What at most _AT_ONCE texts have; a place each in the first three for a part that a text has."""

    texts: NDArray[np.uint16]  # in their order
    parts: NDArray[np.uint16]
    often: NDArray[np.uint8]
    lengths: NDArray[np.int32]  # words of each text

    def scores(self, weights: _Floats, average: float) -> _Floats:
        """The score of each text; `average` is how many words a text has."""
        room = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * self.lengths / average)
        shares = weights[self.parts] * self.often / (self.often + room[self.texts])
        return np.bincount(self.texts, shares, len(self.lengths)).astype(np.float64)

    def of(self, text: int) -> NDArray[np.uint16]:
        """The parts that this text has."""
        return self.parts[self.texts == text]


class SimilarTexts:
    """Finds the texts that are about the same as one. Not to be used by several threads at once."""

    def __init__(self, own: str, stop_words: str = "", same: tuple[str, str] = ("", "")) -> None:
        """Reads the paper's text.

        Args:
            own: title, abstract and AI keywords, a line each, with a character a word as in stored texts; a
                mark stands for a word that no text has. The keywords do not count.
            stop_words: the characters of its stop words.
            same: characters of texts, and for each the one of the paper's that stands for the same word.
        """
        codes = _codes(own)
        words = np.unique(codes[codes > LAST_MARK])
        self._place = np.zeros(_CODES, np.uint16)  # of a word's character, from 1
        self._place[words] = np.arange(1, len(words) + 1)
        self._place[_codes(same[0])] = self._place[_codes(same[1])]
        self._side = len(words) + 1
        is_stop_word = np.zeros(self._side, bool)
        is_stop_word[self._place[_codes(stop_words)]] = True
        is_stop_word[0] = True
        places = self._place[codes]
        pairs, at_pair = np.unique(self._pairs(places), return_index=True)
        counted = (pairs > self._side) & (pairs % self._side > 0)
        counted &= ~(is_stop_word[pairs // self._side] & is_stop_word[pairs % self._side])
        rare = np.flatnonzero(~is_stop_word)
        self._words = len(rare)
        self._parts = len(rare) + int(np.count_nonzero(counted))
        # The number of each part, from 1: of a word by its place, of a pair by the places of both.
        self._word_part = np.zeros(self._side, np.int32)
        self._word_part[rare] = np.arange(1, self._words + 1)
        self._pair_part = np.zeros(self._side**2, np.int32)
        self._pair_part[pairs[counted]] = np.arange(self._words + 1, self._parts + 1)
        _, at_word = np.unique(places, return_index=True)  # place 0, of newlines, is always there
        self._starts = [*at_word[rare].tolist(), *at_pair[counted].tolist()]
        self._ids: list[PaperId] = []
        self._counted: list[_Counted] = []
        self._firsts: list[int] = []  # the number of the first text of each
        self._own = self._count(_codes(f"{own}\n"))

    def add(self, ids: Sequence[PaperId], lines: str) -> None:
        """Count what the texts of these papers have of the paper's parts: three lines each, as `own`."""
        codes = _codes(f"{lines}\n")
        ends = np.flatnonzero(codes == _NEWLINE)[2::3] + 1
        start = 0
        for place in range(0, len(ids), _AT_ONCE):
            here = ids[place : place + _AT_ONCE]
            end = int(ends[place + len(here) - 1])
            self._firsts.append(len(self._ids))
            self._counted.append(self._count(codes[start:end]))
            self._ids += here
            start = end

    def best(self, count: int) -> list[Likeness]:
        """The texts that share the most with the paper's, the best first; only those that share anything."""
        if not self._ids or not self._parts:
            return []
        having = sum(np.bincount(each.parts, minlength=self._parts) for each in self._counted)
        rarity = np.log(1 + (len(self._ids) - having + 0.5) / (having + 0.5)) ** _RARITY_POWER
        weights = np.zeros(self._parts)
        weights[self._own.parts] = rarity[self._own.parts] * (1 + np.log(self._own.often))
        average = sum(int(each.lengths.sum()) for each in self._counted) / len(self._ids)
        scores = np.concatenate([each.scores(weights, average) for each in self._counted])
        own = float(self._own.scores(weights, average)[0])
        best: list[int] = np.argsort(-scores, kind="stable")[:count].tolist()
        return [
            Likeness(
                paper_id=self._ids[number],
                score=float(scores[number]) / own,
                shared=self._shared(number, weights),
            )
            for number in best
            if scores[number] > 0
        ]

    def _shared(self, number: int, weights: _Floats) -> tuple[tuple[int, int], ...]:
        batch = bisect_right(self._firsts, number) - 1
        parts = self._counted[batch].of(number - self._firsts[batch])
        distinct = np.where(parts < self._words, 1, _PAIR_WEIGHT) * weights[parts]
        ordered: list[int] = parts[np.argsort(-distinct, kind="stable")].tolist()
        return tuple((self._starts[part], 1 if part < self._words else 2) for part in ordered)

    def _count(self, codes: _Codes) -> _Counted:
        """Count the parts that each of some texts has."""
        ends = np.flatnonzero(codes == _NEWLINE).reshape(-1, 3)  # of titles, abstracts, keywords
        places = self._place[codes]
        at = np.flatnonzero(places > 0)
        word, pair = self._word_part[places[at]], self._pair_part[self._pairs(places)[at]]
        is_word, is_pair = np.flatnonzero(word > 0), np.flatnonzero(pair > 0)
        parts = np.concatenate([word[is_word], pair[is_pair]]) - 1
        at = np.concatenate([at[is_word], at[is_pair]])
        text = np.searchsorted(ends[:, 2], at)
        is_searched = at < ends[text, 1]
        at, text, parts = at[is_searched], text[is_searched], parts[is_searched]
        keys = text * self._parts + parts
        in_title = at < ends[text, 0]
        often = np.bincount(np.concatenate([keys, *[keys[in_title]] * (_TITLE_WEIGHT - 1)]))
        found = np.flatnonzero(often > 0)
        text, part = np.divmod(found, max(self._parts, 1))
        lengths = ends[:, 1] - np.append(-1, ends[:-1, 2]) - 2
        return _Counted(
            texts=text.astype(np.uint16),
            parts=part.astype(np.uint16),
            often=np.minimum(often[found], _MOST_OFTEN).astype(np.uint8),
            lengths=lengths.astype(np.int32),
        )

    def _pairs(self, places: _Integers) -> _Integers:
        """For each word, the number of it and the next; behind the last there is none."""
        return places.astype(np.int32) * self._side + np.append(places[1:], 0).astype(np.int32)


def _codes(text: str) -> _Codes:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
