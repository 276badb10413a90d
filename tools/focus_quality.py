"""Measures what each focus brings on judged topics, and fails where it is worse than it has to be.

    python -m tools.focus_quality ../shared/data

The folder has `daily_papers/`, a file a list day as the API sent it; and `topics/`, with the queries
(`topics.json`) and how each paper was judged for each topic (`judged.json`: 2 wanted, 1 borderline, 0 for
the others). The thresholds in the code were chosen on these topics. How they do on other topics is estimated
by leaving out one at a time: its thresholds are chosen on the rest.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.core.focus import NEVER, THRESHOLDS, Focus, Thresholds
from bot.core.papers import Paper
from bot.core.query.expression import compile_node
from bot.core.query.focus import FocusQuery, compile_focus
from bot.core.query.parser import parse_query
from bot.matching.focus.table import FocusTable
from bot.matching.index import PaperIndex
from bot.sources.parse import parse_list

MIN_GAIN: Final = 0.08  # in F1, of balanced over exact
MIN_RECALL: Final = 0.95  # of balanced, as a share of exact's
MIN_PRECISION: Final = 0.60  # of strict

WANTED: Final = 2
BORDERLINE: Final = 1

# How much recall counts in choosing thresholds for a topic that is left out, and what is tried. The threshold
# for papers that the query does not match stays: too few of them are wanted to choose it.
_HIT_THRESHOLDS: Final[list[float]] = np.arange(1.0, 5.01, 0.25).tolist()
_TRIED: Final = {
    Focus.STRICT: (0.5, [Thresholds(2.0, hit, NEVER) for hit in _HIT_THRESHOLDS if hit > 2.0]),
    Focus.BALANCED: (5, [THRESHOLDS[Focus.BALANCED]._replace(hit=hit) for hit in _HIT_THRESHOLDS]),
}

Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def f1(self) -> float:
        return self.f(1)

    def f(self, beta: float) -> float:
        """The harmonic mean of precision and recall, where recall counts `beta` times as much."""
        weight = beta * beta
        return (
            (1 + weight) * self.right / max((1 + weight) * self.right + weight * self.missed + self.wrong, 1)
        )


@dataclass(frozen=True)
class Topic:
    """A topic over all papers of the days."""

    name: str
    hits: Bits
    in_title: Bits
    may_be_added: Bits  # passes the hard filter
    closeness: NDArray[np.float32]
    judged: NDArray[np.int_]

    def kept(self, thresholds: Thresholds) -> Bits:
        least = np.where(self.in_title, thresholds.title_hit, thresholds.hit)
        added = self.may_be_added & (self.closeness >= thresholds.other)
        return np.where(self.hits, self.closeness >= least, added)

    def score(self, thresholds: Thresholds, *, least_judgement: int = WANTED) -> Score:
        kept, wanted = self.kept(thresholds), self.judged >= least_judgement
        return Score(int((kept & wanted).sum()), int((kept & ~wanted).sum()), int((~kept & wanted).sum()))


def read_topics(folder: Path) -> list[Topic]:
    """The topics over the papers of all days of the folder."""
    papers = _papers(folder)
    judged = json.loads((folder / "topics" / "judged.json").read_text("utf-8"))
    stated = json.loads((folder / "topics" / "topics.json").read_text("utf-8"))
    index, table = PaperIndex(papers), FocusTable.load()
    place_of = {paper.id: place for place, paper in enumerate(papers)}
    vectors = table.papers(papers)

    def found(expression: str) -> Bits:
        bits = np.zeros(len(papers), bool)
        bits[[place_of[paper] for paper in index.search(expression)]] = True
        return bits

    topics: list[Topic] = []
    for topic in stated:
        node = parse_query(topic["query"]).root
        focus = FocusQuery.stored(compile_focus(node))
        topics.append(
            Topic(
                name=topic["topic"],
                hits=found(compile_node(node)),
                in_title=found(focus.in_title),
                may_be_added=found(focus.hard_filter),
                closeness=table.closeness([focus], vectors)[0],
                judged=np.array([judged[topic["id"]].get(paper.id, 0) for paper in papers]),
            )
        )
    return topics


def _papers(folder: Path) -> list[Paper]:
    papers: dict[str, Paper] = {}
    for file in sorted((folder / "daily_papers").glob("*.json")):
        day = parse_list(json.loads(file.read_text("utf-8")), asked_day=date.fromisoformat(file.stem))
        papers |= {paper.id: paper for paper in day.papers}
    return list(papers.values())


def chosen_thresholds(focus: Focus, topics: Sequence[Topic]) -> Thresholds:
    """The thresholds that are best on these topics; of equal ones, the lowest."""
    beta, tried = _TRIED[focus]
    return max(tried, key=lambda thresholds: total(topic.score(thresholds) for topic in topics).f(beta))


def left_out(focus: Focus, topics: Sequence[Topic]) -> list[Score]:
    """The score of each topic, by thresholds chosen on the others."""
    if focus not in _TRIED:
        return [topic.score(THRESHOLDS[focus]) for topic in topics]
    return [
        topic.score(chosen_thresholds(focus, [other for other in topics if other is not topic]))
        for topic in topics
    ]


def total(scores: Iterable[Score]) -> Score:
    """All pairs of topics and papers together (micro average)."""
    counts = [(score.right, score.wrong, score.missed) for score in scores]
    return Score(*map(sum, zip(*counts, strict=True)))


def _line(name: str, scores: Sequence[Score]) -> str:
    micro = total(scores)
    asked = [score for score in scores if score.right + score.missed]  # of the others, recall says nothing
    macro = [float(np.mean([measure(score) for score in asked])) for measure in _MEASURES]
    numbers = [*(measure(micro) for measure in _MEASURES), *macro]
    return f"  {name:<10}{micro.right:>6}{micro.wrong:>7}  " + " ".join(
        f"{number:9.3f}" for number in numbers
    )


_MEASURES: Final[Sequence[Callable[[Score], float]]] = (
    lambda score: score.precision,
    lambda score: score.recall,
    lambda score: score.f1,
)


def failures(scores: dict[Focus, Score]) -> list[str]:
    """What is worse than it has to be."""
    exact, balanced, strict = scores[Focus.EXACT], scores[Focus.BALANCED], scores[Focus.STRICT]
    found: list[str] = []
    if balanced.f1 < exact.f1 + MIN_GAIN:
        found.append(
            f"balanced has an F1 of {balanced.f1:.3f}, exact {exact.f1:.3f}: {MIN_GAIN} more are asked for"
        )
    if balanced.recall < MIN_RECALL * exact.recall:
        found.append(f"balanced has a recall of {balanced.recall:.3f}, exact {exact.recall:.3f}: too little")
    if strict.precision < MIN_PRECISION:
        found.append(f"strict has a precision of {strict.precision:.3f}: {MIN_PRECISION} are asked for")
    return found


def report(topics: Sequence[Topic]) -> list[str]:
    """Print the tables; what fails."""
    head = f"  {'':<10}{'right':>6}{'wrong':>7}  " + " ".join(
        f"{name:>9}" for name in ("precision", "recall", "F1", "(macro) P", "R", "F1")
    )
    found: list[str] = []
    print(f"{len(topics)} topics, {len(topics[0].hits)} papers")
    for reading, least in (
        ("strict reading: wanted", WANTED),
        ("lenient reading: wanted or borderline", BORDERLINE),
    ):
        print(f"\n{reading}; the thresholds of the code\n{head}")
        scores = {
            focus: [topic.score(THRESHOLDS[focus], least_judgement=least) for topic in topics]
            for focus in Focus
        }
        for focus in Focus:
            print(_line(focus, scores[focus]))
        if least == WANTED:
            found += failures({focus: total(scores[focus]) for focus in Focus})
    print(f"\nstrict reading: wanted; the thresholds chosen on the other topics\n{head}")
    scores = {focus: left_out(focus, topics) for focus in Focus}
    for focus in Focus:
        print(_line(focus, scores[focus]))
    return found + [
        f"by thresholds of other topics, {failure}"
        for failure in failures({f: total(scores[f]) for f in Focus})
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.focus_quality")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    if not (folder / "topics" / "judged.json").is_file():
        print(f"NOT TRIED: {folder} has no judged topics.")
        return 0
    found = report(read_topics(folder))
    for line in found:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
