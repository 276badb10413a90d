"""The calendar of the Daily Papers list: which list day is open, and when a day opens and closes.

List day D opens at 21:30 in New York on D-1 and closes when D+1 opens.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WINDOW_DAYS = 7  # how long a paper may wait for upvotes, counted from its list day

_NEW_YORK = ZoneInfo("America/New_York")
_OPENS_AT = time(21, 30)


def open_list_day(now: datetime) -> date:
    """The list day that is filling at `now`."""
    local = now.astimezone(_NEW_YORK)
    return local.date() + timedelta(days=1) if local.time() >= _OPENS_AT else local.date()


def opens_at(day: date) -> datetime:
    """When the list day opens, in UTC."""
    return datetime.combine(day - timedelta(days=1), _OPENS_AT, _NEW_YORK).astimezone(UTC)


def closes_at(day: date) -> datetime:
    """When the list day stops filling, in UTC."""
    return opens_at(day + timedelta(days=1))
