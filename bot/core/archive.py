"""The archive: the list days that are read for search, and how far back they have been read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.list_days import FIRST_LIST_DAY, WINDOW_DAYS, closes_at, open_list_day

_DAY = timedelta(days=1)
# More unread days than this in a row end the archive; fewer are a gap in it, such as an unreadable list.
_MAX_GAP_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveExtent:
    """How far back the archive has been read."""

    since: date  # the first list day that is to be read
    oldest: date | None  # the list day back to which it was read
    gaps: int  # unread list days since `oldest`
    unread: int  # unread list days since `since`

    @property
    def is_complete(self) -> bool:
        return not self.unread


def first_day(now: datetime, *, archive_since: date, backfill_days: int) -> date:
    """The first list day of the archive: `archive_since`, or `backfill_days` back if that is earlier.

    An `archive_since` before the first list counts as the first list, and one in the future adds nothing.
    """
    backfilled = open_list_day(now) - timedelta(days=backfill_days)
    return max(FIRST_LIST_DAY, min(archive_since, backfilled))


def days_to_archive(
    now: datetime, *, read_at: Mapping[date, datetime], first: date, backfill_days: int
) -> list[date]:
    """The closed days from `first` on to read into the archive, newest first.

    These are the days that were never read, and those beyond the reach of polls (`days_to_read`) that were
    last read before they closed.
    """
    today = open_list_day(now)
    polled_from = today - timedelta(days=max(backfill_days, WINDOW_DAYS))
    days = (today - timedelta(days=back) for back in range(1, (today - first).days + 1))
    return [
        day for day in days if day not in read_at or (day < polled_from and read_at[day] < closes_at(day))
    ]


def extent(now: datetime, *, read: Collection[date], first: date) -> ArchiveExtent:
    """How far back the days that were `read` reach without a long gap."""
    day = open_list_day(now) - _DAY
    oldest: date | None = None
    gaps = in_a_row = 0
    unread = sum(day - timedelta(days=back) not in read for back in range((day - first).days + 1))
    while day >= first and in_a_row <= _MAX_GAP_DAYS:
        if day in read:
            oldest, gaps, in_a_row = day, gaps + in_a_row, 0
        else:
            in_a_row += 1
        day -= _DAY
    return ArchiveExtent(since=first, oldest=oldest, gaps=gaps, unread=unread)
