"""Planning: time and peak memory to match, decide and lay out, and for a whole run with its store.

    python -m benchmarks.planning [FEEDS [SQLite | PostgreSQL] | focus]

Each size runs on each store in its own process, so that its peak memory is its own. Subscriptions are made in
chunks of servers, as a run reads them. Making and storing them is not measured. Times are processor time,
PostgreSQL's included, as other programs share the machine. The baseline tries a regular expression per
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
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from functools import partial
from typing import Any

from sqlalchemy import insert

from benchmarks._corpus import Corpus
from benchmarks._stores import Store, StoreKind, kinds, new_store
from bot.core.feeds import Feed, FeedSettings, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChannelId, FeedId, ServerId, SubscriptionId
from bot.core.limits import DEFAULT_LIMITS
from bot.core.polls import PollResult
from bot.core.query.compiled import compile_query
from bot.core.schedules import Schedule
from bot.services.context import ServiceContext
from bot.services.runs.chunks import CHUNK_SUBSCRIPTIONS
from bot.services.runs.closeness import focus_terms
from bot.services.runs.planning import plan
from bot.services.runs.run import Runs
from bot.services.runs.window import Window
from bot.store import feed_settings, papers, tables
from bot.store.database import Database
from bot.store.statements import insert_if_new

SUBSCRIPTIONS_A_FEED = 5
FEEDS_A_SERVER = 4
PAPERS = 72
SAMPLED_FEEDS = 40
# By the number of feeds: seconds to plan, seconds of a run with the store, megabytes.
GOALS = {20_000: (1, None, 150), 200_000: (12, 25, 150)}

FOCUSED_FEEDS = 20_000
FOCUSED_PAPERS = 30
FOCUS_GOAL = 3  # seconds

NOW = datetime(2026, 8, 19, 9, 0, tzinfo=UTC)
DAY = date(2026, 8, 19)
SETTINGS = FeedSettings(schedule=Schedule(time=time_of_day(9), weekdays=frozenset(range(5)), timezone="UTC"))

Chunk = tuple[list[Feed], dict[FeedId, list[Subscription]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one process measured on one store; seconds are processor time."""

    planned_papers: int
    planned_posts: int
    plan_seconds: float
    plain_seconds: float
    run_feeds: int
    run_posts: int
    run_seconds: float
    server_seconds: float  # of PostgreSQL, beside the bot's own
    first_chunk_megabytes: float
    megabytes: float


def main() -> None:
    for number in GOALS:
        _compare(number)
    subprocess.run([sys.executable, "-m", "benchmarks.planning", "focus"], check=True)


def _compare(number: int) -> None:
    print(
        f"planning: {number * SUBSCRIPTIONS_A_FEED:,} subscriptions of {number:,} channels, {PAPERS} papers"
    )
    figures = {kind: _in_a_process(number, kind) for kind in kinds()}
    one = figures[StoreKind.SQLITE]
    plan_seconds = min(found.plan_seconds for found in figures.values())
    most_plan, most_run, most_megabytes = GOALS[number]
    print(f"  plan                {plan_seconds:8.2f} s  {_goal(plan_seconds, most_plan, 's')}".rstrip())
    print(f"    {one.planned_papers:,} papers in {one.planned_posts:,} posts")
    print(f"    a regex loop: {one.plain_seconds / plan_seconds:,.0f} × as long")
    for kind, found in figures.items():
        seconds = found.run_seconds + found.server_seconds
        server = f", {found.server_seconds:.2f} s of which the server's" if found.server_seconds else ""
        print(f"  a run on {kind:10} {seconds:8.2f} s  {_goal(seconds, most_run, 's')}".rstrip())
        print(f"    {seconds / one.run_seconds:.2f} × SQLite's{server}")
        print(f"    {found.run_posts:,} posts of {found.run_feeds:,} channels")
        megabytes = _goal(found.megabytes, most_megabytes, "MB")
        print(f"    memory at the peak {found.megabytes:7.0f} MB {megabytes}")
        print(f"    of the first chunk {found.first_chunk_megabytes:7.0f} MB")


def _in_a_process(number: int, kind: StoreKind) -> Figures:
    command = [sys.executable, "-m", "benchmarks.planning", str(number), kind]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this module
    return Figures(**json.loads(done.stdout))


def _measure_focus() -> None:
    """How much longer it takes to plan where every subscription has a focus; loading the table included."""
    made = Corpus(random.Random(7), papers=FOCUSED_PAPERS, day=DAY)
    options: dict[str, Any] = {"since": NOW, "first_seen": {}, "now": NOW, "backfill_days": 30}
    exact_window, focused_window = Window(made.papers, **options), Window(made.papers, **options)
    exact_seconds = focused_seconds = 0.0
    a_chunk = CHUNK_SUBSCRIPTIONS // SUBSCRIPTIONS_A_FEED
    for first in range(1, FOCUSED_FEEDS + 1, a_chunk):
        feeds, exact = _chunk(made, first, min(a_chunk, FOCUSED_FEEDS + 1 - first))
        focused = {feed_id: list(map(_balanced, group)) for feed_id, group in exact.items()}
        _, seconds = _timed(partial(plan, feeds, exact_window, subscriptions=exact, posted=()))
        exact_seconds += seconds
        _, seconds = _timed(partial(plan, feeds, focused_window, subscriptions=focused, posted=()))
        focused_seconds += seconds
    more = focused_seconds - exact_seconds
    subscriptions = FOCUSED_FEEDS * SUBSCRIPTIONS_A_FEED
    print(f"planning with focus: {subscriptions:,} subscriptions, {FOCUSED_PAPERS} papers")
    print(f"  exact               {exact_seconds:8.2f} s")
    print(f"  balanced            {focused_seconds:8.2f} s")
    print(f"  for the focus       {more:8.2f} s  {_goal(more, FOCUS_GOAL, 's')}")


