"""More like this: how good the similar papers are, and how long a search of all papers takes.

    python -m benchmarks.similar

The archive has a paper a line, as JSON with `id`, `title`, `abstract`, `authors` and `ai_keywords`. A paper
counts as about the same as another if they share an author or two AI keywords. Neither is used to find it.
"""

from __future__ import annotations

import asyncio
import json
import lzma
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks._corpus import Corpus
from benchmarks.archive import DISTINCT, fill
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.matching.focus.table import FocusTable, Vectors
from bot.matching.keyphrases import Line, lines_of
from bot.matching.search_texts import code_of
from bot.matching.similar import SimilarTexts

ARCHIVE = Path(__file__).parents[2] / "shared" / "data" / "archive.jsonl.xz"
TRIED = 500  # papers that similar ones are looked for
CHOSEN_ON = 200  # other papers, by which the weight of the vectors in the mix is chosen
WEIGHTS = (0.1, 0.2, 0.5, 1.0, 2.0)
SHOWN = 10
MIXED = 100  # papers that the mix orders again

Find = Callable[[int], list[int]]  # the papers that are shown for one, by their places


def main() -> None:
    """Print how many papers have a good one among those shown, and how long a search takes."""
    archive = read(ARCHIVE) if ARCHIVE.is_file() else []
    made = archive[:DISTINCT]
    if archive:
        measure_quality(archive)
    else:
        print(f"  how good it is: NOT TRIED, as {ARCHIVE} is missing")
        made = Corpus(random.Random(20_260_801), papers=DISTINCT).papers
        print("  made papers have fewer words than real ones, which takes longer")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paperboy.db"
        asyncio.run(fill(path, made))
        done = subprocess.run(  # noqa: S603 - in a separate process, whose memory is measured
            [sys.executable, "-m", "benchmarks._similar_search", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
    print(done.stdout, end="")


def read(archive: Path) -> list[Paper]:
    with lzma.open(archive, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Paper(
            id=PaperId(row["id"]),
            list_day=None,
            title=row["title"],
            abstract=row["abstract"],
            authors=tuple(row["authors"]),
            ai_keywords=tuple(row["ai_keywords"]),
        )
        for row in rows
    ]


def measure_quality(archive: Sequence[Paper]) -> None:
    rng = random.Random(15)
    order = list(range(len(archive)))
    rng.shuffle(order)
    tried, chosen_on = order[:TRIED], order[TRIED : TRIED + CHOSEN_ON]
    lines = [lines_of(paper) for paper in archive]
    everything, titles = Stored(archive, lines), Stored(archive, [(title, NOTHING) for title, _ in lines])
    vectors = FocusTable.load().papers(archive)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)[:, None]
    by_words = {place: everything.similar(place, MIXED) for place in (*tried, *chosen_on)}

    def mixed(weight: float) -> Find:
        return lambda place: mix(place, by_words[place], vectors, weight)[:SHOWN]

    good = Good(archive)
    weight = max(WEIGHTS, key=lambda weight: good.share(mixed(weight), chosen_on)[0])
    print(f"similar: of {TRIED} papers of {len(archive):,}, how many have a good one among the {SHOWN} shown")
    ways: tuple[tuple[str, Find], ...] = (
        ("random papers", lambda _: rng.sample(range(len(archive)), SHOWN)),
        ("words of titles", lambda place: [number for number, _ in titles.similar(place, SHOWN)]),
        ("vectors of focus", lambda place: nearest(place, vectors)),
        ("words and vectors", mixed(weight)),
        ("words, as shipped", lambda place: [number for number, _ in by_words[place][:SHOWN]]),
    )
    for name, find in ways:
        share, each = good.share(find, tried)
        print(f"  {name:18} {share:6.1%}   {each:.2f} good ones a paper")
    print(f"  (in words and vectors, the cosine counts {weight} × the similarity of the tenth paper)")


NOTHING = Line(text="", words=())


class Stored:
    """The texts of all papers, as the store has them."""

    def __init__(self, archive: Sequence[Paper], lines: Sequence[tuple[Line, Line]]) -> None:
        self._numbers: dict[str, int] = {}
        self._ids = [paper.id for paper in archive]
        self._place = {paper_id: place for place, paper_id in enumerate(self._ids)}
        self._stop_words = [
            "".join(self._code(word.text) for line in each for word in line.words if word.is_stop_word)
            for each in lines
        ]
        self._texts = [
            "".join("".join(self._code(word.text) for word in line.words) + "\n" for line in each)
            for each in lines
        ]
        self._all = "\n".join(self._texts)

    def similar(self, place: int, count: int) -> list[tuple[int, float]]:
        """The papers that are the most like this one, without itself, and how much they are like it."""
        found = SimilarTexts(self._texts[place], self._stop_words[place])
        found.add(self._ids, self._all)
        others = [result for result in found.best(count + 1) if result.paper_id != self._ids[place]]
        return [(self._place[result.paper_id], result.score) for result in others[:count]]

    def _code(self, word: str) -> str:
        return code_of(self._numbers.setdefault(word, len(self._numbers) + 1))


class Good:
    """Which papers are about the same: those that share an author or two AI keywords."""

    def __init__(self, archive: Sequence[Paper]) -> None:
        self._archive = archive
        self._of_author: defaultdict[str, set[int]] = defaultdict(set)
        self._of_keyword: defaultdict[str, set[int]] = defaultdict(set)
        for place, paper in enumerate(archive):
            for author in paper.authors:
                self._of_author[author].add(place)
            for keyword in paper.ai_keywords:
                self._of_keyword[keyword.lower()].add(place)

    def share(self, find: Find, tried: Iterable[int]) -> tuple[float, float]:
        """The share of the papers with a good one among those found, and how many they have on average."""
        counts = [len(self._of(place) & set(find(place))) for place in tried]
        return sum(count > 0 for count in counts) / len(counts), statistics.mean(counts)

    def _of(self, place: int) -> set[int]:
        paper = self._archive[place]
        keywords = {keyword.lower() for keyword in paper.ai_keywords}
        shared = Counter(other for keyword in keywords for other in self._of_keyword[keyword])
        by_authors = set[int]().union(*(self._of_author[author] for author in paper.authors))
        return (by_authors | {other for other, count in shared.items() if count > 1}) - {place}


def nearest(place: int, vectors: Vectors) -> list[int]:
    close = vectors @ vectors[place]
    close[place] = -1
    return np.argsort(-close)[:SHOWN].tolist()


def mix(place: int, found: Sequence[tuple[int, float]], vectors: Vectors, weight: float) -> list[int]:
    """These papers in the order of their similarity, as a share of the tenth's, and their cosine."""
    tenth = found[min(SHOWN, len(found)) - 1][1]
    scores = {
        other: score / tenth + weight * float(vectors[other] @ vectors[place]) for other, score in found
    }
    return sorted(scores, key=lambda other: -scores[other])


if __name__ == "__main__":
    main()
