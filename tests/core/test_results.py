"""What subscriptions brought, and which stand out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from bot.core.feeds import Feed, FeedSettings, Subscription
from bot.core.ids import ChannelId, FeedId, ServerId, SubscriptionId
from bot.core.query.compiled import CompiledQuery
from bot.core.results import Verdict, results
from bot.core.schedules import Schedule
from tests.fakes.feeds import feed_with
from tests.samples import NOW

OLD = NOW - timedelta(days=60)
FEED = Feed(
    id=FeedId(1),
    server_id=ServerId(1),
    channel_id=ChannelId(1),
    settings=FeedSettings(schedule=Schedule(time=time(9), weekdays=frozenset({0}), timezone="UTC")),
    next_run_at=NOW,
    created_at=OLD,
)


def wants(canonical: str, *, since: datetime = OLD) -> Subscription:
    return Subscription(
        id=SubscriptionId(1),
        feed_id=FEED.id,
        query=CompiledQuery(text=canonical, canonical=canonical, expression=canonical),
        since=since.date(),
        created_at=since,
    )


def listed(a_day: int) -> dict[date, int]:
    return {NOW.date() - timedelta(days=back): a_day for back in range(30)}


def verdict(item: Subscription, papers: int, *, a_day: int = 10, feed: Feed = FEED) -> Verdict:
    sent = [(item.query.canonical,)] * papers
    (found,) = results(feed, [item], sent=sent, listed=listed(a_day), now=NOW)
    assert found.papers == papers
    return found.verdict


def test_a_paper_that_two_match_counts_for_both() -> None:
    found = results(FEED, [wants("a"), wants("b")], sent=[("a", "b"), ("b",)], listed=listed(10), now=NOW)

    assert [item.papers for item in found] == [1, 2]


@pytest.mark.parametrize(
    ("papers", "a_day", "expected"),
    [
        (1, 10, Verdict.FINE),
        (100, 10, Verdict.FINE),
        (101, 10_000, Verdict.NOISY),  # too many whatever was listed
        (20, 2, Verdict.FINE),  # a third of 60
        (21, 2, Verdict.NOISY),
        (9, 0, Verdict.FINE),  # too few to tell
    ],
)
def test_noisy_is_more_than_a_third_or_more_than_a_hundred(
    papers: int, a_day: int, expected: Verdict
) -> None:
    assert verdict(wants("a"), papers, a_day=a_day) is expected


def test_what_was_listed_before_the_subscription_does_not_count() -> None:
    young = wants("a", since=NOW - timedelta(days=2))

    assert verdict(young, 10, a_day=10) is Verdict.FINE
    assert verdict(young, 11, a_day=10) is Verdict.NOISY


def test_a_subscription_to_everything_is_not_noisy() -> None:
    assert verdict(wants("*"), 300) is Verdict.FINE


@pytest.mark.parametrize(("days", "expected"), [(29, Verdict.FINE), (30, Verdict.DEAD)])
def test_dead_is_nothing_in_thirty_days(days: int, expected: Verdict) -> None:
    assert verdict(wants("a", since=NOW - timedelta(days=days)), 0) is expected


def test_nothing_is_dead_in_a_channel_that_is_paused() -> None:
    assert verdict(wants("a"), 0, feed=feed_with(FEED, paused_at=OLD)) is Verdict.FINE
