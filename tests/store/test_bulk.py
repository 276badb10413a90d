"""What a run asks of the store, for thousands of feeds at once: no limit of SQLite's is met."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import due_feeds, feeds, outbox, posts, subscriptions, tables
from bot.store.database import Database
from tests.examples import THOROUGH
from tests.samples import NOW, TODAY
from tests.store.samples import HOUR, SERVER, listed, many_feeds, planned

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

FEEDS = 5_000 if THOROUGH else 1_000  # more need statistics, which a run collects


async def test_the_posts_of_many_feeds_are_planned_asked_for_and_claimed_at_once(database: Database) -> None:
    async with database.write() as conn:
        everywhere = await many_feeds(conn, FEEDS)
        await listed(conn, 1, 2, 3)
        plans = [planned(feed, 1, 2, 3) for feed in everywhere]
        added = await posts.add(conn, plans, now=NOW)
        await due_feeds.finish_runs(conn, [(feed.id, NOW + HOUR) for feed in everywhere], now=NOW)
    async with database.read() as conn:
        stored = await posts.by_ids(conn, added)
        assert [(post.feed_id, post.entries) for post in stored] == [
            (plan.feed_id, plan.entries) for plan in plans
        ]
        assert set(added.values()) == {3}
        posted = await posts.posted(conn, [feed.id for feed in everywhere], since=TODAY)
        assert len(posted) == 3 * FEEDS
        assert await outbox.claimable(conn, NOW, limit=FEEDS) == stored
        assert {feed.next_run_at for feed in await feeds.of_server(conn, SERVER)} == {NOW + HOUR}


async def test_the_subscriptions_of_many_feeds_are_read_at_once(conn: AsyncConnection) -> None:
    feed_ids = [feed.id for feed in await many_feeds(conn, FEEDS)]
    row = {
        "text": "q",
        "compiled": "q",
        "rules_version": 1,
        "since": TODAY,
        "created_at": NOW,
    }
    await conn.execute(
        insert(tables.subscriptions),
        [row | {"feed_id": feed_id, "canonical": str(n)} for feed_id in feed_ids for n in range(2)],
    )
    found = await subscriptions.of_feeds(conn, feed_ids)
    assert len(found) == FEEDS
    assert {len(of_feed) for of_feed in found.values()} == {2}
