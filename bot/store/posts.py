"""Posts: pending, sent and failed ones with their papers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId, MessageId, PaperId, PostId, RoleId, ServerId
from bot.core.posts import CloseTo, Entry, NewPost, Post, PostState
from bot.store import follow_ups, locking, tables
from bot.store.bulk import insert_rows
from bot.store.statements import as_array, id_array, ids_from, text_array

_posts = tables.posts
_entries = tables.post_papers
_feeds = tables.feeds
_STORED = [field.name for field in fields(Post) if field.name in _posts.c]
_ENTRIES_OF_POSTS = (
    select(_entries)
    .where(_entries.c.post_id.in_(ids_from("posts")))
    .order_by(_entries.c.post_id, _entries.c.position)
)


async def add(conn: AsyncConnection, posts: Iterable[NewPost], *, now: datetime) -> dict[PostId, int]:
    """Stores planned posts as pending and due now; returns their ids, each with the number of its papers.

    Leaves out papers that the feed already has in a pending, sent or failed post, posts without papers, and
    those of feeds that were deleted since they were planned. The feeds are locked. Protected by the locks on
    the feeds, and the unique key of feed and paper.
    """
    plans = await _of_feeds_that_exist(conn, [post for post in posts if post.entries])
    if not plans:
        return {}
    await insert_rows(conn, _posts, [_new_row(post, now) for post in plans])
    by_nonce = {post.nonce: post for post in plans}
    # By their nonces, as other processes may store posts meanwhile.
    new = select(_posts.c.id, _posts.c.nonce).where(_posts.c.nonce.in_(text_array(by_nonce)))
    rows = await conn.execute(new.order_by(_posts.c.id))
    planned = {PostId(post_id): by_nonce[nonce] for post_id, nonce in rows}
    await _add_entries(conn, planned)
    sizes = select(_entries.c.post_id, func.count()).where(_entries.c.post_id.in_(id_array(planned)))
    stored = {
        PostId(post_id): size for post_id, size in await conn.execute(sizes.group_by(_entries.c.post_id))
    }
    if empty := planned.keys() - stored:
        await conn.execute(delete(_posts).where(_posts.c.id.in_(id_array(empty))))
    await follow_ups.add(conn, {post_id: planned[post_id].follow_ups for post_id in stored}, now=now)
    return stored


async def _of_feeds_that_exist(conn: AsyncConnection, plans: Collection[NewPost]) -> list[NewPost]:
    """Locks the feeds of the plans, so that nothing else is stored for them meanwhile."""
    feed_ids = {post.feed_id for post in plans}
    if not feed_ids:
        return []
    await locking.lock(conn, _feeds, feed_ids)
    existing = set(
        (await conn.execute(select(_feeds.c.id).where(_feeds.c.id.in_(id_array(feed_ids))))).scalars()
    )
    return [post for post in plans if post.feed_id in existing]


def _new_row(post: NewPost, now: datetime) -> dict[str, object]:
    return {
        "feed_id": post.feed_id,
        "channel_id": post.channel_id,
        "mention_role_id": post.mention_role_id,
        "state": PostState.PENDING.value,
        "nonce": post.nonce,
        "planned_at": now,
        "attempts": 0,
        "next_attempt_at": now,
    }


async def _add_entries(conn: AsyncConnection, planned: Mapping[PostId, NewPost]) -> None:
    rows = [
        {
            "post_id": post_id,
            "position": position,
            "feed_id": post.feed_id,
            "paper_id": entry.paper_id,
            "form": entry.form.value,
            "queries": entry.queries,
            "close_to": entry.close_to and entry.close_to.queries,
            "close_words": entry.close_to and entry.close_to.words,
        }
        for post_id, post in planned.items()
        for position, entry in enumerate(post.entries)
    ]
    await insert_rows(conn, _entries, rows, skips=True)


async def refresh_statistics(conn: AsyncConnection) -> None:
    """Has PostgreSQL know how many posts are pending now, by which it chooses how to find those to send.

    It finds that out itself, but only minutes after many were added, and until then takes ten times as long
    to find them. SQLite finds them equally fast without.
    """
    if not locking.has_one_writer(conn):
        await conn.exec_driver_sql(f"ANALYZE {_posts.name}, {_entries.name}")


async def posted(
    conn: AsyncConnection, feed_ids: Collection[FeedId], *, since: date | None = None
) -> set[tuple[FeedId, PaperId]]:
    """The papers that these feeds have in a sent, pending or failed post.

    `since` leaves out papers with an earlier list day, to keep the result small.
    """
    statement = select(_entries.c.feed_id, _entries.c.paper_id).where(
        _entries.c.feed_id.in_(id_array(feed_ids))
    )
    if since is not None:
        # A join, because with a subselect in IN, SQLite would combine every paper with every feed.
        days = tables.list_day_papers
        statement = statement.join(days, days.c.paper_id == _entries.c.paper_id).where(days.c.day >= since)
    rows = await conn.execute(statement)
    return {(FeedId(feed_id), PaperId(paper_id)) for feed_id, paper_id in rows}


async def unconfirmed(conn: AsyncConnection, server_id: ServerId | None = None) -> list[Post]:
    """The unconfirmed posts of one server or of all, the oldest first."""
    statement = with_feeds().where(_posts.c.state == tables.PENDING, _posts.c.unconfirmed_since.is_not(None))
    if server_id is not None:
        statement = statement.where(_feeds.c.server_id == server_id)
    return await fetch(conn, statement.order_by(_posts.c.id))


async def pending(conn: AsyncConnection, feed_id: FeedId) -> list[Post]:
    """The pending posts of a feed, in the order in which they are sent."""
    statement = with_feeds().where(_posts.c.feed_id == feed_id, _posts.c.state == tables.PENDING)
    return await fetch(conn, statement.order_by(_posts.c.queue))


async def by_ids(
    conn: AsyncConnection, post_ids: Collection[PostId], *, split_since: datetime | None = None
) -> list[Post]:
    """The posts with these ids that exist, in the planned order.

    With `split_since`, also their parts that are pending, or were sent or failed since then.
    """
    wanted = _posts.c.id.in_(id_array(post_ids))
    if split_since is not None:
        planned = select(func.coalesce(_posts.c.part_of, _posts.c.id)).where(wanted)
        is_new = or_(
            _posts.c.state == tables.PENDING,
            _posts.c.sent_at >= split_since,
            _posts.c.failed_at >= split_since,
        )
        wanted |= _posts.c.part_of.in_(planned) & is_new
    return await fetch(conn, with_feeds().where(wanted).order_by(_posts.c.queue))


async def of_paper(conn: AsyncConnection, feed_id: FeedId, paper_id: PaperId) -> Post | None:
    """The feed's post with this paper."""
    of_entry = select(_entries.c.post_id).where(
        _entries.c.feed_id == feed_id, _entries.c.paper_id == paper_id
    )
    return await _first(conn, with_feeds().where(_posts.c.id == of_entry.scalar_subquery()))


