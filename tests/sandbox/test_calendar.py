from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.schedules import Schedule, next_run
from sandbox.calendar import Calendar, open_list_day, weekday_before
from sandbox.huggingface import sample_calendar

WEDNESDAY = datetime(2026, 11, 25, 10, 42, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=2 * 365)).map(
    lambda passed: datetime(2026, 1, 1, tzinfo=UTC) + passed
)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def of_sample(moment: datetime, *, days_to_come: int = 4) -> Calendar:
    return Calendar.of_sample(open_days=3, days_to_come=days_to_come, machine=at(moment))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-24T02:29", date(2026, 11, 23)),
        ("2026-11-24T02:30", date(2026, 11, 24)),
        ("2026-07-24T01:30", date(2026, 7, 24)),
    ],
)
def test_a_list_day_opens_on_the_evening_before_in_new_york(now: str, day: date) -> None:
    assert open_list_day(utc(now)) == day


def test_the_sample_uses_the_open_day_and_the_weekdays_around_it() -> None:
    days = [day.isoformat() for day in of_sample(utc("2026-11-24T03:00")).days]
    assert days[:3] == ["2026-11-20", "2026-11-23", "2026-11-24"]
    assert days[3:] == ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]


def test_on_a_saturday_the_sample_has_a_list_and_continues_on_monday() -> None:
    days = [day.isoformat() for day in of_sample(utc("2026-11-28T12:00")).days]
    assert days[:4] == ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-30"]


def test_the_clock_runs_with_the_machines_clock() -> None:
    now = WEDNESDAY
    calendar = Calendar.of_sample(open_days=3, days_to_come=4, machine=lambda: now)
    assert calendar.now() == now
    now += timedelta(minutes=5)
    assert calendar.now() == now


def test_the_state_has_the_current_and_the_next_day() -> None:
    assert of_sample(WEDNESDAY).state() == {
        "now": "2026-11-25T10:42:00+00:00",
        "list_day": "2026-11-25",
        "label": "Wed 25 Nov 2026",
        "next": "2026-11-26",
        "next_label": "Thu 26 Nov 2026",
        "why_not": None,
        "source": "sample",
    }


@pytest.mark.parametrize(
    ("now", "moved_to"),
    [
        ("2026-11-25T10:42", "2026-11-26T18:00"),
        ("2026-11-25T20:15", "2026-11-26T20:15"),
        ("2026-11-25T01:00", "2026-11-26T01:00"),  # Tuesday's list is still open; then Wednesday's
        ("2026-11-27T08:00", "2026-11-30T18:00"),  # over a weekend
        ("2026-11-27T20:00", "2026-11-30T20:00"),
        ("2026-11-28T08:00", "2026-11-30T18:00"),
        ("2026-11-29T23:00", "2026-11-30T23:00"),
        ("2026-03-07T02:00", "2026-03-09T18:00"),  # daylight saving time starts in New York in between
    ],
)
async def test_the_next_day_is_the_next_weekday_past_nine_in_the_morning(now: str, moved_to: str) -> None:
    calendar = of_sample(utc(now))
    expected = calendar.state()["next"]
    assert await calendar.next_day()
    assert calendar.now() == utc(moved_to)
    assert calendar.state()["list_day"] == expected


async def test_listeners_are_called_after_a_move() -> None:
    calendar = of_sample(WEDNESDAY, days_to_come=1)
    heard: list[datetime] = []
    calendar.moved.append(lambda: heard.append(calendar.now()))
    assert await calendar.next_day()
    assert not await calendar.next_day()
    assert heard == [utc("2026-11-26T18:00")]


async def test_a_move_waits_for_work_by_the_old_time() -> None:
    calendar = of_sample(WEDNESDAY)
    busy = asyncio.Lock()
    calendar.around_moves = lambda: busy
    heard: list[bool] = []
    calendar.moved.append(lambda: heard.append(busy.locked()))
    async with asyncio.TaskGroup() as tasks:
        async with busy:
            move = tasks.create_task(calendar.next_day())
            for _ in range(10):
                await asyncio.sleep(0)
            assert calendar.now() == WEDNESDAY
        assert await move
    assert calendar.now() > WEDNESDAY
    assert heard == [False]


async def test_a_move_stops_waiting_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.calendar._MAX_WAIT_SECONDS", 0.01)
    calendar = of_sample(WEDNESDAY)
    busy = asyncio.Lock()
    calendar.around_moves = lambda: busy
    async with busy:
        assert await calendar.next_day()


async def test_after_the_last_sample_day_the_clock_does_not_move_and_the_state_says_why() -> None:
    calendar = sample_calendar(at(WEDNESDAY))
    steps = 0
    while await calendar.next_day():
        steps += 1
    assert steps >= 4
    there = calendar.now()
    assert not await calendar.next_day()
    assert calendar.now() == there
    state = calendar.state()
    assert (state["next"], state["next_label"]) == (None, None)
    assert "last sample day" in state["why_not"]


async def test_live_lists_start_two_weekdays_back_and_end_at_the_machines_time() -> None:
    calendar = Calendar.live(machine=at(WEDNESDAY))
    walked = [calendar.now()]
    while await calendar.next_day():
        walked.append(calendar.now())
    assert walked == [WEDNESDAY - timedelta(days=2), WEDNESDAY - timedelta(days=1), WEDNESDAY]
    state = calendar.state()
    assert state["source"] == "live"
    assert state["why_not"] == (
        "This is today. The list for Thu 26 Nov 2026 opens at 02:30 UTC and appears automatically."
    )


async def test_on_a_weekend_fridays_live_list_is_the_last() -> None:
    saturday = utc("2026-11-28T08:00")
    calendar = Calendar.live(machine=at(saturday))
    assert calendar.state()["list_day"] == "2026-11-26"
    assert calendar.state()["next"] == "2026-11-27"
    assert await calendar.next_day()
    assert calendar.now() == saturday
    assert not await calendar.next_day()
    assert "Mon 30 Nov 2026 opens at 02:30 UTC on Mon 30 Nov 2026" in calendar.state()["why_not"]


async def test_live_lists_skip_weekends() -> None:
    monday = utc("2026-11-30T08:00")
    calendar = Calendar.live(machine=at(monday))
    days = [calendar.state()["list_day"]]
    while await calendar.next_day():
        days.append(calendar.state()["list_day"])
    assert days == ["2026-11-26", "2026-11-27", "2026-11-30"]


async def test_a_new_live_list_opens_automatically() -> None:
    now = WEDNESDAY
    calendar = Calendar.live(machine=lambda: now)
    while await calendar.next_day():
        pass
    now = utc("2026-11-26T02:30")
    assert calendar.state()["list_day"] == "2026-11-26"


@given(
    start=MOMENTS,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "America/Los_Angeles"]),
    source=st.sampled_from(["sample", "live"]),
)
def test_each_move_makes_every_daily_channel_due(start: datetime, zone: str, source: str) -> None:
    nine = Schedule(time=time(9, 0), weekdays=frozenset(range(5)), timezone=zone)
    calendar = of_sample(start) if source == "sample" else Calendar.live(machine=at(start))
    steps = 0
    before = calendar.now()
    while asyncio.run(calendar.next_day()):
        assert next_run(nine, after=before) <= calendar.now()
        before = calendar.now()
        steps += 1
    assert 1 <= steps <= 4
    today = open_list_day(start)
    if source == "live":
        assert calendar.now() == start
    else:
        assert weekday_before(open_list_day(calendar.now())) > today
