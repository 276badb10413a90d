"""Runs: the recorded passes of fetch, decide and post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.ids import RunId
from bot.core.shards import EVERYTHING, OwnedShards
from bot.errors import Problem, ProblemKind


class Outcome(StrEnum):
    OK = "ok"
    SOURCE_FAILED = "source_failed"  # a list could not be read, or only in part; the rest of the run went on
    FAILED = "failed"  # an unexpected error ended it


def outcome_of(problem: Problem | None) -> Outcome:
    if problem is None:
        return Outcome.OK
    is_ours = problem.kind in {ProblemKind.BUG, ProblemKind.DATABASE}
    return Outcome.FAILED if is_ours else Outcome.SOURCE_FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run in numbers."""

    outcome: Outcome = Outcome.OK
    listed: int = 0  # papers on the list days
    new_papers: int = 0  # those of them that were seen for the first time
    feeds: int = 0  # that were due
    posts: int = 0  # that were planned
    problem: Problem | None = None  # where the outcome is not ok
    problem_day: date | None = None  # the newest list day that could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(RunReport):
    """A finished run. One that a crash interrupted is not recorded."""

    id: RunId
    started_at: datetime
    finished_at: datetime
    shards: OwnedShards = EVERYTHING  # whose feeds it planned, if they were due


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """Consecutive runs that could not read the list."""

    first_at: datetime
    last_at: datetime
    problem: Problem  # of the last run
    day: date | None
