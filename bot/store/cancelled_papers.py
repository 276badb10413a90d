"""Cancelled papers: pending when their subscription was removed, restored if it is made again."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId, PaperId, PostId, SubscriptionId
from bot.core.posts import CloseTo, Post, PostState
from bot.store import posts, tables
from bot.store.statements import id_array

_posts = tables.posts
_entries = tables.post_papers
_cancelled = tables.cancelled_papers
_NONCE_BYTES = 12  # 24 hex digits: Discord accepts 25 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The pending papers that only removed subscriptions wanted."""

    papers: int = 0  # that are cancelled
    under_way: int = 0  # whose post was attempted and may have arrived, so that it stays


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """Cancelled papers to post again, because their subscriptions were made again."""

    queries_of: Mapping[PaperId, tuple[str, ...]]
    close_to: Mapping[PaperId, CloseTo]
    pings: bool  # whether one of their posts was to ping the feed's role


async def count(conn: AsyncConnection, feed_id: FeedId, canonicals: Collection[str]) -> Cancelled:
    """What `cancel` would return for the queries with these canonical forms."""
    ended = set(canonicals)
    pending = await _pending(conn, feed_id)
    wanted = [(post, entry) for post in pending for entry in post.entries if ended.issuperset(entry.queries)]
    papers = sum(not _was_tried(post) for post, _ in wanted)
    return Cancelled(papers=papers, under_way=len(wanted) - papers)


async def cancel(conn: AsyncConnection, feed_id: FeedId, ended: Mapping[str, SubscriptionId]) -> Cancelled:
    """Removes papers that only these subscriptions wanted from the feed's pending posts.

    `ended` has the subscriptions by canonical form. Remembers each one's pending papers, even if others still
    want them. Protected by the lock on the feed, which the caller holds.
    """
    cancelled = await count(conn, feed_id, ended)
    for post in await _pending(conn, feed_id):
        if not _was_tried(post):
            await _cancel_in(conn, post, ended)
    return cancelled


async def drop(conn: AsyncConnection, feed_id: FeedId) -> tuple[list[Post], Cancelled]:
    """Deletes the feed's pending posts, without those that may have arrived; returns them.

    Protected by the lock on the feed, which the caller holds.
    """
    pending = await _pending(conn, feed_id)
    dropped = [post for post in pending if not _was_tried(post)]
    await conn.execute(delete(_posts).where(_posts.c.id.in_(id_array([post.id for post in dropped]))))
    papers = sum(len(post.entries) for post in dropped)
    under_way = sum(len(post.entries) for post in pending) - papers
    return dropped, Cancelled(papers=papers, under_way=under_way)


async def give_back(
    conn: AsyncConnection, feed_id: FeedId, resumed: Mapping[SubscriptionId, str]
) -> GivenBack:
    """Restores the papers that these subscriptions, with their canonical forms, had pending.

    A paper that is still pending for another query becomes pending for theirs too. Protected by the lock on
    the feed, which the caller holds.
    """
    condition = _cancelled.c.subscription_id.in_(id_array(resumed))
    rows = (await conn.execute(select(_cancelled).where(condition).order_by(_cancelled.c.paper_id))).all()
    await conn.execute(delete(_cancelled).where(condition))
    queries_of: dict[PaperId, tuple[str, ...]] = {}
    close_to: dict[PaperId, CloseTo] = {}
    pings: dict[PaperId, bool] = {}
    for row in rows:
        paper_id, query = PaperId(row.paper_id), resumed[SubscriptionId(row.subscription_id)]
        queries_of[paper_id] = (*queries_of.get(paper_id, ()), query)
        pings[paper_id] = pings.get(paper_id, False) or row.pings
        if row.close_words is not None:
            close = close_to.get(paper_id, CloseTo(queries=(), words=()))
            words = tuple(dict.fromkeys((*close.words, *row.close_words)))
            close_to[paper_id] = CloseTo(queries=(*close.queries, query), words=words)
    for paper_id, queries in list(queries_of.items()):
        post = await posts.of_paper(conn, feed_id, paper_id)
        if post is None:
            continue
        del queries_of[paper_id]
        if post.state is PostState.PENDING:
            (entry,) = (entry for entry in post.entries if entry.paper_id == paper_id)
            await _set_queries(conn, post.id, paper_id, tuple(dict.fromkeys((*entry.queries, *queries))))
    return GivenBack(
        queries_of=queries_of,
        close_to=close_to,
        pings=any(pings[paper_id] for paper_id in queries_of),
    )


async def _pending(conn: AsyncConnection, feed_id: FeedId) -> list[Post]:
    condition = (_posts.c.feed_id == feed_id) & (_posts.c.state == PostState.PENDING.value)
    return await posts.fetch(conn, posts.with_feeds().where(condition).order_by(_posts.c.id))


def _was_tried(post: Post) -> bool:
    """Whether the post may have arrived; an attempt that was clearly refused does not count."""
    return post.first_attempt_at is not None or post.unconfirmed_since is not None


async def _cancel_in(conn: AsyncConnection, post: Post, ended: Mapping[str, SubscriptionId]) -> None:
    left = {
        entry.paper_id: tuple(query for query in entry.queries if query not in ended)
        for entry in post.entries
    }
    gone = [paper_id for paper_id, queries in left.items() if not queries]
    pings = post.mention_role_id is not None and len(gone) == len(left)
    rows = [
        {
            "subscription_id": ended[query],
            "paper_id": entry.paper_id,
            "pings": pings,
            "close_words": None if query in entry.matched else entry.close_to and entry.close_to.words,
        }
        for entry in post.entries
        for query in entry.queries
        if query in ended
    ]
    if not rows:
        return
    await conn.execute(insert(_cancelled), rows)
    if len(gone) == len(left):
        await conn.execute(delete(_posts).where(_posts.c.id == post.id))
        return
    for entry in post.entries:
        if left[entry.paper_id] not in {entry.queries, ()}:
            await _set_queries(conn, post.id, entry.paper_id, left[entry.paper_id])
    if gone:
        of_post = _entries.c.post_id == post.id
        await conn.execute(delete(_entries).where(of_post, _entries.c.paper_id.in_(gone)))
        # Stops an attempt that is about to send the old papers: see `outbox.begin_attempts`.
        nonce = secrets.token_hex(_NONCE_BYTES)
        await conn.execute(update(_posts).where(_posts.c.id == post.id).values(nonce=nonce))


async def _set_queries(
    conn: AsyncConnection, post_id: PostId, paper_id: PaperId, queries: tuple[str, ...]
) -> None:
    condition = (_entries.c.post_id == post_id) & (_entries.c.paper_id == paper_id)
    await conn.execute(update(_entries).where(condition).values(queries=queries))
