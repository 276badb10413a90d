"""The phrases that every answer uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.core.access import Access
from bot.core.feeds import Block, Feed, LastRun
from bot.core.ids import ChannelId, FeedId, FollowUpId, MessageId, PostId, RunId, ServerId, UserId
from bot.core.posts import FollowUp, FollowUpKind, FollowUpState
from bot.core.runs import Outcome, Run
from bot.core.schedules import Cadence, Schedule
from bot.discord.answers import phrases
from bot.errors import Problem, ProblemKind
from tests.queries import compiled

NOW = datetime(2026, 8, 19, 8, 0, tzinfo=UTC)
DAILY = Schedule(time=time(9, 5), weekdays=frozenset(range(5)), timezone="Europe/Berlin")
FEED = Feed(
    id=FeedId(1),
    server_id=ServerId(2),
    channel_id=ChannelId(3),
    schedule=DAILY,
    next_run_at=NOW + timedelta(hours=1),
    created_at=NOW,
    created_by=UserId(4),
)


def changed(**values: object) -> Feed:
    return replace(FEED, **values)


@pytest.mark.parametrize(
    ("number", "said"), [(0, "no papers"), (1, "1 paper"), (2, "2 papers"), (100, "100 papers")]
)
def test_a_count_agrees_with_its_noun(number: int, said: str) -> None:
    assert phrases.count(number, "paper") == said


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("rag", "`rag`"),
        ("a `b` c", "`a ˋbˋ c`"),
        ("``", "`ˋˋ`"),
        ("two\nlines\u202e", "`two lines`"),
        ("\u200b", "` `"),
        ("**bold** @everyone <@1>", "`**bold** @everyone <@1>`"),
    ],
)
def test_outside_text_stays_in_its_code(typed: str, shown: str) -> None:
    assert phrases.code(typed) == shown


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (DAILY, "daily, Mon-Fri, at 09:05 Europe/Berlin"),
        (
            Schedule(time=time(0, 0), weekdays=frozenset(range(7)), timezone="UTC"),
            "daily, every day, at 00:00 UTC",
        ),
        (
            Schedule(cadence=Cadence.LIVE, time=time(9), weekdays=frozenset({0}), timezone="UTC"),
            "live, as soon as a paper is seen",
        ),
        (
            Schedule(cadence=Cadence.WEEKLY, time=time(9), weekdays=frozenset({4}), timezone="UTC"),
            "weekly, on Fri at 09:00 UTC; the week's best first",
        ),
        (
            Schedule(cadence=Cadence.WEEKLY, time=time(9), weekdays=frozenset({1, 3}), timezone="UTC"),
            "weekly, on Tue, the first of Tue,Thu, at 09:00 UTC; the week's best first",
        ),
    ],
)
def test_a_schedule_is_said_in_a_few_words(schedule: Schedule, said: str) -> None:
    assert phrases.schedule(schedule) == said


def test_the_next_post_is_said_in_the_readers_time() -> None:
    assert phrases.next_post(FEED, now=NOW) == "Next post: <t:1787130000:f> (<t:1787130000:R>)."


def test_a_post_that_is_due_comes_now() -> None:
    assert phrases.next_post(FEED, now=NOW + timedelta(hours=2)) == "Next post: now."


def test_a_pause_and_a_hold_say_how_they_end() -> None:
    paused = phrases.next_post(changed(paused_at=NOW), now=NOW)
    blocked = phrases.next_post(
        changed(block=Block(reason="It is closed.", since=NOW), paused_at=NOW), now=NOW
    )

    assert "**Paused** <t:1787126400:R>" in paused
    assert "/config resume" in paused
    assert blocked.startswith("**Held** <t:1787126400:R>: It is closed. ")
    assert "/config resume" in blocked


def test_a_hold_says_when_it_is_looked_at_again() -> None:
    later = NOW + timedelta(hours=1)
    blocked = phrases.next_post(changed(block=Block(reason="No.", since=NOW, recheck_at=later)), now=NOW)

    assert "I try again: <t:1787130000:f> (<t:1787130000:R>)" in blocked
    assert "/config resume" in blocked


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ((0, 0, 0), "**quiet**: nothing new was listed"),
        ((0, 1, 0), "**quiet**: nothing new was listed; 1 paper that matches waits for upvotes"),
        ((0, 2, 0), "**quiet**: nothing new was listed; 2 papers that match wait for upvotes"),
        ((1, 0, 0), "**filtered**: 1 new paper was listed, and none matched that was not posted already"),
        (
            (40, 3, 0),
            "**filtered**: 40 new papers were listed; 3 papers that match wait for upvotes",
        ),
        ((40, 7, 7), "**7 papers** to post (40 new papers were listed)"),
        ((40, 7, 6), "**6 papers** to post; 1 more waits for upvotes (40 new papers were listed)"),
        ((0, 1, 1), "**1 paper** to post (no new papers were listed)"),
    ],
)
def test_what_a_run_came_to_has_a_word_of_its_own(figures: tuple[int, int, int], said: str) -> None:
    new, matched, planned = figures
    feed = changed(min_upvotes=5)
    assert phrases.result(LastRun(new=new, matched=matched, planned=planned), feeds=[feed]) == said


SURVEY = compiled("a survey")


@pytest.mark.parametrize(
    ("filters", "number", "why"),
    [
        ([{"min_upvotes": 5}], 1, "waits for upvotes"),
        ([{"only_with_code": True}], 2, "wait for code"),
        ([{"only_with_code": True}, {"min_upvotes": 1}, {}], 2, "wait for upvotes or code"),
        ([{"exclude": SURVEY}], 1, "is excluded"),
        ([{"exclude": SURVEY, "min_upvotes": 1}], 2, "are excluded or wait for upvotes"),
        ([{}], 2, "did not pass the filter"),
    ],
)
def test_what_was_filtered_says_by_what(filters: list[dict[str, Any]], number: int, why: str) -> None:
    feeds = [changed(**one) for one in filters]
    said = phrases.result(LastRun(new=9, matched=number, planned=0), feeds=feeds)
    assert said.endswith(f"{why}")
    assert said.startswith("**filtered**: 9 new papers were listed; ")


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({}, "none; every paper that matches is posted"),
        ({"min_upvotes": 1}, "at least 1 upvote"),
        (
            {"min_upvotes": 9, "only_with_code": True, "exclude": SURVEY},
            "at least 9 upvotes; a code repository; no match of `a survey`",
        ),
    ],
)
def test_a_filter_is_said_in_a_few_words(filters: dict[str, Any], said: str) -> None:
    assert phrases.filtered_out(changed(**filters)) == said


def test_a_failed_run_has_a_third_word() -> None:
    run = Run(
        id=RunId(1),
        started_at=NOW,
        finished_at=NOW,
        outcome=Outcome.SOURCE_FAILED,
        listed=0,
        new_papers=0,
        feeds=1,
        posts=0,
        problem=Problem(ProblemKind.SERVER_ERROR, 503),
        problem_day=date(2026, 8, 19),
    )
    assert phrases.failed_run(run) == (
        "**failed**: the list of 19 Aug 2026 could not be read completely, because Hugging Face had an error of "
        "its own (503). The next run makes up for it"
    )
    bug = replace(run, outcome=Outcome.FAILED, problem=Problem(ProblemKind.BUG))
    assert "**failed**: a bug" in phrases.failed_run(bug)
    full = replace(run, outcome=Outcome.FAILED, problem=Problem(ProblemKind.DATABASE))
    assert "**failed**: the database could not be used" in phrases.failed_run(full)


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
    ("follow_up", "said"),
    [
        (replace(FOLLOW_UP, state=FollowUpState.DONE), ""),
        (
            replace(FOLLOW_UP, state=FollowUpState.FAILED, reason="No."),
            "It could not be published: No. `/deliver` tries again.",
        ),
        (
            replace(FOLLOW_UP, kind=FollowUpKind.THREAD, state=FollowUpState.FAILED, reason="No."),
            "Its thread could not be opened: No. `/deliver` tries again.",
        ),
        (
            FOLLOW_UP,
            "It is not published yet. The next attempt: <t:1787130000:f> (<t:1787130000:R>).",
        ),
        (
            replace(FOLLOW_UP, kind=FollowUpKind.THREAD, reason="Busy."),
            "Its thread is not opened yet: Busy. The next attempt: <t:1787130000:f> (<t:1787130000:R>).",
        ),
    ],
)
def test_a_step_is_told_until_it_is_done(follow_up: FollowUp, said: str) -> None:
    assert phrases.follow_up(follow_up, now=NOW) == said


def test_a_step_of_a_channel_that_rests_has_no_next_attempt() -> None:
    assert phrases.follow_up(FOLLOW_UP, now=NOW, is_active=False) == "It is not published yet."


def test_a_missing_history_is_warned_of_with_what_it_costs() -> None:
    assert phrases.history_warning(Access()) is None
    warned = phrases.history_warning(Access(history_obstacle="I lack **Read Message History** there."))
    assert warned is not None
    assert warned.startswith("⚠️ I lack **Read Message History** there. Without it")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (0, "Of these 7 list days, none have been read so far."),
        (1, "Of these 7 list days, 1 has been read so far."),
        (5, "Of these 7 list days, 5 have been read so far."),
    ],
)
def test_days_that_were_not_read_are_told_of(known: int, said: str) -> None:
    assert phrases.days_read(known, of=7) == said
