"""Runs: the recorded passes of fetch, decide and post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.ids import RunId
from bot.errors import Problem


class Outcome(StrEnum):
    OK = "ok"
    SOURCE_FAILED = "source_failed"  # a list could not be read, or only in part; the rest of the run went on
    FAILED = "failed"  # an unexpected error ended it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run. One that a crash interrupted is not recorded."""

    id: RunId
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    listed: int  # papers on the list days
    new_papers: int  # of these, seen for the first time
    feeds: int  # that were due
    posts: int  # that were planned
    problem: Problem | None = None  # where the outcome is not ok
    problem_day: date | None = None  # the newest list day that could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """Consecutive runs that could not read the list."""

    first_at: datetime
    last_at: datetime
    problem: Problem  # of the last run
    day: date | None
