"""Times of day and weekdays as people type them: reading them, and offering readings while one types.

dateutil and dateparser guess where nobody can know: both read `8` and `10` as dates, `1730` as a year, and
`3/4/2026` in the American order. What can be read in two ways is an error here, which says what to type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import time

from bot.core.schedules import weekdays_text
from bot.errors import UserError

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = frozenset(range(7))
_WEEKEND = frozenset({5, 6})

# Hours; minutes, with or without a sign between; the half of the day.
_TIME = re.compile(r"([0-9]{1,2})(?: ?[:.h ] ?([0-9]{2})|([0-9]{2})|h)? ?(?:([ap])\.?(?:m\.?)?)?")
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}

_GROUPS = {
    **dict.fromkeys(("day", "days", "daily", "everyday", "all", "all days", "all week"), EVERY_DAY),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays", "working days"), EVERY_DAY - _WEEKEND),
    **dict.fromkeys(("weekend", "weekends"), _WEEKEND),
}
_RANGE = re.compile(r"\s*(?:[-\N{EN DASH}\N{EM DASH}]|\b(?:to|through|thru|until|till)\b)\s*")
_FILLING = re.compile(r"\b(?:every|each|on|and)\b")
_BETWEEN = re.compile(r"[\s,;/&+]+")


def parse_time(text: str) -> time:
    """Parse a time such as ``17:30``, ``8am``, ``8.30``, ``8:30 pm``, ``1730``, ``17`` or ``noon``.

    Raises:
        UserError: it is anything else, or an hour that may be in the morning or in the evening.
    """
    typed = " ".join(text.casefold().split())
    if typed in _NAMED_TIMES:
        return _NAMED_TIMES[typed]
    match = _TIME.fullmatch(typed)
    if match:
        hours, minutes, half = int(match[1]), int(match[2] or match[3] or 0), match[4]
        if half and 1 <= hours <= 12:
            hours = hours % 12 + (12 if half == "p" else 0)
        elif half:
            hours = 24
        elif typed == match[1] and 1 <= hours <= 12:
            raise UserError(
                f"The time `{hours}` could be morning or evening. Use `HH:MM`: "
                f"`{hours:02}:00` or `{hours % 12 + 12}:00`."
            )
        if hours < 24 and minutes < 60:
            return time(hours, minutes)
    raise UserError("The time can't be read. Use `HH:MM`, such as `09:00` or `17:30`, or `9am`, `5:30 pm`.")


def parse_weekdays(text: str) -> frozenset[int]:
    """Parse days such as ``Mon-Fri``, ``Mon,Thu``, ``mon wed``, ``weekdays`` or ``every day``.

    Raises:
        UserError: a word is not a weekday, or there is none.
    """
    typed = _RANGE.sub("-", " ".join(_FILLING.sub(" ", text.casefold()).split()))
    if typed in _GROUPS:
        return _GROUPS[typed]
    days: set[int] = set()
    for part in filter(None, _BETWEEN.split(typed)):
        if part in _GROUPS:
            days |= _GROUPS[part]
            continue
        first, dash, last = part.partition("-")
        start = _weekday(first)
        end = _weekday(last) if dash else start
        days.update(day % 7 for day in range(start, start + (end - start) % 7 + 1))
    if not days:
        raise _no_weekday()
    return frozenset(days)


def weekday_number(name: str) -> int | None:
    """The weekday of a name or of its beginning (`thu`, `Thurs`, `mondays`), 0 for Monday; None for none."""
    folded = name.casefold().removesuffix(".")
    if folded in {"weds", "wed"}:
        return 2
    for number, full in enumerate(WEEKDAY_NAMES):
        if len(folded) >= 2 and f"{full.casefold()}s".startswith(folded):
            return number
    return None


def time_label(at: time) -> str:
    """`17:30 (5:30 PM)`."""
    return f"{at:%H:%M} ({at.hour % 12 or 12}:{at:%M} {'PM' if at.hour >= 12 else 'AM'})"


def weekdays_label(days: frozenset[int]) -> str:
    """`every day`, `Monday to Friday`, `Monday, Thursday`."""
    if days == EVERY_DAY:
        return "every day"
    numbers = sorted(days)
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{WEEKDAY_NAMES[numbers[0]]} to {WEEKDAY_NAMES[numbers[-1]]}"
    return ", ".join(WEEKDAY_NAMES[number] for number in numbers)


def times_like(typed: str) -> Iterator[tuple[str, str]]:
    """Times to offer for what was typed so far, each as a label and as `HH:MM`; every hour for nothing."""
    folded = typed.strip().casefold()
    with suppress(UserError):
        yield _offered_time(parse_time(folded))
        return
    if folded.isdecimal() and folded.isascii() and 1 <= int(folded) <= 12:
        hours = (int(folded) % 12, int(folded) % 12 + 12)
        yield from (_offered_time(time(hour, minute)) for minute in (0, 30) for hour in hours)
        return
    for at in (time(hour) for hour in range(24)):
        if not folded or time_label(at).casefold().startswith(folded):
            yield _offered_time(at)


def weekdays_like(typed: str) -> Iterator[tuple[str, str]]:
    """Days to offer for what was typed so far, each as a label and as `weekdays_text`."""
    folded = typed.strip().casefold()
    offered: list[frozenset[int]] = []
    with suppress(UserError):
        offered.append(parse_weekdays(folded))
    usual = (EVERY_DAY, EVERY_DAY - _WEEKEND, _WEEKEND, *(frozenset({number}) for number in range(7)))
    offered += [days for days in usual if weekdays_label(days).casefold().startswith(folded)]
    for days in dict.fromkeys(offered):
        yield weekdays_label(days), weekdays_text(days)


def _offered_time(at: time) -> tuple[str, str]:
    return time_label(at), f"{at:%H:%M}"


def _weekday(name: str) -> int:
    number = weekday_number(name)
    if number is None:
        raise _no_weekday()
    return number


def _no_weekday() -> UserError:
    return UserError(
        "The weekdays can't be read. Use names such as `Mon-Fri`, `Mon,Thu` or `sat sun`, or `weekdays` or "
        "`all`."
    )
