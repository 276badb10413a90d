"""What each subscription brought, and which of them bring nothing or nearly everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.core.feeds import Feed, Subscription

RESULT_DAYS = 30
NOISY_PAPERS = 100  # more than so many in RESULT_DAYS is noisy whatever was listed
# More than a third of what was listed is noisy too, unless too little was posted to tell.
NOISY_SHARE = 1 / 3
FEWEST_NOISY_PAPERS = 10
_EVERYTHING = "*"


class Verdict(StrEnum):
    FINE = "fine"
    DEAD = "dead"  # nothing in all of RESULT_DAYS
    NOISY = "noisy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one subscription brought in the last RESULT_DAYS."""

    subscription: Subscription
    papers: int
    verdict: Verdict


def results(
    feed: Feed,
    subscriptions: Sequence[Subscription],
    *,
    sent: Iterable[Sequence[str]],
    listed: Mapping[date, int],
    now: datetime,
) -> tuple[Result, ...]:
    """What the feed's subscriptions brought, in their order.

    Args:
        feed: whose they are; in one that is paused or held nothing is called dead.
        subscriptions: the queries.
        sent: for each paper that was sent in the last RESULT_DAYS, the canonical forms that it was posted
            for; a paper counts for each of them.
        listed: how many papers each list day of the last RESULT_DAYS held.
        now: the moment of looking.
    """
    brought = Counter(canonical for queries in sent for canonical in set(queries))
    return tuple(
        Result(
            subscription=item,
            papers=brought[item.query.canonical],
            verdict=_verdict(feed, item, brought[item.query.canonical], listed=listed, now=now),
        )
        for item in subscriptions
    )


def _verdict(
    feed: Feed, item: Subscription, papers: int, *, listed: Mapping[date, int], now: datetime
) -> Verdict:
    if not papers:
        is_old = item.created_at <= now - timedelta(days=RESULT_DAYS)
        return Verdict.DEAD if is_old and feed.is_active else Verdict.FINE
    if item.query.canonical == _EVERYTHING or papers < FEWEST_NOISY_PAPERS:
        return Verdict.FINE  # every paper is what was asked for
    in_its_time = sum(count for day, count in listed.items() if day >= item.since)
    is_noisy = papers > NOISY_PAPERS or papers > in_its_time * NOISY_SHARE
    return Verdict.NOISY if is_noisy else Verdict.FINE
