"""Schedules, against a slow reading that watches the clock on the wall minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.schedules import (
    Cadence,
    Schedule,
    next_run,
    parse_timezone,
    timezone_names,
)
from bot.errors import UserError
from tests.cases import each
from tests.examples import examples, only_thorough

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(7))

# Each moves its clocks in its own way: at night, at midnight, by half an hour, by two hours, at odd
# minutes, around Ramadan, on a Saturday evening, or never.
ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Chatham",
    "UTC",
)


def schedule(
    at: str,
    *,
    zone: str = "Europe/Berlin",
    weekdays: frozenset[int] = EVERY_DAY,
    cadence: Cadence = Cadence.DAILY,
) -> Schedule:
    return Schedule(cadence=cadence, time=time.fromisoformat(at), weekdays=weekdays, timezone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def first_minute_showing(day: date, at: time, zone: str) -> datetime:
    """The first minute at which the clock on the wall shows this time of this day, or is past it."""
    wanted = datetime.combine(day, at)
    moment = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    while wall(moment, zone) < wanted:
        moment += MINUTE
    return moment


def slow_next_run(wanted: Schedule, after: datetime) -> datetime:
    days = {min(wanted.weekdays)} if wanted.cadence is Cadence.WEEKLY else wanted.weekdays
    around = [wall(after, wanted.timezone).date() + DAY * offset for offset in range(-2, 10)]
    moments = [first_minute_showing(d, wanted.time, wanted.timezone) for d in around if d.weekday() in days]
    return min(moment for moment in moments if moment > after)


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The hours in which the zone's offset changes, 2025 to 2027; a quiet hour where it never does."""
    hours = (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=offset) for offset in range(3 * 365 * 24))
    tz = ZoneInfo(zone)
    found = [
        hour
        for hour in hours
        if hour.astimezone(tz).utcoffset() != (hour + timedelta(hours=1)).astimezone(tz).utcoffset()
    ]
    return tuple(found) or (datetime(2026, 6, 1, tzinfo=UTC),)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(clock_changes(zone)))
    after = change + timedelta(seconds=draw(st.integers(-3 * 86_400, 2 * 86_400)))
    # Half of the times are near where the clock stands when it changes.
    near = (wall(change, zone) + MINUTE * draw(st.integers(-90, 180))).time()
    at = draw(st.one_of(st.just(near), st.times().map(lambda found: found.replace(second=0, microsecond=0))))
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    cadence = draw(st.sampled_from([Cadence.DAILY, Cadence.WEEKLY]))
    return Schedule(cadence=cadence, time=at, weekdays=weekdays, timezone=zone), after


@pytest.mark.thorough
@settings(max_examples=examples(6), deadline=None)
@given(cases())
@example((schedule("09:00", zone="Pacific/Apia"), local("2011-12-29T10:00", "Pacific/Apia")))
@example((schedule("00:00", zone="Pacific/Apia"), local("2011-12-29T10:00", "Pacific/Apia")))
def test_the_next_run_agrees_with_a_simulated_clock(case: tuple[Schedule, datetime]) -> None:
    wanted, after = case
    assert next_run(wanted, after=after) == slow_next_run(wanted, after)


@each("zone", ZONES)
@each("at", ["02:30", *only_thorough(["00:00", "00:30", "01:30", "02:45", "12:00"])])
def test_every_local_day_of_a_year_has_one_run(zone: str, at: str) -> None:
    wanted = schedule(at, zone=zone)
    moment = local("2026-01-01T13:00", zone)
    days: list[date] = []
    while len(days) < 365:
        later = next_run(wanted, after=moment)
        assert later > moment
        moment = later
        days.append(wall(moment, zone).date())
    assert days == [date(2026, 1, 2) + DAY * offset for offset in range(365)]


def test_a_time_that_the_clocks_skip_runs_at_the_first_minute_that_exists() -> None:
    # Berlin, 29 March 2026: 02:00 is 03:00.
    assert next_run(schedule("02:30"), after=utc("2026-03-28T12:00")) == utc("2026-03-29T01:00")
    assert next_run(schedule("02:30"), after=utc("2026-03-29T01:00")) == utc("2026-03-30T00:30")


def test_a_time_that_occurs_twice_runs_only_the_first_time() -> None:
    # Berlin, 25 October 2026: 03:00 is 02:00 again.
    first = next_run(schedule("02:30"), after=utc("2026-10-24T12:00"))
    assert first == utc("2026-10-25T00:30")
    assert next_run(schedule("02:30"), after=first) == utc("2026-10-26T01:30")
    # Asked between the two, and in the second: tomorrow.
    assert next_run(schedule("02:30"), after=utc("2026-10-25T01:10")) == utc("2026-10-26T01:30")
    assert next_run(schedule("02:30"), after=utc("2026-10-25T01:40")) == utc("2026-10-26T01:30")


def test_the_next_run_is_strictly_later() -> None:
    due = utc("2026-08-03T07:00")
    assert next_run(schedule("09:00"), after=due - MINUTE / 60) == due
    assert next_run(schedule("09:00"), after=due) == due + DAY


def test_the_next_run_is_in_utc_whatever_zone_is_given() -> None:
    asked = datetime(2026, 8, 3, 3, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    for cadence in Cadence:
        found = next_run(schedule("09:00", cadence=cadence), after=asked)
        assert found.tzinfo is UTC


def test_live_is_due_at_once() -> None:
    now = utc("2026-08-03T07:12")
    assert next_run(schedule("09:00", cadence=Cadence.LIVE), after=now) == now


def test_weekly_runs_on_the_first_of_its_weekdays() -> None:
    wanted = schedule("09:00", zone="UTC", weekdays=frozenset({4, 2}), cadence=Cadence.WEEKLY)
    first = next_run(wanted, after=utc("2026-08-05T09:00"))  # a Wednesday, just run
    assert first == utc("2026-08-12T09:00")


def test_days_off_are_skipped() -> None:
    friday = utc("2026-08-07T09:00")
    wanted = schedule("09:00", zone="UTC", weekdays=frozenset(range(5)))
    assert next_run(wanted, after=friday) == utc("2026-08-10T09:00")


def test_the_weekday_is_that_of_the_zone_and_not_of_utc() -> None:
    monday_alone = schedule("08:00", zone="Pacific/Auckland", weekdays=frozenset({0}))
    found = next_run(monday_alone, after=utc("2026-08-01T00:00"))
    assert found == utc("2026-08-02T20:00")  # Sunday in UTC, Monday morning there


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" America/new york ", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_returned_in_its_own_spelling(text: str, expected: str) -> None:
    assert parse_timezone(text) == expected


@each("text", ["", "Berlin", "Europe/", "../UTC", "/etc/localtime", "localtime", "Factory", "UTC+2"])
def test_an_unknown_zone_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match="Europe/Berlin"):
        parse_timezone(text)


def test_every_zone_offered_can_be_used_and_is_found_by_its_name() -> None:
    names = timezone_names()
    assert len(names) > 400
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        next_run(schedule("02:30", zone=name), after=utc("2026-03-28T12:00"))
    assert parse_timezone(names[-1].lower()) == names[-1]
