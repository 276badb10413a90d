"""The sandbox's days: a clock that runs with the machine's and can be moved on to the next list day.

Everything in the sandbox goes by it, the bot too, so that message times, ids and lists agree.
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
# Nine in the morning is past by then from Tokyo to Los Angeles.
_NOT_BEFORE: Final = time(18, 0, tzinfo=UTC)
_HOLD_SECONDS: Final = 10.0
_LIVE_DAYS_BACK: Final = 2  # weekdays before today on which live lists begin


def open_list_day(now: datetime) -> date:
    """The list day that is filling: it opens at 21:30 in New York on the evening before."""
    local = now.astimezone(_NEW_YORK)
    return local.date() + _A_DAY if local.time() >= _OPENS_AT else local.date()


def opens_at(day: date) -> datetime:
    """When the list day opens, in UTC."""
    return datetime.combine(day - _A_DAY, _OPENS_AT, _NEW_YORK).astimezone(UTC)


def weekday_after(day: date) -> date:
    """The next day that has a list: those of Saturdays and Sundays are empty."""
    day += _A_DAY
    while day.weekday() >= _SATURDAY:
        day += _A_DAY
    return day


def weekday_before(day: date) -> date:
    """The last day before that has a list."""
    day -= _A_DAY
    while day.weekday() >= _SATURDAY:
        day -= _A_DAY
    return day


def named(day: date) -> str:
    """As people read it: "Wed 25 Nov 2026"."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def machine_time() -> datetime:
    return datetime.now(UTC)


class Calendar:
    """The clock and the days that it can be moved to; made by `of_sample` or `live`."""

    def __init__(
        self,
        *,
        source: Literal["sample", "live"],
        days: Sequence[date] = (),
        set_back: timedelta = timedelta(),
        machine: Callable[[], datetime] = machine_time,
    ) -> None:
        self.moved: list[Callable[[], None]] = []  # called after each move
        # What a move happens inside of: there a bot may end first what it does by the clock as it was. It has
        # ten seconds for that.
        self.around_moves: Callable[[], AbstractAsyncContextManager[object]] = nullcontext
        self.days = tuple(days)  # the sample's list days, those to come too; none where lists are live
        self._source = source
        self._ahead = -set_back  # of the machine's clock
        self._machine = machine

    @classmethod
    def of_sample(
        cls, *, open_days: int, days_to_come: int, machine: Callable[[], datetime] = machine_time
    ) -> Calendar:
        """The machine's own time at first, with so many list days of the sample open and so many to come.

        The newest open one may be a Saturday, whose real list is empty: who tries the sandbox then sees a
        post too.
        """
        days = [open_list_day(machine())]
        for _ in range(open_days - 1):
            days.insert(0, weekday_before(days[0]))
        for _ in range(days_to_come):
            days.append(weekday_after(days[-1]))
        return cls(source="sample", days=days, machine=machine)

    @classmethod
    def live(cls, *, machine: Callable[[], datetime] = machine_time) -> Calendar:
        """Two weekdays before today at first, at the machine's time of day."""
        now = machine()
        day = open_list_day(now)
        for _ in range(_LIVE_DAYS_BACK):
            day = weekday_before(day)
        return cls(source="live", set_back=open_list_day(now) - day, machine=machine)

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC: hand this on as the clock."""
        return self._machine() + self._ahead

    def state(self) -> dict[str, Any]:
        """What the page shows of it."""
        now = self.now()
        day, following = open_list_day(now), self._following(now)
        return {
            "now": now.isoformat(),
            "list_day": day.isoformat(),
            "label": named(day),
            "next": following.isoformat() if following else None,
            "next_label": named(following) if following else None,
            "why_not": None if following else self._why_not(day),
            "source": self._source,
        }

    async def next_day(self) -> bool:
        """Moves the clock on to the next list day that has papers; False, and nothing else, if there is none.

        By whole days, so that every daily channel, whatever its hour, has had it in between and is due. In
        the sample not before 18:00 UTC: from a weekend, too, Monday's channels are due then. The last live
        day is today, at the machine's own time.
        """
        async with AsyncExitStack() as exits:
            with suppress(TimeoutError):
                async with asyncio.timeout(_HOLD_SECONDS):
                    await exits.enter_async_context(self.around_moves())
            is_moved = self._move()
        if is_moved:
            for tell in tuple(self.moved):
                tell()
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
        at_least = datetime.combine(day, _NOT_BEFORE)
        moment = now + (day - open_list_day(now))
        # Where New York's clocks are changed in between, the same time of day may be another list day.
        return max(moment, at_least) if open_list_day(moment) == day else at_least

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
            return "The sample ends here: start the sandbox anew to go through its days again."
        following = weekday_after(day)
        return (
            f"This is today. The list of {named(following)} opens at {opens_at(following):%H:%M} UTC"
            f"{'' if following - day == _A_DAY else f' on {named(opens_at(following).date())}'}"
            " and comes by itself."
        )
