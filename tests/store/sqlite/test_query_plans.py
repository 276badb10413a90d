"""How SQLite plans the statements whose cost must not grow with all that is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import due_feeds
from bot.store.database import Database
from tests.samples import NOW


async def plan_of(
    conn: AsyncConnection, ask: Callable[[AsyncConnection, datetime], Awaitable[object]]
) -> list[str]:
    """How SQLite carries out the one statement of a function."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(conn.sync_connection, "before_cursor_execute", note)
    await ask(conn, NOW)
    ((statement, parameters),) = asked
    steps = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [step.detail for step in steps]


async def test_a_chunk_is_read_without_sorting_the_others(database: Database) -> None:
    """Every plan of SQLite for it walks an index, so that many chunks are not many times the whole."""
    async with database.read() as conn:
        details = await plan_of(conn, due_feeds.chunk)
    assert "SEARCH feeds USING INDEX ix_feeds_owner_id (owner_id>?)" in details
    assert not [detail for detail in details if "TEMP" in detail]


async def test_the_last_check_reads_no_subscription_but_those_that_were_added_again(
    database: Database,
) -> None:
    async with database.read() as conn:
        steps = await plan_of(conn, due_feeds.last_check)
    assert "SEARCH subscriptions USING INDEX ix_subscriptions_resumed (feed_id=?)" in steps
