"""Notices to servers, pending or sent; each is kept until its problem is over."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ChannelId, FeedId, MessageId, NoticeId, ServerId
from bot.core.notices import Notice, NoticeKind, NoticeState
from bot.core.posts import PostState
from bot.store import subscriptions, tables
from bot.store.column_types import UtcDateTime
from bot.store.feeds import is_active
from bot.store.locking import delete_unlocked
from bot.store.statements import id_array, insert_if_new

_notices = tables.notices
_feeds = tables.feeds
_posts = tables.posts
_servers = tables.servers
NEWS_AFTER = timedelta(hours=20)  # less than from one daily run to the next
_NONCE_BYTES = 12  # 24 hex digits: Discord accepts 25 characters


async def add(conn: AsyncConnection, kind: NoticeKind, feed_id: FeedId, *, now: datetime) -> None:
    """Adds a notice of this kind for the feed's server, unless there is one; none for a person's feed.

    If papers fail again a day later, the old notice is replaced. Protected by the unique key of feed and
    kind.
    """
    if kind is NoticeKind.FAILED:
        is_old = (_notices.c.state != NoticeState.PENDING.value) & (_notices.c.created_at < now - NEWS_AFTER)
        of_kind = (_notices.c.feed_id == feed_id) & (_notices.c.kind == kind.value)
        await conn.execute(delete(_notices).where(of_kind, is_old))
    row = select(
        _feeds.c.server_id,
        _feeds.c.id,
        literal(kind.value),
        literal(NoticeState.PENDING.value),
        literal(secrets.token_hex(_NONCE_BYTES)),
        literal(now, UtcDateTime()),
        literal(0),
        literal(now, UtcDateTime()),
    ).where(_feeds.c.id == feed_id, _feeds.c.server_id.is_not(None))
    columns = ["server_id", "feed_id", "kind", "state", "nonce", "created_at", "attempts", "next_attempt_at"]
    await conn.execute(insert_if_new(_notices, key=("feed_id", "kind")).from_select(columns, row))


async def count_undeliverable(
    conn: AsyncConnection, server_id: ServerId, feed_ids: Collection[FeedId]
) -> int:
    """How many notices about these feeds, or about the whole server, could not be delivered."""
    condition = (
        (_notices.c.server_id == server_id)
        & (_notices.c.state == NoticeState.UNDELIVERABLE.value)
        & (_notices.c.feed_id.is_(None) | _notices.c.feed_id.in_(id_array(feed_ids)))
    )
    return (await conn.execute(select(func.count()).select_from(_notices).where(condition))).scalar_one()


async def undeliverable(conn: AsyncConnection, server_id: ServerId) -> list[ChannelId | None]:
    """The channels of the server's notices that could not be delivered; None for one of the whole server."""
    statement = (
        select(_feeds.c.channel_id)
        .select_from(_notices.outerjoin(_feeds, _feeds.c.id == _notices.c.feed_id))
        .where(_notices.c.server_id == server_id, _notices.c.state == NoticeState.UNDELIVERABLE.value)
    )
    return list((await conn.execute(statement)).scalars())


async def retry_undeliverable(conn: AsyncConnection, server_id: ServerId, *, now: datetime) -> None:
    """Make the server's notices that could not be delivered pending again.

    Protected by a single statement.
    """
    condition = (_notices.c.server_id == server_id) & (_notices.c.state == NoticeState.UNDELIVERABLE.value)
    values = {"state": NoticeState.PENDING.value, "attempts": 0, "next_attempt_at": now}
    await conn.execute(update(_notices).where(condition).values(values))


async def end(conn: AsyncConnection, feed_id: FeedId) -> None:
    """Ends the feed's notices, because a message arrived, so that a new problem is a new notice.

    The notice about failed papers stays while there are any. Protected by the lock on the feed: none of its
    papers fails meanwhile.
    """
    await conn.execute(_end, {"feed": feed_id})


_has_failed = exists().where(_posts.c.feed_id == bindparam("feed"), _posts.c.state == PostState.FAILED.value)
_end = delete(_notices).where(
    _notices.c.feed_id == bindparam("feed"), (_notices.c.kind != NoticeKind.FAILED.value) | ~_has_failed
)


