"""Steps: what follows on a message, ready once it was sent, each with its own state."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FollowUpId, MessageId, ServerId
from bot.core.posts import FollowUp, FollowUpKind, FollowUpState, Post
from bot.store import feeds, follow_ups, outbox
from tests.samples import NOW, paper_id
from tests.store.samples import HOUR, a_feed, added, listed, planned

MESSAGE = MessageId(900)


async def pending_with_follow_ups(
    conn: AsyncConnection, *kinds: FollowUpKind, channel: int = 1, server: int = 9
) -> Post:
    feed = await a_feed(conn, channel=channel, server=ServerId(server))
    await listed(conn, 1, 2)
    (post,) = await added(conn, planned(feed, 1, 2)._replace(follow_ups=kinds))
    return post


async def sent_with_follow_ups(
    conn: AsyncConnection, *kinds: FollowUpKind, channel: int = 1, server: int = 9
) -> list[FollowUp]:
    post = await pending_with_follow_ups(conn, *kinds, channel=channel, server=server)
    await outbox.mark_sent(conn, post.id, message_id=MESSAGE, now=NOW)
    return await follow_ups.of_post(conn, post.id)


async def test_a_follow_up_is_ready_once_its_message_is_sent(conn: AsyncConnection) -> None:
    post = await pending_with_follow_ups(conn, FollowUpKind.PUBLISH)
    assert await follow_ups.claimable(conn, NOW + HOUR, limit=9) == []
    await outbox.postpone(conn, post.id, until=NOW + 2 * HOUR, reason="No answer.", code=None)
    assert await outbox.next_attempt_at(conn) == NOW + 2 * HOUR
    await outbox.mark_sent(conn, post.id, message_id=MESSAGE, now=NOW + HOUR)
    assert await follow_ups.claimable(conn, NOW, limit=9) == []
    (follow_up,) = await follow_ups.claimable(conn, NOW + HOUR, limit=9)
    assert follow_up == FollowUp(
        id=follow_up.id,
        kind=FollowUpKind.PUBLISH,
        state=FollowUpState.PENDING,
        post_id=post.id,
        feed_id=post.feed_id,
        server_id=post.server_id,
        channel_id=post.channel_id,
        message_id=MESSAGE,
        paper_ids=(paper_id(1), paper_id(2)),
        next_attempt_at=NOW + HOUR,
    )


async def test_a_follow_up_that_is_done_or_failed_is_not_retried_automatically(conn: AsyncConnection) -> None:
    publish, thread = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, FollowUpKind.THREAD)
    await follow_ups.mark_done(conn, publish.id, now=NOW)
    await follow_ups.mark_failed(conn, thread.id, reason="No right.", code=50013, now=NOW)
    assert await follow_ups.claimable(conn, NOW + HOUR, limit=9) == []
    assert [follow_up.state for follow_up in await follow_ups.of_post(conn, publish.post_id)] == [
        FollowUpState.DONE,
        FollowUpState.FAILED,
    ]


async def test_a_failed_follow_up_is_retried_on_request_and_a_done_one_is_not(conn: AsyncConnection) -> None:
    publish, thread = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, FollowUpKind.THREAD)
    await follow_ups.mark_done(conn, publish.id, now=NOW)
    await follow_ups.mark_failed(conn, thread.id, reason="No right.", code=50013, now=NOW)
    assert await follow_ups.retry_failed(conn, thread.feed_id, now=NOW + HOUR) == 1
    assert [follow_up.id for follow_up in await follow_ups.claimable(conn, NOW + HOUR, limit=9)] == [
        thread.id
    ]


async def test_a_postponed_follow_up_counts_its_attempts_and_returns_when_due(conn: AsyncConnection) -> None:
    (follow_up,) = await sent_with_follow_ups(conn, FollowUpKind.THREAD)
    await follow_ups.postpone(conn, follow_up.id, until=NOW + HOUR, reason="Too many.", code=160006)
    assert await follow_ups.claimable(conn, NOW, limit=9) == []
    assert await outbox.next_attempt_at(conn) == NOW + HOUR
    (again,) = await follow_ups.claimable(conn, NOW + HOUR, limit=9)
    assert (again.attempts, again.reason, again.code) == (1, "Too many.", 160006)


async def test_follow_ups_of_busy_channels_and_blocked_feeds_are_left_out(conn: AsyncConnection) -> None:
    (first,) = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, channel=1)
    (second,) = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, channel=2)
    assert [
        follow_up.id for follow_up in await follow_ups.claimable(conn, NOW, limit=9, busy={first.channel_id})
    ] == [second.id]
    await feeds.block(conn, second.feed_id, reason="No right.", now=NOW)
    assert [follow_up.id for follow_up in await follow_ups.claimable(conn, NOW, limit=9)] == [first.id]


async def test_follow_ups_with_problems_are_listed_newest_first(conn: AsyncConnection) -> None:
    publish, thread = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, FollowUpKind.THREAD)
    (fine,) = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, channel=2)
    (elsewhere,) = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH, channel=3, server=8)
    await follow_ups.postpone(conn, publish.id, until=NOW + HOUR, reason="Some an hour.", code=None)
    await follow_ups.mark_failed(conn, thread.id, reason="No right.", code=50013, now=NOW)
    await follow_ups.mark_failed(conn, elsewhere.id, reason="No right.", code=50013, now=NOW)
    feed_ids = [publish.feed_id, fine.feed_id]
    assert [follow_up.id for follow_up in await follow_ups.with_problems(conn, feed_ids, 9)] == [
        thread.id,
        publish.id,
    ]
    assert len(await follow_ups.with_problems(conn, feed_ids, 1)) == 1


async def test_a_post_has_each_follow_up_once(conn: AsyncConnection) -> None:
    (follow_up,) = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await follow_ups.add(conn, {follow_up.post_id: [FollowUpKind.PUBLISH]}, now=NOW)


@pytest.mark.parametrize("change", ["state = 'done'", "state = 'lost'", "kind = 'dance'", "attempts = -1"])
async def test_a_state_that_contradicts_itself_is_refused(conn: AsyncConnection, change: str) -> None:
    await sent_with_follow_ups(conn, FollowUpKind.PUBLISH)
    with pytest.raises(IntegrityError, match=r"(?i)check"):
        await conn.execute(text(f"UPDATE follow_ups SET {change}"))  # noqa: S608 - the table above


async def test_an_unknown_follow_up_changes_nothing(conn: AsyncConnection) -> None:
    (follow_up,) = await sent_with_follow_ups(conn, FollowUpKind.PUBLISH)
    await follow_ups.mark_done(conn, FollowUpId(404), now=NOW)
    assert await follow_ups.of_post(conn, follow_up.post_id) == [follow_up]
