"""The table of word vectors, and closeness by it.

A paper's vector is the sum of its words', and so is a term's of a query. Closeness is the cosine of the two,
in standard deviations above what papers have with this term on average. The axes are those of the papers'
covariance, so a variance for each is all that this takes.

The file: a header (a line of JSON), the words (a line each, sorted; `header["words"]` many), then in little
endian the scale of each word (float32), the papers' mean and variance on each axis (float32), and the vectors
(int8, a row a word).
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
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
        directions = self._directions(rows)
        nearest = directions[int(np.argmax(directions @ self._paper_vector(paper)))]
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
        scores = self._directions(rows) @ papers.T
        for place, query in enumerate(queries):
            row = terms.get(query.terms)
            score = _combined(query, terms, scores) if row is None else scores[row] if row >= 0 else None
            if score is not None:
                found[place] = score

    def _directions(self, rows: Sequence[tuple[int, ...]]) -> Vectors:
        """A row a term: its vector, so that the product with a paper's is the closeness."""
        starts = np.cumsum([0, *(len(each) for each in rows[:-1])])
        vectors = np.add.reduceat(self._vectors[[row for each in rows for row in each]], starts, axis=0)
        deviations = np.sqrt(np.square(vectors) @ self._variance)
        return (vectors / np.maximum(deviations, _TINY)[:, None]).astype(np.float32)

    def _found_rows(self, line: str) -> tuple[int, ...]:
        """The rows of the words that a term may be written with."""
        if line.endswith("*"):
            *before, begun = line[:-1].split(" ")
            found = [*known_terms(before, self._row), *self._beginning(begun)]
        else:
            found = [term for way in line.split("|") for term in known_terms(way.split(" "), self._row)]
        return tuple(dict.fromkeys(self._row[term] for term in found))

    def _beginning(self, text: str) -> Iterator[str]:
        place = bisect_left(self.words, text)
        for word in takewhile(lambda word: word.startswith(text), islice(self.words, place, None)):
            if " " not in word:
                yield word


def _term_lines(query: FocusQuery) -> list[str]:
    return [line for line in query.terms.split("\n") if line[0] not in "&|"]


def _combined(query: FocusQuery, terms: dict[str, int], scores: Vectors) -> Vectors | None:
    """The closeness to several terms: the mean of all parts, of alternatives that of the best two."""
    stack: list[Vectors | None] = []
    for line in query.terms.split("\n"):
        if line[0] in "&|":
            count = int(line[1:])
            parts = [part for part in stack[-count:] if part is not None]
            del stack[-count:]
            if line[0] == "|" and len(parts) > 2:
                parts = list(np.sort(np.stack(parts), axis=0)[-2:])
            stack.append(np.mean(np.stack(parts), axis=0).astype(np.float32) if parts else None)
        else:
            row = terms[line]
            stack.append(scores[row] if row >= 0 else None)
    return stack[0]


def _overlap(one: str, other: str) -> bool:
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "
