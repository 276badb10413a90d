"""The pipeline: where it stops, and why; and how far back a run reaches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.decisions import Stage, decide, posting_order, reach
from bot.core.feeds import Feed, Hold, Subscription
from bot.core.ids import ChannelId, FeedId, MessageId, PaperId, PostId, ServerId, SubscriptionId, UserId
from bot.core.list_days import WINDOW_DAYS, open_list_day
from bot.core.papers import Paper
from bot.core.posts import Post, PostState
from bot.core.schedules import Schedule

NOW = datetime(2026, 8, 19, 9, tzinfo=UTC)
DAY = date(2026, 8, 19)
FEED = Feed(
    id=FeedId(1),
    server_id=ServerId(1),
    channel_id=ChannelId(1),
    schedule=Schedule(time=time(9), weekdays=frozenset(range(5)), timezone="UTC"),
    min_upvotes=3,
    next_run_at=NOW,
    created_at=NOW,
    created_by=UserId(1),
)
PAPER = Paper(id=PaperId("2608.00001"), list_day=DAY, title="Video", abstract="…", upvotes=3)
VIDEO = Subscription(
    id=SubscriptionId(1),
    feed_id=FEED.id,
    text="video",
    canonical="video",
    compiled="video",
    rules_version=1,
    since=DAY,
    created_at=NOW,
    created_by=UserId(1),
)
POST = Post(
    id=PostId(1),
    feed_id=FEED.id,
    server_id=FEED.server_id,
    channel_id=FEED.channel_id,
    state=PostState.SENT,
    nonce="n",
    entries=(),
    planned_at=NOW,
    next_attempt_at=NOW,
    message_id=MessageId(1),
    sent_at=NOW,
)
OLDEST = DAY - timedelta(days=8)


@pytest.mark.parametrize(
    ("paper", "matched", "posted", "stage"),
    [
        (PAPER, [VIDEO], False, Stage.POST),
        (replace(PAPER, list_day=None), [VIDEO], False, Stage.LISTED),
        (replace(PAPER, withdrawn_at=NOW), [VIDEO], False, Stage.LISTED),
        (PAPER, [VIDEO], True, Stage.POSTED),
        (PAPER, [], True, Stage.POSTED),
        (PAPER, [], False, Stage.MATCHES),
        (replace(PAPER, list_day=DAY - timedelta(days=1)), [VIDEO], False, Stage.SINCE),
        (replace(PAPER, upvotes=2), [VIDEO], False, Stage.UPVOTES),
        (
            replace(PAPER, list_day=OLDEST - timedelta(days=1)),
            [replace(VIDEO, since=date.min)],
            False,
            Stage.REACH,
        ),
        (replace(PAPER, list_day=OLDEST), [replace(VIDEO, since=date.min)], False, Stage.POST),
    ],
)
def test_the_first_stage_that_ends_it_is_named(
    *, paper: Paper, matched: list[Subscription], posted: bool, stage: Stage
) -> None:
    decision = decide(FEED, paper, matched=matched, posted=posted, oldest=OLDEST)
    assert decision.stage is stage
    assert decision.is_post == (stage is Stage.POST)


def test_the_stages_are_listed_in_the_order_in_which_they_are_asked() -> None:
    assert list(Stage) == [
        Stage.LISTED,
        Stage.POSTED,
        Stage.MATCHES,
        Stage.SINCE,
        Stage.REACH,
        Stage.UPVOTES,
        Stage.POST,
    ]


def test_only_the_subscriptions_that_want_it_by_then_are_named() -> None:
    later = replace(VIDEO, id=SubscriptionId(2), since=DAY + timedelta(days=1))
    assert decide(FEED, PAPER, matched=[VIDEO, later], posted=False, oldest=OLDEST).matched == (VIDEO,)
    too_early = decide(FEED, PAPER, matched=[later], posted=False, oldest=OLDEST)
    assert (too_early.matched, too_early.wanted_from) == ((later,), later.since)


def test_a_post_that_has_it_is_handed_on() -> None:
    assert decide(FEED, PAPER, matched=[], posted=POST, oldest=OLDEST).post is POST


def test_waiting_for_upvotes_says_until_when() -> None:
    waiting = decide(FEED, replace(PAPER, upvotes=0), matched=[VIDEO], posted=False, oldest=OLDEST)
    assert waiting.waits_until == DAY + timedelta(days=WINDOW_DAYS)


@pytest.mark.parametrize("backfill_days", [0, 3, 30])
@pytest.mark.parametrize("days_ago", [0, 1, 6, 7, 8, 10, 29, 30, 400])
def test_a_run_reaches_to_a_week_before_the_last_one_within_bounds(days_ago: int, backfill_days: int) -> None:
    feed = replace(FEED, last_run_at=NOW - timedelta(days=days_ago))
    found = reach(feed, now=NOW, backfill_days=backfill_days)
    days = (open_list_day(NOW) - found).days
    assert days == min(days_ago + WINDOW_DAYS, max(backfill_days, WINDOW_DAYS))


def test_a_hold_or_a_pause_does_not_shorten_the_reach() -> None:
    feed = replace(FEED, last_run_at=NOW - timedelta(days=10))
    held = replace(feed, hold=Hold(reason="…", since=NOW), paused_at=NOW)
    assert reach(held, now=NOW, backfill_days=30) == reach(feed, now=NOW, backfill_days=30)


def test_a_feed_that_never_ran_reaches_to_before_its_beginning() -> None:
    feed = replace(FEED, created_at=NOW - timedelta(days=12))
    assert reach(feed, now=NOW, backfill_days=30) == open_list_day(NOW) - timedelta(days=19)


moments = st.integers(-60_000, 90_000).map(lambda hours: NOW + timedelta(hours=hours))


@given(moments, moments, st.integers(0, 400))
def test_however_the_clock_jumps_the_window_is_always_in_reach(
    now: datetime, last_run_at: datetime, backfill_days: int
) -> None:
    oldest = reach(replace(FEED, last_run_at=last_run_at), now=now, backfill_days=backfill_days)
    today = open_list_day(now)
    assert today - timedelta(days=max(backfill_days, WINDOW_DAYS)) <= oldest
    assert oldest <= today - timedelta(days=WINDOW_DAYS)


def test_posts_go_by_upvotes_then_id() -> None:
    papers = [
        replace(PAPER, id=PaperId(id_), upvotes=upvotes) for id_, upvotes in [("b", 1), ("c", 2), ("a", 1)]
    ]
    assert [paper.id for paper in posting_order(papers)] == ["c", "a", "b"]
