"""Follow-ups of sent posts: publishing the message, opening its thread; each has its own state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Exists, Integer, Select, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ChannelId, FeedId, FollowUpId, PaperId, PostId
from bot.core.posts import FollowUp, FollowUpKind, FollowUpState, PostState
from bot.core.shards import EVERYTHING, OwnedShards
from bot.store import shards, tables
from bot.store.feeds import is_active
from bot.store.statements import as_array, id_array, ids_from

_follow_ups = tables.follow_ups
_posts = tables.posts
_feeds = tables.feeds
_entries = tables.post_papers


async def add(
    conn: AsyncConnection, wanted: Mapping[PostId, Sequence[FollowUpKind]], *, now: datetime
) -> None:
    """Stores the follow-ups of these posts, to be done once the posts are sent.

    Protected by the lock on the feed, which is held since the posts were added.
    """
    rows = [
        {
            "post_id": post_id,
            "kind": kind.value,
            "state": FollowUpState.PENDING.value,
            "attempts": 0,
            "next_attempt_at": now,
        }
        for post_id, kinds in wanted.items()
        for kind in kinds
    ]
    if rows:
        await conn.execute(insert(_follow_ups), rows)


async def due(conn: AsyncConnection, post_id: PostId, *, now: datetime) -> None:
    """Makes the follow-ups of a sent post due now.

    Protected by the lock on the feed, under which the post becomes sent.
    """
    await conn.execute(_due, {"post": post_id, "next_attempt_at": now})


_due = update(_follow_ups).where(
    _follow_ups.c.post_id == bindparam("post"), _follow_ups.c.state == tables.PENDING
)


async def claimable(
    conn: AsyncConnection,
    now: datetime,
    *,
    limit: int,
    busy: Collection[ChannelId] = (),
    owned: OwnedShards = EVERYTHING,
) -> list[FollowUp]:
    """The follow-ups of owned shards to attempt now, of sent posts in channels that are not `busy`, the
    oldest first.
    """
    values = {"now": now, "busy": as_array(busy), "limit": limit}
    return await _fetch(conn, _claimable(), values | shards.values(owned))


@cache  # building it costs more than running it, at every read of the outbox
def _claimable() -> Select[Any]:
    return (
        _ready()
        .where(
            _follow_ups.c.next_attempt_at <= bindparam("now"),
            _posts.c.channel_id.not_in(ids_from("busy")),
            shards.is_owned(),
        )
        .order_by(_follow_ups.c.next_attempt_at, _follow_ups.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


def earliest() -> Select[Any]:
    """When `claimable` returns the next follow-up, as a part of `outbox.next_attempt_at`."""
    statement = _ready().where(_posts.c.channel_id.not_in(ids_from("busy")), shards.is_owned())
    next_at = func.min(_follow_ups.c.next_attempt_at).label("next_at")
    return statement.with_only_columns(next_at, maintain_column_froms=True)


def are_left() -> Exists:
    """The condition that a post has pending follow-ups, for a statement about posts."""
    pending = _follow_ups.c.state == tables.PENDING
    return exists().where(_follow_ups.c.post_id == _posts.c.id, pending).correlate(_posts)


async def postpone(
    conn: AsyncConnection, follow_up_id: FollowUpId, *, until: datetime, reason: str, code: int | None
) -> None:
    """Protected by the lease on the server's shard, and the lock on the feed."""
    values = {
        "next_attempt_at": until,
        "attempts": _follow_ups.c.attempts + 1,
        "reason": reason,
        "code": code,
    }
    await _set(conn, follow_up_id, **values)


async def mark_done(conn: AsyncConnection, follow_up_id: FollowUpId, *, now: datetime) -> None:
    """Protected by the lease on the server's shard, and the lock on the feed."""
    await _set(conn, follow_up_id, state=FollowUpState.DONE.value, ended_at=now, reason=None, code=None)


