"""Which list days were read, when last, and how many papers they held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.dialects import insert_or_update
from bot.store.tables import list_days


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRead:
    day: date
    read_at: datetime  # the last time that it was read to its end
    papers: int  # that were on it then
    unreadable: int = 0  # items on it then that could not be read


async def record(
    conn: AsyncConnection, day: date, *, read_at: datetime, papers: int, unreadable: int = 0
) -> None:
    row = {"day": day, "read_at": read_at, "papers": papers, "unreadable": unreadable}
    await conn.execute(insert_or_update(conn, list_days, key=["day"]), row)


async def reads(conn: AsyncConnection, first: date, last: date) -> dict[date, DayRead]:
    """The days from `first` to `last`, both included, that were ever read."""
    found = await conn.execute(select(list_days).where(list_days.c.day.between(first, last)))
    return {row["day"]: DayRead(**row) for row in found.mappings()}


async def incomplete(conn: AsyncConnection, first: date) -> list[DayRead]:
    """The days from `first` on that had unreadable items when they were last read, the newest first."""
    statement = (
        select(list_days)
        .where(list_days.c.day >= first, list_days.c.unreadable > 0)
        .order_by(list_days.c.day.desc())
    )
    return [DayRead(**row) for row in (await conn.execute(statement)).mappings()]
