"""Dates as people type them: reading them, and offering readings while one types.

By hand, for the reason given in `typed_times`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bot.core.typed_times import WEEKDAY_NAMES, weekday_number
from bot.errors import UserError

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_NUMBERS = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})(?:\2([0-9]{4})|\.)?")
_DISTANCE = re.compile(r"(in )?(a|an|one|[0-9]{1,3}) (day|week)s?( ago)?")
_DAY = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|\.)?")
_LEAP_YEARS = 8  # years to look for a date that exists: 29 February is at most that far away
_WORDS = {"today": 0, "tomorrow": 1, "yesterday": -1}


def parse_date(text: str, *, today: date, is_past: bool) -> date:
    """Parse a date such as ``2026-11-26``, ``Nov 26``, ``26 nov``, ``last friday`` or ``3 days ago``.

    A date without its year and a weekday's name mean the last such day up to today if `is_past`, and else the
    next one after today. The result may lie on the other side of today where that is what was typed.

    Raises:
        UserError: it is not a date, or one that can be read in two ways.
    """
    readings = _readings(text, today=today, is_past=is_past)
    if len(readings) == 1:
        return readings[0]
    if readings:
        first, second = readings
        raise UserError(
            f"That may be {_day_text(first)} or {_day_text(second)}. Use `YYYY-MM-DD`, "
            f"`{first}` or `{second}`, or write the month's name."
        )
    example = today - timedelta(days=2) if is_past else today + timedelta(days=7)
    words = "`yesterday` or `last friday`" if is_past else "`tomorrow`, `monday` or `in 2 weeks`"
    raise UserError(
        f"That is not a date. Use `YYYY-MM-DD`, such as `{example}`, or `{example.day} {example:%b}`, "
        f"{words}."
    )


def date_label(day: date) -> str:
    """`Thursday, 26 November 2026`."""
    return f"{WEEKDAY_NAMES[day.weekday()]}, {_day_text(day)}"


def dates_like(typed: str, *, today: date, is_past: bool) -> Iterator[tuple[str, str]]:
    """Dates to offer for what was typed so far, each as a label and as `YYYY-MM-DD`."""
    readings = _readings(typed, today=today, is_past=is_past)
    step = -1 if is_past else 1
    near = {today + timedelta(days=step * days): "" for days in range(0 if is_past else 1, 15)}
    near |= {today + timedelta(days=days): word for word, days in _WORDS.items() if days in {0, step}}
    folded = typed.strip().casefold()
    if not is_past:
        near.pop(today, None)
    offered = {day: near.get(day, "") for day in readings}
    offered |= {day: word for day, word in near.items() if folded in f"{word} {date_label(day)}".casefold()}
    for day, word in offered.items():
        yield f"{word}: {date_label(day)}".removeprefix(": "), day.isoformat()


def _readings(text: str, *, today: date, is_past: bool) -> list[date]:
    """What the text may mean: no date, one, or the two of an order that nobody can know."""
    typed = " ".join(text.casefold().replace(",", " ").split()).removeprefix("the ")
    if typed in _WORDS:
        return [today + timedelta(days=_WORDS[typed])]
    if match := _DISTANCE.fullmatch(typed):
        return _at_distance(match, today)
    if match := _ISO.fullmatch(typed):
        return _existing(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMBERS.fullmatch(typed):
        first, second, year = int(match[1]), int(match[3]), match[4]
        found = [
            *_with_year(second, first, year, today=today, is_past=is_past),
            *_with_year(first, second, year, today=today, is_past=is_past),
        ]
        return list(dict.fromkeys(found))
    return _named(typed, today=today, is_past=is_past)


def _at_distance(match: re.Match[str], today: date) -> list[date]:
    """`in 3 days`, `a week ago`; nothing without a direction, or with two."""
    if bool(match[1]) == bool(match[4]):
        return []
    number = int(match[2]) if match[2].isdecimal() else 1
    days = timedelta(days=number * (7 if match[3] == "week" else 1))
    return [today + days if match[1] else today - days]


def _named(typed: str, *, today: date, is_past: bool) -> list[date]:
    """`friday`, `last friday`, `26 nov`, `Thu Nov 26th 2026`."""
    words = [word for word in re.split(r"[\s/-]+", typed) if word != "of"]
    weekday = weekday_number(words[-1]) if words else None
    if weekday is not None and len(words) <= 2:
        return _weekday(weekday, words[0] if len(words) == 2 else "", today=today, is_past=is_past)
    expected = weekday_number(words[0]) if words else None
    if expected is not None:
        words = words[1:]
    months = [number for word in words if (number := _month(word))]
    days = [int(match[1]) for word in words if (match := _DAY.fullmatch(word))]
    years = [word for word in words if re.fullmatch(r"[0-9]{4}", word)]
    if len(months) != 1 or len(days) != 1 or len(years) > 1 or len(words) != 2 + len(years):
        return []
    year = years[0] if years else None
    found = _with_year(months[0], days[0], year, today=today, is_past=is_past)
    return [day for day in found if expected is None or day.weekday() == expected]


def _weekday(number: int, which: str, *, today: date, is_past: bool) -> list[date]:
    ahead = (number - today.weekday() - 1) % 7 + 1  # 1 to 7 days
    if which in {"next", "this", "on"} or (not which and not is_past):
        return [today + timedelta(days=ahead)]
    if which == "last" or not which:
        back = (today.weekday() - number - 1) % 7 + 1
        return [today if not which and back == 7 else today - timedelta(days=back)]
    return []


def _with_year(month: int, day: int, year: str | None, *, today: date, is_past: bool) -> list[date]:
    """The date in its year, or in the nearest one on the side of today that is meant."""
    if year is not None:
        return _existing(int(year), month, day)
    step = -1 if is_past else 1
    for number in range(today.year, today.year + step * (_LEAP_YEARS + 2), step):
        for found in _existing(number, month, day):
            if found <= today if is_past else found > today:
                return [found]
    return []


def _existing(year: int, month: int, day: int) -> list[date]:
    try:
        return [date(year, month, day)]
    except ValueError:
        return []


def _month(word: str) -> int | None:
    folded = word.removesuffix(".")
    if folded == "sept":
        return 9
    for number, name in enumerate(_MONTHS, start=1):
        if len(folded) >= 3 and name.casefold().startswith(folded):
            return number
    return None


def _day_text(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
