"""Which list days were read, when last, and how many papers stand on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.dialects import insert_or_update
from bot.store.tables import list_day_papers, list_days


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRead:
    day: date
    read_at: datetime  # the last time that it was read whole
    papers: int  # that stand on it, those too that a later reading did not show any more


async def record(conn: AsyncConnection, day: date, *, read_at: datetime) -> None:
    await conn.execute(insert_or_update(conn, list_days, key=["day"]), {"day": day, "read_at": read_at})


async def reads(conn: AsyncConnection, first: date, last: date) -> dict[date, DayRead]:
    """The days from `first` to `last`, both included, that were ever read."""
    papers = (
        select(func.count())
        .select_from(list_day_papers)
        .where(list_day_papers.c.day == list_days.c.day)
        .scalar_subquery()
    )
    statement = select(list_days, papers.label("papers")).where(list_days.c.day.between(first, last))
    found = await conn.execute(statement)
    return {row.day: DayRead(day=row.day, read_at=row.read_at, papers=row.papers) for row in found}


async def last_read_at(conn: AsyncConnection) -> datetime | None:
    """When any list day was last read whole."""
    return (await conn.execute(select(func.max(list_days.c.read_at)))).scalar_one()
