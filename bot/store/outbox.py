"""The outbox: which posts are attempted next, and the result of each attempt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Update,
    bindparam,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ChannelId, FeedId, MessageId, PostId, ServerId
from bot.core.posts import Post, PostState
from bot.core.shards import EVERYTHING, OwnedShards
from bot.store import follow_ups, posts, shards, tables
from bot.store.column_types import UtcDateTime, keep_first
from bot.store.feeds import is_active
from bot.store.statements import as_array, ids_from

_posts = tables.posts
_feeds = tables.feeds


@cache  # building it takes half a millisecond, at every read of the outbox
def _heads() -> Select[Any]:
    """The oldest pending post of each channel, where its feed is active.

    A post that waits delays the later ones of its channel, so that they are sent in the planned order. An
    unconfirmed post does not.
    """
    earlier = _posts.alias("earlier")
    return posts.with_feeds().where(
        _posts.c.state == tables.PENDING,
        _posts.c.unconfirmed_since.is_(None),
        is_active(),
        ~exists().where(
            earlier.c.state == tables.PENDING,
            earlier.c.unconfirmed_since.is_(None),
            earlier.c.channel_id == _posts.c.channel_id,
            earlier.c.queue < _posts.c.queue,
        ),
    )


async def claimable(
    conn: AsyncConnection,
    now: datetime,
    *,
    limit: int,
    busy: Mapping[ChannelId, int] | None = None,
    owned: OwnedShards = EVERYTHING,
) -> list[Post]:
    """The posts of owned shards to attempt now, at most one per channel, taking turns between servers and
    people, the oldest first.

    `busy` has the channels with a request in flight, which are left out, each with the id of its server or
    person; it counts as a turn that they have had.
    """
    busy = busy or {}
    turns_had = as_array(busy.values())
    values = {"now": now, "busy": as_array(busy), "turns_had": turns_had, "limit": limit}
    return await posts.fetch(conn, _claimable(), values | shards.values(owned))


@cache
def _claimable() -> Select[Any]:
    first = (_posts.c.next_attempt_at, _posts.c.id)
    owner = _feeds.c.owner_id  # a person's feed takes turns of its own
    turns_had = ids_from("turns_had").subquery()
    had = select(func.count()).where(turns_had.c.value == owner).scalar_subquery()
    turn = func.row_number().over(partition_by=owner, order_by=first) + had
    return (
        _heads()
        .where(
            _posts.c.next_attempt_at <= bindparam("now"),
            _posts.c.channel_id.not_in(ids_from("busy")),
            shards.is_owned(),
        )
        .order_by(turn, *first)
        .limit(bindparam("limit", type_=Integer))
    )


async def next_attempt_at(
    conn: AsyncConnection,
    *,
    channel_id: ChannelId | None = None,
    busy: Collection[ChannelId] = (),
    owned: OwnedShards = EVERYTHING,
) -> datetime | None:
    """When `claimable` returns the next post (of this channel); in the past if it would now."""
    values: dict[str, object] = {"busy": as_array(busy), **shards.values(owned)}
    if channel_id is not None:
        values["channel"] = channel_id
    return (await conn.execute(_earliest(of_channel=channel_id is not None), values)).scalar_one()


@cache
def _earliest(*, of_channel: bool) -> Select[Any]:
    statement = _heads().where(_posts.c.channel_id.not_in(ids_from("busy")), shards.is_owned())
    if of_channel:
        statement = statement.where(_posts.c.channel_id == bindparam("channel"))
    return statement.with_only_columns(func.min(_posts.c.next_attempt_at), maintain_column_froms=True)


async def begin_attempt(
    conn: AsyncConnection,
    post_id: PostId,
    *,
    now: datetime,
    next_attempt_at: datetime,
    nonce: str | None = None,
) -> bool:
    """Records an attempt before anything is sent; returns False if the post must not be sent any more.

    `next_attempt_at` applies if this attempt's result is never recorded. `nonce` is that of the post when it
    was claimed; it changes when the post's papers change. Protected by a single statement that asks for all
    of it, the lease on the server's shard, and the lock on the feed.
    """
    values = {"post": post_id, "now": now, "until": next_attempt_at}
    statement = _begin()
    if nonce is not None:
        statement, values = (
            statement.where(_posts.c.nonce == bindparam("claimed")),
            values | {"claimed": nonce},
        )
    return (await conn.execute(statement, values)).rowcount == 1


@cache
def _begin() -> Update:
    active = exists().where(_feeds.c.id == _posts.c.feed_id, is_active())
    return (
        update(_posts)
        .where(_posts.c.id == bindparam("post"), _posts.c.state == PostState.PENDING.value, active)
        .values(
            first_attempt_at=func.coalesce(_posts.c.first_attempt_at, bindparam("now", type_=UtcDateTime())),
            attempts=_posts.c.attempts + 1,
            next_attempt_at=bindparam("until"),
        )
    )


async def is_followed(conn: AsyncConnection, post_id: PostId) -> bool:
    """Whether another pending post of its channel is to be sent after this one."""
    current = _posts.alias("this")
    later = exists().where(
        _posts.c.state == tables.PENDING,
        _posts.c.unconfirmed_since.is_(None),
        _posts.c.channel_id == current.c.channel_id,
        _posts.c.queue > current.c.queue,
    )
    return (
        await conn.execute(select(current.c.id).where(current.c.id == post_id, later))
    ).first() is not None


async def forget_first_attempt(conn: AsyncConnection, post_id: PostId) -> None:
    """Records that no attempt so far can have sent the message.

    Protected by the lease on the server's shard, and the lock on the feed.
    """
    await _set(conn, post_id, first_attempt_at=None)


async def mark_sent(conn: AsyncConnection, post_id: PostId, *, message_id: MessageId, now: datetime) -> None:
    """Protected by the lease on the server's shard, and the lock on the feed."""
    sent = {"state": PostState.SENT.value, "message_id": message_id, "sent_at": now}
    await _set(
        conn, post_id, **sent, failed_at=None, unconfirmed_since=None, failures=0, reason=None, code=None
    )
    await follow_ups.due(conn, post_id, now=now)


