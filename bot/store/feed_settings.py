"""The settings of a feed as columns: written and read as one value."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import FeedSettings, Style
from bot.core.ids import FeedId, RoleId
from bot.core.query.compiled import CompiledQuery
from bot.core.schedules import Cadence, Schedule
from bot.store import tables
from bot.store.column_types import days_of, keep_first

_feeds = tables.feeds
# In the order in which `schedule_of` and `schedule_of_texts` take them.
SCHEDULE_COLUMNS = (_feeds.c.cadence, _feeds.c.post_time, _feeds.c.weekdays, _feeds.c.timezone)


async def write(
    conn: AsyncConnection, feed_id: FeedId, settings: FeedSettings, *, next_run_at: datetime, now: datetime
) -> None:
    """Write the settings and the next run. A feed that is already paused keeps the time of its pause.

    Protected by the lock on the feed, under which the settings were read.
    """
    values = columns(settings) | {"next_run_at": next_run_at, "feed": feed_id}
    if settings.is_paused:
        await conn.execute(_write.values(paused_at=keep_first(_feeds.c.paused_at, now)), values)
    else:
        await conn.execute(_write, values | {"paused_at": None})


_write = update(_feeds).where(_feeds.c.id == bindparam("feed"))


def columns(settings: FeedSettings) -> dict[str, object]:
    """The columns of all settings but whether it is paused, which is kept as its time."""
    return {
        **schedule_columns(settings.schedule),
        **exclude_columns(settings.exclude),
        "style": settings.style.value,
        "min_upvotes": settings.min_upvotes,
        "max_papers": settings.max_papers,
        "only_with_code": settings.only_with_code,
        "mention_role_id": settings.mention_role_id,
        "is_silent": settings.is_silent,
        "opens_threads": settings.opens_threads,
        "publishes": settings.publishes,
        "paused_until": settings.paused_until if settings.is_paused else None,
        "resumes_at": settings.resumes_at,
    }


def schedule_columns(schedule: Schedule) -> dict[str, object]:
    return {
        "cadence": schedule.cadence.value,
        "post_time": schedule.time,
        "weekdays": schedule.weekdays,
        "timezone": schedule.timezone,
    }


def of_row(row: Row[Any]) -> FeedSettings:
    """The settings in a row of all columns of `feeds`."""
    return _settings(exclude_of(row), row.paused_at is not None, *_plain(row))


def exclude_of(row: Row[Any]) -> CompiledQuery | None:
    if row.exclude_text is None:
        return None
    return CompiledQuery(
        text=row.exclude_text,
        canonical=row.exclude_canonical,
        expression=row.exclude_compiled,
        rules_version=row.exclude_rules_version,
    )


def exclude_columns(exclude: CompiledQuery | None) -> dict[str, object]:
    return {
        "exclude_text": exclude and exclude.text,
        "exclude_canonical": exclude and exclude.canonical,
        "exclude_compiled": exclude and exclude.expression,
        "exclude_rules_version": exclude and exclude.rules_version,
    }


_plain = attrgetter(
    "cadence",
    "post_time",
    "weekdays",
    "timezone",
    "style",
    "min_upvotes",
    "max_papers",
    "only_with_code",
    "mention_role_id",
    "is_silent",
    "opens_threads",
    "publishes",
    "paused_until",
)


@lru_cache(maxsize=1024)  # most feeds have one of a few choices
def _settings(  # noqa: PLR0917 - in the order in which they are read
    exclude: CompiledQuery | None,
    is_paused: bool,  # noqa: FBT001
    cadence: str,
    post_time: time,
    weekdays: frozenset[int],
    timezone: str,
    style: str,
    min_upvotes: int,
    max_papers: int,
    only_with_code: bool,  # noqa: FBT001
    mention_role_id: int | None,
    is_silent: bool,  # noqa: FBT001
    opens_threads: bool,  # noqa: FBT001
    publishes: bool,  # noqa: FBT001
    paused_until: date | None,
) -> FeedSettings:
    return FeedSettings(
        schedule=schedule_of(cadence, post_time, weekdays, timezone),
        style=Style(style),
        min_upvotes=min_upvotes,
        max_papers=max_papers,
        only_with_code=only_with_code,
        exclude=exclude,
        mention_role_id=None if mention_role_id is None else RoleId(mention_role_id),
        is_silent=is_silent,
        opens_threads=opens_threads,
        publishes=publishes,
        is_paused=is_paused,
        paused_until=paused_until,
    )


@lru_cache(maxsize=1024)
def schedule_of(cadence: str, post_time: time, weekdays: frozenset[int], timezone: str) -> Schedule:
    return Schedule(cadence=Cadence(cadence), time=post_time, weekdays=weekdays, timezone=timezone)


def schedule_of_texts(cadence: str, post_time: str, weekdays: str, timezone: str) -> Schedule:
    """The schedule in these columns, each read as text."""
    return schedule_of(cadence, time.fromisoformat(post_time), days_of(int(weekdays)), timezone)
