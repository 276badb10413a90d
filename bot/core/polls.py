"""Polls of the list: what one read of Hugging Face's recent list days resulted in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.errors import Problem


class Purpose(StrEnum):
    """What a poll was for: those for runs are regular, and a person's request does not delay them."""

    RUN = "run"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    days_read: int = 0
    listed: int = 0  # papers on those days
    new: int = 0  # papers never seen before
    unreadable: int = 0  # items on those days
    problem: Problem | None = None  # of the newest day that could not be read
    problem_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll of this process or of another one."""

    number: int  # counts the polls of its purpose, without a clock
    ended_at: datetime
    result: PollResult

    @property
    def is_complete(self) -> bool:
        """Whether it read every day that it wanted."""
        return self.result.problem is None
