"""The pipeline: where it stops, and why; and how far back a run reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.decisions import Decision, Stage, always_posted, decide, posting_order, reach
from bot.core.feeds import Block, Feed, FeedSettings, Subscription
from bot.core.ids import ChannelId, FeedId, MessageId, PaperId, PostId, ServerId, SubscriptionId
from bot.core.list_days import WINDOW_DAYS, open_list_day
from bot.core.papers import Paper
from bot.core.posts import Post, PostState
from bot.core.schedules import Schedule
from tests.cases import each
from tests.fakes.feeds import feed_with
from tests.queries import compiled
from tests.samples import NOW, TODAY, a_paper

FEED = Feed(
    id=FeedId(1),
    server_id=ServerId(1),
    channel_id=ChannelId(1),
    settings=FeedSettings(
        schedule=Schedule(time=time(9), weekdays=frozenset(range(5)), timezone="UTC"), min_upvotes=3
    ),
    next_run_at=NOW,
    created_at=NOW,
)
PAPER = a_paper(upvotes=3)
VIDEO = Subscription(
    id=SubscriptionId(1),
    feed_id=FEED.id,
    query=compiled("video"),
    since=TODAY,
    created_at=NOW,
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
OLDEST = TODAY - timedelta(days=8)
SURVEY = compiled("survey")


def decided(
    paper: Paper = PAPER,
    *,
    feed: Feed = FEED,
    matched: Sequence[Subscription] = (VIDEO,),
    posted: Post | bool = False,
    is_excluded: bool = False,
    first_seen_at: datetime | None = NOW,
    today: date = TODAY,
    oldest: date = OLDEST,
) -> Decision:
    return decide(
        feed,
        paper,
        matched=matched,
        posted=posted,
        is_excluded=is_excluded,
        first_seen_at=first_seen_at,
        oldest=oldest,
        today=today,
    )


@each(
    ("paper", "matched", "posted", "stage"),
    [
        (PAPER, [VIDEO], False, Stage.POST),
        (replace(PAPER, list_day=None), [VIDEO], False, Stage.LISTED),
        (replace(PAPER, withdrawn_at=NOW), [VIDEO], False, Stage.LISTED),
        (PAPER, [VIDEO], True, Stage.POSTED),
        (PAPER, [], True, Stage.POSTED),
        (PAPER, [], False, Stage.MATCHES),
        (replace(PAPER, list_day=TODAY - timedelta(days=1)), [VIDEO], False, Stage.SINCE),
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
def test_the_first_stage_that_stops_a_paper_is_named(
    *, paper: Paper, matched: list[Subscription], posted: bool, stage: Stage
) -> None:
    decision = decided(paper, matched=matched, posted=posted)
    assert decision.stage is stage


def test_the_stages_are_listed_in_the_order_of_the_checks() -> None:
    assert list(Stage) == [
        Stage.LISTED,
        Stage.POSTED,
        Stage.MATCHES,
        Stage.FOCUS,
        Stage.SINCE,
        Stage.REACH,
        Stage.EXCLUDED,
        Stage.CODE,
        Stage.UPVOTES,
        Stage.POST,
    ]


def test_only_the_subscriptions_that_began_in_time_are_named() -> None:
    later = replace(VIDEO, id=SubscriptionId(2), since=TODAY + timedelta(days=1))
    assert decided(matched=[VIDEO, later]).matched == (VIDEO,)
    too_early = decided(matched=[later])
    assert (too_early.matched, too_early.wanted_from) == ((later,), later.since)


def test_the_decision_has_the_post_of_the_paper() -> None:
    assert decided(matched=[], posted=POST).post is POST


def test_waiting_for_upvotes_says_until_when() -> None:
    waiting = decided(replace(PAPER, upvotes=0))
    assert waiting.waits_until == TODAY + timedelta(days=WINDOW_DAYS)


@pytest.mark.parametrize(
    ("upvotes", "repo", "is_excluded", "stage"),
    [
        (3, "https://github.com/a/b", False, Stage.POST),
        (3, "https://github.com/a/b", True, Stage.EXCLUDED),
        (3, None, False, Stage.CODE),
        (2, "https://github.com/a/b", False, Stage.UPVOTES),
        (2, None, False, Stage.CODE),
        (2, None, True, Stage.EXCLUDED),
    ],
)
def test_the_filter_checks_the_exclusion_then_code_then_upvotes(
    *, upvotes: int, repo: str | None, is_excluded: bool, stage: Stage
) -> None:
    feed = feed_with(FEED, only_with_code=True, exclude=SURVEY)
    found = decided(replace(PAPER, upvotes=upvotes, github_repo=repo), feed=feed, is_excluded=is_excluded)
    assert found.stage is stage
    assert found.is_filtered_out == (stage is not Stage.POST)


RAN = replace(FEED, last_run_at=NOW + timedelta(hours=1), created_at=NOW - timedelta(days=30))
LONG_AGO = replace(VIDEO, since=date.min, created_at=NOW - timedelta(days=30))


@each("days", range(12))
def test_a_paper_that_a_run_checked_is_posted_only_within_the_window(days: int) -> None:
    later = decided(feed=RAN, matched=[LONG_AGO], today=TODAY + timedelta(days=days), oldest=date.min)
    assert later.stage is (Stage.POST if days <= WINDOW_DAYS else Stage.REACH)
    poor = replace(PAPER, upvotes=0)
    waiting = decided(poor, feed=RAN, matched=[LONG_AGO], today=TODAY + timedelta(days=days), oldest=date.min)
    assert (waiting.filtered_by or waiting.stage) is Stage.UPVOTES
    assert waiting.stage is (Stage.UPVOTES if days <= WINDOW_DAYS else Stage.REACH)
    assert waiting.waits_until == TODAY + timedelta(days=WINDOW_DAYS)


def test_a_paper_that_no_run_checked_is_not_bound_by_the_window() -> None:
    late = TODAY + timedelta(days=10)

    def stage(paper: Paper = PAPER, **changes: Any) -> Stage:
        asked = {"feed": RAN, "matched": [LONG_AGO], "today": late, "oldest": date.min} | changes
        return decided(paper, **asked).stage

    ran_at = NOW + timedelta(hours=1)
    assert stage() is Stage.REACH
    assert stage(first_seen_at=None) is Stage.REACH  # before the last run
    assert stage(first_seen_at=ran_at) is Stage.REACH
    # It was listed, or came back, after that run; another subscription wants it; or no run was there yet.
    assert stage(first_seen_at=ran_at + timedelta(seconds=1)) is Stage.POST
    assert stage(replace(PAPER, list_day=TODAY + timedelta(days=1))) is Stage.POST
    new = replace(LONG_AGO, id=SubscriptionId(2), created_at=ran_at + timedelta(seconds=1))
    assert stage(matched=[LONG_AGO, new]) is Stage.POST
    assert stage(feed=replace(RAN, last_run_at=None)) is Stage.POST


def test_a_paper_older_than_the_subscription_says_whether_the_filter_applies_too() -> None:
    later = replace(VIDEO, since=TODAY + timedelta(days=1))
    assert decided(matched=[later]).filtered_by is None
    assert decided(replace(PAPER, upvotes=0), matched=[later]).filtered_by is Stage.UPVOTES
    assert decided(matched=[later], is_excluded=True).filtered_by is Stage.EXCLUDED


@each("backfill_days", [0, 3, 30])
@each("days_ago", [0, 1, 6, 7, 8, 10, 29, 30, 400])
def test_a_run_reaches_a_week_before_the_last_one_within_the_limits(
    days_ago: int, backfill_days: int
) -> None:
    feed = replace(FEED, last_run_at=NOW - timedelta(days=days_ago))
    found = reach(feed, (), now=NOW, backfill_days=backfill_days)
    days = (open_list_day(NOW) - found).days
    assert days == min(days_ago + WINDOW_DAYS, max(backfill_days, WINDOW_DAYS))


def test_a_block_or_a_pause_does_not_shorten_the_reach() -> None:
    feed = replace(FEED, last_run_at=NOW - timedelta(days=10))
    blocked = feed_with(feed, block=Block(reason="…", since=NOW), paused_at=NOW)
    assert reach(blocked, (), now=NOW, backfill_days=30) == reach(feed, (), now=NOW, backfill_days=30)


def test_a_feed_that_never_ran_reaches_to_before_its_beginning() -> None:
    feed = replace(FEED, created_at=NOW - timedelta(days=12))
    assert reach(feed, (), now=NOW, backfill_days=30) == open_list_day(NOW) - timedelta(days=19)


moments = st.integers(-60_000, 90_000).map(lambda hours: NOW + timedelta(hours=hours))


@given(moments, moments, st.integers(0, 400))
def test_however_the_clock_jumps_the_window_is_always_in_reach(
    now: datetime, last_run_at: datetime, backfill_days: int
) -> None:
    oldest = reach(replace(FEED, last_run_at=last_run_at), (), now=now, backfill_days=backfill_days)
    today = open_list_day(now)
    assert today - timedelta(days=max(backfill_days, WINDOW_DAYS)) <= oldest
    assert oldest <= today - timedelta(days=WINDOW_DAYS)


def test_papers_are_posted_by_upvotes_then_id() -> None:
    papers = [
        replace(PAPER, id=PaperId(id_), upvotes=upvotes) for id_, upvotes in [("b", 1), ("c", 2), ("a", 1)]
    ]
    assert [paper.id for paper in posting_order(papers)] == ["c", "a", "b"]


DAYS = st.integers(-10, 3).map(lambda days: TODAY + timedelta(days=days))


@given(
    list_day=st.none() | DAYS,
    withdrawn_at=st.sampled_from((None, None, NOW)),
    upvotes=st.integers(2, 4),
    github_repo=st.sampled_from((None, "https://github.com/a/b")),
    only_with_code=st.booleans(),
    began=st.lists(st.tuples(DAYS, st.booleans()), min_size=1, max_size=3),
    ran_at=st.none() | st.just(NOW),
    oldest=DAYS,
)
def test_what_is_always_posted_is_what_each_decision_posts_within_the_window(
    *,
    list_day: date | None,
    withdrawn_at: datetime | None,
    upvotes: int,
    github_repo: str | None,
    only_with_code: bool,
    began: list[tuple[date, bool]],
    ran_at: datetime | None,
    oldest: date,
) -> None:
    feed = feed_with(FEED, only_with_code=only_with_code, last_run_at=ran_at)
    paper = replace(
        a_paper(upvotes=upvotes), list_day=list_day, withdrawn_at=withdrawn_at, github_repo=github_repo
    )
    matched = [
        replace(VIDEO, since=since, created_at=NOW if is_old else NOW + timedelta(hours=1))
        for since, is_old in began
    ]
    first = max(oldest, *(item.since for item in matched))
    is_always = bool(always_posted(feed, [paper], first=first, today=TODAY))
    decision = decided(paper, feed=feed, matched=matched, oldest=oldest, first_seen_at=None)
    in_window = list_day is not None and max(first, TODAY - timedelta(days=WINDOW_DAYS)) <= list_day
    assert is_always == (decision.stage is Stage.POST and in_window)
    if is_always:
        assert decision.matched == tuple(matched)
