"""The calendar of the Daily Papers list: which list day is open, and when a day opens and closes.

List day D opens at 21:30 in New York on D-1 and closes when D+1 opens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_LIST_DAY = date(2023, 5, 4)  # of the Daily Papers
WINDOW_DAYS = 7  # how long a paper may wait for upvotes or code, from its list day on

_NEW_YORK = ZoneInfo("America/New_York")
_OPENS_AT = time(21, 30)


def open_list_day(now: datetime) -> date:
    """The list day that papers are added to at `now`."""
    local = now.astimezone(_NEW_YORK)
    return local.date() + timedelta(days=1) if local.time() >= _OPENS_AT else local.date()


def first_list_day(now: datetime, *, days: int) -> date:
    """The first of the last `days` list days, of which the open one is the last."""
    return open_list_day(now) - timedelta(days=days - 1)


def opens_at(day: date) -> datetime:
    """When the list day opens, in UTC."""
    return datetime.combine(day - timedelta(days=1), _OPENS_AT, _NEW_YORK).astimezone(UTC)


def closes_at(day: date) -> datetime:
    """When the list day closes, in UTC."""
    return opens_at(day + timedelta(days=1))


# Closed days are read again for late papers and new upvotes, but no more often than this: with a poll every
# second, that makes 300 + 7 * 15 requests in the 5 minutes for which Hugging Face allows 500.
REREAD_AFTER = timedelta(seconds=20)
# A list with unreadable items is read again beyond the window too, this often and for this long: an update of
# Paperboy or a correction of the list may make them readable.
INCOMPLETE_REREAD_AFTER = timedelta(days=1)
INCOMPLETE_DAYS = 30


def days_to_read(
    now: datetime,
    *,
    read_at: Mapping[date, datetime],
    wanted_since: date | None = None,
    backfill_days: int,
    incomplete: Collection[date] = (),
) -> list[date]:
    """The list days that a poll reads at `now`, the most urgent first.

    These are: the open day; days that were missed (offline, or a failure) since the oldest day that was read
    or that a subscription wants; days not read since they closed; the days of the window; and, once a day,
    earlier days with unreadable items. `days_to_archive` gives the other days that were never read.

    `read_at` says when each day was last read successfully, and `wanted_since` is the oldest list day that a
    subscription wants. Polls reach `backfill_days` back. The `incomplete` days have unreadable items.
    """
    today = open_list_day(now)
    furthest = today - timedelta(days=max(backfill_days, WINDOW_DAYS))
    starts = [day for day in read_at if day >= furthest]
    if wanted_since is not None:
        starts.append(max(wanted_since, furthest))
    oldest = min(starts, default=today)
    days = [today]
    for back in range(1, (today - oldest).days + 1):
        day = today - timedelta(days=back)
        last_read = read_at.get(day)
        if (
            last_read is None
            or last_read < closes_at(day)
            or (back <= WINDOW_DAYS and last_read <= now - REREAD_AFTER)
            or (day in incomplete and back <= INCOMPLETE_DAYS and last_read <= now - INCOMPLETE_REREAD_AFTER)
        ):
            days.append(day)
    return days