def _balanced(subscription: Subscription) -> Subscription:
    terms = focus_terms(subscription.query, Focus.BALANCED)
    return replace(subscription, focus=Focus.BALANCED, focus_terms=terms)


async def _measure(number: int, store: Store) -> Figures:
    made = Corpus(random.Random(7), papers=PAPERS, day=DAY)
    window, plan_seconds = _timed(
        lambda: Window(made.papers, since=NOW, first_seen={}, now=NOW, backfill_days=30)
    )
    planned = posts = 0
    chunk: Chunk = ([], {})
    database = await Database.open(store.url)
    async with database.write() as conn:
        await papers.upsert(conn, made.papers, seen_at=NOW)
    a_chunk = CHUNK_SUBSCRIPTIONS // SUBSCRIPTIONS_A_FEED
    for first in range(1, number + 1, a_chunk):
        chunk = _chunk(made, first, min(a_chunk, number + 1 - first))
        feeds, subscriptions = chunk
        found, seconds = _timed(partial(plan, feeds, window, subscriptions=subscriptions, posted=()))
        plan_seconds += seconds
        planned += sum(len(item.papers) for item in found.plans)
        posts += sum(len(item.posts) for item in found.plans)
        await _store(database, feeds, subscriptions)
    plain_seconds = _plain_seconds(chunk, made) / SAMPLED_FEEDS * number
    await store.settle()
    before, server_before = time.process_time(), store.server_seconds()
    around = _Nothing()
    report = await _runs(database, around).run()
    run_seconds = time.process_time() - before
    server_seconds = store.server_seconds() - server_before
    await database.close()
    return Figures(
        planned_papers=planned,
        planned_posts=posts,
        plan_seconds=plan_seconds,
        plain_seconds=plain_seconds,
        run_feeds=report.feeds,
        run_posts=report.posts,
        run_seconds=run_seconds,
        server_seconds=server_seconds,
        first_chunk_megabytes=around.first_megabytes,
        megabytes=_megabytes(),
    )


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _goal(value: float, most: float | None, unit: str) -> str:
    return "" if most is None else f"goal: at most {most} {unit}: {'met' if value <= most else 'MISSED'}"


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _chunk(made: Corpus, first: int, number: int) -> Chunk:
    """Feeds with these numbers, and their subscriptions."""
    queries = iter(made.keywords(number * SUBSCRIPTIONS_A_FEED))
    feeds = [
        Feed(
            id=FeedId(feed),
            server_id=ServerId(feed // FEEDS_A_SERVER + 1),
            channel_id=ChannelId(feed + 10**18),
            settings=SETTINGS,
            next_run_at=NOW,
            last_run_at=NOW,
            created_at=NOW,
        )
        for feed in range(first, first + number)
    ]
    subscriptions = {
        feed.id: [
            Subscription(
                id=SubscriptionId(feed.id * SUBSCRIPTIONS_A_FEED + place),
                feed_id=feed.id,
                query=compile_query(next(queries), DEFAULT_LIMITS),
                since=DAY,
                created_at=NOW,
            )
            for place in range(SUBSCRIPTIONS_A_FEED)
        ]
        for feed in feeds
    }
    return feeds, subscriptions


async def _store(
    database: Database, feeds: Sequence[Feed], subscriptions: dict[FeedId, list[Subscription]]
) -> None:
    settings = feed_settings.columns(SETTINGS)
    times = {"next_run_at": NOW, "last_run_at": NOW, "created_at": NOW}
    async with database.write() as conn:
        servers = {feed.place.in_server for feed in feeds}
        servers_new = [{"id": server, "added_at": NOW} for server in sorted(servers)]
        await conn.execute(insert_if_new(tables.servers, key=("id",)), servers_new)
        of_feeds = [
            {"id": feed.id, "server_id": feed.server_id, "channel_id": feed.channel_id, **settings, **times}
            for feed in feeds
        ]
        await conn.execute(insert(tables.feeds), of_feeds)
        of_subscriptions = [
            {
                "id": item.id,
                "feed_id": item.feed_id,
                "text": item.query.text,
                "canonical": item.query.canonical,
                "compiled": item.query.expression,
                "rules_version": item.query.rules_version,
                "since": item.since,
                "created_at": item.created_at,
            }
            for group in subscriptions.values()
            for item in group
        ]
        await conn.execute(
            insert_if_new(tables.subscriptions, key=("feed_id", "canonical")), of_subscriptions
        )


def _runs(database: Database, around: Any) -> Runs:
    """Runs that read no list and send nothing."""
    context = ServiceContext(
        database=database,
        source=around,
        publisher=around,
        clock=lambda: NOW,
        default_schedule=SETTINGS.schedule,
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


def _plain_seconds(chunk: Chunk, made: Corpus) -> float:
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
        print(json.dumps(asdict(asyncio.run(_measure(number, store)))))


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["focus"]:
            _measure_focus()
        case [feeds]:
            _compare(int(feeds))
        case [feeds, kind]:
            _measure_on(int(feeds), StoreKind(kind))
        case _:
            sys.exit(__doc__)
