"""Feeds in the store: made once, changed alone, gone with their server."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Block, Feed, FeedKind, FeedSettings, Style
from bot.core.ids import ChannelId, FeedId, ServerId
from bot.core.schedules import Cadence, Schedule
from bot.store import feeds, outbox, posts, tables
from bot.store.database import Database
from tests.cases import each
from tests.fakes.feeds import feed_with, store_settings
from tests.samples import NOW
from tests.store.samples import (
    A_PERSONS,
    HOUR,
    SERVER,
    WEEKDAYS,
    a_feed,
    count_rows,
    give,
    pending,
    stored,
    subscribed,
)

LIVE = replace(WEEKDAYS, cadence=Cadence.LIVE)


async def test_a_new_feed_has_the_defaults_and_its_server(conn: AsyncConnection) -> None:
    channel = ChannelId(2**63 - 1)
    feed = await a_feed(conn, channel=channel)
    assert feed == Feed(
        id=feed.id,
        server_id=SERVER,
        channel_id=channel,
        settings=FeedSettings(schedule=WEEKDAYS),
        next_run_at=NOW,
        created_at=NOW,
    )
    assert await feeds.get(conn, feed.id) == feed
    assert await feeds.by_channel(conn, channel) == feed
    assert await count_rows(conn, tables.servers) == 1


async def test_a_channel_has_one_feed_which_stays_as_it_is(conn: AsyncConnection) -> None:
    first = await a_feed(conn)
    again = await a_feed(conn, schedule=LIVE, next_run_at=NOW + HOUR)
    assert again == first
    assert await count_rows(conn, tables.feeds) == 1


async def test_two_commands_at_once_make_one_feed(database: Database) -> None:
    for _ in range(2):
        async with database.write() as conn:
            await a_feed(conn)
    async with database.read() as conn:
        assert await count_rows(conn, tables.feeds) == 1


async def test_what_is_not_there_is_none(conn: AsyncConnection) -> None:
    assert await feeds.get(conn, FeedId(1)) is None
    assert await feeds.by_channel(conn, ChannelId(1)) is None


async def test_a_server_has_its_own_feeds(conn: AsyncConnection) -> None:
    mine = [await a_feed(conn, channel=channel) for channel in (5, 3)]
    await a_feed(conn, channel=4, server=ServerId(8))
    assert await feeds.of_server(conn, SERVER) == mine


async def test_a_pause_and_a_hold_keep_when_they_began(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    for hours, reason in enumerate(("No right to write.", "The channel is gone.")):
        await store_settings(conn, feed, is_paused=True, now=NOW + hours * HOUR)
        await feeds.block(conn, feed.id, reason=reason, now=NOW + hours * HOUR)
    found = await stored(conn, feed)
    assert found.paused_at == NOW
    assert found.block == Block(reason="The channel is gone.", since=NOW)
    assert await feeds.blocked(conn, SERVER) == [found]
    assert await feeds.blocked(conn, ServerId(8)) == []


async def test_a_schedule_and_a_style_are_changed_for_one_feed(conn: AsyncConnection) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    weekly = Schedule(
        cadence=Cadence.WEEKLY, time=time(17, 30), weekdays=frozenset({4}), timezone="Asia/Tokyo"
    )
    changes = {"schedule": weekly, "style": Style.DIGEST}
    await store_settings(conn, feed, next_run_at=NOW + HOUR, now=NOW, **changes)
    assert await stored(conn, feed) == feed_with(feed, next_run_at=NOW + HOUR, **changes)
    assert await stored(conn, other) == other


@each(
    ("column", "value", "check"),
    [
        ("cadence", "'hourly'", "ck_feeds_cadence"),
        ("style", "'poem'", "ck_feeds_style"),
        ("weekdays", "128", "ck_feeds_weekdays"),
        ("post_time", "'9:00'", "ck_feeds_post_time"),
        ("min_upvotes", "-1", "ck_feeds_min_upvotes"),
        ("max_papers", "0", "ck_feeds_max_papers"),
        ("block_reason", "'half a hold'", "ck_feeds_block"),
    ],
)
async def test_a_value_that_means_nothing_is_refused(
    conn: AsyncConnection, column: str, value: str, check: str
) -> None:
    await a_feed(conn)
    with pytest.raises(IntegrityError, match=check):
        async with conn.begin_nested():
            await conn.execute(text(f"UPDATE feeds SET {column} = {value}"))  # noqa: S608 - the table above


async def test_with_a_server_goes_all_that_is_its_own(conn: AsyncConnection) -> None:
    feed = await subscribed(conn, 1)
    post = await pending(conn, feed, 1)
    await conn.execute(delete(tables.servers))
    assert await count_rows(conn, tables.feeds) == 0
    assert await count_rows(conn, tables.subscriptions) == 0
    assert await posts.by_ids(conn, [post.id]) == []
    assert await posts.posted(conn, [feed.id]) == set()
    newer = await a_feed(conn)
    assert newer.id != feed.id, "an id is never given twice"


A_SERVERS = {"server_id": SERVER, "user_id": None, "kind": "channel"}


async def test_a_feed_may_be_a_persons_and_then_none_of_a_servers_lists_has_it(conn: AsyncConnection) -> None:
    ours, theirs = await subscribed(conn, 1), await subscribed(conn, 2)
    await give(conn, theirs, **A_PERSONS)
    await pending(conn, ours, 1)
    await pending(conn, theirs, 1)

    assert [feed.id for feed in await feeds.of_server(conn, SERVER)] == [ours.id]
    assert await feeds.count_in_use(conn, SERVER) == 1
    assert await posts.waiting(conn, SERVER) == {ours.id: 1}
    claimed = await outbox.claimable(conn, NOW, limit=10)
    assert {(post.feed_id, post.kind) for post in claimed} == {
        (ours.id, FeedKind.CHANNEL),
        (theirs.id, FeedKind.DIRECT),
    }


async def test_people_have_turns_of_their_own_beside_servers(conn: AsyncConnection) -> None:
    """Ten people's posts are not one server's: each is as near the front as a server's first."""
    for channel in range(1, 4):
        await pending(conn, await subscribed(conn, channel), 1)
    for channel in range(4, 7):
        feed = await subscribed(conn, channel)
        await give(conn, feed, **A_PERSONS | {"user_id": channel})
        await pending(conn, feed, 1)

    first = await outbox.claimable(conn, NOW, limit=4)

    assert [post.channel_id for post in first] == [1, 4, 5, 6]


@each(
    "owner",
    [
        A_SERVERS | {"server_id": None},
        A_PERSONS | {"server_id": SERVER},
        A_SERVERS | {"kind": "direct"},
        A_PERSONS | {"kind": "channel"},
    ],
)
async def test_a_feed_is_a_servers_or_a_persons_and_never_both_or_neither(
    conn: AsyncConnection, owner: dict[str, object]
) -> None:
    feed = await a_feed(conn)
    with pytest.raises(IntegrityError, match=r"ck_feeds_(owner|direct)"):
        async with conn.begin_nested():
            await give(conn, feed, **owner)
