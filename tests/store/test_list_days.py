"""Which list days were read."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import list_days
from tests.store.samples import DAY, NOW


async def test_days_are_read_with_both_ends(conn: AsyncConnection) -> None:
    for number in range(4):
        await list_days.record(conn, DAY + timedelta(days=number), read_at=NOW, papers=number)
    found = await list_days.reads(conn, DAY + timedelta(days=1), DAY + timedelta(days=2))
    assert [day.papers for day in found.values()] == [1, 2]


async def test_a_day_read_again_keeps_the_latest_reading(conn: AsyncConnection) -> None:
    await list_days.record(conn, DAY, read_at=NOW, papers=12)
    await list_days.record(conn, DAY, read_at=NOW + timedelta(hours=1), papers=20)
    assert await list_days.reads(conn, date.min, date.max) == {
        DAY: list_days.DayRead(day=DAY, read_at=NOW + timedelta(hours=1), papers=20)
    }


async def test_days_with_unreadable_items_are_told_apart_the_newest_first(conn: AsyncConnection) -> None:
    for number, unreadable in enumerate((3, 0, 1, 2)):
        day = DAY + timedelta(days=number)
        await list_days.record(conn, day, read_at=NOW, papers=5, unreadable=unreadable)
    found = await list_days.incomplete(conn, DAY + timedelta(days=1))
    assert [(read.day - DAY, read.unreadable) for read in found] == [
        (timedelta(days=3), 2),
        (timedelta(days=2), 1),
    ]
    await list_days.record(conn, DAY + timedelta(days=3), read_at=NOW, papers=7)
    assert len(await list_days.incomplete(conn, DAY + timedelta(days=1))) == 1
