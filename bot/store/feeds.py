"""Feeds: where papers go, with their schedule, style, and when they are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import DEFAULT_MAX_PAPERS, Feed, Hold, Style
from bot.core.ids import ChannelId, FeedId, ServerId, UserId
from bot.core.schedules import Cadence, Schedule
from bot.store import servers, tables
from bot.store.column_types import keep_first
from bot.store.dialects import insert_if_new

_feeds = tables.feeds
_has_subscriptions = exists().where(tables.subscriptions.c.feed_id == _feeds.c.id)


def is_active() -> ColumnElement[bool]:
    """The condition that a feed is neither paused nor held."""
    return and_(_feeds.c.paused_at.is_(None), _feeds.c.held_at.is_(None))


async def ensure(
    conn: AsyncConnection,
    *,
    server_id: ServerId,
    channel_id: ChannelId,
    schedule: Schedule,
    next_run_at: datetime,
    now: datetime,
    created_by: UserId,
) -> Feed:
    """The channel's feed, made now if it has none; one that exists is returned as it is."""
    await servers.ensure(conn, server_id, now=now)
    row = {
        "server_id": server_id,
        "channel_id": channel_id,
        **_schedule_columns(schedule),
        "style": Style.CARDS.value,
        "min_upvotes": 0,
        "max_papers": DEFAULT_MAX_PAPERS,
        "next_run_at": next_run_at,
        "created_at": now,
        "created_by": created_by,
    }
    await conn.execute(insert_if_new(conn, _feeds, key=["channel_id"]), row)
    (feed,) = await _where(conn, _feeds.c.channel_id == channel_id)
    return feed


async def get(conn: AsyncConnection, feed_id: FeedId) -> Feed | None:
    return next(iter(await _where(conn, _feeds.c.id == feed_id)), None)


async def by_channel(conn: AsyncConnection, channel_id: ChannelId) -> Feed | None:
    return next(iter(await _where(conn, _feeds.c.channel_id == channel_id)), None)


async def of_server(conn: AsyncConnection, server_id: ServerId) -> list[Feed]:
    return await _where(conn, _feeds.c.server_id == server_id)


async def held(conn: AsyncConnection, server_id: ServerId) -> list[Feed]:
    return await _where(conn, _feeds.c.server_id == server_id, _feeds.c.held_at.is_not(None))


async def due(conn: AsyncConnection, now: datetime) -> list[Feed]:
    """The active feeds with subscriptions whose next run is `now` or was before, and all that are live."""
    # A live feed ran at `next_run_at` last: a clock set back since then must not silence it.
    is_due = or_(_feeds.c.next_run_at <= now, _feeds.c.cadence == Cadence.LIVE.value)
    return await _where(conn, is_active(), is_due, _has_subscriptions)


async def next_due_at(conn: AsyncConnection) -> datetime | None:
    """When the next active feed with subscriptions is due; live feeds, due at every run, do not count."""
    statement = select(func.min(_feeds.c.next_run_at)).where(
        is_active(), _feeds.c.cadence != Cadence.LIVE.value, _has_subscriptions
    )
    return (await conn.execute(statement)).scalar_one()


async def count(conn: AsyncConnection) -> int:
    return (await conn.execute(select(func.count()).select_from(_feeds))).scalar_one()


async def set_schedule(
    conn: AsyncConnection, feed_id: FeedId, schedule: Schedule, *, next_run_at: datetime
) -> None:
    await _set(conn, feed_id, **_schedule_columns(schedule), next_run_at=next_run_at)


async def set_style(conn: AsyncConnection, feed_id: FeedId, style: Style) -> None:
    await _set(conn, feed_id, style=style.value)


async def pause(conn: AsyncConnection, feed_id: FeedId, now: datetime) -> None:
    """Pause the feed; one that is paused stays paused since it was."""
    await _set(conn, feed_id, paused_at=keep_first(_feeds.c.paused_at, now))


async def hold(conn: AsyncConnection, feed_id: FeedId, *, reason: str, now: datetime) -> None:
    """Hold the feed; one that is held gets the new reason and stays held since it was."""
    await _set(conn, feed_id, hold_reason=reason, held_at=keep_first(_feeds.c.held_at, now))


async def resume(conn: AsyncConnection, feed_id: FeedId, *, next_run_at: datetime) -> None:
    """End the pause and the hold, whichever there is."""
    await _set(conn, feed_id, paused_at=None, hold_reason=None, held_at=None, next_run_at=next_run_at)


async def finish_runs(
    conn: AsyncConnection, runs: Iterable[tuple[FeedId, datetime]], *, ran_at: datetime | None
) -> None:
    """Note for each feed when it is due next, and that it ran at `ran_at`.

    None where the run was not whole: then the next one reaches as far back as this one did.
    """
    rows = [{"feed": feed_id, "next": next_run_at} for feed_id, next_run_at in runs]
    if rows:
        statement = update(_feeds).where(_feeds.c.id == bindparam("feed"))
        if ran_at is not None:
            statement = statement.values(last_run_at=ran_at)
        await conn.execute(statement.values(next_run_at=bindparam("next")), rows)


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
        schedule=_schedule(row.cadence, row.post_time, row.weekdays, row.timezone),
        style=Style(row.style),
        min_upvotes=row.min_upvotes,
        max_papers=row.max_papers,
        paused_at=row.paused_at,
        hold=None if row.held_at is None else Hold(reason=row.hold_reason, since=row.held_at),
        next_run_at=row.next_run_at,
        last_run_at=row.last_run_at,
        created_at=row.created_at,
        created_by=UserId(row.created_by),
    )


@lru_cache(maxsize=1024)  # most feeds keep one of a few schedules
def _schedule(cadence: str, post_time: time, weekdays: frozenset[int], timezone: str) -> Schedule:
    return Schedule(cadence=Cadence(cadence), time=post_time, weekdays=weekdays, timezone=timezone)


def _schedule_columns(schedule: Schedule) -> dict[str, object]:
    return {
        "cadence": schedule.cadence.value,
        "post_time": schedule.time,
        "weekdays": schedule.weekdays,
        "timezone": schedule.timezone,
    }
