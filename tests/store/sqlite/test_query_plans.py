"""How SQLite plans the statements whose cost must not grow with all that is stored."""

from __future__ import annotations

from bot.store import due_feeds
from bot.store.database import Database
from tests.store.asked import explained

EXPLAIN = "EXPLAIN QUERY PLAN"


async def test_a_chunk_is_read_without_sorting_the_others(database: Database) -> None:
    """Every plan of SQLite for it walks an index, so that many chunks are not many times the whole."""
    async with database.read() as conn:
        details = [step.detail for step in await explained(conn, due_feeds.chunk, explain=EXPLAIN)]
    assert "SEARCH feeds USING INDEX ix_feeds_owner_id (owner_id>?)" in details
    assert not [detail for detail in details if "TEMP" in detail]


async def test_the_last_check_reads_no_subscription_but_those_that_were_added_again(
    database: Database,
) -> None:
    async with database.read() as conn:
        steps = [step.detail for step in await explained(conn, due_feeds.last_check, explain=EXPLAIN)]
    assert "SEARCH subscriptions USING INDEX ix_subscriptions_resumed (feed_id=?)" in steps
