"""Splitting: divides refused posts into parts, reduces them to the bare paper, and passes their ping on."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PostId
from bot.core.posts import Entry, Post, PostState
from bot.store import follow_ups, tables

_posts = tables.posts
_entries = tables.post_papers
_follow_ups = tables.follow_ups
_NONCE_BYTES = 12  # 24 hex digits: Discord accepts 25 characters


async def is_untried(conn: AsyncConnection, post_id: PostId) -> bool:
    """Whether no attempt so far can have sent the post's message."""
    first = select(_posts.c.first_attempt_at).where(_posts.c.id == post_id)
    return (await conn.execute(first)).scalar_one_or_none() is None


async def split(
    conn: AsyncConnection, post: Post, parts: Sequence[Sequence[Entry]], *, now: datetime
) -> list[PostId]:
    """Splits a pending post into several that are due now, in its place in the queue; returns them in order.

    The first part keeps the row and its ping. Each part has its own nonce and follow-ups. If an attempt may
    have sent the whole message, each part is searched for. Protected by the lock on the feed, under which
    the post is read again.
    """
    whole = (
        await conn.execute(select(_posts).where(_posts.c.id == post.id, _posts.c.state == tables.PENDING))
    ).one_or_none()
    if whole is None:
        return []
    positions = await _positions(conn, post.id)
    following = await conn.execute(select(_follow_ups.c.kind).where(_follow_ups.c.post_id == post.id))
    kinds = list(following.scalars())
    fresh = {"attempts": 0, "failures": 0, "next_attempt_at": now, "reason": None, "code": None}
    part_ids = [post.id]
    for part in parts[1:]:
        row = {
            "feed_id": whole.feed_id,
            "channel_id": whole.channel_id,
            "state": PostState.PENDING.value,
            "nonce": secrets.token_hex(_NONCE_BYTES),
            "planned_at": whole.planned_at,
            "first_attempt_at": whole.first_attempt_at,
            "first_failed_at": whole.first_failed_at,
            "part_of": whole.part_of or whole.id,
            "part": positions[part[0].paper_id],
            **fresh,
        }
        part_id = PostId((await conn.execute(insert(_posts).values(row).returning(_posts.c.id))).scalar_one())
        condition = (_entries.c.post_id == post.id) & _entries.c.paper_id.in_(
            [entry.paper_id for entry in part]
        )
        await conn.execute(update(_entries).where(condition).values(post_id=part_id))
        await follow_ups.add(conn, {part_id: kinds}, now=now)
        part_ids.append(part_id)
    kept = {"nonce": secrets.token_hex(_NONCE_BYTES), **fresh}
    await conn.execute(update(_posts).where(_posts.c.id == post.id).values(kept))
    return part_ids


async def make_bare(
    conn: AsyncConnection, post_id: PostId, *, refusal: str, code: int, now: datetime
) -> None:
    """Reduces the post of one paper to its title and link, and makes it due now.

    Protected by the lease on the server's shard, and the lock on the feed.
    """
    bare = {"refusal": refusal, "reason": refusal, "code": code, "next_attempt_at": now}
    await conn.execute(update(_posts).where(_posts.c.id == post_id).values(bare))


async def pass_on_mention(conn: AsyncConnection, post: Post) -> None:
    """Moves the ping of this post, which will not be sent, to the next post of the same run.

    Skips posts that were attempted: they may have arrived without a ping. Protected by the lock on the feed:
    no other post of the run is attempted meanwhile.
    """
    role_id = (
        await conn.execute(select(_posts.c.mention_role_id).where(_posts.c.id == post.id))
    ).scalar_one_or_none()
    if role_id is None:
        return
    following = (
        select(_posts.c.id)
        .where(
            _posts.c.feed_id == post.feed_id,
            _posts.c.state == tables.PENDING,
            _posts.c.planned_at == post.planned_at,
            _posts.c.first_attempt_at.is_(None),
            _posts.c.id != post.id,
        )
        .order_by(_posts.c.queue)
        .limit(1)
    )
    heir = (await conn.execute(following)).scalar_one_or_none()
    if heir is not None:
        await conn.execute(update(_posts).where(_posts.c.id == heir).values(mention_role_id=role_id))
        await conn.execute(update(_posts).where(_posts.c.id == post.id).values(mention_role_id=None))


async def _positions(conn: AsyncConnection, post_id: PostId) -> dict[str, int]:
    rows = await conn.execute(
        select(_entries.c.paper_id, _entries.c.position).where(_entries.c.post_id == post_id)
    )
    return {paper_id: position for paper_id, position in rows}  # noqa: C416
