"""Results: how many papers each subscription found, and which subscriptions are dead or noisy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.core.feeds import Feed, Subscription
from bot.core.query.relevance import Relevance

RESULT_DAYS = 30
NOISY_PAPERS = 100  # more than this in RESULT_DAYS is noisy, however many were listed
# A larger share of the listed papers is noisy too, but not for fewer papers than MIN_NOISY_PAPERS.
NOISY_SHARE = 1 / 3
MIN_NOISY_PAPERS = 10
_EVERYTHING = "*"


class Verdict(StrEnum):
    FINE = "fine"
    DEAD = "dead"  # no papers in RESULT_DAYS
    NOISY = "noisy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How many papers one subscription found in the last RESULT_DAYS."""

    subscription: Subscription
    papers: int
    verdict: Verdict
    relevance: Relevance | None = None  # of those papers; None if there are none


def results(
    feed: Feed,
    subscriptions: Sequence[Subscription],
    *,
    sent: Iterable[Sequence[str]],
    listed: Mapping[date, int],
    now: datetime,
) -> tuple[Result, ...]:
    """The results of the feed's subscriptions, in their order.

    `sent` has, for each paper that was sent in the RESULT_DAYS before `now`, the canonical forms of the
    queries that matched it; the paper counts for each of them. `listed` has the number of papers on each list
    day of that time. While the feed is paused or blocked, none of its subscriptions is dead.
    """
    papers_of = Counter(canonical for queries in sent for canonical in set(queries))
    return tuple(
        Result(
            subscription=item,
            papers=papers_of[item.query.canonical],
            verdict=_verdict(feed, item, papers_of[item.query.canonical], listed=listed, now=now),
        )
        for item in subscriptions
    )


def _verdict(
    feed: Feed, item: Subscription, papers: int, *, listed: Mapping[date, int], now: datetime
) -> Verdict:
    if not papers:
        is_old = item.created_at <= now - timedelta(days=RESULT_DAYS)
        return Verdict.DEAD if is_old and feed.is_active else Verdict.FINE
    if item.query.canonical == _EVERYTHING or papers < MIN_NOISY_PAPERS:
        return Verdict.FINE  # `*` asks for every paper
    listed_since = sum(count for day, count in listed.items() if day >= item.since)
    is_noisy = papers > NOISY_PAPERS or papers > listed_since * NOISY_SHARE
    return Verdict.NOISY if is_noisy else Verdict.FINE
