"""The outbox: which posts are attempted next, and the result of each attempt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, exists, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.core.ids import ChannelId, FeedId, MessageId, PostId, ServerId
from bot.core.posts import Post, PostState
from bot.core.shards import EVERYTHING, OwnedShards
from bot.store import follow_ups, posts, shards, tables
from bot.store.column_types import UtcDateTime, keep_first
from bot.store.feeds import is_active
from bot.store.statements import as_array, id_array, ids_from, texts_from

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
    conn: AsyncConnection, *, busy: Collection[ChannelId] = (), owned: OwnedShards = EVERYTHING
) -> datetime | None:
    """When there is the next claimable post or follow-up; in the past if there is one now."""
    values = {"busy": as_array(busy), **shards.values(owned)}
    return (await conn.execute(_earliest(), values)).scalar_one()


@cache
def _earliest() -> Select[Any]:
    of_posts = (
        _heads()
        .where(_posts.c.channel_id.not_in(ids_from("busy")), shards.is_owned())
        .with_only_columns(func.min(_posts.c.next_attempt_at).label("next_at"), maintain_column_froms=True)
    )
    both = union_all(of_posts, follow_ups.earliest()).subquery()
    return select(func.min(both.c.next_at))


async def is_any_due(conn: AsyncConnection, channel_ids: Collection[ChannelId], now: datetime) -> bool:
    """Whether the next post of one of the channels is due."""
    values = {"channels": as_array(channel_ids), "now": now}
    return (await conn.execute(_due(), values)).first() is not None


@cache
def _due() -> Select[Any]:
    of_channels = _posts.c.channel_id.in_(ids_from("channels"))
    return _heads().where(of_channels, _posts.c.next_attempt_at <= bindparam("now")).limit(1)


async def begin_attempts(
    conn: AsyncConnection, nonces: Collection[str], *, now: datetime, next_attempt_at: datetime
) -> set[PostId]:
    """Records attempts before anything is sent; returns the posts that may be sent.

    The nonces are those of the posts when they were claimed: a post gets another one when its papers change.
    `next_attempt_at` applies if an attempt's result is never recorded. Protected by a single statement that
    asks for all of it, the leases on the servers' shards, and the locks on the feeds.
    """
    values = {"nonces": as_array(nonces), "now": now, "until": next_attempt_at}
    return {PostId(post_id) for post_id in (await conn.execute(_begin(), values)).scalars()}


@cache
def _begin() -> ReturningUpdate[Any]:
    active = exists().where(_feeds.c.id == _posts.c.feed_id, is_active())
    claimed = _posts.c.nonce.in_(texts_from("nonces"))
    return (
        update(_posts)
        .where(claimed, _posts.c.state == PostState.PENDING.value, active)
        .values(
            first_attempt_at=func.coalesce(_posts.c.first_attempt_at, bindparam("now", type_=UtcDateTime())),
            attempts=_posts.c.attempts + 1,
            next_attempt_at=bindparam("until"),
        )
        .returning(_posts.c.id)
    )


async def followed(conn: AsyncConnection, post_ids: Collection[PostId]) -> set[PostId]:
    """Those of the posts after which another pending one of their channel is to be sent."""
    current = _posts.alias("this")
    later = exists().where(
        _posts.c.state == tables.PENDING,
        _posts.c.unconfirmed_since.is_(None),
        _posts.c.channel_id == current.c.channel_id,
        _posts.c.queue > current.c.queue,
    )
    rows = await conn.execute(select(current.c.id).where(current.c.id.in_(id_array(post_ids)), later))
    return set(rows.scalars())


async def forget_first_attempt(conn: AsyncConnection, post_id: PostId) -> None:
    """Records that no attempt so far can have sent the message.

    Protected by the lease on the server's shard, and the lock on the feed.
    """
    await _set(conn, post_id, first_attempt_at=None)


async def mark_sent(conn: AsyncConnection, post_id: PostId, *, message_id: MessageId, now: datetime) -> bool:
    """Marks the post as sent; returns whether its feed has problems that a sent message ends.

    Protected by the lease on the server's shard, and the lock on the feed.
    """
    sent = {"state": PostState.SENT.value, "message_id": message_id, "sent_at": now}
    values = {"failed_at": None, "unconfirmed_since": None, "failures": 0, "reason": None, "code": None}
    row = (await conn.execute(_sent, {"post": post_id, **sent, **values})).one_or_none()
    if row is None:  # deleted meanwhile, with its feed
        return False
    if row.has_follow_ups:
        await follow_ups.due(conn, post_id, now=now)
    return row.has_problems


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
# Nearly always there is nothing else to do, which the same statement can tell.
_sent = _of_post.returning(
    follow_ups.are_left().label("has_follow_ups"),
    or_(
        exists().where(_feeds.c.id == _posts.c.feed_id, _feeds.c.blocks_in_a_row > 0).correlate(_posts),
        exists().where(tables.notices.c.feed_id == _posts.c.feed_id).correlate(_posts),
    ).label("has_problems"),
)


async def delayed(conn: AsyncConnection, server_id: ServerId) -> list[Post]:
    """The server's posts that are next in their channel and wait after a failed attempt."""
    return await posts.fetch(
        conn, _heads().where(_feeds.c.server_id == server_id, _posts.c.reason.is_not(None))
    )