async def mark_failed(
    conn: AsyncConnection, follow_up_id: FollowUpId, *, reason: str, code: int | None, now: datetime
) -> None:
    """Protected by the lease on the server's shard, and the lock on the feed."""
    await _set(conn, follow_up_id, state=FollowUpState.FAILED.value, ended_at=now, reason=reason, code=code)


async def retry_failed(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> int:
    """Makes the feed's failed and pending follow-ups due now; returns how many.

    Protected by the lock on the feed, which the caller holds.
    """
    of_feed = select(_posts.c.id).where(_posts.c.feed_id == feed_id, _posts.c.state == PostState.SENT.value)
    statement = (
        update(_follow_ups)
        .where(_follow_ups.c.state != FollowUpState.DONE.value, _follow_ups.c.post_id.in_(of_feed))
        .values(state=FollowUpState.PENDING.value, ended_at=None, attempts=0, next_attempt_at=now)
    )
    return (await conn.execute(statement)).rowcount


async def give_up(conn: AsyncConnection, feed_id: FeedId, kind: FollowUpKind) -> None:
    """Deletes the feed's follow-ups of this kind that are not done.

    Protected by the lock on the feed, which the caller holds.
    """
    of_feed = select(_posts.c.id).where(_posts.c.feed_id == feed_id)
    condition = (_follow_ups.c.kind == kind.value) & (_follow_ups.c.state != FollowUpState.DONE.value)
    await conn.execute(delete(_follow_ups).where(condition, _follow_ups.c.post_id.in_(of_feed)))


async def with_problems(conn: AsyncConnection, feed_ids: Collection[FeedId], limit: int) -> list[FollowUp]:
    """The feeds' follow-ups that failed or wait after a failure, the newest first."""
    statement = _of_sent().where(
        _feeds.c.id.in_(id_array(feed_ids)),
        _follow_ups.c.state != FollowUpState.DONE.value,
        _follow_ups.c.reason.is_not(None),
    )
    return await _fetch(conn, statement.order_by(_follow_ups.c.id.desc()).limit(limit))


async def of_post(conn: AsyncConnection, post_id: PostId) -> list[FollowUp]:
    """The follow-ups of a sent post."""
    return await _fetch(conn, _of_sent().where(_follow_ups.c.post_id == post_id).order_by(_follow_ups.c.id))


def _of_sent() -> Select[Any]:
    return (
        select(
            *(_follow_ups.c[field.name] for field in fields(FollowUp) if field.name in _follow_ups.c),
            _posts.c.feed_id,
            _posts.c.channel_id,
            _posts.c.message_id,
            _feeds.c.server_id,
            _feeds.c.user_id,
        )
        .join(_posts, _posts.c.id == _follow_ups.c.post_id)
        .join(_feeds, _feeds.c.id == _posts.c.feed_id)
        .where(_posts.c.state == PostState.SENT.value)
    )


def _ready() -> Select[Any]:
    return _of_sent().where(_follow_ups.c.state == tables.PENDING, is_active())


async def _set(conn: AsyncConnection, follow_up_id: FollowUpId, **values: object) -> None:
    await conn.execute(update(_follow_ups).where(_follow_ups.c.id == follow_up_id).values(values))


async def _fetch(
    conn: AsyncConnection, statement: Select[Any], values: Mapping[str, object] | None = None
) -> list[FollowUp]:
    rows = (await conn.execute(statement, values)).mappings().all()
    papers: dict[int, list[PaperId]] = {row["post_id"]: [] for row in rows}
    if rows:
        of_posts = (
            select(_entries.c.post_id, _entries.c.paper_id)
            .where(_entries.c.post_id.in_(id_array(papers)))
            .order_by(_entries.c.post_id, _entries.c.position)
        )
        for post_id, paper_id in await conn.execute(of_posts):
            papers[post_id].append(PaperId(paper_id))
    return [FollowUp(**row, paper_ids=tuple(papers[row["post_id"]])) for row in rows]
