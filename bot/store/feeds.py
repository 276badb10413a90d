"""Feeds: their places, settings, pauses and blocks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Block, Feed, FeedKind, FeedSettings, LastRun, Place
from bot.core.ids import ChannelId, FeedId, ServerId, UserId
from bot.core.schedules import Schedule
from bot.core.shards import EVERYTHING, OwnedShards
from bot.store import feed_settings, locking, servers, shards, subscriptions, tables
from bot.store.column_types import keep_first
from bot.store.statements import id_array

_feeds = tables.feeds
_NO_PAUSE: dict[str, None] = {"paused_at": None, "paused_until": None, "resumes_at": None}
_NO_BLOCK = {"block_reason": None, "blocked_at": None, "recheck_at": None, "gone_at": None}
_has_subscriptions = subscriptions.has_live(_feeds.c.id)


@cache
def is_active() -> ColumnElement[bool]:
    """The condition that a feed is neither paused nor blocked."""
    return and_(_feeds.c.paused_at.is_(None), _feeds.c.blocked_at.is_(None))


async def ensure(
    conn: AsyncConnection,
    *,
    place: Place,
    schedule: Schedule,
    next_run_at: datetime,
    now: datetime,
) -> Feed:
    """The feed of the channel, or of the person, created if there is none; else unchanged. It is locked.

    Protected by an upsert, by the channel or the person, that locks the row.
    """
    if place.server_id is not None:
        await servers.ensure(conn, place.server_id, now=now)
    row = {
        "server_id": place.server_id,
        "user_id": place.user_id,
        "channel_id": place.channel_id,
        "kind": place.kind.value,
        **feed_settings.columns(FeedSettings(schedule=schedule)),
        "next_run_at": next_run_at,
        "created_at": now,
    }
    key = "channel_id" if place.user_id is None else "user_id"
    # An update that changes nothing, so that there is one statement in which no other process can delete it.
    statement = insert(_feeds).on_conflict_do_update(index_elements=[key], set_={key: _feeds.c[key]})
    return _feed((await conn.execute(statement.returning(_feeds), row)).one())


async def lock(conn: AsyncConnection, feed_ids: Collection[FeedId], *, waits: bool = True) -> set[FeedId]:
    """Has other processes wait that change something of these feeds: see `locking`; returns as it does."""
    locked = await locking.lock(conn, _feeds, feed_ids, waits=waits)
    return {FeedId(feed_id) for feed_id in locked}


async def get(conn: AsyncConnection, feed_id: FeedId) -> Feed | None:
    return next(iter(await _where(conn, _feeds.c.id == feed_id)), None)


async def by_ids(
    conn: AsyncConnection, feed_ids: Collection[FeedId], *, for_update: bool = False
) -> list[Feed]:
    return await _where(conn, _feeds.c.id.in_(id_array(feed_ids)), for_update=for_update)


async def by_channel(
    conn: AsyncConnection, channel_id: ChannelId, *, for_update: bool = False
) -> Feed | None:
    rows = await _where(conn, _feeds.c.channel_id == channel_id, for_update=for_update)
    return next(iter(rows), None)


async def by_channels(
    conn: AsyncConnection, channel_ids: Collection[ChannelId], *, for_update: bool = False
) -> list[Feed]:
    return await _where(conn, _feeds.c.channel_id.in_(id_array(channel_ids)), for_update=for_update)


async def of_person(conn: AsyncConnection, user_id: UserId, *, for_update: bool = False) -> Feed | None:
    return next(iter(await _where(conn, _feeds.c.user_id == user_id, for_update=for_update)), None)


async def of_server(conn: AsyncConnection, server_id: ServerId, *, for_update: bool = False) -> list[Feed]:
    return await _where(conn, _feeds.c.server_id == server_id, for_update=for_update)


async def of_servers(
    conn: AsyncConnection, server_ids: Collection[ServerId], *, for_update: bool = False
) -> list[Feed]:
    return await _where(conn, _feeds.c.server_id.in_(id_array(server_ids)), for_update=for_update)


async def blocked(conn: AsyncConnection, server_id: ServerId | None = None) -> list[Feed]:
    """The blocked feeds of one server, or of all servers."""
    is_theirs = _feeds.c.server_id.is_not(None) if server_id is None else _feeds.c.server_id == server_id
    return await _where(conn, is_theirs, _feeds.c.blocked_at.is_not(None))


async def in_use(conn: AsyncConnection) -> list[Feed]:
    """The feeds that have subscriptions, of all servers."""
    return await _where(conn, _feeds.c.server_id.is_not(None), _has_subscriptions)


async def count_in_use(conn: AsyncConnection, server_id: ServerId) -> int:
    """How many channels of the server have subscriptions; those that Discord deleted do not count."""
    return (await conn.execute(_count_in_use, {"server": server_id})).scalar_one()


_count_in_use = select(func.count()).where(
    _feeds.c.server_id == bindparam("server"), _feeds.c.gone_at.is_(None), _has_subscriptions
)


async def block(
    conn: AsyncConnection,
    feed_id: FeedId,
    *,
    reason: str,
    now: datetime,
    recheck_at: datetime | None = None,
    is_gone: bool = False,
) -> None:
    """Block the feed. One that is already blocked gets the new reason and keeps its time.

    Protected by a single statement that counts and keeps times itself.
    """
    gone_at = keep_first(_feeds.c.gone_at, now) if is_gone else None
    is_new = case((_feeds.c.blocked_at.is_(None), 1), else_=0)
    await _set(
        conn,
        feed_id,
        block_reason=reason,
        blocked_at=keep_first(_feeds.c.blocked_at, now),
        recheck_at=recheck_at,
        blocks_in_a_row=_feeds.c.blocks_in_a_row + is_new,
        gone_at=gone_at,
    )


async def blocks_in_a_row(conn: AsyncConnection, feed_id: FeedId) -> int:
    """How often the feed was blocked without a post sent in between."""
    statement = select(_feeds.c.blocks_in_a_row).where(_feeds.c.id == feed_id)
    return (await conn.execute(statement)).scalar_one_or_none() or 0


async def release(conn: AsyncConnection, feed_id: FeedId) -> None:
    """Unblock the feed. A run that was due in the meantime is due now.

    Protected by a single statement, under the lock that the block was read with.
    """
    await _set(conn, feed_id, **_NO_BLOCK)


async def worked(conn: AsyncConnection, feed_id: FeedId) -> None:
    """Record that a post was sent: the next block is the first in a row. Protected by a single statement."""
    await conn.execute(_worked, {"feed": feed_id})


_worked = (
    update(_feeds)
    .where(_feeds.c.id == bindparam("feed"), _feeds.c.blocks_in_a_row > 0)
    .values(blocks_in_a_row=0)
)


async def move(conn: AsyncConnection, feed_id: FeedId, channel_id: ChannelId) -> None:
    """Let the feed's messages go to another channel from now on, pending ones too.

    Protected by the lock on the feed, which the caller holds: no post of it is planned meanwhile.
    """
    of_feed = (tables.posts.c.feed_id == feed_id) & (tables.posts.c.state == tables.PENDING)
    await conn.execute(update(tables.posts).where(of_feed).values(channel_id=channel_id))
    await _set(conn, feed_id, channel_id=channel_id)


async def resume(conn: AsyncConnection, feed_id: FeedId, *, next_run_at: datetime) -> None:
    """End the pause and the block, whichever there is.

    Protected by a single statement, under the lock that the pause was read with.
    """
    await _set(conn, feed_id, **_NO_PAUSE, **_NO_BLOCK, next_run_at=next_run_at)


async def with_ended_pause(
    conn: AsyncConnection, now: datetime, *, owned: OwnedShards = EVERYTHING
) -> list[Feed]:
    """The paused feeds of owned shards that resume at `now` or before, locked."""
    is_over = _feeds.c.resumes_at <= now
    return await _where(conn, is_over, shards.is_owned(), for_update=True, values=shards.values(owned))


async def next_resumption(conn: AsyncConnection, *, owned: OwnedShards = EVERYTHING) -> datetime | None:
    """When the next pause of a feed of owned shards ends automatically."""
    return (await conn.execute(_next_resumption, shards.values(owned))).scalar_one()


_next_resumption = select(func.min(_feeds.c.resumes_at)).where(
    _feeds.c.resumes_at.is_not(None), shards.is_owned()
)


async def end_pause(conn: AsyncConnection, feed_id: FeedId, *, next_run_at: datetime) -> None:
    """Protected by the lock of `with_ended_pause`."""
    await _set(conn, feed_id, **_NO_PAUSE, next_run_at=next_run_at)


async def long_gone(conn: AsyncConnection, *, before: datetime) -> list[Feed]:
    """The feeds whose channel, or server, has been gone since before then."""
    return await _where(conn, _feeds.c.gone_at < before)


async def forget_gone(conn: AsyncConnection, feed_ids: Collection[FeedId], *, before: datetime) -> list[Feed]:
    """Delete those of the feeds that have been gone since then, with all their data; returns them.

    Protected by locking them first, in order: one that another process has seen come back is left out.
    """
    condition = _feeds.c.id.in_(id_array(feed_ids))
    gone = await _where(conn, condition, _feeds.c.gone_at < before, for_update=True)
    await conn.execute(delete(_feeds).where(_feeds.c.id.in_(id_array([feed.id for feed in gone]))))
    return gone


async def _set(conn: AsyncConnection, feed_id: FeedId, **values: object) -> None:
    await conn.execute(update(_feeds).where(_feeds.c.id == feed_id).values(values))


_every_feed = select(_feeds).order_by(_feeds.c.id)


async def _where(
    conn: AsyncConnection,
    *conditions: ColumnElement[bool],
    for_update: bool = False,
    values: Mapping[str, object] | None = None,
) -> list[Feed]:
    """The feeds, by id; `for_update` locks them, in that order: see `locking`. `values` are parameters."""
    statement = _every_feed.where(*conditions)
    if for_update:
        statement = locking.for_update(statement)
    return [_feed(row) for row in await conn.execute(statement, values)]


def _feed(row: Row[Any]) -> Feed:
    return Feed(
        id=FeedId(row.id),
        server_id=row.server_id and ServerId(row.server_id),
        user_id=row.user_id and UserId(row.user_id),
        channel_id=ChannelId(row.channel_id),
        kind=FeedKind(row.kind),
        settings=feed_settings.of_row(row),
        paused_at=row.paused_at,
        block=_block(row),
        next_run_at=row.next_run_at,
        last_run_at=row.last_run_at,
        last_run=None
        if row.last_new is None
        else LastRun(new=row.last_new, matched=row.last_matched, planned=row.last_planned),
        created_at=row.created_at,
    )


def _block(row: Row[Any]) -> Block | None:
    if row.blocked_at is None:
        return None
    return Block(
        reason=row.block_reason,
        since=row.blocked_at,
        recheck_at=row.recheck_at,
        is_gone=row.gone_at is not None,
    )
