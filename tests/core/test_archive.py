"""The archive's days: which are read, and how far back they reach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.archive import days_to_archive, extent, first_day
from bot.core.list_days import FIRST_LIST_DAY, closes_at, open_list_day

NOW = datetime(2026, 8, 19, 8, tzinfo=UTC)
TODAY = open_list_day(NOW)


def back(*days: int) -> list[date]:
    return [TODAY - timedelta(days=day) for day in days]


def test_the_missing_days_are_read_newest_first() -> None:
    read_at = dict.fromkeys(back(1), NOW)
    assert days_to_archive(NOW, read_at=read_at, first=back(4)[0], backfill_days=0) == back(2, 3, 4)


def test_a_day_that_polls_do_not_reach_is_read_again_if_it_was_open_then() -> None:
    near, far, whole = back(10, 40, 41)
    read_at = {day: closes_at(day) - timedelta(hours=1) for day in (near, far)} | {whole: closes_at(whole)}
    read_at |= {day: NOW for day in back(*range(1, 42)) if day not in read_at}
    assert days_to_archive(NOW, read_at=read_at, first=back(41)[0], backfill_days=30) == [far]


@pytest.mark.parametrize(
    ("since", "backfill_days", "first"),
    [
        (date(2024, 1, 1), 30, date(2024, 1, 1)),
        (date(1999, 1, 1), 30, FIRST_LIST_DAY),  # there are no lists before the first one
        (date(2099, 1, 1), 30, back(30)[0]),  # a day in the future adds nothing
        (TODAY, 30, back(30)[0]),
        (date.max, 0, TODAY),
    ],
)
def test_the_archive_begins_with_its_first_day_or_where_posting_reaches(
    since: date, backfill_days: int, first: date
) -> None:
    assert first_day(NOW, archive_since=since, backfill_days=backfill_days) == first


def test_an_archive_is_read_back_to_the_last_day_before_a_long_gap() -> None:
    read = {*back(*range(1, 21)), *back(300)} - {*back(5)}  # a person asked for the list of day 300
    found = extent(NOW, read=read, first=back(400)[0])
    assert (found.oldest, found.gaps, found.unread) == (back(20)[0], 1, 400 - 20)
    assert not found.is_complete


def test_an_archive_is_complete_once_every_day_was_read() -> None:
    found = extent(NOW, read=set(back(*range(1, 41))), first=back(40)[0])
    assert (found.oldest, found.gaps, found.unread) == (back(40)[0], 0, 0)
    assert found.is_complete


def test_an_archive_without_days_is_complete() -> None:
    assert extent(NOW, read=(), first=TODAY).is_complete


def test_nothing_read_reaches_nowhere() -> None:
    found = extent(NOW, read=(), first=back(40)[0])
    assert (found.oldest, found.unread) == (None, 40)
