"""How values lie in columns."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.schedules import Schedule
from bot.store import feeds, list_days
from tests.examples import thorough
from tests.samples import NOW, TODAY
from tests.store.samples import a_feed


async def test_a_naive_time_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(StatementError, match="aware datetimes only"):
        await list_days.record(conn, TODAY, read_at=datetime(2026, 8, 7))  # noqa: DTZ001 - the point


async def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(conn: AsyncConnection) -> None:
    there = datetime(2026, 8, 7, 1, 30, 0, 5, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    await list_days.record(conn, TODAY, read_at=there)
    read_at = (await list_days.reads(conn, TODAY, TODAY))[TODAY].read_at
    assert read_at == there
    assert read_at.tzinfo is UTC


async def test_times_sort_as_stored_whatever_their_microseconds(conn: AsyncConnection) -> None:
    moments = [
        datetime(999, 1, 1, tzinfo=UTC),
        NOW,
        NOW + timedelta(microseconds=1),
        NOW + timedelta(seconds=1),
    ]
    for number, moment in enumerate(moments):
        await list_days.record(conn, TODAY + timedelta(days=number), read_at=moment)
    stored = await conn.execute(text("SELECT day FROM list_days ORDER BY read_at"))
    assert [str(day) for day in stored.scalars()] == [
        str(TODAY + timedelta(days=number)) for number in range(4)
    ]


@pytest.mark.parametrize("weekdays", [thorough({0}), {6}, {0, 2, 4}, thorough(set(range(7)))])
async def test_weekdays_come_back_as_they_were(conn: AsyncConnection, weekdays: set[int]) -> None:
    schedule = Schedule(time=time(23, 59), weekdays=frozenset(weekdays), timezone="Asia/Kathmandu")
    feed = await a_feed(conn, schedule=schedule)
    assert feed.settings.schedule == schedule
    assert await feeds.get(conn, feed.id) == feed


async def test_no_weekday_at_all_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match="ck_feeds_weekdays"):
        await a_feed(conn, schedule=Schedule(time=time(9), weekdays=frozenset(), timezone="UTC"))
