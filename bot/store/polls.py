"""The last polls of the list, by any process: one for a run, and one for a person who asked."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.polls import Poll, PollResult, Purpose
from bot.errors import Problem, ProblemKind
from bot.store.tables import polls


async def record(conn: AsyncConnection, purpose: Purpose, result: PollResult, *, ended_at: datetime) -> Poll:
    """Keep the result in place of the one before. Two processes that record at once get two numbers.

    Protected by an upsert that counts the number itself.
    """
    problem = result.problem
    values = asdict(result) | {
        "ended_at": ended_at,
        "problem": problem and problem.kind.value,
        "problem_status": problem and problem.status,
    }
    row = {"purpose": purpose.value, "number": 1, **values}
    number = (await conn.execute(_record, row)).scalar_one()
    return Poll(number=number, ended_at=ended_at, result=result)


_new = insert(polls)
_kept = {name: _new.excluded[name] for name in polls.c.keys() if name not in {"purpose", "number"}}  # noqa: SIM118
_record = _new.on_conflict_do_update(
    index_elements=["purpose"], set_=_kept | {"number": polls.c.number + 1}
).returning(polls.c.number)


async def latest(conn: AsyncConnection) -> dict[Purpose, Poll]:
    """The last poll of each purpose that had one."""
    return {Purpose(row.purpose): _poll(row) for row in await conn.execute(select(polls))}


def _poll(row: Row[Any]) -> Poll:
    problem = None if row.problem is None else Problem(ProblemKind(row.problem), row.problem_status)
    return Poll(
        number=row.number,
        ended_at=row.ended_at,
        result=PollResult(
            days_read=row.days_read,
            listed=row.listed,
            new=row.new,
            unreadable=row.unreadable,
            problem=problem,
            problem_day=row.problem_day,
        ),
    )
