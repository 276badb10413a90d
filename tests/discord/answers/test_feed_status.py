"""A feed's schedule, filter, next post and problems in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from bot.core.access import Access
from bot.core.feeds import Block, Feed, FeedSettings
from bot.core.ids import ChannelId, FeedId, FollowUpId, MessageId, PostId, ServerId
from bot.core.posts import FollowUp, FollowUpKind, FollowUpState
from bot.core.schedules import Cadence, Schedule
from bot.discord.answers.feed_status import (
    filter_text,
    follow_up_problem,
    history_warning,
    next_post,
    schedule_text,
)
from tests.fakes.feeds import feed_with
from tests.queries import compiled
from tests.samples import NOW

DAILY = Schedule(time=time(9, 5), weekdays=frozenset(range(5)), timezone="Europe/Berlin")
FEED = Feed(
    id=FeedId(1),
    server_id=ServerId(2),
    channel_id=ChannelId(3),
    settings=FeedSettings(schedule=DAILY),
    next_run_at=NOW + timedelta(hours=1),
    created_at=NOW,
)


def changed(**values: object) -> Feed:
    return feed_with(FEED, **values)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (DAILY, "daily, Mon-Fri, at 09:05 Europe/Berlin"),
        (
            Schedule(time=time(0, 0), weekdays=frozenset(range(7)), timezone="UTC"),
            "daily, every day, at 00:00 UTC",
        ),
        (
            Schedule(cadence=Cadence.LIVE, time=time(9), weekdays=frozenset({0}), timezone="UTC"),
            "live, as soon as a paper is listed",
        ),
        (
            Schedule(cadence=Cadence.WEEKLY, time=time(9), weekdays=frozenset({4}), timezone="UTC"),
            "weekly, on Fri at 09:00 UTC; the week's best first",
        ),
        (
            Schedule(cadence=Cadence.WEEKLY, time=time(9), weekdays=frozenset({1, 3}), timezone="UTC"),
            "weekly, on Tue (the first of Tue,Thu) at 09:00 UTC; the week's best first",
        ),
    ],
)
def test_a_schedule_is_described_in_a_few_words(schedule: Schedule, expected: str) -> None:
    assert schedule_text(schedule) == expected


def test_the_next_post_is_shown_in_the_readers_time() -> None:
    assert next_post(FEED, now=NOW) == "Next post: <t:1787130000:f> (<t:1787130000:R>)."


def test_a_post_that_is_due_comes_now() -> None:
    assert next_post(FEED, now=NOW + timedelta(hours=2)) == "Next post: now."


def test_a_paused_and_a_blocked_channel_say_how_posting_resumes() -> None:
    paused = next_post(changed(paused_at=NOW), now=NOW)
    blocked = next_post(changed(block=Block(reason="It is closed.", since=NOW), paused_at=NOW), now=NOW)

    assert "**Paused** <t:1787126400:R>" in paused
    assert "/config resume" in paused
    assert blocked.startswith("**Blocked** <t:1787126400:R>: It is closed. ")
    assert "/config resume" in blocked


def test_a_blocked_channel_says_when_it_is_tried_again() -> None:
    later = NOW + timedelta(hours=1)
    blocked = next_post(changed(block=Block(reason="No.", since=NOW, recheck_at=later)), now=NOW)

    assert "Next attempt: <t:1787130000:f> (<t:1787130000:R>)" in blocked
    assert "/config resume" in blocked


SURVEY = compiled("a survey")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "none; every matching paper is posted"),
        ({"min_upvotes": 1}, "at least 1 upvote"),
        (
            {"min_upvotes": 9, "only_with_code": True, "exclude": SURVEY},
            "at least 9 upvotes; a code repository; no match for `a survey`",
        ),
    ],
)
def test_a_filter_is_described_in_a_few_words(filters: dict[str, Any], expected: str) -> None:
    assert filter_text(changed(**filters)) == expected


FOLLOW_UP = FollowUp(
    id=FollowUpId(1),
    kind=FollowUpKind.PUBLISH,
    state=FollowUpState.PENDING,
    post_id=PostId(1),
    feed_id=FeedId(1),
    server_id=ServerId(2),
    channel_id=ChannelId(3),
    message_id=MessageId(4),
    paper_ids=(),
    next_attempt_at=NOW + timedelta(hours=1),
)


@pytest.mark.parametrize(
    ("follow_up", "expected"),
    [
        (replace(FOLLOW_UP, state=FollowUpState.DONE), ""),
        (
            replace(FOLLOW_UP, state=FollowUpState.FAILED, reason="No."),
            "It could not be published: No. Use `/deliver` to try again.",
        ),
        (
            replace(FOLLOW_UP, kind=FollowUpKind.THREAD, state=FollowUpState.FAILED, reason="No."),
            "Its thread could not be opened: No. Use `/deliver` to try again.",
        ),
        (
            FOLLOW_UP,
            "It has not been published yet. Next attempt: <t:1787130000:f> (<t:1787130000:R>).",
        ),
        (
            replace(FOLLOW_UP, kind=FollowUpKind.THREAD, reason="Busy."),
            "Its thread has not been opened yet: Busy. Next attempt: <t:1787130000:f> (<t:1787130000:R>).",
        ),
    ],
)
def test_a_follow_up_is_reported_until_it_is_done(follow_up: FollowUp, expected: str) -> None:
    assert follow_up_problem(follow_up, now=NOW) == expected


def test_a_follow_up_in_an_inactive_channel_has_no_next_attempt() -> None:
    assert follow_up_problem(FOLLOW_UP, now=NOW, is_active=False) == "It has not been published yet."


def test_a_missing_history_permission_is_shown_with_its_consequence() -> None:
    assert history_warning(Access()) is None
    warned = history_warning(Access(history_obstacle="I'm missing **Read Message History** there."))
    assert warned is not None
    assert warned.startswith("⚠️ I'm missing **Read Message History** there. Without it")