async def queries_sent(
    conn: AsyncConnection, feed_id: FeedId, *, since: datetime
) -> dict[PaperId, tuple[str, ...]]:
    """For each paper that was sent to the feed since then, the canonical forms that it was posted for."""
    statement = (
        select(_entries.c.paper_id, _entries.c.queries)
        .join(_posts, _posts.c.id == _entries.c.post_id)
        # Only what was sent has a time of sending; the state is named for the index.
        .where(_posts.c.feed_id == feed_id, _posts.c.state == PostState.SENT.value, _posts.c.sent_at >= since)
    )
    return {PaperId(paper_id): queries for paper_id, queries in await conn.execute(statement)}


async def last_sent(conn: AsyncConnection, feed_id: FeedId) -> Post | None:
    statement = (
        with_feeds()
        .where(_posts.c.feed_id == feed_id, _posts.c.state == PostState.SENT.value)
        .order_by(_posts.c.sent_at.desc(), _posts.c.id.desc())
    )
    return await _first(conn, statement)


async def last_message_before(conn: AsyncConnection, post: Post) -> MessageId | None:
    """The message of the last post of the feed that was planned before this one and is sent."""
    statement = (
        select(_posts.c.message_id)
        .where(
            _posts.c.feed_id == post.feed_id, _posts.c.state == PostState.SENT.value, _posts.c.id < post.id
        )
        .order_by(_posts.c.id.desc())
        .limit(1)
    )
    return (await conn.execute(statement)).scalar_one_or_none()


