"""The outbox: which posts are pending, in which order, and each once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed
from bot.core.ids import MessageId, PostId, ServerId
from bot.core.posts import NewPost, Post, PostState
from bot.store import feeds, outbox, papers, posts, tables
from bot.store.database import Database
from tests.cases import each
from tests.fakes.feeds import store_settings
from tests.samples import NOW, TODAY, a_paper, paper_id
from tests.store.samples import HOUR, SERVER, a_feed, added, count_rows, listed, pending, planned
from tests.stores import Store, open_database

MESSAGE = MessageId(2**63 - 1)


async def stored(conn: AsyncConnection, post: Post) -> Post:
    (found,) = await posts.by_ids(conn, [post.id])
    return found


async def claimed(conn: AsyncConnection, *, hours: int = 0, limit: int = 100) -> list[PostId]:
    return [post.id for post in await outbox.claimable(conn, NOW + hours * HOUR, limit=limit)]


async def fail(conn: AsyncConnection, post: Post, *, hours: int = 0) -> None:
    await outbox.mark_failed(
        conn, post.id, reason="The embed is too long.", code=50035, now=NOW + hours * HOUR
    )


async def test_a_planned_post_is_stored_as_pending_with_its_papers_in_order(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await listed(conn, 1, 2, 3)
    plan = planned(feed, 3, 1, 2)
    (post,) = await added(conn, plan)
    assert post == Post(
        id=post.id,
        feed_id=feed.id,
        server_id=feed.server_id,
        channel_id=feed.channel_id,
        state=PostState.PENDING,
        nonce=plan.nonce,
        entries=plan.entries,
        planned_at=NOW,
        next_attempt_at=NOW,
    )
    assert await posts.by_ids(conn, [post.id, PostId(404)]) == [post]


async def test_a_paper_is_planned_once_for_a_feed(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await pending(conn, feed, 1, 2)
    await listed(conn, 3)
    (second,) = await added(conn, planned(feed, 1, 3, 2))
    assert [entry.paper_id for entry in second.entries] == [paper_id(3)]
    assert await stored(conn, second) == second


async def test_a_post_without_papers_is_not_stored(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await pending(conn, feed, 1)
    assert await posts.add(conn, [planned(feed, 1), planned(feed)], now=NOW) == {}
    assert await posts.add(conn, [], now=NOW) == {}
    assert await posts.counts(conn, feed.id) == {
        PostState.PENDING: 1,
        PostState.SENT: 0,
        PostState.FAILED: 0,
    }


async def test_two_posts_of_one_plan_do_not_share_a_paper(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await listed(conn, 1, 2)
    first, second = await added(conn, planned(feed, 1), planned(feed, 1, 2))
    assert [entry.paper_id for entry in (*first.entries, *second.entries)] == [paper_id(1), paper_id(2)]


async def test_another_feed_gets_the_same_paper(conn: AsyncConnection) -> None:
    for channel in (1, 2):
        await pending(conn, await a_feed(conn, channel=channel), 1)


@pytest.mark.parametrize("state", list(PostState))
async def test_a_paper_counts_as_posted_in_every_state_of_its_post(
    conn: AsyncConnection, state: PostState
) -> None:
    feed = await a_feed(conn)
    post = await pending(conn, feed, 1)
    if state is PostState.SENT:
        await outbox.mark_sent(conn, post.id, message_id=MESSAGE, now=NOW)
    if state is PostState.FAILED:
        await fail(conn, post)
    assert await posts.add(conn, [planned(feed, 1)], now=NOW) == {}
    assert await posts.posted(conn, [feed.id]) == {(feed.id, paper_id(1))}


async def test_the_table_itself_refuses_a_second_time(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await pending(conn, feed, 1)
    other = await pending(conn, feed, 2)
    row = {
        "post_id": other.id,
        "position": 9,
        "feed_id": feed.id,
        "paper_id": paper_id(1),
        "form": "card",
        "queries": (),
    }
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await conn.execute(insert(tables.post_papers), row)


async def test_a_paper_that_is_not_stored_cannot_be_planned(conn: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await posts.add(conn, [planned(await a_feed(conn), 1)], now=NOW)


async def test_a_nonce_is_used_once(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    first = await pending(conn, feed, 1)
    await listed(conn, 2)
    with pytest.raises(IntegrityError, match="nonce"):
        await posts.add(conn, [planned(feed, 2)._replace(nonce=first.nonce)], now=NOW)


async def test_two_plans_with_one_nonce_are_an_error(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await listed(conn, 1, 2)
    plan = planned(feed, 1)
    with pytest.raises(IntegrityError, match="nonce"):
        await posts.add(conn, [plan, planned(feed, 2)._replace(nonce=plan.nonce)], now=NOW)


async def test_processes_that_plan_at_the_same_time_store_their_own_posts(
    database: Database, tmp_path: Path, each_store: Store
) -> None:
    """On SQLite, which several processes may not write, they do so one after the other."""
    other = await open_database(tmp_path / "data" / "paperboy.db")
    async with database.write() as conn:
        made = [await a_feed(conn, channel=channel) for channel in range(1, 9)]
        await listed(conn, 1, 2)

    async def plan(its: Database, feed: Feed) -> tuple[Post, NewPost]:
        wanted = planned(feed, 1, 2)
        async with its.write() as conn:
            (post,) = await added(conn, wanted)
        return post, wanted

    try:
        if each_store is Store.POSTGRESQL:
            results = await asyncio.gather(*map(plan, (database, other) * 4, made))
        else:
            results = [await plan(its, feed) for its, feed in zip((database, other) * 4, made, strict=True)]
    finally:
        await other.close()
    for post, wanted in results:
        assert (post.feed_id, post.nonce, post.entries) == (wanted.feed_id, wanted.nonce, wanted.entries)


async def test_posted_papers_can_be_limited_by_list_day(conn: AsyncConnection) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    await pending(conn, feed, 1, 2)
    await pending(conn, other, 2)
    await papers.upsert(conn, [a_paper(2, list_day=TODAY + timedelta(days=2))], seen_at=NOW)
    later = TODAY + timedelta(days=1)
    assert await posts.posted(conn, [feed.id], since=later) == {(feed.id, paper_id(2))}
    assert await posts.posted(conn, [feed.id]) == {(feed.id, paper_id(1)), (feed.id, paper_id(2))}
    assert await posts.posted(conn, []) == set()


async def test_only_the_oldest_post_of_a_channel_can_be_claimed(conn: AsyncConnection) -> None:
    one, two = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    first, second, other = (
        await pending(conn, one, 1),
        await pending(conn, one, 2),
        await pending(conn, two, 1),
    )
    assert await outbox.claimable(conn, NOW, limit=100) == [first, other]
    assert await claimed(conn, limit=1) == [first.id]
    await outbox.mark_sent(conn, first.id, message_id=MESSAGE, now=NOW)
    assert await claimed(conn) == [second.id, other.id]


async def test_a_post_that_waits_delays_only_its_channel(conn: AsyncConnection) -> None:
    one, two = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    first, _second = await pending(conn, one, 1), await pending(conn, one, 2)
    other = await pending(conn, two, 1)
    await outbox.postpone(conn, first.id, until=NOW + 2 * HOUR, reason="Discord is down.", code=0)
    assert await claimed(conn, hours=1) == [other.id]
    assert await claimed(conn, hours=2) == [other.id, first.id]
    await outbox.mark_sent(conn, other.id, message_id=MESSAGE, now=NOW)
    assert await outbox.next_attempt_at(conn) == NOW + 2 * HOUR
    found = await stored(conn, first)
    assert (found.state, found.reason, found.code) == (PostState.PENDING, "Discord is down.", 0)


async def test_the_posts_of_paused_and_blocked_feeds_wait(conn: AsyncConnection) -> None:
    paused, blocked = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    await pending(conn, paused, 1)
    await pending(conn, blocked, 1)
    await store_settings(conn, paused, is_paused=True, now=NOW)
    await feeds.block(conn, blocked.id, reason="No right to write.", now=NOW)
    assert await claimed(conn) == []
    assert await outbox.next_attempt_at(conn) is None
    for feed in (paused, blocked):
        await feeds.resume(conn, feed.id, next_run_at=NOW)
    assert len(await claimed(conn)) == 2


async def test_nothing_is_next_if_nothing_is_pending(conn: AsyncConnection) -> None:
    assert await outbox.next_attempt_at(conn) is None
    post = await pending(conn, await a_feed(conn), 1)
    assert await outbox.next_attempt_at(conn) == NOW
    await outbox.mark_sent(conn, post.id, message_id=MESSAGE, now=NOW)
    assert await outbox.next_attempt_at(conn) is None


async def test_attempts_are_counted_from_the_first(conn: AsyncConnection) -> None:
    post = await pending(conn, await a_feed(conn), 1)
    for hours in (1, 2, 3):
        await outbox.begin_attempts(
            conn, [post.nonce], now=NOW + hours * HOUR, next_attempt_at=NOW + hours * HOUR
        )
    assert await stored(conn, post) == replace(
        post, first_attempt_at=NOW + HOUR, attempts=3, next_attempt_at=NOW + 3 * HOUR
    )


async def test_a_sent_post_forgets_why_it_had_waited(conn: AsyncConnection) -> None:
    post = await pending(conn, await a_feed(conn), 1)
    await outbox.postpone(conn, post.id, until=NOW + HOUR, reason="Discord is down.", code=0)
    await outbox.mark_sent(conn, post.id, message_id=MESSAGE, now=NOW + HOUR)
    assert await stored(conn, post) == replace(
        post,
        state=PostState.SENT,
        message_id=MESSAGE,
        sent_at=NOW + HOUR,
        next_attempt_at=NOW + HOUR,
    )
    assert await claimed(conn, hours=9) == []


async def test_failed_posts_are_listed_latest_first_and_pending_again_on_request(
    conn: AsyncConnection,
) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2, server=ServerId(8))
    first, second, elsewhere = (
        await pending(conn, feed, 1),
        await pending(conn, feed, 2),
        await pending(conn, other, 1),
    )
    await outbox.begin_attempts(conn, [first.nonce], now=NOW, next_attempt_at=NOW)
    for hours, post in enumerate((second, first, elsewhere)):
        await fail(conn, post, hours=hours)
    failed = await posts.failed(conn, [feed.id], 5)
    assert [(post.id, post.reason, post.code) for post in failed] == [
        (first.id, "The embed is too long.", 50035),
        (second.id, "The embed is too long.", 50035),
    ]
    assert [post.id for post in await posts.failed(conn, [feed.id], 1)] == [first.id]
    assert await claimed(conn, hours=9) == []
    assert await outbox.retry_failed(conn, feed.id, now=NOW + 9 * HOUR) == 2
    assert await claimed(conn, hours=9) == [first.id]
    again = await stored(conn, first)
    assert (again.attempts, again.first_attempt_at) == (0, NOW)
    assert (await stored(conn, elsewhere)).state is PostState.FAILED


async def test_the_post_of_a_paper_is_found(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    await pending(conn, feed, 1)
    post = await pending(conn, feed, 2, 3)
    assert await posts.of_paper(conn, feed.id, paper_id(3)) == post
    assert await posts.of_paper(conn, feed.id, paper_id(4)) is None


async def test_a_feeds_posts_are_counted_and_its_last_one_found(conn: AsyncConnection) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    one, two, three, four = [await pending(conn, feed, number) for number in (1, 2, 3, 4)]
    assert await posts.last_sent(conn, feed.id) is None
    await outbox.mark_sent(conn, two.id, message_id=MESSAGE, now=NOW + HOUR)
    await outbox.mark_sent(conn, one.id, message_id=MESSAGE, now=NOW)
    await fail(conn, three)
    assert await posts.counts(conn, feed.id) == dict.fromkeys(PostState, 1) | {PostState.SENT: 2}
    assert await posts.waiting(conn, SERVER) == {feed.id: 1}
    assert await posts.waiting(conn, ServerId(8)) == {}
    assert await posts.last_sent(conn, feed.id) == await stored(conn, two)
    assert await posts.last_sent(conn, other.id) is None
    assert (await stored(conn, four)).state is PostState.PENDING


@each(
    ("change", "check"),
    [
        ("state = 'lost'", "ck_posts_state"),
        ("state = 'sent'", "ck_posts_"),
        ("message_id = 5", "ck_posts_message_id"),
        ("sent_at = '2026-01-01 09:00:00Z'", "ck_posts_sent_at"),
        ("failed_at = '2026-01-01 09:00:00Z'", "ck_posts_failed_at"),
        ("nonce = 'twenty-six-characters-long'", "ck_posts_nonce|too long"),
    ],
)
async def test_a_state_that_contradicts_itself_is_refused(
    conn: AsyncConnection, change: str, check: str
) -> None:
    if not await count_rows(conn, tables.posts):
        await pending(conn, await a_feed(conn), 1)
    with pytest.raises(DBAPIError, match=check):
        async with conn.begin_nested():
            await conn.execute(text(f"UPDATE posts SET {change}"))  # noqa: S608 - the table above


async def test_a_busy_channel_is_left_out(conn: AsyncConnection) -> None:
    busy, quiet = [await pending(conn, await a_feed(conn, channel=channel), channel) for channel in (1, 2)]
    assert [
        post.id for post in await outbox.claimable(conn, NOW, limit=9, busy={busy.channel_id: busy.server_id})
    ] == [quiet.id]
    await outbox.postpone(conn, quiet.id, until=NOW + HOUR, reason="No answer.", code=None)
    assert await outbox.next_attempt_at(conn) == NOW
    assert await outbox.next_attempt_at(conn, busy=[busy.channel_id]) == NOW + HOUR


async def test_it_is_known_whether_the_next_post_of_some_channels_is_due(conn: AsyncConnection) -> None:
    first, second = [await pending(conn, await a_feed(conn, channel=channel), channel) for channel in (1, 2)]
    await outbox.postpone(conn, second.id, until=NOW + HOUR, reason="No answer.", code=None)
    assert await outbox.is_any_due(conn, [second.channel_id, first.channel_id], NOW)
    assert not await outbox.is_any_due(conn, [second.channel_id], NOW)
    assert await outbox.is_any_due(conn, [second.channel_id], NOW + HOUR)
    await feeds.block(conn, second.feed_id, reason="Gone.", now=NOW)
    assert not await outbox.is_any_due(conn, [second.channel_id], NOW + HOUR)


async def test_a_post_that_is_no_longer_pending_is_not_attempted(conn: AsyncConnection) -> None:
    post = await pending(conn, await a_feed(conn), 1)
    assert await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)
    await outbox.mark_sent(conn, post.id, message_id=MESSAGE, now=NOW)
    assert not await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)
    assert (await stored(conn, post)).attempts == 1


async def test_a_first_attempt_that_cannot_have_arrived_is_forgotten(conn: AsyncConnection) -> None:
    post = await pending(conn, await a_feed(conn), 1)
    await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)
    await outbox.forget_first_attempt(conn, post.id)
    assert await stored(conn, post) == replace(post, attempts=1)


async def test_an_unconfirmed_post_delays_no_other(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    first, second = await pending(conn, feed, 1), await pending(conn, feed, 2)
    await outbox.unconfirmed(conn, first.id, reason="Nobody can look.", code=50013, now=NOW)
    assert await claimed(conn) == [second.id]
    assert await outbox.make_due(conn, feed.id, now=NOW) == [second.id]
    await outbox.mark_sent(conn, second.id, message_id=MESSAGE, now=NOW)
    assert await outbox.next_attempt_at(conn) is None
    (unconfirmed,) = await posts.unconfirmed(conn, feed.server_id)
    assert (unconfirmed.id, unconfirmed.unconfirmed_since, unconfirmed.reason) == (
        first.id,
        NOW,
        "Nobody can look.",
    )
    assert await posts.unconfirmed(conn, ServerId(8)) == []


async def test_an_unconfirmed_post_that_can_be_searched_is_due(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    post = await pending(conn, feed, 1)
    await outbox.unconfirmed(conn, post.id, reason="Nobody can look.", code=50013, now=NOW)
    assert await outbox.retry_unconfirmed(conn, feed.id, now=NOW + HOUR) == [post.id]
    assert await claimed(conn, hours=1) == [post.id]
    assert await outbox.retry_unconfirmed(conn, feed.id, now=NOW + HOUR) == []


async def test_an_unconfirmed_post_can_become_sent_or_failed(
    conn: AsyncConnection,
) -> None:
    feed = await a_feed(conn)
    first, second = await pending(conn, feed, 1), await pending(conn, feed, 2)
    for post in (first, second):
        await outbox.unconfirmed(conn, post.id, reason="Nobody can look.", code=50013, now=NOW)
    await outbox.mark_sent(conn, first.id, message_id=MESSAGE, now=NOW)
    await fail(conn, second)
    assert await posts.unconfirmed(conn) == []


async def test_servers_take_turns_and_requests_in_flight_count(conn: AsyncConnection) -> None:
    large = [
        await pending(conn, await a_feed(conn, channel=number, server=ServerId(1)), number)
        for number in range(1, 7)
    ]
    small = await pending(conn, await a_feed(conn, channel=7, server=ServerId(2)), 7)
    first, second, *_ = large
    assert [post.id for post in await outbox.claimable(conn, NOW, limit=2)] == [first.id, small.id]
    busy = {first.channel_id: first.server_id}
    turns = [post.id for post in await outbox.claimable(conn, NOW, limit=2, busy=busy)]
    assert turns == [small.id, second.id]
    everything = await outbox.claimable(conn, NOW, limit=99)
    assert {post.id for post in everything} == {post.id for post in [*large, small]}


async def test_a_post_of_a_feed_that_was_just_paused_is_not_attempted(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    post = await pending(conn, feed, 1)
    await store_settings(conn, feed, is_paused=True, now=NOW)
    assert not await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)
    assert await stored(conn, post) == post
