"""Drafts: a /setup that is being filled in. Nothing is changed before it is finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from bot.core.feeds import Place
from bot.core.focus import Focus
from bot.core.schedules import Cadence, Schedule

# How long a draft is kept for a panel that a restart interrupted.
KEPT = timedelta(hours=1)


class Field(StrEnum):
    KEYWORDS = "keywords"
    TIME = "time"
    WEEKDAYS = "weekdays"
    CITY = "city"
    MIN_UPVOTES = "min_upvotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """What was typed in a field and cannot be used. It is kept, so that it can be corrected."""

    typed: str
    problem: str  # what is wrong, and what would be right


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answers so far. Each transition returns a new draft."""

    schedule: Schedule
    is_own_schedule: bool = False  # chosen by the person, so choosing another channel does not replace it
    min_upvotes: int = 0
    is_own_filter: bool = False  # the same of `min_upvotes`
    place: Place | None = None
    subscribed: int = 0  # how many subscriptions the place already has
    is_waiting: bool = False  # the place is paused or blocked, so nothing is posted there for now
    typed: str = ""  # the keywords as typed, for editing
    keywords: str = ""  # the same on one line
    focus: Focus | None = None  # of the keywords, if one was chosen
    rejected: Mapping[Field, Rejected] = field(default_factory=dict[Field, Rejected])

    @property
    def is_complete(self) -> bool:
        """Whether it can be finished."""
        return self.place is not None and bool(self.keywords) and not self.rejected

    def in_place(
        self,
        place: Place,
        *,
        schedule: Schedule,
        min_upvotes: int = 0,
        subscribed: int = 0,
        is_waiting: bool = False,
    ) -> Draft:
        """With the place, and its schedule and filter (those of its feed, or the defaults)."""
        return replace(
            self,
            place=place,
            subscribed=subscribed,
            is_waiting=is_waiting,
            schedule=self.schedule if self.is_own_schedule else schedule,
            min_upvotes=self.min_upvotes if self.is_own_filter else min_upvotes,
        )

    def without_place(self) -> Draft:
        """Without a place, which is to be chosen again."""
        return replace(self, place=None, subscribed=0, is_waiting=False)

    def asking_for(self, typed: str) -> Draft:
        """With valid keywords."""
        return replace(self, typed=typed, keywords=on_one_line(typed))

    def with_cadence(self, cadence: Cadence) -> Draft:
        return self.with_schedule(replace(self.schedule, cadence=cadence), is_own=True)

    def with_schedule(self, schedule: Schedule, *, is_own: bool = False) -> Draft:
        """With this schedule; it is the person's own if it differs, or if that is said."""
        is_own = is_own or self.is_own_schedule or schedule != self.schedule
        return replace(self, schedule=schedule, is_own_schedule=is_own)

    def with_min_upvotes(self, number: int) -> Draft:
        return replace(
            self, min_upvotes=number, is_own_filter=self.is_own_filter or number != self.min_upvotes
        )

    def rejecting(self, rejected: Mapping[Field, Rejected]) -> Draft:
        """With these fields to correct, and no others."""
        without = {"typed": "", "keywords": ""} if Field.KEYWORDS in rejected else {}
        return replace(self, rejected=rejected, **without)


def on_one_line(typed: str) -> str:
    """Keywords typed on several lines, separated by commas instead."""
    lines = (line.strip().rstrip(",").rstrip() for line in typed.splitlines())
    return ", ".join(filter(None, lines))