async def mark_failed(
    conn: AsyncConnection, post_id: PostId, *, reason: str, code: int | None, now: datetime
) -> bool:
    """Marks the post as failed; returns whether this is the first time.

    Protected by the lock on the feed: nobody retries the post between the question and the answer.
    """
    failed_before = select(_posts.c.first_failed_at).where(_posts.c.id == post_id)
    is_first = (await conn.execute(failed_before)).scalar_one_or_none() is None
    failed = {"state": PostState.FAILED.value, "failed_at": now, "unconfirmed_since": None}
    first_failed_at = {"first_failed_at": keep_first(_posts.c.first_failed_at, now)}
    await _set(conn, post_id, first_failed_at, **failed, reason=reason, code=code)
    return is_first


async def postpone(
    conn: AsyncConnection, post_id: PostId, *, until: datetime, reason: str, code: int | None
) -> None:
    """Protected by the lease on the server's shard, and the lock on the feed."""
    failures = {"failures": _posts.c.failures + 1}
    await _set(conn, post_id, failures, next_attempt_at=until, reason=reason, code=code)


async def unconfirmed(
    conn: AsyncConnection, post_id: PostId, *, reason: str, code: int, now: datetime
) -> None:
    """Sets the post aside: it may have arrived, and the bot cannot look.

    Protected by the lease on the server's shard, and the lock on the feed.
    """
    since = {"unconfirmed_since": keep_first(_posts.c.unconfirmed_since, now)}
    await _set(conn, post_id, since, reason=reason, code=code)


async def retry_unconfirmed(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> list[PostId]:
    """Makes the feed's unconfirmed posts due now; returns them.

    Protected by a single statement, under the lock on the feed.
    """
    condition = (_posts.c.feed_id == feed_id) & _posts.c.unconfirmed_since.is_not(None)
    statement = (
        update(_posts)
        .where(condition)
        .values(unconfirmed_since=None, next_attempt_at=now, reason=None, code=None)
        .returning(_posts.c.id)
    )
    return sorted(PostId(post_id) for post_id in (await conn.execute(statement)).scalars())


async def retry_failed(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> int:
    """Makes the feed's failed posts pending and due now, with reset counters; returns how many.

    Protected by a single statement, under the lock on the feed.
    """
    statement = (
        update(_posts)
        .where(_posts.c.feed_id == feed_id, _posts.c.state == PostState.FAILED.value)
        .values(
            state=PostState.PENDING.value,
            failed_at=None,
            refusal=None,
            attempts=0,
            failures=0,
            next_attempt_at=now,
        )
    )
    return (await conn.execute(statement)).rowcount


async def make_due(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> list[PostId]:
    """Makes the feed's pending posts due now; returns them. See `retry_unconfirmed` for unconfirmed ones.

    Protected by the lock on the feed: the posts that are returned are those that are changed.
    """
    condition = (
        (_posts.c.feed_id == feed_id)
        & (_posts.c.state == PostState.PENDING.value)
        & _posts.c.unconfirmed_since.is_(None)
    )
    ids = await conn.execute(select(_posts.c.id).where(condition).order_by(_posts.c.id))
    post_ids = [PostId(post_id) for post_id in ids.scalars()]
    await conn.execute(update(_posts).where(condition).values(next_attempt_at=now, reason=None, code=None))
    return post_ids


async def _set(
    conn: AsyncConnection,
    post_id: PostId,
    computed: Mapping[str, ColumnElement[Any]] = MappingProxyType({}),
    /,
    **values: object,
) -> None:
    statement = _of_post.values(computed) if computed else _of_post
    await conn.execute(statement, {"post": post_id, **values})


_of_post = update(_posts).where(_posts.c.id == bindparam("post"))


async def delayed(conn: AsyncConnection, server_id: ServerId) -> list[Post]:
    """The server's posts that are next in their channel and wait after a failed attempt."""
    return await posts.fetch(
        conn, _heads().where(_feeds.c.server_id == server_id, _posts.c.reason.is_not(None))
    )
