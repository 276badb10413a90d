"""The report of one run: its figures and its outcome, for the log and the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import RunId
from bot.core.runs import Outcome
from bot.errors import Problem, ProblemKind
from bot.store import runs


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run in numbers."""

    listed: int = 0
    new_papers: int = 0
    feeds: int = 0  # that were due
    posts: int = 0  # that were planned
    outcome: Outcome = Outcome.OK
    problem: Problem | None = None
    problem_day: date | None = None  # the newest list day that could not be read

    @property
    def fields(self) -> dict[str, object]:
        """The fields of the log line."""
        return {
            "listed": self.listed,
            "new_papers": self.new_papers,
            "feeds": self.feeds,
            "posts": self.posts,
            "outcome": self.outcome.value,
            "problem": self.problem and self.problem.kind.value,
            "problem_day": self.problem_day and str(self.problem_day),
        }


def outcome_of(problem: Problem | None) -> Outcome:
    if problem is None:
        return Outcome.OK
    is_ours = problem.kind in {ProblemKind.BUG, ProblemKind.DATABASE}
    return Outcome.FAILED if is_ours else Outcome.SOURCE_FAILED


async def record(conn: AsyncConnection, run_id: RunId, report: RunReport, *, now: datetime) -> None:
    """Stores the report of a finished run."""
    await runs.finish(
        conn,
        run_id,
        now=now,
        outcome=report.outcome,
        listed=report.listed,
        new_papers=report.new_papers,
        feeds=report.feeds,
        posts=report.posts,
        problem=report.problem,
        problem_day=report.problem_day,
    )
