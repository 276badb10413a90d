"""Which list days were read, and what is on them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import list_days, papers
from tests.samples import NOW, TODAY, a_paper
from tests.store.samples import HOUR

LATER = TODAY + timedelta(days=6)


async def test_days_are_read_with_both_ends(conn: AsyncConnection) -> None:
    days = [TODAY + timedelta(days=number) for number in range(4)]
    for number, day in enumerate(days):
        await papers.upsert(conn, [a_paper(n, list_day=day) for n in range(number)], seen_at=NOW, day=day)
        await list_days.record(conn, day, read_at=NOW)

    found = await list_days.reads(conn, days[1], days[2])

    assert {day: read.papers for day, read in found.items()} == {days[1]: 1, days[2]: 2}


async def test_a_day_read_again_keeps_the_latest_reading(conn: AsyncConnection) -> None:
    await list_days.record(conn, TODAY, read_at=NOW)
    await list_days.record(conn, TODAY, read_at=NOW + HOUR)

    found = await list_days.reads(conn, date.min, date.max)

    assert found == {TODAY: list_days.DayRead(day=TODAY, read_at=NOW + HOUR, papers=0)}


async def test_days_with_unreadable_items_are_listed_newest_first(conn: AsyncConnection) -> None:
    for number, unreadable in enumerate((3, 0, 1, 2)):
        day = TODAY + timedelta(days=number)
        await list_days.record(conn, day, read_at=NOW, unreadable=unreadable)
    found = await list_days.incomplete(conn, TODAY + timedelta(days=1))
    assert [(read.day - TODAY, read.unreadable) for read in found] == [
        (timedelta(days=3), 2),
        (timedelta(days=2), 1),
    ]
    await list_days.record(conn, TODAY + timedelta(days=3), read_at=NOW)
    assert len(await list_days.incomplete(conn, TODAY + timedelta(days=1))) == 1


async def test_a_day_counts_as_many_papers_as_it_shows(conn: AsyncConnection) -> None:
    """Also one that came back later, and one that a later reading of the day did not have any more."""
    await papers.upsert(conn, [a_paper(1), a_paper(2), a_paper(3)], seen_at=NOW, day=TODAY)
    await list_days.record(conn, TODAY, read_at=NOW)
    await papers.upsert(conn, [a_paper(1), a_paper(3)], seen_at=NOW + HOUR, day=TODAY)
    await list_days.record(conn, TODAY, read_at=NOW + HOUR)
    await papers.upsert(conn, [a_paper(3, list_day=LATER)], seen_at=NOW + HOUR, day=LATER)

    (read,) = (await list_days.reads(conn, TODAY, TODAY)).values()

    assert read.papers == len(await papers.of_day(conn, TODAY)) == 3
