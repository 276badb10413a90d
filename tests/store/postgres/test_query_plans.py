"""How PostgreSQL plans the statements whose cost must not grow with all that is stored."""

from __future__ import annotations

from bot.store import due_feeds
from bot.store.database import Database
from tests.store.asked import explained


async def test_a_chunk_is_read_without_grouping_or_joining_the_others(database: Database) -> None:
    """With a limit, and nothing to group or to join, it reads on from where the last chunk ended."""
    async with database.read() as conn:
        steps = [step for (step,) in await explained(conn, due_feeds.chunk, explain="EXPLAIN")]
    assert steps[0].startswith("Limit")
    assert not [step for step in steps if "GroupAggregate" in step or "HashAggregate" in step]
    assert not [step for step in steps if "Join" in step or "Nested Loop" in step]


async def test_the_next_run_is_the_first_in_order_and_no_minimum_of_a_join(database: Database) -> None:
    async with database.read() as conn:
        asking = await explained(conn, lambda conn, _: due_feeds.next_due_at(conn), explain="EXPLAIN")
    steps = [step for (step,) in asking]
    assert steps[0].startswith("Limit")
    assert not [step for step in steps if "Aggregate" in step or "Hash Join" in step]
