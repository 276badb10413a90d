"""Runs: passes of fetch, decide and post, as they are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.ids import RunId
from bot.errors import Problem


class Outcome(StrEnum):
    OK = "ok"
    SOURCE_FAILED = "source_failed"  # a list could not be read, or not whole; the rest of the run went on
    FAILED = "failed"  # an error that nobody expected ended it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that finished; one that a crash cut short never becomes a value."""

    id: RunId
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    listed: int  # papers that the list days held
    new_papers: int  # of these, never seen before
    feeds: int  # that were due
    posts: int  # that were planned
    problem: Problem | None = None  # where the outcome is not ok
    problem_day: date | None = None  # the newest list day that could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """Runs in a row that could not read the list."""

    first_at: datetime
    last_at: datetime
    problem: Problem  # the last one's
    day: date | None
