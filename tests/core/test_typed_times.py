"""Times, weekdays and dates as people type them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.schedules import parse_timezone, weekdays_text
from bot.core.typed_dates import date_label, dates_like, parse_date
from bot.core.typed_times import (
    EVERY_DAY,
    parse_time,
    parse_weekdays,
    times_like,
    weekdays_label,
    weekdays_like,
)
from bot.errors import UserError
from tests.cases import each

TODAY = date(2026, 11, 28)  # a Saturday

# Each reading, by everything that is typed for it.
TIMES = {
    time(9): ("09:00", "9:00", " 9:00 ", "9am", "9 AM", "9.00", "9h", "9h00", "0900", "900", "9 a.m.", "9a"),
    time(20, 30): ("20:30", "8:30 pm", "8.30PM", "8:30p.m.", "20h30", "20 30", "2030"),
    time(17): ("17", "5pm", "17h", "17.00"),
    time(12): ("noon", "Midday", "12pm", "12:00"),
    time(0): ("midnight", "12am", "0:00", "00:00", "0"),
    time(23, 59): ("23:59", "11:59 pm"),
}
NO_TIMES = (
    "", ":", "9:5", "24:00", "12:60", "-1:00", "009:00", "13pm", "0am", "09:00:00", "+9:00", "0x:10", "9:00 xm",
    "\u0660\u0669:\u0660\u0660", "²:00", "9", "12", "half past 8", "soon",
)  # fmt: skip
WEEKDAYS = {
    (0, 1, 2, 3, 4): ("Mon-Fri", "mon to fri", "Monday - Friday", "weekdays", "every weekday", "workdays"),
    (0, 3): ("Mon,Thu", "mon , THU", "mon thu", "mondays and thursdays", "Mo/Th", "mon; thu", "Mon & Thurs"),
    (4, 5, 6, 0): ("Fri-Mon", "fri through mon"),
    (2,): ("wed", "Weds", "Wed-Wed", "on wednesdays", "each wednesday", "We"),
    (5, 6): ("Sat\N{EN DASH}Sun", "weekend", "sat sun", "weekends"),
    (0, 1, 4, 5): ("Mon-Tue,Fri-Sat", "mon-tue fri-sat"),
    tuple(range(7)): ("all", " ALL ", "Mon-Sun", "every day", "daily", "weekdays and weekends", "everyday"),
}
NO_WEEKDAYS = ("", ",", "M", "Mon-", "-Fri", "Mon-Tue-Wed", "1-5", "Mondays!", "Funday", "Monfri", "and")
PAST = {
    date(2026, 11, 26): (
        "2026-11-26", "Nov 26", "26 nov", "26th of November", "november 26th, 2026", "Thu, 26 Nov", "26-Nov-2026",
        "26.11.2026", "26/11/2026", "11/26/2026", "2026/11/26", "2 days ago", "thursday", "last Thu",
    ),
    date(2026, 11, 27): ("yesterday", "a day ago", "friday", "last friday", "27.11."),
    TODAY: ("today", " Today ", "saturday"),
    date(2026, 11, 21): ("last saturday", "a week ago", "the 21st of nov"),
    date(2025, 12, 1): ("1 dec", "Dec 1st"),
    date(2024, 2, 29): ("29 feb",),
    date(2026, 3, 3): ("3/3/2026", "3 march"),
}  # fmt: skip
FUTURE = {
    date(2026, 11, 29): ("tomorrow", "in a day", "sunday", "next sunday", "29 nov", "29/11"),
    date(2026, 12, 5): ("saturday", "in 7 days", "in a week", "next sat", "5 December"),
    date(2027, 1, 3): ("3 jan", "Jan 3", "sun 3 jan 2027"),
    date(2028, 2, 29): ("29 feb",),
}
NO_DATES = (
    "", "10", "may", "nov 2026", "banana", "Mon-Fri", "2026-02-30", "31 feb", "fri 26 nov 2026", "26 nov 26",
    "next 26 nov", "3 days", "in 3 days ago", "1999 days ago", "2026-1126", "26 nov nov", "20261126", "0000-01-01", "friday friday",
)  # fmt: skip


def test_a_time_is_read_in_every_usual_form() -> None:
    for expected, texts in TIMES.items():
        assert {text: parse_time(text) for text in texts} == dict.fromkeys(texts, expected)


@each("text", NO_TIMES)
def test_an_invalid_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match="HH:MM"):
        parse_time(text)


def test_an_hour_that_may_be_in_the_evening_is_asked_about() -> None:
    with pytest.raises(UserError, match="`08:00` or `20:00`"):
        parse_time("8")


def test_weekdays_are_read_in_every_usual_form() -> None:
    for expected, texts in WEEKDAYS.items():
        assert {text: parse_weekdays(text) for text in texts} == dict.fromkeys(texts, frozenset(expected))


@each("text", NO_WEEKDAYS)
def test_invalid_weekdays_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match="Mon-Fri"):
        parse_weekdays(text)


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_weekdays_survive_being_shown_and_read(weekdays: frozenset[int]) -> None:
    assert parse_weekdays(weekdays_text(weekdays)) == weekdays
    assert parse_weekdays(weekdays_label(weekdays)) == weekdays


@pytest.mark.parametrize("is_past", [True, False])
def test_a_date_is_read_in_every_usual_form(*, is_past: bool) -> None:
    for expected, texts in (PAST if is_past else FUTURE).items():
        read = {text: parse_date(text, today=TODAY, is_past=is_past) for text in texts}
        assert read == dict.fromkeys(texts, expected)


@each("text", NO_DATES)
def test_an_invalid_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match="YYYY-MM-DD"):
        parse_date(text, today=TODAY, is_past=True)


def test_a_date_with_two_readings_is_refused_with_both() -> None:
    with pytest.raises(UserError, match=r"3 April 2026 or 4 March 2026. Use .* `2026-04-03` or `2026-03-04`"):
        parse_date("3/4/2026", today=TODAY, is_past=True)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_time, parse_weekdays, parse_timezone, _past_date, _future_date):
        with suppress(UserError):
            parse(text)


def test_while_one_types_the_readings_are_offered() -> None:
    assert next(times_like("5:30 pm")) == ("17:30 (5:30 PM)", "17:30")
    assert [value for _, value in times_like("8")] == ["08:00", "20:00", "08:30", "20:30"]
    assert len(list(times_like(""))) == 24
    assert next(weekdays_like("mon thu")) == ("Monday, Thursday", "Mon,Thu")
    assert ("every day", "all") in weekdays_like("ev")
    assert [value for _, value in weekdays_like("t")] == ["Tue", "Thu"]
    past = dict(dates_like("", today=TODAY, is_past=True))
    assert list(past.items())[:2] == [
        ("today: Saturday, 28 November 2026", "2026-11-28"),
        ("yesterday: Friday, 27 November 2026", "2026-11-27"),
    ]
    both = [value for _, value in dates_like("3/4/2026", today=TODAY, is_past=True)]
    assert both == ["2026-04-03", "2026-03-04"]
    assert next(dates_like("", today=TODAY, is_past=False))[0] == "tomorrow: Sunday, 29 November 2026"


@given(st.text(max_size=12))
def test_what_is_offered_can_be_read(typed: str) -> None:
    for _, value in times_like(typed):
        parse_time(value)
    for label, value in weekdays_like(typed):
        assert parse_weekdays(label) == parse_weekdays(value) <= EVERY_DAY
    for label, value in dates_like(typed, today=TODAY, is_past=False):
        assert date_label(_future_date(value)) in label


def _past_date(text: str) -> date:
    return parse_date(text, today=TODAY, is_past=True)


def _future_date(text: str) -> date:
    return parse_date(text, today=TODAY, is_past=False)
