"""How long a search for similar papers takes, and what memory it adds to a process that has done none.

Goals: 200 ms of processor time for a search of 16,000 papers, and at most 60 MB of memory.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time

from benchmarks.archive import PAPERS, peak_megabytes
from bot.core.ids import PaperId
from bot.matching.keyphrases import lines_of
from bot.services.library.similar import ranked
from bot.store import papers
from bot.store.database import Database

QUERIES = 20
SHOWN = 10
GOAL_SECONDS = 0.2
GOAL_MEGABYTES = 60


async def search(path: str) -> None:
    """Search, and print the processor time and the memory, in this process only."""
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    seconds: list[float] = []
    before = peak_megabytes()
    for number in random.Random(15).sample(range(PAPERS), QUERIES + 1):
        async with database.read() as conn:
            start = time.process_time()
            (paper,) = (await papers.by_ids(conn, [PaperId(f"2608.{number:05}")])).values()
            _, found = await ranked(conn, lines_of(paper), SHOWN)
            await papers.by_ids(conn, [result.paper_id for result in found])
            seconds.append(time.process_time() - start)
    added = peak_megabytes() - before
    await database.close()
    first, *others = seconds
    median = statistics.median(others)
    print(
        f"  {QUERIES} searches of {PAPERS:,} papers: median {median * 1e3:.0f} ms of processor time, slowest "
        f"{max(others) * 1e3:.0f} ms, the first {first * 1e3:.0f} ms; memory added: {added:.0f} MB"
    )
    print(f"  goal: {GOAL_SECONDS * 1e3:.0f} ms: {'reached' if median <= GOAL_SECONDS else 'missed'}")
    print(f"  goal: {GOAL_MEGABYTES} MB: {'reached' if added <= GOAL_MEGABYTES else 'missed'}")


if __name__ == "__main__":
    asyncio.run(search(sys.argv[1]))
