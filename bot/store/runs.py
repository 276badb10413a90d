"""The journal of runs. One that a crash cut short stays without an end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import RunId
from bot.core.runs import Outcome, Run
from bot.store import tables

_runs = tables.runs


KEPT = 10_000  # runs; older ones are forgotten, so that years of them fill no disk


async def start(conn: AsyncConnection, *, now: datetime) -> RunId:
    statement = insert(_runs).values(started_at=now).returning(_runs.c.id)
    run_id = RunId((await conn.execute(statement)).scalar_one())
    await conn.execute(delete(_runs).where(_runs.c.id <= run_id - KEPT))
    return run_id


async def finish(
    conn: AsyncConnection,
    run_id: RunId,
    *,
    now: datetime,
    outcome: str,
    listed: int,
    new_papers: int,
    feeds: int,
    posts: int,
    problem: str | None,
) -> None:
    """Write how the run ended.

    Raises:
        ValueError: `outcome` is none of `Outcome`.
    """
    values = {
        "finished_at": now,
        "outcome": Outcome(outcome).value,
        "listed": listed,
        "new_papers": new_papers,
        "feeds": feeds,
        "posts": posts,
        "problem": problem,
    }
    await conn.execute(update(_runs).where(_runs.c.id == run_id).values(values))


async def latest(conn: AsyncConnection) -> Run | None:
    """The run that finished last."""
    return await _latest(conn, _runs.c.finished_at.is_not(None))


async def latest_failed(conn: AsyncConnection) -> Run | None:
    """Of the runs that did not go well, the one that finished last."""
    return await _latest(conn, _runs.c.outcome != Outcome.OK.value)


async def _latest(conn: AsyncConnection, condition: ColumnElement[bool]) -> Run | None:
    statement = (
        select(_runs).where(condition).order_by(_runs.c.finished_at.desc(), _runs.c.id.desc()).limit(1)
    )
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        return None
    return Run(
        id=RunId(row.id),
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=Outcome(row.outcome),
        listed=row.listed,
        new_papers=row.new_papers,
        feeds=row.feeds,
        posts=row.posts,
        problem=row.problem,
    )


async def source_failures(
    conn: AsyncConnection, *, since: datetime | None
) -> tuple[datetime, datetime] | None:
    """When the first and the last run ended, of those since then that could not read the list; None: none."""
    failed = [_runs.c.outcome == Outcome.SOURCE_FAILED.value]
    if since is not None:
        failed.append(_runs.c.finished_at > since)
    ends = select(func.min(_runs.c.finished_at), func.max(_runs.c.finished_at)).where(*failed)
    first, last = (await conn.execute(ends)).one()
    return None if first is None else (first, last)
