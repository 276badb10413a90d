"""Drafts: a /setup that is being filled in. Nothing is changed before its last page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from enum import IntEnum

from bot.core.feeds import Place
from bot.core.focus import Focus
from bot.core.schedules import Cadence, Schedule


class Page(IntEnum):
    """The pages, in their order."""

    CHANNEL = 1
    KEYWORDS = 2
    SCHEDULE = 3
    SUMMARY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answers so far. Each transition returns a new draft."""

    schedule: Schedule
    is_own_schedule: bool = False  # chosen by the person, so choosing another channel does not replace it
    page: Page = Page.CHANNEL
    place: Place | None = None
    subscribed: int = 0  # how many subscriptions the place already has
    is_waiting: bool = False  # the place is paused or blocked, so nothing is posted there for now
    typed: str = ""  # the keywords as typed, for editing
    keywords: str = ""  # the same on one line; '' if they cannot be read
    focus: Focus | None = None  # of the keywords, if one was chosen

    @property
    def is_answered(self) -> bool:
        """Whether the question of the page is answered, so that the next page may follow."""
        match self.page:
            case Page.CHANNEL:
                return self.place is not None
            case Page.KEYWORDS:
                return bool(self.keywords)
            case Page.SCHEDULE:
                return True
            case Page.SUMMARY:
                return self.place is not None and bool(self.keywords)

    def in_place(
        self, place: Place, *, schedule: Schedule, subscribed: int, is_waiting: bool = False
    ) -> Draft:
        """With the place and its schedule (that of its feed, or the default); the keywords come next."""
        return replace(
            self,
            place=place,
            subscribed=subscribed,
            is_waiting=is_waiting,
            schedule=self.schedule if self.is_own_schedule else schedule,
            page=Page.KEYWORDS,
        )

    def without_place(self) -> Draft:
        """Without a place, which is to be chosen again."""
        return replace(self, place=None, subscribed=0, is_waiting=False, page=Page.CHANNEL)

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

    def forward(self) -> Draft:
        """On the next page, unless this is the last one or its question is not answered."""
        if not self.is_answered or self.page is Page.SUMMARY:
            return self
        return replace(self, page=Page(self.page + 1))

    def back(self) -> Draft:
        """On the previous page, if there is one, with every answer kept."""
        return replace(self, page=Page(max(self.page - 1, Page.CHANNEL)))


def on_one_line(typed: str) -> str:
    """Keywords typed on several lines, separated by commas instead."""
    lines = (line.strip().rstrip(",").rstrip() for line in typed.splitlines())
    return ", ".join(filter(None, lines))
