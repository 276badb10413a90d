"""Rows for the store's tests, with defaults for whatever a test does not care about."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count

from sqlalchemy import Table, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed, FeedKind, Place, Subscription
from bot.core.ids import ChannelId, FeedId, ServerId, UserId
from bot.core.posts import Entry, Form, NewPost, Post
from bot.core.query.compiled import CompiledQuery
from bot.core.schedules import Schedule
from bot.store import feeds, papers, posts, subscriptions, tables
from tests.samples import NOW, TODAY, a_paper, paper_id

HOUR = timedelta(hours=1)
SERVER = ServerId(2**63 - 1)  # the largest that fits
USER = UserId(77)
WEEKDAYS = Schedule(time=time(9, 0), weekdays=frozenset(range(5)), timezone="Europe/Berlin")
A_PERSONS = {"server_id": None, "user_id": 5, "kind": "direct"}  # the owner of a feed, for `give`
_serial = count(1)


async def count_rows(conn: AsyncConnection, table: Table) -> int:
    return (await conn.execute(select(func.count()).select_from(table))).scalar_one()


async def listed(conn: AsyncConnection, *numbers: int) -> None:
    await papers.upsert(conn, [a_paper(number) for number in numbers], seen_at=NOW)


async def a_feed(
    conn: AsyncConnection,
    *,
    channel: int = 1,
    server: ServerId = SERVER,
    kind: FeedKind = FeedKind.CHANNEL,
    schedule: Schedule = WEEKDAYS,
    next_run_at: datetime = NOW,
) -> Feed:
    return await feeds.ensure(
        conn,
        place=Place(server_id=server, channel_id=ChannelId(channel), kind=kind),
        schedule=schedule,
        next_run_at=next_run_at,
        now=NOW,
    )


async def many_feeds(conn: AsyncConnection, number: int) -> list[Feed]:
    """That many feeds of one server, alike but for their channels; made in one statement."""
    first = await a_feed(conn)
    columns = "server_id, cadence, post_time, weekdays, timezone, style, min_upvotes, max_papers, next_run_at, created_at"
    await conn.execute(
        text(
            f"INSERT INTO feeds (channel_id, {columns}) "  # noqa: S608 - our own column names
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < :number) "
            f"SELECT i, {columns} FROM n, feeds"
        ),
        {"number": number},
    )
    made = await feeds.of_server(conn, first.server_id)
    assert len(made) == number
    return made


async def a_subscription(
    conn: AsyncConnection,
    feed_id: FeedId,
    canonical: str,
    *,
    since: date = TODAY,
    now: datetime = NOW,
    rules_version: int = 1,
) -> Subscription | None:
    return await subscriptions.add(
        conn,
        feed_id=feed_id,
        query=CompiledQuery(
            text=canonical.title(),
            canonical=canonical,
            expression=f'"{canonical}"',
            rules_version=rules_version,
        ),
        since=since,
        now=now,
    )


async def removed(conn: AsyncConnection, feed_id: FeedId, *, key: str = "ab12", now: datetime = NOW) -> None:
    """Removes all subscriptions of the feed."""
    for item in await subscriptions.of_feed(conn, feed_id):
        await subscriptions.end(conn, item.id, key=key, ran_at=None, now=now)


def planned(feed: Feed, *numbers: int) -> NewPost:
    return NewPost(
        feed_id=feed.id,
        channel_id=feed.channel_id,
        nonce=f"nonce-{next(_serial)}",
        entries=tuple(
            Entry(paper_id=paper_id(number), form=Form.CARD, queries=("agents", "Ünïcode “query”"))
            for number in numbers
        ),
    )


async def pending(conn: AsyncConnection, feed: Feed, *numbers: int, now: datetime = NOW) -> Post:
    """A pending post of papers that are listed for it."""
    await listed(conn, *numbers)
    (post,) = await added(conn, planned(feed, *numbers), now=now)
    return post


async def added(conn: AsyncConnection, *plans: NewPost, now: datetime = NOW) -> list[Post]:
    """What is stored of planned posts."""
    return await posts.by_ids(conn, await posts.add(conn, plans, now=now))


async def subscribed(conn: AsyncConnection, channel: int, schedule: Schedule = WEEKDAYS) -> Feed:
    feed = await a_feed(conn, channel=channel, schedule=schedule)
    await a_subscription(conn, feed.id, "agents")
    return feed


async def give(conn: AsyncConnection, feed: Feed, **owner: object) -> None:
    await conn.execute(update(tables.feeds).where(tables.feeds.c.id == feed.id).values(owner))


async def stored(conn: AsyncConnection, feed: Feed) -> Feed:
    found = await feeds.get(conn, feed.id)
    assert found is not None
    return found
