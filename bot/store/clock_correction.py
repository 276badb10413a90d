"""Correction of times that were written while the clock was ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.schedules import Cadence, Schedule
from bot.store import tables
from bot.store.column_types import UtcDateTime
from bot.store.feed_settings import SCHEDULE_COLUMNS, schedule_columns, schedule_of

_feeds = tables.feeds
_posts = tables.posts
_follow_ups = tables.follow_ups
_notices = tables.notices
_subscriptions = tables.subscriptions
_list_days = tables.list_days
_A_DAY = timedelta(days=1)
# Columns that may be in the future, or come from other clocks.
_MAY_BE_AHEAD = frozenset(
    {
        _feeds.c.next_run_at,
        _feeds.c.recheck_at,
        _posts.c.next_attempt_at,
        _follow_ups.c.next_attempt_at,
        _notices.c.next_attempt_at,
        tables.polls.c.ended_at,  # a poll in the future is repeated; one just now would not be
        tables.turns.c.until,
        tables.papers.c.published_at,
        tables.papers.c.withdrawn_at,
        # In the future, it makes delivery search for the message. The present moment would make it trust
        # the nonce.
        _posts.c.first_attempt_at,
    }
)


async def latest_next_runs(conn: AsyncConnection) -> dict[Schedule, datetime]:
    """For each schedule of daily and weekly feeds, the latest next run that one of them has."""
    return {schedule_of(*schedule): latest for *schedule, latest in await conn.execute(_latest_next_runs)}


_latest_next_runs = (
    select(*SCHEDULE_COLUMNS, func.max(_feeds.c.next_run_at, type_=UtcDateTime()))
    .where(_feeds.c.cadence != Cadence.LIVE.value)
    .group_by(*SCHEDULE_COLUMNS)
)


async def pull_back_runs(conn: AsyncConnection, next_runs: Mapping[Schedule, datetime]) -> int:
    """Move the next runs of these schedules that are later than given here; returns how many were.

    Protected by single statements: a row that is corrected meanwhile is not late any more.
    """
    pulled = 0
    for schedule, next_run_at in next_runs.items():
        alike = and_(*(_feeds.c[name] == value for name, value in schedule_columns(schedule).items()))
        statement = update(_feeds).where(alike, _feeds.c.next_run_at > next_run_at)
        pulled += (await conn.execute(statement.values(next_run_at=next_run_at))).rowcount
    return pulled


async def pull_back_waits(
    conn: AsyncConnection, *, now: datetime, longest_wait: timedelta, longest_look: timedelta
) -> int:
    """Make retries due now that are later than the longest wait; returns how many were.

    `longest_wait` is for posts, follow-ups and notices, `longest_look` for rechecks of blocked channels.
    Protected by single statements: a row that is corrected meanwhile is not late any more.
    """
    of_attempts = {"now": now, "wait_until": now + longest_wait}
    of_rechecks = {"now": now, "look_until": now + longest_look}
    if not (await conn.execute(_is_any_too_late, of_attempts | of_rechecks)).scalar_one():
        return 0
    pulled = 0
    for statement in _pull_back_attempts:
        pulled += (await conn.execute(statement, of_attempts)).rowcount
    return pulled + (await conn.execute(_pull_back_rechecks, of_rechecks)).rowcount


_late_attempts = [
    (_posts.c.next_attempt_at, _posts.c.state == tables.PENDING),
    (_follow_ups.c.next_attempt_at, _follow_ups.c.state == tables.PENDING),
    (_notices.c.next_attempt_at, true()),
]
_is_late_recheck = and_(
    _feeds.c.recheck_at > bindparam("now"),
    or_(_feeds.c.recheck_at > bindparam("look_until"), _feeds.c.blocked_at > bindparam("now")),
)
# Each run asks this, and nearly none has to change anything.
_is_any_too_late = select(
    or_(
        *(exists().where(column > bindparam("wait_until"), is_open) for column, is_open in _late_attempts),
        exists().where(_is_late_recheck),
    )
)
_pull_back_attempts = [
    update(column.table)
    .where(is_open, column > bindparam("wait_until"))
    .values({column.name: bindparam("now", type_=UtcDateTime())})
    for column, is_open in _late_attempts
]
_pull_back_rechecks = update(_feeds).where(_is_late_recheck).values(recheck_at=bindparam("now"))


async def was_ahead(conn: AsyncConnection, now: datetime) -> bool:
    """Whether the clock was ahead of `now` at the last run, or when a feed last ran."""
    moments = [moment for row in await conn.execute(_last_run) for moment in row]
    moments.append((await conn.execute(_last_run_of_feeds)).scalar_one())
    return any(moment is not None and moment > now for moment in moments)


_last_run = (
    select(tables.runs.c.started_at, tables.runs.c.finished_at).order_by(tables.runs.c.id.desc()).limit(1)
)
_last_run_of_feeds = select(func.max(_feeds.c.last_run_at))


async def pull_back_records(conn: AsyncConnection, *, now: datetime, today: date) -> None:
    """Set times in the future to now, so that they neither hide nor outlast anything.

    A list day that was read becomes unread, and a subscription wants the papers from `today`, the open list
    day, on. Protected by single statements: a row that is corrected meanwhile is not ahead any more.
    """
    await _pull_back_last_runs(conn, now)
    await conn.execute(delete(_list_days).where(_list_days.c.read_at > now))
    await conn.execute(update(_subscriptions).where(_subscriptions.c.since > today).values(since=today))
    for table in tables.metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, UtcDateTime) and column not in _MAY_BE_AHEAD:
                await conn.execute(update(table).where(column > now).values({column.name: now}))


async def _pull_back_last_runs(conn: AsyncConnection, now: datetime) -> None:
    """Correct last runs that are dated later than now.

    A run whose clock was more than a day ahead checked no current papers, so it counts as no run. A run whose
    clock was less far ahead did, but not the papers seen since.
    """
    last_run_at = _feeds.c.last_run_at
    no_run = {"last_run_at": None, "last_new": None, "last_matched": None, "last_planned": None}
    await conn.execute(update(_feeds).where(last_run_at > now + _A_DAY).values(no_run))
    just_before = now - timedelta(seconds=1)
    await conn.execute(update(_feeds).where(last_run_at > now).values(last_run_at=just_before))
