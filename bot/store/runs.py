"""The journal of runs. A run that a crash interrupted has no end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import RunId, ServerId
from bot.core.runs import Outcome, Run, RunReport, SourceFailure
from bot.core.shards import EVERYTHING, OwnedShards
from bot.errors import Problem, ProblemKind
from bot.store import tables
from bot.store.locking import delete_unlocked

_runs = tables.runs


KEPT = 10_000  # runs; older ones are deleted
# Of a fleet, the runs among which that of one server's process is looked for.
_LOOKED_AT = 500


async def start(conn: AsyncConnection, *, now: datetime, shards: OwnedShards = EVERYTHING) -> RunId:
    """Records that a run starts, which plans the feeds of these shards.

    Protected by sharing nothing: each run is a separate row.
    """
    of_fleet = None if shards == EVERYTHING else str(shards)
    added = await conn.execute(_start, {"started_at": now, "shards": of_fleet})
    run_id = RunId(added.scalar_one())
    await conn.execute(_forget_old, {"last": run_id - KEPT})
    return run_id


_start = insert(_runs).returning(_runs.c.id)
_forget_old = delete_unlocked(_runs, _runs.c.id <= bindparam("last"))


async def finish(conn: AsyncConnection, run_id: RunId, report: RunReport, *, now: datetime) -> None:
    """Records how the run ended. Protected by sharing nothing: it is the caller's run."""
    problem = report.problem
    values = {
        "finished_at": now,
        "outcome": report.outcome.value,
        "listed": report.listed,
        "new_papers": report.new_papers,
        "feeds": report.feeds,
        "posts": report.posts,
        "problem": problem and problem.kind.value,
        "problem_status": problem and problem.status,
        "problem_day": report.problem_day,
    }
    await conn.execute(_finish, {"run": run_id, **values})


_finish = update(_runs).where(_runs.c.id == bindparam("run"))


async def latest(conn: AsyncConnection, server_id: ServerId | None = None) -> Run | None:
    """The run that finished last, of those that plan the server's feeds; None stands for people's feeds."""
    return await _latest(conn, server_id, _runs.c.finished_at.is_not(None))


async def latest_failed(conn: AsyncConnection, server_id: ServerId | None = None) -> Run | None:
    """As `latest`, of the runs that did not go well."""
    return await _latest(conn, server_id, _runs.c.outcome != Outcome.OK.value)


async def _latest(
    conn: AsyncConnection, server_id: ServerId | None, condition: ColumnElement[bool]
) -> Run | None:
    order = _runs.c.finished_at.desc(), _runs.c.id.desc()
    statement = select(_runs).where(condition).order_by(*order).limit(_LOOKED_AT)
    async with conn.stream(statement) as rows:
        async for row in rows:
            if (run := _run(row)).shards.has(server_id):
                return run
    return None


def _run(row: Row[Any]) -> Run:
    return Run(
        id=RunId(row.id),
        started_at=row.started_at,
        finished_at=row.finished_at,
        shards=EVERYTHING if row.shards is None else OwnedShards.read(row.shards),
        outcome=Outcome(row.outcome),
        listed=row.listed,
        new_papers=row.new_papers,
        feeds=row.feeds,
        posts=row.posts,
        problem=_problem(row),
        problem_day=row.problem_day,
    )


async def source_failure(conn: AsyncConnection) -> SourceFailure | None:
    """The runs that could not read the list since one last went well; None: the last one did."""
    is_failure = _runs.c.outcome == Outcome.SOURCE_FAILED.value
    last_ok = select(func.max(_runs.c.id)).where(_runs.c.outcome == Outcome.OK.value).scalar_subquery()
    since = _runs.c.id > func.coalesce(last_ok, 0)
    first_at = select(func.min(_runs.c.finished_at)).where(is_failure, since).scalar_subquery()
    last = (
        select(_runs, first_at.label("first_at"))
        .where(is_failure, since)
        .order_by(_runs.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(last)).one_or_none()
    problem = None if row is None else _problem(row)
    if row is None or problem is None:
        return None
    return SourceFailure(first_at=row.first_at, last_at=row.finished_at, problem=problem, day=row.problem_day)


def _problem(row: Row[Any]) -> Problem | None:
    return None if row.problem is None else Problem(ProblemKind(row.problem), row.problem_status)
