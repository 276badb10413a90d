"""The list's calendar: it turns at 21:30 in New York, whatever the clocks there do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.list_days import closes_at, days_to_read, open_list_day, opens_at

_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds the zone
_NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
_TODAY = date(2026, 8, 20)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 8, 20, 1, 29, 59, tzinfo=UTC), date(2026, 8, 19)),
        (datetime(2026, 8, 20, 1, 30, tzinfo=UTC), date(2026, 8, 20)),
        (datetime(2026, 1, 20, 2, 29, 59, tzinfo=UTC), date(2026, 1, 19)),
        (datetime(2026, 1, 20, 2, 30, tzinfo=UTC), date(2026, 1, 20)),
        (datetime(2026, 8, 20, 10, 30, tzinfo=timezone(timedelta(hours=9))), date(2026, 8, 20)),
    ],
)
def test_the_day_turns_at_half_past_nine_in_new_york(moment: datetime, day: date) -> None:
    assert open_list_day(moment) == day


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 8, 20), 24)],
)
def test_a_day_is_an_hour_shorter_or_longer_when_the_clocks_move(day: date, hours: int) -> None:
    assert closes_at(day) - opens_at(day) == timedelta(hours=hours)


@given(_MOMENTS)
def test_the_open_day_has_opened_and_not_closed(moment: datetime) -> None:
    day = open_list_day(moment)
    assert opens_at(day) <= moment < closes_at(day)


def test_the_first_poll_reads_only_the_open_day() -> None:
    assert days_to_read(_NOW, read_at={}, backfill_days=30) == [_TODAY]


def test_a_poll_reads_the_window_again_after_the_open_day() -> None:
    read_at = {_TODAY - timedelta(days=back): _NOW - timedelta(minutes=30) for back in range(30)}
    days = days_to_read(_NOW, read_at=read_at, backfill_days=30)
    assert days == [_TODAY - timedelta(days=back) for back in range(8)]


def test_days_missed_offline_are_read_even_before_the_window() -> None:
    last = _TODAY - timedelta(days=12)
    days = days_to_read(_NOW, read_at={last: opens_at(last)}, backfill_days=30)
    assert days == [_TODAY - timedelta(days=back) for back in range(13)]


def test_a_day_is_read_once_more_after_it_closed() -> None:
    old = _TODAY - timedelta(days=20)
    others = {_TODAY - timedelta(days=back): _NOW - timedelta(minutes=30) for back in range(20)}
    before, after = closes_at(old) - timedelta(seconds=1), closes_at(old)
    assert old in days_to_read(_NOW, read_at=others | {old: before}, backfill_days=30)
    assert old not in days_to_read(_NOW, read_at=others | {old: after}, backfill_days=30)


def test_a_poll_every_second_does_not_read_the_window_every_second() -> None:
    read_at = {_TODAY - timedelta(days=back): _NOW - timedelta(seconds=1) for back in range(8)}
    assert days_to_read(_NOW, read_at=read_at, backfill_days=30) == [_TODAY]
