"""The archive: searches of all stored papers in a real database, compared with a loop of regular expressions.

    python -m benchmarks.archive

Goals: 150 ms of processor time for a search of 16,000 papers, and at most 60 MB of memory for it.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks._corpus import Corpus
from bot.core.ids import PaperId
from bot.core.limits import DEFAULT_LIMITS
from bot.core.papers import Paper
from bot.core.query.compiled import compile_query
from bot.matching.search_texts import search_text
from bot.services.queries.text_search import search_texts
from bot.services.runs.search_texts import write
from bot.store import papers
from bot.store.database import Database

PAPERS = 16_000
DISTINCT = 2_000  # papers with their own words; making all texts would take minutes
A_DAY = 50
QUERIES = 30
GOAL_SECONDS = 0.15
GOAL_MEGABYTES = 60


def main() -> None:
    """Print how long searches take, how much memory they add, and how the loop compares."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paperboy.db"
        corpus = Corpus(random.Random(20_260_801), papers=DISTINCT)
        made, keywords = corpus.papers, corpus.keywords(QUERIES)
        queries = _queries(keywords)
        asyncio.run(fill(path, made))
        print(f"archive: {PAPERS:,} papers in a database of {path.stat().st_size / 1e6:.0f} MB")
        loop_seconds = _regex_seconds(queries[:3], made)
        done = subprocess.run(  # noqa: S603 - this file, in a separate process, whose memory is measured
            [sys.executable, "-m", "benchmarks.archive", str(path), *queries],
            check=True,
            capture_output=True,
            text=True,
        )
    print(done.stdout, end="")
    median = float(re.findall(r"median ([\d.]+) ms", done.stdout)[0]) / 1e3
    print(f"  regex loop: {loop_seconds * 1e3:.0f} ms a query, {loop_seconds / median:.1f} × the search")


def _queries(keywords: list[str]) -> list[str]:
    """Words, phrases, operators, fields, quotes and stars, five each."""
    parts = [keywords[place : place + 5] for place in range(0, QUERIES, 5)]
    shapes = ("{}", "{}", "({}) AND model OR star*", "title:({})", '"{}"', "({}) -a*b, con*")
    return [shape.format(keyword) for shape, chosen in zip(shapes, parts, strict=True) for keyword in chosen]


async def fill(path: Path, made: list[Paper]) -> None:
    texts = [search_text(paper) for paper in made]
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    now = datetime.now(UTC)
    for start in range(0, PAPERS, A_DAY):
        numbers = range(start, start + A_DAY)
        listed = [replace(made[number % DISTINCT], id=PaperId(f"2608.{number:05}")) for number in numbers]
        day = date(2026, 8, 1) - timedelta(days=start // A_DAY)
        async with database.write() as conn:
            await papers.upsert(conn, listed, seen_at=now, day=day)
            await write(
                conn,
                {paper.id: texts[number % DISTINCT] for number, paper in zip(numbers, listed, strict=True)},
            )
    await database.close()


def _regex_seconds(queries: list[str], made: list[Paper]) -> float:
    texts = [f"{paper.title}\n{paper.abstract}\n{' '.join(paper.ai_keywords)}" for paper in made]
    start = time.process_time()
    for query in queries:
        pattern = re.compile(rf"\b{re.escape(query)}\b", re.IGNORECASE)
        sum(1 for text in texts if pattern.search(text))
    return (time.process_time() - start) / len(queries) * PAPERS / len(made)


async def _search(path: str, queries: list[str]) -> None:
    """Search, and print the processor time and the memory, in this process only."""
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    compiled = [compile_query(query, DEFAULT_LIMITS) for query in queries]
    seconds: list[tuple[float, str, int]] = []
    before = peak_megabytes()
    for query in compiled:
        async with database.read() as conn:
            start = time.process_time()
            matched = await search_texts(conn, query, first=None, is_ranked=True)
            seconds.append((time.process_time() - start, query.text, len(matched.ranks)))
    added = peak_megabytes() - before
    await database.close()
    median = statistics.median(median_seconds for median_seconds, _, _ in seconds)
    slowest, query, found = max(seconds)
    print(
        f"  {len(queries)} searches: median {median * 1e3:.0f} ms of processor time, "
        f"slowest {slowest * 1e3:.0f} ms ({query}: {found:,} found); memory added: {added:.0f} MB"
    )
    is_fast, is_small = median <= GOAL_SECONDS, added <= GOAL_MEGABYTES
    print(f"  goal: {GOAL_SECONDS * 1e3:.0f} ms: {'reached' if is_fast else 'missed'}")
    print(f"  goal: {GOAL_MEGABYTES} MB: {'reached' if is_small else 'missed'}")


def peak_megabytes() -> float:
    """This process's own peak; what `resource` tells is inherited from its parent."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_search(sys.argv[1], sys.argv[2:]))
    else:
        main()
