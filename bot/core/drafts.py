"""Drafts: a /setup that is being filled in. Nothing is changed before it is finished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time

from bot.core.feeds import Place
from bot.core.focus import Focus
from bot.core.schedules import Cadence, Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answers so far. Each transition returns a new draft."""

    schedule: Schedule
    is_own_schedule: bool = False  # chosen by the person, so choosing another channel does not replace it
    place: Place | None = None
    subscribed: int = 0  # how many subscriptions the place already has
    is_waiting: bool = False  # the place is paused or blocked, so nothing is posted there for now
    typed: str = ""  # the keywords as typed, for editing
    keywords: str = ""  # the same on one line; '' if they cannot be read
    focus: Focus | None = None  # of the keywords, if one was chosen

    @property
    def is_complete(self) -> bool:
        """Whether it can be finished."""
        return self.place is not None and bool(self.keywords)

    def in_place(
        self, place: Place, *, schedule: Schedule, subscribed: int, is_waiting: bool = False
    ) -> Draft:
        """With the place and its schedule (that of its feed, or the default)."""
        return replace(
            self,
            place=place,
            subscribed=subscribed,
            is_waiting=is_waiting,
            schedule=self.schedule if self.is_own_schedule else schedule,
        )

    def without_place(self) -> Draft:
        """Without a place, which is to be chosen again."""
        return replace(self, place=None, subscribed=0, is_waiting=False)

    def asking_for(self, typed: str) -> Draft:
        """With valid keywords."""
        return replace(self, typed=typed, keywords=on_one_line(typed))

    def refusing(self, typed: str) -> Draft:
        """With what was typed kept for editing, and no keywords meanwhile."""
        return replace(self, typed=typed, keywords="")

    def with_focus(self, focus: Focus) -> Draft:
        return replace(self, focus=focus)

    def with_cadence(self, cadence: Cadence) -> Draft:
        return replace(self, schedule=replace(self.schedule, cadence=cadence), is_own_schedule=True)

    def with_times(self, *, at: time, weekdays: frozenset[int], timezone: str) -> Draft:
        schedule = replace(self.schedule, time=at, weekdays=weekdays, timezone=timezone)
        return replace(self, schedule=schedule, is_own_schedule=True)


def on_one_line(typed: str) -> str:
    """Keywords typed on several lines, separated by commas instead."""
    lines = (line.strip().rstrip(",").rstrip() for line in typed.splitlines())
    return ", ".join(filter(None, lines))
