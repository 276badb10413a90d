"""Synthetic papers and keywords, with the word statistics of real ones; reproducible by seed."""

from __future__ import annotations

import random
from datetime import date

from bot.core.ids import PaperId
from bot.core.papers import Paper

_WORDS = 6_000
_ONSETS = "b br c cl d f fl g gr h k l m n p pl pr qu r s st t tr v w".split()  # noqa: SIM905 - reads best as text
_VOWELS = "a e i o u ai ea io ou".split()  # noqa: SIM905
_ENDINGS = "n r l t s st nd m ck ng tion ing er ".split(" ")  # noqa: SIM905


class Corpus:
    """Papers of a list day, and keywords of which at most a third occur in them."""

    def __init__(self, rng: random.Random, *, papers: int, day: date | None = None) -> None:
        self._rng = rng
        self._vocabulary = _vocabulary(rng, _WORDS)
        self._given: set[str] = set()
        self.papers = [_paper(rng, self._vocabulary, number, day=day) for number in range(papers)]

    def keywords(self, count: int) -> list[str]:
        """Distinct phrases of one to three words; those that occur in the papers are given once only."""
        rng, texts = self._rng, [paper.abstract.split() for paper in self.papers]
        made: dict[str, None] = {}
        while len(made) < count:
            length = rng.choice((1, 2, 2, 2, 3))
            if rng.random() < 1 / 3:
                text = rng.choice(texts)
                start = rng.randrange(len(text) - length)
                phrase = " ".join(text[start : start + length])
                if phrase in self._given:
                    continue
                self._given.add(phrase)
            else:
                phrase = " ".join(rng.choices(self._vocabulary, k=length + (length == 1)))
            made[phrase] = None
        return list(made)


def _vocabulary(rng: random.Random, size: int) -> list[str]:
    """Distinct synthetic words, most of them short."""
    made: dict[str, None] = {}
    while len(made) < size:
        syllables = rng.choice((1, 2, 2, 3))
        made[
            "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables))
            + rng.choice(_ENDINGS)
        ] = None
    return list(made)


def _words(rng: random.Random, vocabulary: list[str], count: int) -> str:
    """Running text: a few words are common and most are rare; some have hyphens, some are plurals."""
    chosen: list[str] = []
    for _ in range(count):
        word = vocabulary[min(int(rng.paretovariate(0.6)) - 1, len(vocabulary) - 1)]
        chance = rng.random()
        if chance < 0.05:
            word = f"{word}-{rng.choice(vocabulary)}"
        elif chance < 0.15:
            word += "s"
        chosen.append(word)
    return " ".join(chosen)


def _paper(rng: random.Random, vocabulary: list[str], number: int, *, day: date | None) -> Paper:
    return Paper(
        id=PaperId(f"2608.{number:05}"),
        list_day=day,
        title=_words(rng, vocabulary, 10).title(),
        abstract=_words(rng, vocabulary, 190),
        ai_keywords=tuple(_words(rng, vocabulary, 2) for _ in range(8)),
        authors=tuple(" ".join(rng.choices(vocabulary, k=2)).title() for _ in range(6)),
    )
