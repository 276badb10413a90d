"""The table of word vectors, and closeness by it.

A paper's vector is the sum of its words', and so is that of a query's term. Closeness to a term is the cosine
of the two, in standard deviations above what papers have with this term on average. The axes are those of the
papers' covariance, so a variance for each is all that this takes. A query's operators combine what its terms
have.

The file: a header (a line of JSON), the words (a line each, sorted; `header["words"]` many), then in little
endian the scale of each word (float32), the papers' mean and variance on each axis (float32), and the vectors
(int8, a row a word).
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import islice, takewhile
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.core.papers import Paper
from bot.core.query.focus import FocusQuery
from bot.matching.focus.terms import known_rows, paper_terms

Vectors = NDArray[np.float32]

FILE_NAME: Final = "table.bin"
_BATCH: Final = 4096  # queries that are measured at once; bounds the memory
_BEST: Final = 2  # of alternatives
_OPERATORS: Final = "&|"
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
        vectors = self._sums(rows)
        nearest = vectors[int(np.argmax(self._scores(vectors, self._paper_vector(paper)[None])))]
        places, weights = self._weights(paper)
        shares: list[float] = (weights * (self._vectors[places] @ nearest)).tolist()
        text = f"{paper.title} {paper.abstract}"
        chosen: list[str] = []
        for share, place in sorted(zip(shares, places, strict=True), reverse=True):
            term = self.words[place]
            if share <= 0 or len(chosen) == count:
                break
            is_implied = term.isupper() and term not in text  # the acronym of a long form
            if not is_implied and not any(_overlap(term, other) for other in chosen):
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
        # Queries of one shape are measured together; an unknown term is the last row, -1.
        shapes: defaultdict[tuple[str, ...], tuple[list[int], list[list[int]]]] = defaultdict(
            lambda: ([], [])
        )
        terms: dict[str, int] = {}
        rows: list[list[int]] = []
        for place, query in enumerate(queries):
            lines = query.terms.split("\n")
            for line in lines:
                if line not in terms and line[0] not in _OPERATORS:
                    opened = self._term_rows(line)
                    terms[line] = len(rows) if opened else -1
                    rows += [opened] if opened else []
            places, numbers = shapes[tuple([line if line[0] in _OPERATORS else "" for line in lines])]
            places.append(place)
            numbers.append([terms[line] for line in lines if line in terms])
        unknown = np.full((1, len(papers)), np.nan, np.float32)
        scores = np.concatenate([self._scores(self._sums(rows), papers), unknown])
        for shape, (places, numbers) in shapes.items():
            found[places] = _by_operators(shape, scores[np.array(numbers).T])

    def _sums(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """The sum of the words' vectors in each of the rows, of length 1."""
        sums = np.zeros((len(rows), len(self._mean)), np.float32)
        going, place = list(range(len(rows))), 0
        while going:
            sums[going] += self._vectors[[rows[number][place] for number in going]]
            place += 1
            going = [number for number in going if len(rows[number]) > place]
        return _unit(sums)

    def _scores(self, vectors: Vectors, papers: Vectors) -> Vectors:
        """The closeness of each paper to each vector."""
        deviations = np.sqrt(np.square(vectors) @ self._variance)
        return ((vectors / np.maximum(deviations, _TINY)[:, None]) @ papers.T).astype(np.float32)

    def _term_rows(self, line: str) -> list[int]:
        """The rows of the words that a term may be written with; none if it is not known."""
        if line[-1] == "*":
            *before, begun = line[:-1].split(" ")
            opened, others = self._beginning(begun), known_rows(before, self._row, self._usual)
            return [*others, *opened] if opened and (others or not before) else []
        if "|" not in line:
            return known_rows(line.split(" "), self._row, self._usual)
        ways = [known_rows(way.split(" "), self._row, self._usual) for way in line.split("|")]
        return list(dict.fromkeys(row for way in ways for row in way))

    def _beginning(self, text: str) -> list[int]:
        """The rows of the words that begin so."""
        first = bisect_left(self.words, text)
        words = takewhile(lambda word: word.startswith(text), islice(self.words, first, None))
        return [row for row, word in enumerate(words, first) if " " not in word]


def _term_lines(query: FocusQuery) -> list[str]:
    return [line for line in query.terms.split("\n") if line[0] not in _OPERATORS]


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1), _TINY)[:, None].astype(np.float32)


def _by_operators(shape: Sequence[str], terms: Vectors) -> Vectors:
    """The mean of all parts, and of alternatives that of the best two; what is NaN does not count.

    Args:
        shape: the lines of a query, '' for a term.
        terms: the closeness of each term, for some queries (terms by queries by papers).
    """
    stack: list[Vectors] = []
    waiting = iter(terms)
    for operator in shape:
        if not operator:
            stack.append(next(waiting))
            continue
        count = int(operator[1:])
        parts = np.stack(stack[-count:])
        if operator[0] == "|" and count > _BEST:
            parts = -np.sort(-parts, axis=0)[:_BEST]  # NaN last
        known = np.count_nonzero(~np.isnan(parts), axis=0)
        mean = np.nansum(parts, axis=0) / np.maximum(known, 1)
        stack[-count:] = [np.where(known, mean, np.nan).astype(np.float32)]
    return stack[0]


def _overlap(one: str, other: str) -> bool:
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "
