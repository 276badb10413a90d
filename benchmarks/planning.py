"""Planning: time and peak memory to match, decide and lay out, and for a whole run with its store.

    python -m benchmarks.planning [FEEDS [SQLite | PostgreSQL] | focus]

Each run has its own process, so that its peak memory is its own. Subscriptions are made in chunks of servers,
as a run reads them. Making and storing them is not measured. Times are processor time, because other programs
share the machine. Only the goal of a whole run is on wall-clock time, what an operator waits for, because the
bot and PostgreSQL work at once: measure it on a quiet machine. The baseline tries a regular expression per
keyword on each paper.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from benchmarks import _feeds
from benchmarks._corpus import Corpus
from benchmarks._stores import Store, StoreKind, kinds, new_store
from bot.core.feeds import Feed, Subscription
from bot.core.focus import Focus
from bot.core.ids import FeedId
from bot.core.polls import PollResult
from bot.services.context import ServiceContext
from bot.services.runs.chunks import CHUNK_SUBSCRIPTIONS
from bot.services.runs.closeness import focus_terms
from bot.services.runs.planning import Planned, hits_of, plan, quiet_feeds
from bot.services.runs.run import Runs
from bot.services.runs.window import Window
from bot.store import papers
from bot.store.database import Database

PAPERS = 72
SAMPLED_FEEDS = 40
# By the number of feeds: seconds to plan, seconds of a run with the store by the clock, megabytes.
GOALS = {20_000: (1, None, 150), 200_000: (12, 25, 150)}

FOCUSED_FEEDS = 20_000
FOCUSED_PAPERS = 30
FOCUS_GOAL = 3  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured on one store; seconds are processor time, unless their name says otherwise."""

    planned_papers: int
    planned_posts: int
    plan_seconds: float
    plain_seconds: float
    run_feeds: int
    run_posts: int
    run_seconds: float
    wall_seconds: float  # of the run
    server_seconds: float  # of PostgreSQL, beside the bot's own
    first_chunk_megabytes: float
    megabytes: float


def main() -> None:
    for number in GOALS:
        _compare(number)
    subprocess.run([sys.executable, "-m", "benchmarks.planning", "focus"], check=True)


def _compare(number: int) -> None:
    subscriptions = number * _feeds.SUBSCRIPTIONS_A_FEED
    print(f"planning: {subscriptions:,} subscriptions of {number:,} channels, {PAPERS} papers")
    figures = {kind: Figures(**_printed_by(str(number), kind)) for kind in kinds()}
    one = figures[StoreKind.SQLITE]
    plan_seconds = min(found.plan_seconds for found in figures.values())
    most_plan, most_run, most_megabytes = GOALS.get(number, (None, None, None))
    print(f"  plan                {plan_seconds:8.2f} s  {_goal(plan_seconds, most_plan, 's')}".rstrip())
    print(f"    {one.planned_papers:,} papers in {one.planned_posts:,} posts")
    print(f"    a regex loop: {one.plain_seconds / plan_seconds:,.0f} × as long")
    for kind, found in figures.items():
        wall, seconds = found.wall_seconds, found.run_seconds + found.server_seconds
        server = f", {found.server_seconds:.2f} s of which the server's" if found.server_seconds else ""
        print(f"  a run on {kind:10} {wall:8.2f} s  {_goal(wall, most_run, 's')}".rstrip())
        print(f"    processor time: {seconds:.2f} s, {seconds / one.run_seconds:.2f} × SQLite's{server}")
        print(f"    {found.run_posts:,} posts of {found.run_feeds:,} channels")
        megabytes = _goal(found.megabytes, most_megabytes, "MB")
        print(f"    memory at the peak {found.megabytes:7.0f} MB {megabytes}")
        print(f"    of the first chunk {found.first_chunk_megabytes:7.0f} MB")


def _printed_by(*arguments: str) -> dict[str, Any]:
    """What this module prints in a separate process."""
    command = [sys.executable, "-m", "benchmarks.planning", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this module
    return json.loads(done.stdout)


def _measure_focus() -> None:
    """How much longer it takes to plan where every subscription has a focus; loading the table included."""
    made = Corpus(random.Random(7), papers=FOCUSED_PAPERS, day=_feeds.DAY)
    options: dict[str, Any] = {"since": _feeds.NOW, "first_seen": {}, "now": _feeds.NOW, "backfill_days": 30}
    exact_window, focused_window = Window(made.papers, **options), Window(made.papers, **options)
    exact_seconds = focused_seconds = 0.0
    a_chunk = CHUNK_SUBSCRIPTIONS // _feeds.SUBSCRIPTIONS_A_FEED
    for first in range(1, FOCUSED_FEEDS + 1, a_chunk):
        feeds, exact = _feeds.make(made, first, min(a_chunk, FOCUSED_FEEDS + 1 - first))
        focused = {feed_id: list(map(_balanced, group)) for feed_id, group in exact.items()}
        _, seconds = _timed(partial(plan, feeds, exact_window, subscriptions=exact, posted=()))
        exact_seconds += seconds
        _, seconds = _timed(partial(plan, feeds, focused_window, subscriptions=focused, posted=()))
        focused_seconds += seconds
    more = focused_seconds - exact_seconds
    subscriptions = FOCUSED_FEEDS * _feeds.SUBSCRIPTIONS_A_FEED
    print(f"planning with focus: {subscriptions:,} subscriptions, {FOCUSED_PAPERS} papers")
    print(f"  exact               {exact_seconds:8.2f} s")
    print(f"  balanced            {focused_seconds:8.2f} s")
    print(f"  for the focus       {more:8.2f} s  {_goal(more, FOCUS_GOAL, 's')}")


def _balanced(subscription: Subscription) -> Subscription:
    terms = focus_terms(subscription.query, Focus.BALANCED)
    return replace(subscription, focus=Focus.BALANCED, focus_terms=terms)


async def _measure_planning(number: int, store: Store) -> dict[str, Any]:
    """Plans the feeds, and stores them for a run."""
    made = Corpus(random.Random(7), papers=PAPERS, day=_feeds.DAY)
    window, plan_seconds = _timed(
        lambda: Window(made.papers, since=_feeds.NOW, first_seen={}, now=_feeds.NOW, backfill_days=30)
    )
    planned = posts = 0
    chunk: _feeds.Chunk = ([], {})
    database = await Database.open(store.url)
    async with database.write() as conn:
        await papers.upsert(conn, made.papers, seen_at=_feeds.NOW)
    a_chunk = CHUNK_SUBSCRIPTIONS // _feeds.SUBSCRIPTIONS_A_FEED
    for first in range(1, number + 1, a_chunk):
        chunk = _feeds.make(made, first, min(a_chunk, number + 1 - first))
        feeds, subscriptions = chunk
        found, seconds = _plan(feeds, subscriptions, window)
        plan_seconds += seconds
        planned += sum(len(item.papers) for item in found.plans)
        posts += sum(len(item.posts) for item in found.plans)
        await _feeds.store(database, feeds, subscriptions)
    await database.close()
    await store.settle()
    plain_seconds = _plain_seconds(chunk, made) / SAMPLED_FEEDS * number
    return {
        "planned_papers": planned,
        "planned_posts": posts,
        "plan_seconds": plan_seconds,
        "plain_seconds": plain_seconds,
    }


async def _measure_run(url: str) -> dict[str, Any]:
    """A run of the feeds that are stored there."""
    database = await Database.open(url)
    around = _Nothing()
    before, began = time.process_time(), time.monotonic()
    report = await _runs(database, around).run()
    run_seconds, wall_seconds = time.process_time() - before, time.monotonic() - began
    await database.close()
    return {
        "run_feeds": report.feeds,
        "run_posts": report.posts,
        "run_seconds": run_seconds,
        "wall_seconds": wall_seconds,
        "first_chunk_megabytes": around.first_megabytes,
        "megabytes": _megabytes(),
    }


def _plan(
    feeds: Sequence[Feed], subscriptions: dict[FeedId, list[Subscription]], window: Window
) -> tuple[Planned, float]:
    """The plans and the seconds, as in a run: of most feeds it reads the expressions alone."""
    due = [_feeds.due(feed, subscriptions[feed.id]) for feed in feeds]
    hits, matching_seconds = _timed(partial(hits_of, due, window))
    quiet, sorting_seconds = _timed(partial(quiet_feeds, due, window, hits=hits))
    busy = [feed for feed in feeds if feed.id not in quiet]
    wanted = {
        feed.id: [one for one in subscriptions[feed.id] if one.query.expression in hits] for feed in busy
    }
    since = {feed.id: _feeds.DAY for feed in busy}
    found, seconds = _timed(
        partial(plan, busy, window, subscriptions=wanted, posted=(), hits=hits, wanted_from=since)
    )
    return found, matching_seconds + sorting_seconds + seconds


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _goal(value: float, most: float | None, unit: str) -> str:
    return "" if most is None else f"goal: at most {most} {unit}: {'met' if value <= most else 'MISSED'}"


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _runs(database: Database, around: Any) -> Runs:
    """Runs that read no list and send nothing."""
    context = ServiceContext(
        database=database,
        source=around,
        publisher=around,
        clock=lambda: _feeds.NOW,
        default_schedule=_feeds.SETTINGS.schedule,
        poll_interval_seconds=1800,
        backfill_days=30,
        wake=around.wake,
    )
    return Runs(context, polling=around, delivery=around, blocked_channels=around)


class _Nothing:
    """The world around a run: a list without papers, and an outbox that is woken after each chunk."""

    first_megabytes = 0.0

    async def poll(self) -> PollResult:
        return PollResult()

    async def at_run(self) -> None:
        pass

    def wake(self) -> None:
        self.first_megabytes = self.first_megabytes or _megabytes()


def _plain_seconds(chunk: _feeds.Chunk, made: Corpus) -> float:
    texts = [f"{paper.title}\n{paper.abstract}\n{' '.join(paper.ai_keywords)}" for paper in made.papers]
    feeds, subscriptions = chunk

    def search() -> None:
        for feed in feeds[:SAMPLED_FEEDS]:
            for subscription in subscriptions[feed.id]:
                pattern = re.compile(rf"\b{re.escape(subscription.query.text)}\b", re.IGNORECASE)
                for text in texts:
                    pattern.search(text)

    return _timed(search)[1]


def _measure_on(number: int, kind: StoreKind) -> None:
    with new_store(kind) as store:
        planning = asyncio.run(_measure_planning(number, store))
        before = store.server_seconds()
        run = _printed_by("run", store.url)
        server_seconds = store.server_seconds() - before
    print(json.dumps(planning | run | {"server_seconds": server_seconds}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["run", url]:
            print(json.dumps(asyncio.run(_measure_run(url))))
        case ["focus"]:
            _measure_focus()
        case [feeds]:
            _compare(int(feeds))
        case [feeds, kind]:
            _measure_on(int(feeds), StoreKind(kind))
        case _:
            sys.exit(__doc__)
