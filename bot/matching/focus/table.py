"""The table of word vectors, and closeness by it.

A paper's vector is the sum of its words', and so is that of a query's term. Closeness to a term is the cosine
of the two, in standard deviations above what papers have with this term on average. The axes are those of the
papers' covariance, so a variance for each is all that this takes. Closeness to a query is that to all terms
together, or to the terms by its operators, whichever is more.

The file: a header (a line of JSON), the words (a line each, sorted; `header["words"]` many), then in little
endian the scale of each word (float32), the papers' mean and variance on each axis (float32), and the vectors
(int8, a row a word).
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice, takewhile
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.core.papers import Paper
from bot.core.query.focus import FocusQuery
from bot.matching.focus.terms import known_terms, paper_terms

Vectors = NDArray[np.float32]

FILE_NAME: Final = "table.bin"
_BATCH: Final = 4096  # queries that are measured at once; bounds the memory
_TINY: Final = 1e-9


class FocusTable:
    """Word vectors. It changes nothing once loaded, so that any thread may use it."""

    def __init__(self, data: bytes) -> None:
        line, _, rest = data.partition(b"\n")
        self.header: dict[str, Any] = json.loads(line)
        count, axes = self.header["words"], self.header["dimensions"]
        *words, rest = rest.split(b"\n", count)
        self.words = [word.decode() for word in words]
        self._row = {word: row for row, word in enumerate(self.words)}
        self._usual = frozenset[str](self.header["usual_words"])
        numbers = np.frombuffer(rest, "<f4", count + 2 * axes)
        scales, self._mean, self._variance = np.split(numbers, [count, count + axes])
        self._vectors: Vectors = np.frombuffer(rest, np.int8, count * axes, numbers.nbytes).reshape(
            count, axes
        ) * scales[:, None].astype(np.float32)
        self._term_rows = lru_cache(maxsize=8192)(self._found_rows)

    @staticmethod
    @cache
    def load() -> FocusTable:
        """The table of the package, read once."""
        return FocusTable((files("bot.matching.focus") / FILE_NAME).read_bytes())

    def knows(self, query: FocusQuery) -> bool:
        """Whether any word of the query is in the table; if not, it is exact only."""
        return any(self._term_rows(line) for line in _term_lines(query))

    def papers(self, papers: Sequence[Paper]) -> Vectors:
        """A row a paper, for `closeness`; zeros for one without a known word."""
        rows = [self._paper_vector(paper) for paper in papers]
        return np.stack(rows) if rows else np.empty((0, len(self._mean)), np.float32)

    def closeness(self, queries: Sequence[FocusQuery], papers: Vectors) -> Vectors:
        """How close each paper is to each query (queries by papers); NaN where no word of it is known."""
        found = np.full((len(queries), len(papers)), np.nan, np.float32)
        for start in range(0, len(queries), _BATCH):
            self._measure(queries[start : start + _BATCH], papers, found[start : start + _BATCH])
        return found

    def near_words(self, query: FocusQuery, paper: Paper, count: int = 3) -> tuple[str, ...]:
        """The paper's words that bring it near the query, the nearest first."""
        rows = [rows for line in _term_lines(query) if (rows := self._term_rows(line))]
        if not rows:
            return ()
        vectors = self._sums(self._vectors, rows)
        nearest = vectors[int(np.argmax(self._scores(vectors, self._paper_vector(paper)[None])))]
        places, weights = self._weights(paper)
        shares: list[float] = (weights * (self._vectors[places] @ nearest)).tolist()
        chosen: list[str] = []
        for share, place in sorted(zip(shares, places, strict=True), reverse=True):
            term = self.words[place]
            if share <= 0 or len(chosen) == count:
                break
            if not any(_overlap(term, other) for other in chosen):
                chosen.append(term)
        return tuple(chosen)

    def _weights(self, paper: Paper) -> tuple[list[int], Vectors]:
        """The rows of the paper's words, and what each counts."""
        row = self._row
        terms = {
            row[term]: each for term, each in paper_terms(paper.title, paper.abstract).items() if term in row
        }
        return list(terms), 1 + np.log(np.array(list(terms.values()), np.float32))

    def _paper_vector(self, paper: Paper) -> Vectors:
        """The vector of length 1, from the papers' mean."""
        places, weights = self._weights(paper)
        if not places:
            return np.zeros_like(self._mean)
        vector = weights @ self._vectors[places]
        return vector / max(float(np.linalg.norm(vector)), _TINY) - self._mean

    def _measure(self, queries: Sequence[FocusQuery], papers: Vectors, found: Vectors) -> None:
        terms: dict[str, int] = {}  # each once, by its line
        rows: list[tuple[int, ...]] = []
        for query in queries:
            for line in _term_lines(query):
                if line not in terms:
                    opened = self._term_rows(line)
                    terms[line] = len(rows) if opened else -1
                    rows += [opened] if opened else []
        if not rows:
            return
        vectors = self._sums(self._vectors, rows)
        scores = self._scores(vectors, papers)
        several: list[tuple[int, FocusQuery]] = []
        for place, query in enumerate(queries):
            row = terms.get(query.terms)
            if row is None:
                several.append((place, query))
            elif row >= 0:
                found[place] = scores[row]
        wholes = [[row for line in _term_lines(query) if (row := terms[line]) >= 0] for _, query in several]
        known = [place for place, whole in enumerate(wholes) if whole]
        if not known:
            return
        together = self._scores(self._sums(vectors, [wholes[place] for place in known]), papers)
        for number, place in enumerate(known):
            row, query = several[place]
            found[row] = np.maximum(together[number], _by_operators(query, terms, scores))

    @staticmethod
    def _sums(vectors: Vectors, rows: Sequence[Sequence[int]]) -> Vectors:
        """The sum of some vectors each, of length 1."""
        starts = np.cumsum([0, *(len(each) for each in rows[:-1])])
        sums = np.add.reduceat(vectors[[row for each in rows for row in each]], starts, axis=0)
        return sums / np.maximum(np.linalg.norm(sums, axis=1), _TINY)[:, None]

    def _scores(self, vectors: Vectors, papers: Vectors) -> Vectors:
        """The closeness of each paper to each vector."""
        deviations = np.sqrt(np.square(vectors) @ self._variance)
        return ((vectors / np.maximum(deviations, _TINY)[:, None]) @ papers.T).astype(np.float32)

    def _found_rows(self, line: str) -> tuple[int, ...]:
        """The rows of the words that a term may be written with."""
        if line.endswith("*"):
            *before, begun = line[:-1].split(" ")
            opened = self._beginning(begun)
            found = [*known_terms(before, self._row, self._usual), *opened] if opened else []
        else:
            ways = [way.split(" ") for way in line.split("|")]
            found = [term for way in ways for term in known_terms(way, self._row, self._usual)]
        return tuple(dict.fromkeys(self._row[term] for term in found))

    def _beginning(self, text: str) -> list[str]:
        following = islice(self.words, bisect_left(self.words, text), None)
        return [word for word in takewhile(lambda word: word.startswith(text), following) if " " not in word]


def _term_lines(query: FocusQuery) -> list[str]:
    return [line for line in query.terms.split("\n") if line[0] not in "&|"]


def _by_operators(query: FocusQuery, terms: dict[str, int], scores: Vectors) -> Vectors:
    """The mean of all parts, and of alternatives that of the best two. At least one term is known."""
    stack: list[Vectors | None] = []
    for line in query.terms.split("\n"):
        if line[0] not in "&|":
            row = terms[line]
            stack.append(scores[row] if row >= 0 else None)
            continue
        count = int(line[1:])
        parts = [part for part in stack[-count:] if part is not None]
        stack[-count:] = [_mean(parts, best=2 if line[0] == "|" else count) if parts else None]
    last = stack[0]
    assert last is not None  # noqa: S101 - see above
    return last


def _mean(parts: Sequence[Vectors], *, best: int) -> Vectors:
    together = np.stack(parts)
    if len(parts) > best:
        together = np.sort(together, axis=0)[-best:]
    return together.mean(axis=0, dtype=np.float32)


def _overlap(one: str, other: str) -> bool:
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "
