"""Posts that are owed, sent or failed, with their papers: the outbox, and the posted history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import FeedKind
from bot.core.ids import ChannelId, FeedId, MessageId, PaperId, PostId, RoleId, ServerId
from bot.core.posts import Entry, Form, NewPost, Post, PostState
from bot.store import steps, tables
from bot.store.column_types import keep_first
from bot.store.dialects import insert_if_new, these_ids
from bot.store.feeds import is_active

_posts = tables.posts
_entries = tables.post_papers
_feeds = tables.feeds
# Written into the statement, not bound, so that the indexes of what is pending serve.
_PENDING = literal(PostState.PENDING.value, literal_execute=True)


async def add(conn: AsyncConnection, posts: Iterable[NewPost], *, now: datetime) -> list[Post]:
    """Store planned posts as pending, due at once, and return them as stored.

    A paper that the feed has already, owed or sent or failed, is left out; a post that is left without
    papers is not kept.
    """
    plans = list(posts)
    if not plans:
        return []
    statement = insert(_posts).returning(_posts.c.id, _posts.c.nonce)
    inserted = await conn.execute(statement, [_new_row(post, now) for post in plans])
    by_nonce = {post.nonce: post for post in plans}
    planned = {PostId(row.id): by_nonce[row.nonce] for row in inserted}
    taken = await _add_entries(conn, planned)
    if empty := planned.keys() - taken.keys():
        await conn.execute(delete(_posts).where(_posts.c.id.in_(these_ids(conn, empty))))
    await steps.add(conn, {post_id: planned[post_id].steps for post_id in sorted(taken)}, now=now)
    return [
        Post(
            id=post_id,
            feed_id=post.feed_id,
            server_id=post.place.server_id,
            channel_id=post.place.channel_id,
            kind=post.place.kind,
            state=PostState.PENDING,
            nonce=post.nonce,
            mention_role_id=post.mention_role_id,
            entries=tuple(post.entries[position] for position in sorted(taken[post_id])),
            planned_at=now,
            next_attempt_at=now,
        )
        for post_id, post in sorted(planned.items())
        if post_id in taken
    ]


def _new_row(post: NewPost, now: datetime) -> dict[str, object]:
    return {
        "feed_id": post.feed_id,
        "channel_id": post.place.channel_id,
        "mention_role_id": post.mention_role_id,
        "state": PostState.PENDING.value,
        "nonce": post.nonce,
        "planned_at": now,
        "attempts": 0,
        "next_attempt_at": now,
    }


async def _add_entries(conn: AsyncConnection, planned: dict[PostId, NewPost]) -> dict[PostId, list[int]]:
    """Store the entries that their feeds do not have yet; the positions that were stored, by post."""
    rows = [
        {
            "post_id": post_id,
            "position": position,
            "feed_id": post.feed_id,
            "paper_id": entry.paper_id,
            "form": entry.form.value,
            "queries": entry.queries,
        }
        for post_id, post in sorted(planned.items())
        for position, entry in enumerate(post.entries)
    ]
    taken: dict[PostId, list[int]] = {}
    if rows:
        statement = insert_if_new(conn, _entries, key=["feed_id", "paper_id"])
        stored = await conn.execute(statement.returning(_entries.c.post_id, _entries.c.position), rows)
        for row in stored:
            taken.setdefault(PostId(row.post_id), []).append(row.position)
    return taken


async def posted(
    conn: AsyncConnection, feed_ids: Collection[FeedId], *, since: date | None = None
) -> set[tuple[FeedId, PaperId]]:
    """The papers that these feeds have already: sent, owed, or failed.

    `since` leaves out the papers whose list day is before it, which keeps the answer small.
    """
    statement = select(_entries.c.feed_id, _entries.c.paper_id).where(
        _entries.c.feed_id.in_(these_ids(conn, feed_ids))
    )
    if since is not None:
        papers = tables.papers
        statement = statement.join(papers, papers.c.id == _entries.c.paper_id).where(
            papers.c.list_day >= since
        )
    rows = await conn.execute(statement)
    return {(FeedId(feed_id), PaperId(paper_id)) for feed_id, paper_id in rows}


def _heads() -> Select[Any]:
    """The oldest pending post of each channel, where its feed is active.

    A post that waits holds back the later ones of its channel, so that they come in the planned order; one
    that is held back as doubtful does not.
    """
    earlier = _posts.alias("earlier")
    return _with_feeds().where(
        _posts.c.state == _PENDING,
        _posts.c.doubtful_since.is_(None),
        is_active(),
        ~exists().where(
            earlier.c.state == _PENDING,
            earlier.c.doubtful_since.is_(None),
            earlier.c.channel_id == _posts.c.channel_id,
            earlier.c.id < _posts.c.id,
        ),
    )


async def claimable(
    conn: AsyncConnection, now: datetime, *, limit: int, busy: Mapping[ChannelId, ServerId] | None = None
) -> list[Post]:
    """The posts to try now, at most one a channel, fairly between servers, the longest waiting first.

    Args:
        conn: the connection.
        now: posts that wait until later are left out.
        limit: how many at most.
        busy: the channels with something under way, which are left out, and their servers, for which each
            of them counts as a turn that they have had.
    """
    busy = busy or {}
    first = (_posts.c.next_attempt_at, _posts.c.id)
    turn = func.row_number().over(partition_by=_feeds.c.server_id, order_by=first)
    had = Counter(busy.values())
    if had:
        turn += case(dict(had), value=_feeds.c.server_id, else_=0)
    due = _heads().where(_posts.c.next_attempt_at <= now, _posts.c.channel_id.not_in(busy.keys()))
    return await _fetch(conn, due.order_by(turn, *first).limit(limit))


async def next_attempt_at(
    conn: AsyncConnection, *, channel_id: ChannelId | None = None, busy: Collection[ChannelId] = ()
) -> datetime | None:
    """When `claimable` has a post next, or one of this channel; in the past where it has one now."""
    statement = _heads().where(_posts.c.channel_id.not_in(busy))
    if channel_id is not None:
        statement = statement.where(_posts.c.channel_id == channel_id)
    return (
        await conn.execute(
            statement.with_only_columns(func.min(_posts.c.next_attempt_at), maintain_column_froms=True)
        )
    ).scalar_one()


async def begin_attempt(
    conn: AsyncConnection, post_id: PostId, *, now: datetime, next_attempt_at: datetime
) -> bool:
    """Note, before anything is sent, that it is being tried; False where it is not to be sent any more.

    `next_attempt_at` counts where this attempt's end is never noted.
    """
    active = exists().where(_feeds.c.id == _posts.c.feed_id, is_active())
    statement = (
        update(_posts)
        .where(_posts.c.id == post_id, _posts.c.state == PostState.PENDING.value, active)
        .values(
            first_attempt_at=keep_first(_posts.c.first_attempt_at, now),
            attempts=_posts.c.attempts + 1,
            next_attempt_at=next_attempt_at,
        )
    )
    return (await conn.execute(statement)).rowcount == 1


async def forget_first_attempt(conn: AsyncConnection, post_id: PostId) -> None:
    """Note that no attempt so far can have brought the message into the channel."""
    await _set(conn, post_id, first_attempt_at=None)


async def mark_sent(conn: AsyncConnection, post_id: PostId, *, message_id: MessageId, now: datetime) -> None:
    sent = {"state": PostState.SENT.value, "message_id": message_id, "sent_at": now}
    await _set(conn, post_id, **sent, failed_at=None, doubtful_since=None, failures=0, reason=None, code=None)
    await steps.due(conn, post_id, now=now)


async def mark_failed(
    conn: AsyncConnection, post_id: PostId, *, reason: str, code: int | None, now: datetime
) -> None:
    failed = {"state": PostState.FAILED.value, "failed_at": now, "doubtful_since": None}
    await _set(conn, post_id, **failed, reason=reason, code=code)


async def postpone(
    conn: AsyncConnection, post_id: PostId, *, until: datetime, reason: str, code: int | None
) -> None:
    failures = _posts.c.failures + 1
    await _set(conn, post_id, next_attempt_at=until, failures=failures, reason=reason, code=code)


async def doubt(conn: AsyncConnection, post_id: PostId, *, reason: str, code: int, now: datetime) -> None:
    """Hold the post back: it may stand in the channel or not, and nobody can look."""
    since = keep_first(_posts.c.doubtful_since, now)
    await _set(conn, post_id, doubtful_since=since, reason=reason, code=code)


async def settle_doubts(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> list[PostId]:
    """Have the feed's doubtful posts looked for now; which they are."""
    theirs = (_posts.c.feed_id == feed_id) & _posts.c.doubtful_since.is_not(None)
    statement = (
        update(_posts)
        .where(theirs)
        .values(doubtful_since=None, next_attempt_at=now, reason=None, code=None)
        .returning(_posts.c.id)
    )
    return sorted(PostId(post_id) for post_id in (await conn.execute(statement)).scalars())


async def doubtful(conn: AsyncConnection, server_id: ServerId | None = None) -> list[Post]:
    """The posts that are held back as doubtful, of one server or of all, the oldest first."""
    statement = _with_feeds().where(_posts.c.state == _PENDING, _posts.c.doubtful_since.is_not(None))
    if server_id is not None:
        statement = statement.where(_feeds.c.server_id == server_id)
    return await _fetch(conn, statement.order_by(_posts.c.id))


async def retry_failed(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> int:
    """Owe the feed's failed posts again, due at once with their waits begun anew; how many there were."""
    statement = (
        update(_posts)
        .where(_posts.c.feed_id == feed_id, _posts.c.state == PostState.FAILED.value)
        .values(state=PostState.PENDING.value, failed_at=None, attempts=0, failures=0, next_attempt_at=now)
    )
    return (await conn.execute(statement)).rowcount


async def these(conn: AsyncConnection, post_ids: Collection[PostId]) -> list[Post]:
    """Those of the posts that there are, in the order planned."""
    return await _fetch(
        conn, _with_feeds().where(_posts.c.id.in_(these_ids(conn, post_ids))).order_by(_posts.c.id)
    )


async def of_paper(conn: AsyncConnection, feed_id: FeedId, paper_id: PaperId) -> Post | None:
    """The post that brought, or will bring, this paper to this feed."""
    of_entry = select(_entries.c.post_id).where(
        _entries.c.feed_id == feed_id, _entries.c.paper_id == paper_id
    )
    return await _first(conn, _with_feeds().where(_posts.c.id == of_entry.scalar_subquery()))


async def last_sent(conn: AsyncConnection, feed_id: FeedId) -> Post | None:
    statement = (
        _with_feeds()
        .where(_posts.c.feed_id == feed_id, _posts.c.state == PostState.SENT.value)
        .order_by(_posts.c.sent_at.desc(), _posts.c.id.desc())
    )
    return await _first(conn, statement)


async def failed(conn: AsyncConnection, server_id: ServerId, limit: int) -> list[Post]:
    """The server's failed posts, the latest failure first."""
    statement = (
        _with_feeds()
        .where(_feeds.c.server_id == server_id, _posts.c.state == PostState.FAILED.value)
        .order_by(_posts.c.failed_at.desc(), _posts.c.id.desc())
        .limit(limit)
    )
    return await _fetch(conn, statement)


async def counts(conn: AsyncConnection, feed_id: FeedId) -> dict[PostState, int]:
    """How many posts the feed has in each state, 0 included."""
    statement = (
        select(_posts.c.state, func.count()).where(_posts.c.feed_id == feed_id).group_by(_posts.c.state)
    )
    found = {PostState(state): number for state, number in (await conn.execute(statement))}
    return {state: found.get(state, 0) for state in PostState}


async def waiting(conn: AsyncConnection, server_id: ServerId) -> dict[FeedId, int]:
    """How many posts each feed of the server still owes; a feed that owes none is left out."""
    statement = (
        select(_posts.c.feed_id, func.count())
        .join(_feeds, _feeds.c.id == _posts.c.feed_id)
        .where(_feeds.c.server_id == server_id, _posts.c.state == _PENDING)
        .group_by(_posts.c.feed_id)
    )
    return {FeedId(feed_id): number for feed_id, number in (await conn.execute(statement))}


async def delayed(conn: AsyncConnection, server_id: ServerId) -> list[Post]:
    """The server's posts that are next in their channel and wait after an attempt that failed."""
    return await _fetch(conn, _heads().where(_feeds.c.server_id == server_id, _posts.c.reason.is_not(None)))


async def change_mention(conn: AsyncConnection, feed_id: FeedId, role_id: RoleId | None) -> None:
    """Have the feed's posts that are owed and ping a role ping this one instead; None is nobody."""
    theirs = (_posts.c.feed_id == feed_id) & (_posts.c.state == _PENDING)
    pinging = theirs & _posts.c.mention_role_id.is_not(None)
    await conn.execute(update(_posts).where(pinging).values(mention_role_id=role_id))


def _with_feeds() -> Select[Any]:
    """Every post, with what its feed knows of the place."""
    return select(_posts, _feeds.c.server_id, _feeds.c.kind).join(_feeds, _feeds.c.id == _posts.c.feed_id)


async def _set(conn: AsyncConnection, post_id: PostId, **values: ColumnElement[Any] | object) -> None:
    await conn.execute(update(_posts).where(_posts.c.id == post_id).values(values))


async def _first(conn: AsyncConnection, statement: Select[Any]) -> Post | None:
    return next(iter(await _fetch(conn, statement.limit(1))), None)


async def _fetch(conn: AsyncConnection, statement: Select[Any]) -> list[Post]:
    rows: Sequence[Row[Any]] = (await conn.execute(statement)).all()
    entries: dict[int, list[Entry]] = {row.id: [] for row in rows}
    if rows:
        of_posts = (
            select(_entries)
            .where(_entries.c.post_id.in_(these_ids(conn, entries)))
            .order_by(_entries.c.post_id, _entries.c.position)
        )
        for row in await conn.execute(of_posts):
            entry = Entry(paper_id=PaperId(row.paper_id), form=Form(row.form), queries=row.queries)
            entries[row.post_id].append(entry)
    return [_post(row, tuple(entries[row.id])) for row in rows]


def _post(row: Row[Any], entries: tuple[Entry, ...]) -> Post:
    return Post(
        id=PostId(row.id),
        feed_id=FeedId(row.feed_id),
        server_id=ServerId(row.server_id),
        channel_id=ChannelId(row.channel_id),
        kind=FeedKind(row.kind),
        state=PostState(row.state),
        nonce=row.nonce,
        entries=entries,
        mention_role_id=None if row.mention_role_id is None else RoleId(row.mention_role_id),
        planned_at=row.planned_at,
        first_attempt_at=row.first_attempt_at,
        attempts=row.attempts,
        failures=row.failures,
        next_attempt_at=row.next_attempt_at,
        doubtful_since=row.doubtful_since,
        message_id=None if row.message_id is None else MessageId(row.message_id),
        sent_at=row.sent_at,
        reason=row.reason,
        code=row.code,
    )


async def hurry(conn: AsyncConnection, feed_id: FeedId, *, now: datetime) -> list[PostId]:
    """Have the feed's pending posts tried now, as if for the first time; which they are.

    Doubtful ones are left as they are (`settle_doubts`).
    """
    theirs = (
        (_posts.c.feed_id == feed_id)
        & (_posts.c.state == PostState.PENDING.value)
        & _posts.c.doubtful_since.is_(None)
    )
    ids = await conn.execute(select(_posts.c.id).where(theirs).order_by(_posts.c.id))
    found = [PostId(post_id) for post_id in ids.scalars()]
    await conn.execute(update(_posts).where(theirs).values(next_attempt_at=now, reason=None, code=None))
    return found
