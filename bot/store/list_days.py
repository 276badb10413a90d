"""List days: which were read, when, and how many papers they have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.column_types import UtcDateTime
from bot.store.statements import insert_or_update
from bot.store.tables import list_day_papers, list_days


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRead:
    day: date
    read_at: datetime  # the last time that it was read to its end
    papers: int  # including those that a later read no longer had
    unreadable: int = 0  # items on it then that could not be read


class LastRead(NamedTuple):
    """Changes with every day that a process reads to its end."""

    at: datetime | None
    days: int


async def record(conn: AsyncConnection, day: date, *, read_at: datetime, unreadable: int = 0) -> None:
    """Record that the day was read to its end; of two processes that did, the last one counts.

    Protected by an upsert by the day.
    """
    row = {"day": day, "read_at": read_at, "unreadable": unreadable}
    await conn.execute(insert_or_update(list_days, key=("day",)), row)


async def reads(conn: AsyncConnection, first: date, last: date) -> dict[date, DayRead]:
    """The days from `first` to `last`, both included, that were ever read."""
    in_range = await _reads(conn, _between, first=first, last=last)
    return {read.day: read for read in in_range}


async def read_at(conn: AsyncConnection, first: date, last: date) -> dict[date, datetime]:
    """When each of the days from `first` to `last` that were ever read was last read."""
    statement = select(list_days.c.day, list_days.c.read_at).where(list_days.c.day.between(first, last))
    return {row.day: row.read_at for row in await conn.execute(statement)}


async def last_read(conn: AsyncConnection) -> LastRead:
    """What tells whether any process has read a list since this was last asked."""
    last = func.max(list_days.c.read_at, type_=UtcDateTime())
    at, days = (await conn.execute(select(last, func.count()).select_from(list_days))).one()
    return LastRead(at, days)


async def incomplete(conn: AsyncConnection, first: date) -> list[DayRead]:
    """The days from `first` on that had unreadable items when they were last read, the newest first."""
    return await _reads(conn, _incomplete, first=first)


async def _reads(conn: AsyncConnection, statement: Select[Any], **values: date) -> list[DayRead]:
    return [DayRead(**row) for row in (await conn.execute(statement, values)).mappings()]


_papers = (
    select(func.count())
    .select_from(list_day_papers)
    .where(list_day_papers.c.day == list_days.c.day)
    .scalar_subquery()
)
_every_day = select(list_days, _papers.label("papers")).order_by(list_days.c.day.desc())
_between = _every_day.where(list_days.c.day.between(bindparam("first"), bindparam("last")))
_incomplete = _every_day.where(list_days.c.day >= bindparam("first"), list_days.c.unreadable > 0)