async def add_for_source(conn: AsyncConnection, *, joined_before: datetime, now: datetime) -> int:
    """Adds a notice that Hugging Face does not answer for each server with active feeds; returns how many.

    Servers that joined after `joined_before` have not waited long enough. Protected by the unique key of
    server and kind.
    """
    condition = _feeds.c.server_id == _servers.c.id
    wants = exists().where(condition, is_active(), subscriptions.has_live(_feeds.c.id))
    has_one = exists().where(
        _notices.c.server_id == _servers.c.id, _notices.c.kind == NoticeKind.SOURCE.value
    )
    in_time = _servers.c.added_at <= joined_before
    statement = (
        select(_servers.c.id)
        .where(wants, in_time, _servers.c.left_at.is_(None), ~has_one)
        .order_by(_servers.c.id)
    )
    rows = [
        {
            "server_id": server_id,
            "kind": NoticeKind.SOURCE.value,
            "state": NoticeState.PENDING.value,
            "nonce": secrets.token_hex(_NONCE_BYTES),
            "created_at": now,
            "attempts": 0,
            "next_attempt_at": now,
        }
        for server_id in (await conn.execute(statement)).scalars()
    ]
    if not rows:
        return 0
    added = insert_if_new(_notices, key=None).returning(
        _notices.c.id
    )  # none where another process was faster
    return len((await conn.execute(added, rows)).all())


async def end_of_source(conn: AsyncConnection) -> int:
    """Ends the notices about the source, because Hugging Face answers again; returns how many.

    One that another process is writing stays until the next time. Protected by leaving out locked ones.
    """
    return (
        await conn.execute(delete_unlocked(_notices, _notices.c.kind == NoticeKind.SOURCE.value))
    ).rowcount


async def any_of_source(conn: AsyncConnection) -> bool:
    statement = select(_notices.c.id).where(_notices.c.kind == NoticeKind.SOURCE.value).limit(1)
    return (await conn.execute(statement)).first() is not None


async def pending(conn: AsyncConnection) -> list[Notice]:
    """The pending notices, the oldest first, without those of servers that the bot left."""
    statement = (
        select(*(_notices.c[field.name] for field in fields(Notice)))
        .join(_servers, _servers.c.id == _notices.c.server_id)
        .where(_notices.c.state == NoticeState.PENDING.value, _servers.c.left_at.is_(None))
        .order_by(_notices.c.id)
    )
    return [Notice(**row) for row in (await conn.execute(statement)).mappings()]


async def begin_attempt(
    conn: AsyncConnection, ids: Collection[NoticeId], *, next_attempt_at: datetime
) -> None:
    """Records an attempt before anything is sent; `next_attempt_at` applies if it is interrupted.

    Protected by the lease on the server's shard, and only its owner sends its notices.
    """
    await _set(conn, ids, attempts=_notices.c.attempts + 1, next_attempt_at=next_attempt_at)


async def postpone(conn: AsyncConnection, ids: Collection[NoticeId], *, until: datetime) -> None:
    """Protected by the lease on the server's shard."""
    await _set(conn, ids, next_attempt_at=until)


async def mark_notified(
    conn: AsyncConnection,
    ids: Collection[NoticeId],
    *,
    channel_id: ChannelId,
    message_id: MessageId,
    now: datetime,
) -> None:
    """Protected by the lease on the server's shard."""
    notified = {"state": NoticeState.NOTIFIED.value, "notified_at": now}
    await _set(conn, ids, **notified, channel_id=channel_id, message_id=message_id)


async def mark_undeliverable(conn: AsyncConnection, ids: Collection[NoticeId]) -> None:
    """Protected by the lease on the server's shard."""
    await _set(conn, ids, state=NoticeState.UNDELIVERABLE.value)


async def drop(conn: AsyncConnection, ids: Collection[NoticeId]) -> None:
    """Deletes notices whose problem is over, so that a new problem is a new notice.

    Protected by the locks on the server's feeds, under which the problems were looked at.
    """
    await conn.execute(delete(_notices).where(_notices.c.id.in_(id_array(ids))))


async def delays(conn: AsyncConnection, feed_ids: Collection[FeedId]) -> dict[FeedId, str]:
    """The last reason why a pending post of these feeds failed, by active feed that has one."""
    statement = (
        select(_posts.c.feed_id, _posts.c.reason)
        .join(_feeds, _feeds.c.id == _posts.c.feed_id)
        .where(
            _feeds.c.id.in_(id_array(feed_ids)),
            is_active(),
            _posts.c.state == tables.PENDING,
            _posts.c.unconfirmed_since.is_(None),
            _posts.c.reason.is_not(None),
        )
        .order_by(_posts.c.queue.desc())  # so that the oldest post wins, which delays the others
    )
    return {FeedId(row.feed_id): row.reason for row in await conn.execute(statement)}


async def _set(conn: AsyncConnection, ids: Collection[NoticeId], **values: object) -> None:
    await conn.execute(update(_notices).where(_notices.c.id.in_(id_array(ids))).values(values))
