"""Focus: closeness of stored queries to one day's papers, compared with one query at a time.

    python -m benchmarks.focus

Times are processor time, and the best of several rounds counts, because other programs share the machine.
Loading the table is measured in a separate process.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.focus import FocusQuery, compile_focus
from bot.core.query.parser import parse_query
from bot.matching.focus.table import FocusTable

QUERIES = 100_000
SOME_QUERIES = 2_000  # for one query at a time, which is slow
PAPERS = 30
WORDS = 150  # of an abstract
ROUNDS = 3

MOST_SECONDS = 3.0
MOST_LOAD_SECONDS = 0.3
MOST_LOAD_MEGABYTES = 60

_LOAD = """
import time
from pathlib import Path
import bot.core.papers, bot.core.query.focus, bot.matching.index

def pages():
    return int(Path("/proc/self/statm").read_text().split()[1])

before, started = pages(), time.process_time()
from bot.matching.focus.table import FocusTable
FocusTable.load()
print(time.process_time() - started, (pages() - before) * 4096 / 1e6)
"""


def main() -> None:
    """Print how long it takes, and which goals are met."""
    seconds, megabytes = _load()
    rng = random.Random(20_260_801)
    table = FocusTable.load()
    words = [word for word in table.words if word.isalpha() and word.islower() and len(word) > 3]
    papers = [_paper(rng, words, number) for number in range(PAPERS)]
    queries = _queries(rng, words)
    vectors = table.papers(papers)
    read = _best(lambda: table.papers(papers), rounds=1)
    together = _best(lambda: table.closeness([FocusQuery.stored(query) for query in queries], vectors))
    some = [FocusQuery.stored(query) for query in queries[:SOME_QUERIES]]
    alone = _best(lambda: [table.closeness([query], vectors) for query in some]) / SOME_QUERIES * QUERIES
    print(f"focus: {QUERIES:,} queries over {PAPERS} papers")
    print(
        f"  closeness       {together:6.2f} s   goal: at most {MOST_SECONDS} s: "
        f"{_verdict(together, MOST_SECONDS)}"
    )
    print(f"  one at a time   {alone:6.2f} s   {alone / together:.1f} × as long")
    print(f"  read the papers {read:6.2f} s")
    print(
        f"  load the table  {seconds:6.2f} s   goal: at most {MOST_LOAD_SECONDS} s: "
        f"{_verdict(seconds, MOST_LOAD_SECONDS)}"
    )
    print(
        f"  its memory      {megabytes:6.0f} MB  goal: at most {MOST_LOAD_MEGABYTES} MB: "
        f"{_verdict(megabytes, MOST_LOAD_MEGABYTES)}"
    )


def _load() -> tuple[float, float]:
    """Processor time and memory of loading the table and what it needs, in seconds and megabytes."""
    done = subprocess.run([sys.executable, "-c", _LOAD], check=True, capture_output=True, text=True)  # noqa: S603
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def _queries(rng: random.Random, words: list[str]) -> list[str]:
    """Distinct queries as they are stored: most are phrases, a fifth has operators or a star."""
    made: dict[str, None] = {}
    while len(made) < QUERIES:
        one, two, three = rng.sample(words, 3)
        kind = rng.random()
        text = (
            f"{one} {two}"
            if kind < 0.8
            else f"{one} AND ({two} OR {three})"
            if kind < 0.9
            else f"{one} OR {two} OR {three}"
            if kind < 0.96
            else f"{one} {two[:4]}*"
        )
        made[compile_focus(parse_query(text).root)] = None
    return list(made)


def _paper(rng: random.Random, words: list[str], number: int) -> Paper:
    return Paper(
        id=PaperId(f"2608.{number:05}"),
        list_day=None,
        title=" ".join(rng.choices(words, k=8)),
        abstract=" ".join(rng.choices(words, k=WORDS)),
    )


def _best(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The processor time of the best round, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        run()
        best = min(best, time.process_time() - started)
    return best


def _verdict(measured: float, most: float) -> str:
    return "met" if measured <= most else "MISSED"


if __name__ == "__main__":
    main()
