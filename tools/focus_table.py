"""Makes the table of word vectors for `focus` from an archive of papers.

    make focus-table

The archive has a paper a line, as JSON with `list_day`, `title` and `abstract`. It is latent semantic
analysis: tf-idf over titles and abstracts, then a truncated singular value decomposition. The same archive
gives the same file. docs/focus.md says what was tried.
"""

# pyright: basic
# scipy has no complete types.
from __future__ import annotations

import argparse
import json
import lzma
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from bot.matching.focus.terms import paper_terms

DIMENSIONS: Final = 200
WORDS: Final = 8_000
PHRASES: Final = 3_000
MIN_PAPERS: Final = 4  # that have a word
MIN_PHRASE_PAPERS: Final = 15
MAX_SHARE: Final = 0.75  # of the papers that have a word
MIN_TIMES_CHANCE: Final = 3  # that the words of a phrase stand side by side
RARITY_POWER: Final = 0.5  # of a word's inverse document frequency
VALUE_POWER: Final = 0.5  # of an axis' singular value
# Neither words of the table nor at an end of its phrases.
STOP_WORDS: Final = frozenset((Path(__file__).parent / "stop_words.txt").read_text("utf-8").split())

Matrix = Any  # of scipy


@dataclass(frozen=True)
class Table:
    header: dict[str, Any]
    words: Sequence[str]
    vectors: NDArray[np.float64]  # a row a word
    mean: NDArray[np.float64]  # of the papers, on each axis
    variance: NDArray[np.float64]

    def write(self, path: Path) -> None:
        """Write it as `bot.matching.focus.table` reads it."""
        scales = np.abs(self.vectors).max(axis=1) / 127
        rounded = np.rint(self.vectors / scales[:, None]).astype(np.int8)
        path.write_bytes(
            json.dumps(self.header).encode()
            + b"\n"
            + "".join(f"{word}\n" for word in self.words).encode()
            + b"".join(part.astype("<f4").tobytes() for part in (scales, self.mean, self.variance))
            + rounded.tobytes()
        )


def make_table(archive: Sequence[dict[str, Any]], *, dimensions: int = DIMENSIONS) -> Table:
    """The table for these papers."""
    counts = [paper_terms(paper["title"], paper["abstract"]) for paper in archive]
    papers_of = Counter(term for terms in counts for term in terms)
    words = sorted(_words(papers_of, len(archive)) + _phrases(papers_of, len(archive)))
    rarity = np.array([math.log(len(archive) / papers_of[word]) ** RARITY_POWER for word in words])
    matrix = _matrix(counts, {word: place for place, word in enumerate(words)}, rarity)
    smaller = min(matrix.shape)
    _, values, axes = cast(
        "tuple[Matrix, Matrix, Matrix]",
        scipy.sparse.linalg.svds(matrix, k=dimensions, v0=np.full(smaller, smaller**-0.5)),
    )
    vectors = axes.T * values**VALUE_POWER
    papers = matrix @ vectors
    papers /= np.maximum(np.linalg.norm(papers, axis=1, keepdims=True), 1e-9)
    rotation = _rotation(papers)
    papers = papers @ rotation
    days = sorted(paper["list_day"] for paper in archive)
    header = {
        "format": 1,
        "from": days[0],
        "to": days[-1],
        "papers": len(archive),
        "words": len(words),
        "dimensions": dimensions,
        "command": "make focus-table",
        "usual_words": sorted(
            STOP_WORDS | {word for word, count in papers_of.items() if _is_usual(word, count / len(archive))}
        ),
    }
    return Table(
        header, words, (vectors * rarity[:, None]) @ rotation, papers.mean(axis=0), papers.var(axis=0)
    )


def _is_usual(word: str, share: float) -> bool:
    return " " not in word and share > MAX_SHARE


def _words(papers_of: Counter[str], papers: int) -> list[str]:
    usual = [
        word
        for word, count in papers_of.items()
        if " " not in word
        and MIN_PAPERS <= count <= MAX_SHARE * papers
        and word not in STOP_WORDS
        and not word.isdigit()
    ]
    return sorted(usual, key=lambda word: (-papers_of[word], word))[:WORDS]


def _phrases(papers_of: Counter[str], papers: int) -> list[str]:
    """The phrases that stand together most often beyond chance."""
    surprise: dict[str, float] = {}
    for phrase, count in papers_of.items():
        words = phrase.split(" ")
        if len(words) == 1 or count < MIN_PHRASE_PAPERS or {words[0], words[-1]} & STOP_WORDS:
            continue
        times = count / papers / math.prod(papers_of[word] / papers for word in words)
        if times > MIN_TIMES_CHANCE:
            surprise[phrase] = count * math.log(times)
    return sorted(surprise, key=lambda phrase: (-surprise[phrase], phrase))[:PHRASES]


def _matrix(counts: Iterable[Counter[str]], place_of: dict[str, int], rarity: NDArray[np.float64]) -> Matrix:
    """The weighted words of each paper, a row of length 1."""
    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    for row, terms in enumerate(counts):
        known = {place_of[term]: count for term, count in terms.items() if term in place_of}
        values = np.array([(1 + math.log(count)) * rarity[place] for place, count in known.items()])
        rows += [row] * len(known)
        columns += known
        weights += list(values / max(float(np.linalg.norm(values)), 1e-9))
    return scipy.sparse.csr_matrix((weights, (rows, columns)), shape=(rows[-1] + 1, len(place_of)))


def _rotation(papers: NDArray[np.float64]) -> NDArray[np.float64]:
    """To the axes of the papers' covariance; each points to where its largest part is positive."""
    _, axes = np.linalg.eigh(np.cov(papers.T, bias=True))
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return axes[:, ::-1] * np.sign(largest)[::-1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("table", type=Path)
    chosen = parser.parse_args()
    if not chosen.archive.is_file():
        raise SystemExit(f"NOT TRIED: {chosen.archive} is missing. The table stays as it is.")
    with lzma.open(chosen.archive, "rt", encoding="utf-8") as lines:
        archive = [json.loads(line) for line in lines]
    table = make_table(archive)
    table.write(chosen.table)
    print(f"{chosen.table}: {table.header}, {chosen.table.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
