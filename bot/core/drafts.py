"""A setup that is being filled in: pages of questions, with nothing done before the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from enum import IntEnum

from bot.core.feeds import Place
from bot.core.schedules import Cadence, Schedule


class Page(IntEnum):
    """What is asked, in this order."""

    CHANNEL = 1
    KEYWORDS = 2
    SCHEDULE = 3
    SUMMARY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was answered so far. Each transition is a new draft; the old one stays what it was."""

    schedule: Schedule
    is_own_schedule: bool = False  # the person chose it, so another channel's does not take its place
    page: Page = Page.CHANNEL
    place: Place | None = None
    subscribed: int = 0  # how many subscriptions the place has already
    is_waiting: bool = False  # the place is paused or held: nothing is posted there for now
    typed: str = ""  # the keywords as they are to be typed on
    keywords: str = ""  # the same on one line; '' while what was typed cannot be read

    @property
    def is_answered(self) -> bool:
        """Whether the page's question is answered, so that the next one can be asked."""
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
        """With the place, which has this schedule, or would begin with it; asks for keywords next."""
        return replace(
            self,
            place=place,
            subscribed=subscribed,
            is_waiting=is_waiting,
            schedule=self.schedule if self.is_own_schedule else schedule,
            page=Page.KEYWORDS,
        )

    def without_place(self) -> Draft:
        """With the place to be chosen again."""
        return replace(self, place=None, subscribed=0, is_waiting=False, page=Page.CHANNEL)

    def asking_for(self, typed: str) -> Draft:
        """With keywords that can be read."""
        return replace(self, typed=typed, keywords=on_one_line(typed))

    def refusing(self, typed: str) -> Draft:
        """With what was typed kept for editing, and no keywords meanwhile."""
        return replace(self, typed=typed, keywords="")

    def with_cadence(self, cadence: Cadence) -> Draft:
        return replace(self, schedule=replace(self.schedule, cadence=cadence), is_own_schedule=True)

    def with_times(self, *, at: time, weekdays: frozenset[int], timezone: str) -> Draft:
        schedule = replace(self.schedule, time=at, weekdays=weekdays, timezone=timezone)
        return replace(self, schedule=schedule, is_own_schedule=True)

    def forward(self) -> Draft:
        """On the next page; on the last one, or where the question is not answered, it stays."""
        if not self.is_answered or self.page is Page.SUMMARY:
            return self
        return replace(self, page=Page(self.page + 1))

    def back(self) -> Draft:
        """On the page before, with every answer kept; the first page stays."""
        return replace(self, page=Page(max(self.page - 1, Page.CHANNEL)))


def on_one_line(typed: str) -> str:
    """Keywords typed over several lines, each line for itself, as commas would separate them."""
    lines = (line.strip().rstrip(",").rstrip() for line in typed.splitlines())
    return ", ".join(filter(None, lines))
