"""Feeds with many subscriptions, as a run reads them, and as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from datetime import time as time_of_day

from sqlalchemy import insert

from benchmarks._corpus import Corpus
from bot.core.feeds import Feed, FeedSettings, Subscription
from bot.core.ids import ChannelId, FeedId, ServerId, SubscriptionId
from bot.core.limits import DEFAULT_LIMITS
from bot.core.query.compiled import compile_query
from bot.core.schedules import Schedule
from bot.store import feed_settings, tables
from bot.store.database import Database
from bot.store.due_feeds import DueFeed
from bot.store.statements import insert_if_new

SUBSCRIPTIONS_A_FEED = 5
FEEDS_A_SERVER = 4

NOW = datetime(2026, 8, 19, 9, 0, tzinfo=UTC)
DAY = date(2026, 8, 19)
SETTINGS = FeedSettings(schedule=Schedule(time=time_of_day(9), weekdays=frozenset(range(5)), timezone="UTC"))

Chunk = tuple[list[Feed], dict[FeedId, list[Subscription]]]


def make(made: Corpus, first: int, number: int) -> Chunk:
    """Feeds with these numbers, and their subscriptions."""
    queries = iter(made.keywords(number * SUBSCRIPTIONS_A_FEED))
    feeds = [
        Feed(
            id=FeedId(feed),
            server_id=ServerId(feed // FEEDS_A_SERVER + 1),
            channel_id=ChannelId(feed + 10**18),
            settings=SETTINGS,
            next_run_at=NOW,
            last_run_at=NOW,
            created_at=NOW,
        )
        for feed in range(first, first + number)
    ]
    subscriptions = {
        feed.id: [
            Subscription(
                id=SubscriptionId(feed.id * SUBSCRIPTIONS_A_FEED + place),
                feed_id=feed.id,
                query=compile_query(next(queries), DEFAULT_LIMITS),
                since=DAY,
                created_at=NOW,
            )
            for place in range(SUBSCRIPTIONS_A_FEED)
        ]
        for feed in feeds
    }
    return feeds, subscriptions


def due(feed: Feed, subscriptions: Sequence[Subscription]) -> DueFeed:
    return DueFeed(
        id=feed.id,
        owner_id=feed.place.in_server,
        expressions=[item.query.expression for item in subscriptions],
        since=DAY,
        has_resumed=False,
        schedule=feed.settings.schedule,
        next_run_at=feed.next_run_at,
        last_run_at=feed.last_run_at,
        checked_at=NOW,
    )


async def store(
    database: Database, feeds: Sequence[Feed], subscriptions: dict[FeedId, list[Subscription]]
) -> None:
    settings = feed_settings.columns(SETTINGS)
    times = {"next_run_at": NOW, "last_run_at": NOW, "created_at": NOW}
    async with database.write() as conn:
        servers = {feed.place.in_server for feed in feeds}
        servers_new = [{"id": server, "added_at": NOW} for server in sorted(servers)]
        await conn.execute(insert_if_new(tables.servers, key=("id",)), servers_new)
        of_feeds = [
            {"id": feed.id, "server_id": feed.server_id, "channel_id": feed.channel_id, **settings, **times}
            for feed in feeds
        ]
        await conn.execute(insert(tables.feeds), of_feeds)
        of_subscriptions = [
            {
                "id": item.id,
                "feed_id": item.feed_id,
                "text": item.query.text,
                "canonical": item.query.canonical,
                "compiled": item.query.expression,
                "rules_version": item.query.rules_version,
                "since": item.since,
                "created_at": item.created_at,
            }
            for group in subscriptions.values()
            for item in group
        ]
        await conn.execute(
            insert_if_new(tables.subscriptions, key=("feed_id", "canonical")), of_subscriptions
        )
