"""Feeds: their places, when they are due, pauses and blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Block, Feed, FeedKind, FeedSettings, LastRun, Place
from bot.core.ids import ChannelId, FeedId, ServerId, UserId
from bot.core.schedules import Cadence, Schedule
from bot.store import feed_settings, servers, subscriptions, tables
from bot.store.column_types import keep_first
from bot.store.sqlite.statements import insert_if_new, these

_feeds = tables.feeds
_PARTITION = 500  # rows
_NO_BLOCK = {"block_reason": None, "blocked_at": None, "recheck_at": None, "gone_at": None}
_subscriptions = tables.subscriptions
_has_subscriptions = subscriptions.has_live(_feeds.c.id)
_size = subscriptions.count_live(_feeds.c.id).label("size")


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
    created_by: UserId,
) -> Feed:
    """The channel's feed, created if it has none; an existing one is returned unchanged."""
    await servers.ensure(conn, place.server_id, now=now)
    row = {
        "server_id": place.server_id,
        "channel_id": place.channel_id,
        "kind": place.kind.value,
        **feed_settings.columns(FeedSettings(schedule=schedule)),
        "next_run_at": next_run_at,
        "created_at": now,
        "created_by": created_by,
    }
    await conn.execute(insert_if_new(_feeds, key=["channel_id"]), row)
    (feed,) = await _where(conn, _feeds.c.channel_id == place.channel_id)
    return feed


async def get(conn: AsyncConnection, feed_id: FeedId) -> Feed | None:
    return next(iter(await _where(conn, _feeds.c.id == feed_id)), None)


async def by_channel(conn: AsyncConnection, channel_id: ChannelId) -> Feed | None:
    return next(iter(await _where(conn, _feeds.c.channel_id == channel_id)), None)


async def of_server(conn: AsyncConnection, server_id: ServerId) -> list[Feed]:
    return await _where(conn, _feeds.c.server_id == server_id)


async def blocked(conn: AsyncConnection, server_id: ServerId | None = None) -> list[Feed]:
    """The blocked feeds, of one server or of all."""
    of_server = () if server_id is None else (_feeds.c.server_id == server_id,)
    return await _where(conn, *of_server, _feeds.c.blocked_at.is_not(None))


async def in_use(conn: AsyncConnection) -> list[Feed]:
    """The feeds that have subscriptions, of all servers."""
    return await _where(conn, _has_subscriptions)


async def due(
    conn: AsyncConnection, now: datetime, *, after: Feed | None = None, at_most: int | None = None
) -> list[Feed]:
    """The active feeds with subscriptions whose next run is `now` or was before, and all that are live.

    They are in the order of their servers. With `after`, those behind that feed; with `at_most`, as many as
    have that many subscriptions together: whole servers, unless the first one has more; at least one feed.
    """
    statement = select(_feeds, _size).where(*_is_due(now)).order_by(_feeds.c.server_id, _feeds.c.id)
    if after is not None:
        behind = tuple_(_feeds.c.server_id, _feeds.c.id) > tuple_(after.server_id, after.id)
        statement = statement.where(behind)
    found: list[Feed] = []
    size = 0
    async with conn.stream(statement) as result:
        async for rows in result.partitions(_PARTITION):
            for row in rows:
                size += row.size
                if found and at_most is not None and size > at_most:
                    return [feed for feed in found if feed.server_id != row.server_id] or found
                found.append(_feed(row))
    return found


async def last_check(conn: AsyncConnection, now: datetime) -> datetime | None:
    """The earliest last check of the feeds that are due (`decisions.last_check`); None if none is due."""
    resumed = select(func.min(func.coalesce(_subscriptions.c.resumed_ran_at, _feeds.c.created_at))).where(
        _subscriptions.c.feed_id == _feeds.c.id,
        subscriptions.is_live,
        _subscriptions.c.resumed_at.is_not(None),
        or_(_feeds.c.last_run_at.is_(None), _subscriptions.c.resumed_at >= _feeds.c.last_run_at),
    )
    statement = select(
        func.min(func.coalesce(_feeds.c.last_run_at, _feeds.c.created_at)),
        func.min(resumed.scalar_subquery()),
    ).where(*_is_due(now))
    found = (await conn.execute(statement)).one()
    return min((moment for moment in found if moment is not None), default=None)


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    # A live feed ran at `next_run_at` last: a clock set back since then must not silence it.
    is_due = or_(_feeds.c.next_run_at <= now, _feeds.c.cadence == Cadence.LIVE.value)
    return (is_active(), is_due, _has_subscriptions)


