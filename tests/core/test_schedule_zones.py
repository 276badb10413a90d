"""Schedules in every zone that there is, past and to come, against a slow reading of a watched clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.schedules import Cadence, Schedule, next_run, timezone_names
from tests.examples import examples

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(7))
FIRST, LAST = datetime(1975, 1, 1, tzinfo=UTC), datetime(2037, 12, 1, tzinfo=UTC)


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def watched(wanted: Schedule, after: datetime) -> datetime:
    """Walks UTC minute by minute; a run is due when the clock on the wall first shows its time, or is past it."""
    zone = ZoneInfo(wanted.timezone)
    days = {min(wanted.weekdays)} if wanted.cadence is Cadence.WEEKLY else wanted.weekdays
    moment = after.replace(second=0, microsecond=0) - 2 * DAY
    shown = wall(moment, zone)
    dates = [shown.date() + DAY * offset for offset in range(-1, 24)]
    due = [datetime.combine(day, wanted.time) for day in dates if day.weekday() in days]
    due = [moment for moment in due if moment > shown]
    while True:
        moment += MINUTE
        reached = [late for late in due[:2] if late <= wall(moment, zone)]
        due = due[len(reached) :]
        if reached and moment > after:
            return moment


@cache
def days_of_change(name: str) -> tuple[datetime, ...]:
    """The days on which the zone's offset changes; the first day of all where it never does."""
    zone = ZoneInfo(name)
    days = [FIRST + DAY * offset for offset in range((LAST - FIRST).days)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    changed = [day for day, before, then in zip(days, offsets, offsets[1:], strict=False) if before != then]
    return tuple(changed) or (FIRST,)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    name = draw(st.sampled_from(timezone_names()))
    near = st.sampled_from(days_of_change(name))
    day = draw(
        near | st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC))
    )
    after = day + timedelta(seconds=draw(st.integers(-2 * 86_400, 3 * 86_400)))
    hour = draw(st.sampled_from([0, 0, 1, 2, 3, 23]) | st.integers(0, 23))
    minute = draw(st.sampled_from([0, 15, 30, 59]) | st.integers(0, 59))
    wanted = Schedule(
        cadence=draw(st.sampled_from([Cadence.DAILY, Cadence.WEEKLY])),
        time=time(hour, minute),
        weekdays=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        timezone=name,
    )
    return wanted, after


def at(text: str, zone: str, *, weekdays: frozenset[int] = EVERY_DAY) -> Schedule:
    return Schedule(time=time.fromisoformat(text), weekdays=weekdays, timezone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@settings(max_examples=examples(4), deadline=None)
@given(cases())
@example((at("23:45", "Asia/Pyongyang"), utc("2015-08-14T12:00")))  # midnight was 23:30 again
@example((at("23:45", "Asia/Pyongyang"), utc("2018-05-04T12:00")))  # 23:30 was midnight
@example((at("00:15", "America/Sao_Paulo"), utc("2018-11-03T12:00")))  # midnight was 01:00
@example((at("23:15", "America/Sao_Paulo"), utc("2019-02-16T12:00")))  # midnight was 23:00 again
@example((at("00:30", "America/Havana"), utc("2026-03-07T12:00")))
@example((at("00:30", "Asia/Beirut"), utc("2026-03-28T12:00")))
@example((at("02:15", "Australia/Lord_Howe"), utc("2026-10-03T12:00")))
@example((at("12:00", "Pacific/Apia"), utc("2011-12-29T12:00")))
@example((at("12:00", "Pacific/Apia", weekdays=frozenset({4})), utc("2011-12-29T12:00")))
@example((at("00:00", "Pacific/Kiritimati"), utc("1994-12-30T12:00")))
@example((at("23:59", "Pacific/Auckland"), utc("2026-12-31T10:58")))
def test_the_next_run_agrees_with_a_simulated_clock_in_every_zone(case: tuple[Schedule, datetime]) -> None:
    wanted, after = case
    assert next_run(wanted, after=after) == watched(wanted, after)


def test_the_run_of_a_skipped_day_is_at_the_start_of_the_next_day() -> None:
    """Samoa had no 30 December 2011, a Friday: what was to be posted then came with the first minute after."""
    daily = at("12:00", "Pacific/Apia")
    moments = [utc("2011-12-29T12:00")]
    for _ in range(3):
        moments.append(next_run(daily, after=moments[-1]))
    assert moments[1:] == [utc("2011-12-29T22:00"), utc("2011-12-30T10:00"), utc("2011-12-30T22:00")]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns"])
@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_there_is_one_run_a_day_around_new_year(zone: str, year: int) -> None:
    moment = datetime(year, 12, 29, 12, tzinfo=ZoneInfo(zone))
    found: list[date] = []
    for _ in range(5):
        moment = next_run(at("08:00", zone), after=moment)
        found.append(wall(moment, ZoneInfo(zone)).date())
        assert wall(moment, ZoneInfo(zone)).time() == time(8)
    assert found == [date(year, 12, 30) + DAY * offset for offset in range(5)]


def test_weekly_runs_continue_over_new_year() -> None:
    weekly = Schedule(cadence=Cadence.WEEKLY, time=time(9), weekdays=frozenset({3}), timezone="Asia/Tokyo")
    moments = [utc("2026-12-23T12:00")]
    for _ in range(3):
        moments.append(next_run(weekly, after=moments[-1]))
    assert moments[1:] == [utc("2026-12-24T00:00"), utc("2026-12-31T00:00"), utc("2027-01-07T00:00")]
