"""The phrases that every answer uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.core.feeds import Feed, Hold
from bot.core.ids import ChannelId, FeedId, ServerId, UserId
from bot.core.schedules import Cadence, Schedule
from bot.discord import phrases

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
    held = phrases.next_post(changed(hold=Hold(reason="It is closed.", since=NOW), paused_at=NOW), now=NOW)

    assert "**Paused** <t:1787126400:R>" in paused
    assert "/config resume" in paused
    assert held.startswith("**Held** <t:1787126400:R>: It is closed. ")
    assert "/config resume" in held


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
