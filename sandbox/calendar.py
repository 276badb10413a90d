"""The sandbox's calendar: a clock that runs with the machine's and can be moved to the next list day.

Everything in the sandbox uses it, including the bot, so that message times, IDs and lists agree. It moves
between two runs of the bot (`around_moves`), and then wakes the bot (`moved`). The Hugging Face server
refuses days that the calendar has not reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext, suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

_NEW_YORK: Final = ZoneInfo("America/New_York")
_OPENS_AT: Final = time(21, 30)  # in New York, on the evening before the list day
_A_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
# By then, 9:00 has passed everywhere from Tokyo to Los Angeles.
_NOT_BEFORE: Final = time(18, 0, tzinfo=UTC)
_MAX_WAIT_SECONDS: Final = 10.0
_LIVE_DAYS_BACK: Final = 2  # live lists start this many weekdays before today


def open_list_day(now: datetime) -> date:
    """The list day that is open: it opens at 21:30 in New York on the evening before."""
    local = now.astimezone(_NEW_YORK)
    return local.date() + _A_DAY if local.time() >= _OPENS_AT else local.date()


def opens_at(day: date) -> datetime:
    """When the list day opens, in UTC."""
    return datetime.combine(day - _A_DAY, _OPENS_AT, _NEW_YORK).astimezone(UTC)


def weekday_after(day: date) -> date:
    """The next day with a list. Lists of Saturdays and Sundays are empty."""
    day += _A_DAY
    while day.weekday() >= _SATURDAY:
        day += _A_DAY
    return day


def weekday_before(day: date) -> date:
    """The previous day with a list."""
    day -= _A_DAY
    while day.weekday() >= _SATURDAY:
        day -= _A_DAY
    return day


def day_label(day: date) -> str:
    """The day for people: "Wed 25 Nov 2026"."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def machine_time() -> datetime:
    return datetime.now(UTC)


class Calendar:
    """The clock and the days that it can be moved to. Create it with `of_sample` or `live`."""

    def __init__(
        self,
        *,
        source: Literal["sample", "live"],
        days: Sequence[date] = (),
        set_back: timedelta = timedelta(),
        machine: Callable[[], datetime] = machine_time,
    ) -> None:
        self.moved: list[Callable[[], None]] = []  # called after each move
        # The clock moves inside this context, so that a bot can finish what it does by the old time. Entering
        # it is abandoned after ten seconds.
        self.around_moves: Callable[[], AbstractAsyncContextManager[object]] = nullcontext
        self.days = tuple(days)  # the sample's list days, including future ones; empty for live lists
        self._source = source
        self._ahead = -set_back  # of the machine's clock
        self._machine = machine

    @classmethod
    def of_sample(
        cls, *, open_days: int, days_to_come: int, machine: Callable[[], datetime] = machine_time
    ) -> Calendar:
        """Start at the machine's time, with `open_days` list days open and `days_to_come` in the future.

        The newest open day can be a Saturday, although its real list would be empty, so that the sandbox
        shows a post on every day.
        """
        days = [open_list_day(machine())]
        for _ in range(open_days - 1):
            days.insert(0, weekday_before(days[0]))
        for _ in range(days_to_come):
            days.append(weekday_after(days[-1]))
        return cls(source="sample", days=days, machine=machine)

    @classmethod
    def live(cls, *, machine: Callable[[], datetime] = machine_time) -> Calendar:
        """Start two weekdays before today, at the machine's time of day."""
        now = machine()
        day = open_list_day(now)
        for _ in range(_LIVE_DAYS_BACK):
            day = weekday_before(day)
        return cls(source="live", set_back=open_list_day(now) - day, machine=machine)

    def now(self) -> datetime:
        """The sandbox's time, aware and in UTC. Pass this method on as the clock."""
        return self._machine() + self._ahead

    def state(self) -> dict[str, Any]:
        """The state that the page shows."""
        now = self.now()
        day, following = open_list_day(now), self._following(now)
        return {
            "now": now.isoformat(),
            "list_day": day.isoformat(),
            "label": day_label(day),
            "next": following.isoformat() if following else None,
            "next_label": day_label(following) if following else None,
            "why_not": None if following else self._why_not(day),
            "source": self._source,
        }

    async def next_day(self) -> bool:
        """Move the clock to the next list day that has papers; return False if there is none.

        The clock moves by whole days, so that every daily channel becomes due. In the sample, the new time is
        18:00 UTC or later, so that Monday's channels are due after a weekend. The last live day is today, at
        the machine's time.
        """
        async with AsyncExitStack() as exits:
            with suppress(TimeoutError):
                async with asyncio.timeout(_MAX_WAIT_SECONDS):
                    await exits.enter_async_context(self.around_moves())
            is_moved = self._move()
        if is_moved:
            for on_moved in tuple(self.moved):
                on_moved()
        return is_moved

    def _move(self) -> bool:
        now = self.now()
        day = self._following(now)
        if day is None:
            return False
        if self._source == "sample":
            self._ahead += self._moment_on(day, now) - now
        elif day >= self._newest_live():
            self._ahead = timedelta()
        else:
            self._ahead = min(self._ahead + (day - open_list_day(now)), timedelta())
        return True

    def _moment_on(self, day: date, now: datetime) -> datetime:
        earliest = datetime.combine(day, _NOT_BEFORE)
        moment = now + (day - open_list_day(now))
        # If daylight saving time changes in New York in between, the same time of day can be another list
        # day.
        return max(moment, earliest) if open_list_day(moment) == day else earliest

    def _following(self, now: datetime) -> date | None:
        today = open_list_day(now)
        if self._source == "sample":
            return next((day for day in self.days if day > today), None)
        following = weekday_after(today)
        return following if following <= self._newest_live() else None

    def _newest_live(self) -> date:
        today = open_list_day(self._machine())
        return today if today.weekday() < _SATURDAY else weekday_before(today)

    def _why_not(self, day: date) -> str:
        if self._source == "sample":
            return "This is the last sample day. Restart the sandbox to start over."
        following = weekday_after(day)
        return (
            f"This is today. The list for {day_label(following)} opens at {opens_at(following):%H:%M} UTC"
            f"{'' if following - day == _A_DAY else f' on {day_label(opens_at(following).date())}'}"
            " and appears automatically."
        )
