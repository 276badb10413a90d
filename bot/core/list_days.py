"""The calendar of the Daily Papers list: which list day is open, and when a day opens and closes.

List day D opens at 21:30 in New York on D-1 and closes when D+1 opens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


# Days that have closed are read again for late papers and moving upvotes, but never more often than this:
# with a poll every second that is 300 + 7 * 15 requests in the 5 minutes for which Hugging Face allows 500.
REREAD_AFTER = timedelta(seconds=20)
# A list with items that could not be read is read again beyond the window too, so often and for so long: an
# update of Paperboy, or a correction of the list, may make them readable.
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
    """The list days a poll should read at `now`, the most pressing first.

    The open day; days never read since the oldest day that was, or that a subscription wants (time offline,
    or a failure); days not read since they closed; the window's days again; and once a day those before it
    that have unreadable items. Other days that were never read are the backfill's (`days_to_backfill`).

    Args:
        now: the moment of the poll.
        read_at: when each day was last read with success.
        wanted_since: the oldest list day that a subscription wants.
        backfill_days: how far back the archive reaches.
        incomplete: the days on which some items could not be read.
    """
    today = open_list_day(now)
    furthest = today - timedelta(days=max(backfill_days, WINDOW_DAYS))
    known = [day for day in read_at if day >= furthest]
    if wanted_since is not None:
        known.append(max(wanted_since, furthest))
    oldest = min(known, default=today)
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


def days_to_backfill(now: datetime, *, read_at: Mapping[date, datetime], backfill_days: int) -> list[date]:
    """The days of the archive that were never read, the newest first."""
    today = open_list_day(now)
    days = (today - timedelta(days=back) for back in range(1, backfill_days + 1))
    return [day for day in days if day not in read_at]
