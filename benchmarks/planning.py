"""Planning: time and peak memory to match, decide and plan 100,000 subscriptions of 20,000 channels.

    python -m benchmarks.planning

The measurement runs in its own process, so that its peak memory is not affected by other benchmarks. The
baseline, measured on a sample of feeds, tries a regular expression per keyword on each paper.
"""

from __future__ import annotations

import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as time_of_day

from benchmarks._corpus import corpus
from bot.core.feeds import Feed, FeedSettings, Subscription
from bot.core.ids import ChannelId, FeedId, ServerId, SubscriptionId, UserId
from bot.core.limits import DEFAULT_LIMITS
from bot.core.papers import Paper
from bot.core.query.compiled import compile_query
from bot.core.schedules import Schedule
from bot.services.runs.planning import plan

FEEDS = 20_000
SUBSCRIPTIONS_A_FEED = 5
PAPERS = 72
SAMPLED_FEEDS = 40
GOAL_SECONDS = 5
GOAL_MEGABYTES = 500

NOW = datetime(2026, 8, 19, 9, 0, tzinfo=UTC)
DAY = date(2026, 8, 19)


@dataclass(frozen=True, slots=True)
class Load:
    feeds: list[Feed]
    subscriptions: dict[FeedId, list[Subscription]]
    papers: list[Paper]


def main() -> None:
    subprocess.run([sys.executable, "-m", __name__], check=True)  # noqa: S603 - this very module


def _measure() -> None:
    load = _load(random.Random(7))
    started = time.perf_counter()
    planned = plan(
        load.feeds,
        papers=load.papers,
        subscriptions=load.subscriptions,
        posted=frozenset(),
        first_seen={},
        now=NOW,
        backfill_days=30,
    )
    seconds = time.perf_counter() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = FEEDS * SUBSCRIPTIONS_A_FEED
    papers = sum(len(item.papers) for item in planned.plans)
    posts = sum(len(item.posts) for item in planned.plans)
    print(f"planning: {total:,} subscriptions of {FEEDS:,} feeds, all distinct, over {PAPERS} papers")
    print(f"  {papers:,} papers planned over {posts:,} posts of {len(planned.plans):,} feeds")
    print(f"  {seconds:.2f} s {_goal(seconds < GOAL_SECONDS)}: under {GOAL_SECONDS} s)")
    print(f"  {megabytes:.0f} MB at the peak {_goal(megabytes < GOAL_MEGABYTES)}: under {GOAL_MEGABYTES} MB)")
    plain = _plain_seconds(load) / SAMPLED_FEEDS * FEEDS
    print(f"  a plain loop of regular expressions: {plain:.0f} s, {plain / seconds:.0f} × as long")


def _goal(is_reached: bool) -> str:  # noqa: FBT001 - said at the call
    return f"(goal {'reached' if is_reached else 'missed'}"


def _load(rng: random.Random) -> Load:
    papers, typed = corpus(rng, papers=PAPERS, keywords=FEEDS * SUBSCRIPTIONS_A_FEED, day=DAY)
    compiled = [compile_query(text, DEFAULT_LIMITS) for text in typed]
    schedule = Schedule(time=time_of_day(9), weekdays=frozenset(range(5)), timezone="UTC")
    feeds: list[Feed] = []
    subscriptions: dict[FeedId, list[Subscription]] = {}
    for number in range(1, FEEDS + 1):
        feed_id = FeedId(number)
        feeds.append(
            Feed(
                id=feed_id,
                server_id=ServerId(number // 4 + 1),
                channel_id=ChannelId(number + 10**18),
                settings=FeedSettings(schedule=schedule),
                next_run_at=NOW,
                last_run_at=NOW,
                created_at=NOW,
                created_by=UserId(1),
            )
        )
        subscriptions[feed_id] = [
            Subscription(
                id=SubscriptionId(number * SUBSCRIPTIONS_A_FEED + place),
                feed_id=feed_id,
                query=query,
                since=DAY,
                created_at=NOW,
                created_by=UserId(1),
            )
            for place in range(SUBSCRIPTIONS_A_FEED)
            for query in (compiled.pop(),)
        ]
    return Load(feeds, subscriptions, papers)


def _plain_seconds(load: Load) -> float:
    texts = [f"{paper.title}\n{paper.abstract}\n{' '.join(paper.ai_keywords)}" for paper in load.papers]
    sample: Sequence[Feed] = load.feeds[:SAMPLED_FEEDS]
    started = time.perf_counter()
    for feed in sample:
        for subscription in load.subscriptions[feed.id]:
            pattern = re.compile(rf"\b{re.escape(subscription.query.text)}\b", re.IGNORECASE)
            for text in texts:
                pattern.search(text)
    return time.perf_counter() - started


if __name__ == "__main__":
    _measure()