async def failed(conn: AsyncConnection, feed_ids: Collection[FeedId], limit: int) -> list[Post]:
    """The feeds' failed posts, the latest failure first."""
    statement = (
        with_feeds()
        .where(_feeds.c.id.in_(id_array(feed_ids)), _posts.c.state == PostState.FAILED.value)
        .order_by(_posts.c.failed_at.desc(), _posts.c.id.desc())
        .limit(limit)
    )
    return await fetch(conn, statement)


async def counts(conn: AsyncConnection, feed_id: FeedId) -> dict[PostState, int]:
    """How many posts the feed has in every state."""
    statement = (
        select(_posts.c.state, func.count().label("number"))
        .where(_posts.c.feed_id == feed_id)
        .group_by(_posts.c.state)
    )
    numbers: dict[PostState, int] = {row.state: row.number for row in await conn.execute(statement)}
    return {state: numbers.get(state, 0) for state in PostState}


async def failed_papers(conn: AsyncConnection, server_id: ServerId) -> dict[FeedId, int]:
    """The number of papers in failed posts, by feed of the server that has any."""
    statement = (
        select(_posts.c.feed_id, func.count())
        .join(_entries, _entries.c.post_id == _posts.c.id)
        .join(_feeds, _feeds.c.id == _posts.c.feed_id)
        .where(_feeds.c.server_id == server_id, _posts.c.state == PostState.FAILED.value)
        .group_by(_posts.c.feed_id)
    )
    return {FeedId(feed_id): number for feed_id, number in (await conn.execute(statement))}


async def waiting(conn: AsyncConnection, server_id: ServerId) -> dict[FeedId, int]:
    """The number of pending posts, by feed of the server that has any."""
    statement = (
        select(_posts.c.feed_id, func.count())
        .join(_feeds, _feeds.c.id == _posts.c.feed_id)
        .where(_feeds.c.server_id == server_id, _posts.c.state == tables.PENDING)
        .group_by(_posts.c.feed_id)
    )
    return {FeedId(feed_id): number for feed_id, number in (await conn.execute(statement))}


async def change_mention(conn: AsyncConnection, feed_id: FeedId, role_id: RoleId | None) -> None:
    """Changes the role in the feed's pending posts that ping one; None removes the ping.

    Protected by the lock on the feed, which the caller holds.
    """
    condition = (_posts.c.feed_id == feed_id) & (_posts.c.state == tables.PENDING)
    pinging = condition & _posts.c.mention_role_id.is_not(None)
    await conn.execute(update(_posts).where(pinging).values(mention_role_id=role_id))


@cache
def with_feeds() -> Select[Any]:
    """Every post, with its feed's server or person, kind of channel, and whether it is silent."""
    columns = (_posts.c[name] for name in _STORED)
    of_feed = (_feeds.c.server_id, _feeds.c.user_id, _feeds.c.kind, _feeds.c.is_silent)
    return select(*columns, *of_feed).join(_feeds, _feeds.c.id == _posts.c.feed_id)


async def _first(conn: AsyncConnection, statement: Select[Any]) -> Post | None:
    return next(iter(await fetch(conn, statement.limit(1))), None)


async def fetch(
    conn: AsyncConnection, statement: Select[Any], values: Mapping[str, object] | None = None
) -> list[Post]:
    """The posts of a statement made with `with_feeds`, whose parameters are `values`, with their papers."""
    rows = (await conn.execute(statement, values)).mappings().all()
    entries: dict[int, list[Entry]] = {row["id"]: [] for row in rows}
    if rows:
        for row in await conn.execute(_ENTRIES_OF_POSTS, {"posts": as_array(entries)}):
            entry = Entry(
                paper_id=PaperId(row.paper_id),
                form=row.form,
                queries=row.queries,
                close_to=CloseTo(queries=row.close_to, words=row.close_words) if row.close_to else None,
            )
            entries[row.post_id].append(entry)
    return [Post(**row, entries=tuple(entries[row["id"]])) for row in rows]