async def next_due_at(conn: AsyncConnection) -> datetime | None:
    """When the next active feed with subscriptions is due; live feeds, due at every run, do not count."""
    statement = select(func.min(_feeds.c.next_run_at)).where(
        is_active(), _feeds.c.cadence != Cadence.LIVE.value, _has_subscriptions
    )
    return (await conn.execute(statement)).scalar_one()


async def count_in_use(conn: AsyncConnection, server_id: ServerId) -> int:
    """How many channels of the server have subscriptions; those that Discord deleted do not count."""
    statement = select(func.count()).where(
        _feeds.c.server_id == server_id, _feeds.c.gone_at.is_(None), _has_subscriptions
    )
    return (await conn.execute(statement)).scalar_one()


async def block(
    conn: AsyncConnection,
    feed_id: FeedId,
    *,
    reason: str,
    now: datetime,
    recheck_at: datetime | None = None,
    is_gone: bool = False,
) -> None:
    """Block the feed. One that is already blocked gets the new reason and keeps its time."""
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
    """Unblock the feed. A run that was due in the meantime is due now."""
    await _set(conn, feed_id, **_NO_BLOCK)


async def worked(conn: AsyncConnection, feed_id: FeedId) -> None:
    """Record that a post was sent: the next block is the first in a row."""
    statement = update(_feeds).where(_feeds.c.id == feed_id, _feeds.c.blocks_in_a_row > 0)
    await conn.execute(statement.values(blocks_in_a_row=0))


async def resume(conn: AsyncConnection, feed_id: FeedId, *, next_run_at: datetime) -> None:
    """End the pause and the block, whichever there is."""
    await _set(conn, feed_id, paused_at=None, **_NO_BLOCK, next_run_at=next_run_at)


async def long_gone(conn: AsyncConnection, *, before: datetime) -> list[Feed]:
    """The feeds whose channel, or server, has been gone since before then."""
    return await _where(conn, _feeds.c.gone_at < before)


async def forget_gone(conn: AsyncConnection, feed_ids: Collection[FeedId], *, before: datetime) -> list[Feed]:
    """Delete those of the feeds that have been gone since then, with all their data; returns them."""
    gone = await _where(conn, _feeds.c.gone_at < before, _feeds.c.id.in_(these(feed_ids)))
    await conn.execute(delete(_feeds).where(_feeds.c.id.in_(these([feed.id for feed in gone]))))
    return gone


async def finish_runs(
    conn: AsyncConnection, runs: Iterable[tuple[FeedId, datetime]], *, ran_at: datetime | None
) -> None:
    """Record for each feed when it is due next, and that it ran at `ran_at`; one statement a moment.

    `ran_at` is None if the run was incomplete: then the next one reaches as far back as this one did.
    """
    alike: defaultdict[datetime, list[FeedId]] = defaultdict(list)
    for feed_id, next_run_at in runs:
        alike[next_run_at].append(feed_id)
    for next_run_at, ids in alike.items():
        values = {"next_run_at": next_run_at} | ({} if ran_at is None else {"last_run_at": ran_at})
        await conn.execute(update(_feeds).where(_feeds.c.id.in_(these(ids))).values(values))


async def note_figures(conn: AsyncConnection, figures: Mapping[FeedId, LastRun]) -> None:
    """Store the result of the feeds' last run; one statement for all with the same result."""
    alike: defaultdict[LastRun, list[FeedId]] = defaultdict(list)
    for feed_id, result in figures.items():
        alike[result].append(feed_id)
    for result, ids in alike.items():
        values = {
            "last_new": result.new,
            "last_matched": result.matched,
            "last_planned": result.planned,
        }
        await conn.execute(update(_feeds).where(_feeds.c.id.in_(these(ids))).values(values))


async def _set(conn: AsyncConnection, feed_id: FeedId, **values: object) -> None:
    await conn.execute(update(_feeds).where(_feeds.c.id == feed_id).values(values))


async def _where(conn: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Feed]:
    statement = select(_feeds).where(*conditions).order_by(_feeds.c.id)
    return [_feed(row) for row in await conn.execute(statement)]


def _feed(row: Row[Any]) -> Feed:
    return Feed(
        id=FeedId(row.id),
        server_id=ServerId(row.server_id),
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
        created_by=UserId(row.created_by),
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
