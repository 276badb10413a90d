"""When a feed is due: cadence, time, weekdays and zone, and the next run computed from them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import UserError

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Cadence(StrEnum):
    LIVE = "live"  # as soon as a paper is seen
    DAILY = "daily"
    WEEKLY = "weekly"  # the week's best, on the first of the weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    cadence: Cadence = Cadence.DAILY
    time: dt.time  # local, to the minute
    weekdays: frozenset[int]  # 0 is Monday; never empty
    timezone: str  # an IANA name


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDefaults:
    """A server's defaults for new feeds. For a field that is None, the operator's setting applies."""

    time: dt.time | None = None
    timezone: str | None = None
    weekdays: frozenset[int] | None = None

    def over(self, schedule: Schedule) -> Schedule:
        """The operator's schedule with the server's defaults applied."""
        return replace(
            schedule,
            time=schedule.time if self.time is None else self.time,
            timezone=schedule.timezone if self.timezone is None else self.timezone,
            weekdays=schedule.weekdays if self.weekdays is None else self.weekdays,
        )


def next_run(schedule: Schedule, *, after: datetime) -> datetime:
    """The first moment after `after` at which the feed is due, in UTC; for `live`, `after` itself.

    Walks local dates, not hours: a time that the clocks skip runs at the first minute that exists, and a
    time that occurs twice runs once, the first time. A day that a zone skipped (Samoa had no 30 December
    2011) counts as skipped time too.
    """
    after = after.astimezone(UTC)
    if schedule.cadence is Cadence.LIVE:
        return after
    zone = ZoneInfo(schedule.timezone)
    weekdays = schedule.weekdays
    if schedule.cadence is Cadence.WEEKLY:
        weekdays = frozenset({min(weekdays)})
    day = after.astimezone(zone).date()
    while True:
        if day.weekday() in weekdays:
            moment = _moment(datetime.combine(day, schedule.time), zone)
            if moment > after:
                return moment
        day += timedelta(days=1)


def first_run(schedule: Schedule, *, since: datetime) -> datetime:
    """As `next_run`, but `since` itself counts too."""
    return next_run(schedule, after=since - timedelta(microseconds=1))


def day_begins(day: date, *, timezone: str) -> datetime:
    """When the day begins in the zone, in UTC."""
    return _moment(datetime.combine(day, dt.time.min), ZoneInfo(timezone))


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """The local time in UTC. A time that the clocks skip becomes the first existing minute after it."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return moment
    # In a gap, fold=0 takes the offset before the gap and lands after it, so walk back to the end of the gap.
    while (moment - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None) > local:
        moment -= timedelta(minutes=1)
    return moment


def in_effect(schedule: Schedule) -> tuple[object, ...]:
    """The parts of a schedule that count: a live one has no time, a weekly one has a single day."""
    if schedule.cadence is Cadence.LIVE:
        return (Cadence.LIVE,)
    days = schedule.weekdays if schedule.cadence is Cadence.DAILY else frozenset({min(schedule.weekdays)})
    return (schedule.cadence, schedule.time, schedule.timezone, days)


def weekdays_text(weekdays: frozenset[int]) -> str:
    """The days in their shortest form, which `parse_weekdays` reads."""
    if len(weekdays) == 7:
        return "all"
    days = sorted(weekdays)
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ",".join(WEEKDAYS[day] for day in days)


def parse_timezone(text: str) -> str:
    """The IANA name in its own spelling.

    Raises:
        UserError: the tz database has no such zone.
    """
    wanted = text.strip().replace(" ", "_").casefold()
    for name in _timezone_names():
        if name.casefold() == wanted:
            return name
    raise UserError("That time zone is not known. Use an IANA name such as `Europe/Berlin` or `UTC`.")


def timezone_names() -> list[str]:
    """Every zone of the tz database, sorted."""
    return list(_timezone_names())


@cache  # it opens every file of the database, and autocomplete asks at each keystroke
def _timezone_names() -> tuple[str, ...]:
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))
