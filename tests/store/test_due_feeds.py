"""Due feeds in the store: due when they should be, in chunks of owners, and moved on by a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import LastRun
from bot.core.ids import FeedId, ServerId
from bot.core.schedules import Cadence
from bot.store import due_feeds, feeds, subscriptions, tables
from bot.store.due_feeds import DueFeed
from tests.fakes.feeds import store_settings
from tests.samples import NOW, TODAY
from tests.store.samples import (
    A_PERSONS,
    HOUR,
    SERVER,
    WEEKDAYS,
    a_feed,
    a_subscription,
    give,
    removed,
    stored,
    subscribed,
)

LIVE = replace(WEEKDAYS, cadence=Cadence.LIVE)


async def ids_due(conn: AsyncConnection, now: datetime) -> list[FeedId]:
    return [feed.id for feed in (await due_feeds.chunk(conn, now)).due]


async def test_a_feed_is_due_from_its_next_run_on(conn: AsyncConnection) -> None:
    feed = await subscribed(conn, 1)
    assert await ids_due(conn, NOW - HOUR) == []
    assert await ids_due(conn, NOW) == [feed.id]
    assert await ids_due(conn, NOW + 1000 * HOUR) == [feed.id]
    assert await due_feeds.next_due_at(conn) == NOW


async def test_a_feed_without_subscriptions_is_never_due(conn: AsyncConnection) -> None:
    feed = await subscribed(conn, 1)
    await removed(conn, feed.id)
    assert await ids_due(conn, NOW) == []
    assert await due_feeds.next_due_at(conn) is None


async def test_a_paused_or_held_feed_is_not_due_until_it_is_resumed(conn: AsyncConnection) -> None:
    paused, blocked = await subscribed(conn, 1), await subscribed(conn, 2)
    await store_settings(conn, paused, is_paused=True, now=NOW)
    await feeds.block(conn, blocked.id, reason="No right to write.", now=NOW)
    assert await ids_due(conn, NOW) == []
    assert await due_feeds.next_due_at(conn) is None
    for feed in (paused, blocked):
        await feeds.resume(conn, feed.id, next_run_at=NOW + HOUR)
    assert await ids_due(conn, NOW) == []
    assert await due_feeds.next_due_at(conn) == NOW + HOUR
    assert await ids_due(conn, NOW + HOUR) == [paused.id, blocked.id]


async def test_a_live_feed_is_due_at_every_run_but_rings_no_bell(conn: AsyncConnection) -> None:
    live = await subscribed(conn, 1, LIVE)
    assert await ids_due(conn, NOW) == [live.id]
    assert await due_feeds.next_due_at(conn) is None


async def test_finished_runs_move_each_feed_to_its_own_next_run(conn: AsyncConnection) -> None:
    one, two, three = [await a_feed(conn, channel=channel) for channel in (1, 2, 3)]
    await due_feeds.finish_runs(conn, [(one.id, NOW + HOUR), (two.id, NOW + 2 * HOUR)], now=NOW)
    await due_feeds.finish_runs(conn, [], now=NOW)
    assert await stored(conn, one) == replace(one, next_run_at=NOW + HOUR, last_run_at=NOW)
    assert await stored(conn, two) == replace(two, next_run_at=NOW + 2 * HOUR, last_run_at=NOW)
    assert await stored(conn, three) == three


async def test_a_run_that_was_not_whole_moves_the_next_run_alone(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await due_feeds.finish_runs(conn, [(feed.id, NOW)], now=NOW)
    await due_feeds.finish_runs(conn, [(feed.id, NOW + HOUR)], now=NOW, is_complete=False)
    assert await stored(conn, feed) == replace(feed, next_run_at=NOW + HOUR, last_run_at=NOW)


async def test_the_result_of_a_run_is_stored_for_each_feed(conn: AsyncConnection) -> None:
    one, two, three, four = [await a_feed(conn, channel=channel) for channel in (1, 2, 3, 4)]
    quiet, busy = LastRun(new=0, matched=0, planned=0), LastRun(new=40, matched=7, planned=5)
    await due_feeds.finish_runs(
        conn,
        [(feed.id, NOW) for feed in (one, two, three, four)],
        now=NOW,
        figures={one.id: quiet, two.id: busy, three.id: quiet},
    )
    assert [(await stored(conn, feed)).last_run for feed in (one, two, three, four)] == [
        quiet,
        busy,
        quiet,
        None,
    ]


async def test_a_clock_set_back_does_not_silence_a_live_feed(conn: AsyncConnection) -> None:
    live = await subscribed(conn, 1, LIVE)
    assert await ids_due(conn, NOW - 5 * HOUR) == [live.id]


async def test_due_feeds_are_read_in_chunks_of_servers(conn: AsyncConnection) -> None:
    # The numbers of subscriptions of each feed, by server; a chunk has three at most.
    sizes = {1: [1, 2], 2: [1], 3: [1], 4: [2, 2, 5], 5: [1]}
    channels = iter(range(1, 10))
    for server, of_feeds in sizes.items():
        for size in of_feeds:
            feed = await a_feed(conn, channel=next(channels), server=ServerId(server))
            for number in range(size):
                await a_subscription(conn, feed.id, f"query {number}")
    chunks: list[list[int]] = []
    after: DueFeed | None = None
    is_last = False
    while not is_last:
        due, is_last = await due_feeds.chunk(conn, NOW, after=after, at_most=3)
        chunks.append([feed.id for feed in due])
        after = due[-1]
    assert chunks == [[1, 2], [3, 4], [5], [6], [7], [8]]
    assert await ids_due(conn, NOW) == [*range(1, 9)]


async def test_the_feeds_of_people_are_due_like_those_of_servers(conn: AsyncConnection) -> None:
    chunks: list[list[int]] = []
    for channel in range(1, 6):
        feed = await subscribed(conn, channel)
        if channel % 2:
            await give(conn, feed, **A_PERSONS | {"user_id": channel})
    after: DueFeed | None = None
    is_last = False
    while not is_last:
        due, is_last = await due_feeds.chunk(conn, NOW, after=after, at_most=2)
        chunks.append([feed.id for feed in due])
        after = due[-1]
    assert chunks == [[1, 3], [5], [2, 4]]  # of persons 1, 3 and 5, and of the server
    assert await ids_due(conn, NOW) == [1, 3, 5, 2, 4]


async def test_a_due_feed_comes_with_its_subscriptions_in_short(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    for number, query in enumerate(("agents", "video")):
        await a_subscription(conn, feed.id, query, since=TODAY - timedelta(days=number))
    await a_subscription(conn, feed.id, "removed")
    (_, _, last) = await subscriptions.of_feed(conn, feed.id)
    await subscriptions.end(conn, last.id, key="ab12", ran_at=None, now=NOW)
    (due,), _ = await due_feeds.chunk(conn, NOW)
    assert due == DueFeed(
        id=feed.id,
        owner_id=SERVER,
        schedule=WEEKDAYS,
        next_run_at=NOW,
        last_run_at=None,
        checked_at=NOW,
        expressions=['"agents"', '"video"'],
        since=TODAY - timedelta(days=1),
        has_resumed=False,
    )
    await subscriptions.resume(conn, last.id, text="removed", since=TODAY, now=NOW)
    (due,), _ = await due_feeds.chunk(conn, NOW)
    assert len(due.expressions) == 3
    assert due.has_resumed


async def test_the_last_check_of_due_feeds_is_the_earliest_with_all_their_subscriptions(
    conn: AsyncConnection,
) -> None:
    assert await due_feeds.last_check(conn, NOW) is None
    one, two = await subscribed(conn, 1), await subscribed(conn, 2)
    assert await due_feeds.last_check(conn, NOW) == NOW  # when they were made
    await due_feeds.finish_runs(conn, [(one.id, NOW), (two.id, NOW + 9 * HOUR)], now=NOW + 5 * HOUR)
    assert await due_feeds.last_check(conn, NOW + HOUR) == NOW + 5 * HOUR
    await conn.execute(
        update(tables.subscriptions)
        .where(tables.subscriptions.c.feed_id == one.id)
        .values(resumed_at=NOW + 6 * HOUR, resumed_ran_at=NOW + 2 * HOUR)
    )
    assert await due_feeds.last_check(conn, NOW + HOUR) == NOW + 2 * HOUR
    await due_feeds.finish_runs(conn, [(one.id, NOW)], now=NOW + 7 * HOUR)
    assert await due_feeds.last_check(conn, NOW + HOUR) == NOW + 7 * HOUR
