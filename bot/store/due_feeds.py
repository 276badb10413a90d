"""Due feeds: which a run plans, in chunks of owners, and what the run leaves behind for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import LastRun
from bot.core.ids import FeedId, ServerId, UserId
from bot.core.schedules import Cadence, Schedule
from bot.core.shards import EVERYTHING, OwnedShards
from bot.store import feed_settings, shards, subscriptions, tables
from bot.store.bulk import update_rows
from bot.store.feeds import is_active
from bot.store.statements import joined

_feeds = tables.feeds
_subscriptions = tables.subscriptions
_PAGE: Final = 500  # rows
_SEPARATOR: Final = "\x1e"  # in no expression
_PART: Final = "\x1f"


class DueFeed(NamedTuple):
    """What tells whether any paper matches, and all that a run needs of a feed that none matches."""

    id: FeedId
    owner_id: ServerId | UserId
    expressions: list[str]  # that match every paper that its subscriptions may take
    since: date  # the first list day that any of them wants
    has_resumed: bool  # whether any was removed and added again
    schedule: Schedule
    next_run_at: datetime
    last_run_at: datetime | None
    checked_at: datetime  # its last check (`decisions.last_check`), if none was removed and added again


class Chunk(NamedTuple):
    """Some of the feeds that are due, in the order of their owners."""

    due: list[DueFeed]
    is_last: bool  # whether no feed is behind them


async def chunk(
    conn: AsyncConnection,
    now: datetime,
    *,
    after: DueFeed | None = None,
    at_most: int | None = None,
    owned: OwnedShards = EVERYTHING,
) -> Chunk:
    """The active feeds with subscriptions whose next run is `now` or was before, and all that are live.

    They are of owned shards, and in the order of their owners. With `after`, those after that feed; with
    `at_most`, as many as have that many subscriptions together: all of an owner, unless the first one has
    more; at least one feed if there is any.
    """
    values = {"now": now, "owner": after.owner_id if after else 0, "feed": after.id if after else 0}
    values |= shards.values(owned)
    found: list[DueFeed] = []
    size, limit = 0, _PAGE
    while True:
        rows = (await conn.execute(_page(), values | {"limit": limit})).all()
        for feed in [_due_feed(row) for row in rows if row[-1] is not None]:
            size += len(feed.expressions)
            if found and at_most is not None and size > at_most:
                whole = [due for due in found if due.owner_id != feed.owner_id]
                return Chunk(whole or found, is_last=False)
            found.append(feed)
        if len(rows) < limit:
            return Chunk(found, is_last=True)
        if at_most is not None and found:  # about as many as are missing, and the one after them
            limit = min(_PAGE, (at_most - size) * len(found) // size + 1)
        values |= {"owner": rows[-1].owner_id, "feed": rows[-1].id}


@cache
def _page() -> Select[Any]:
    """The next feeds of owned shards after an owner and a feed.

    With a limit and no join, both stores walk the feeds in order and read no more of them: PostgreSQL would
    sort all that are due, for each chunk again.
    """
    behind = tuple_(bindparam("owner", type_=BigInteger), bindparam("feed", type_=BigInteger))
    return (
        select(*_columns)
        .where(is_active(), _is_due(), shards.is_owned(), tuple_(_feeds.c.owner_id, _feeds.c.id) > behind)
        .order_by(_feeds.c.owner_id, _feeds.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


# All that most feeds share with many others, in one text: the database makes it, and each is read once.
_shared = joined(
    (
        func.min(_subscriptions.c.since),
        func.count(_subscriptions.c.resumed_at),
        *feed_settings.SCHEDULE_COLUMNS,
        _feeds.c.next_run_at,
        _feeds.c.last_run_at,
        case((_feeds.c.last_run_at.is_(None), _feeds.c.created_at)),
    ),
    _PART,
)
# NULL where the feed has no subscriptions.
_of_subscriptions = (
    select(func.aggregate_strings(subscriptions.may_take, _SEPARATOR).concat(_SEPARATOR).concat(_shared))
    .where(_subscriptions.c.feed_id == _feeds.c.id, subscriptions.is_live)
    .correlate(_feeds)
)
# In the order in which `_due_feed` unpacks them.
_columns: tuple[ColumnElement[Any], ...] = (
    _feeds.c.id,
    _feeds.c.owner_id,
    _of_subscriptions.scalar_subquery(),
)


def _due_feed(row: Sequence[Any]) -> DueFeed:
    id_, owner_id, of_subscriptions = row
    *expressions, shared = of_subscriptions.split(_SEPARATOR)
    return DueFeed(id_, owner_id, expressions, *_read(shared))


@lru_cache(maxsize=4096)
def _read(shared: str) -> tuple[date, bool, Schedule, datetime, datetime | None, datetime]:
    """The rest of a due feed."""
    since, resumed, *schedule, next_run_at, last_run_at, created_at = shared.split(_PART)
    ran_at = datetime.fromisoformat(last_run_at) if last_run_at else None
    return (
        date.fromisoformat(since),
        resumed != "0",
        feed_settings.schedule_of_texts(*schedule),
        datetime.fromisoformat(next_run_at),
        ran_at,
        ran_at or datetime.fromisoformat(created_at),
    )


async def last_check(
    conn: AsyncConnection, now: datetime, *, owned: OwnedShards = EVERYTHING
) -> datetime | None:
    """The earliest last check of the feeds that are due (`decisions.last_check`); None if none is due."""
    row = (await conn.execute(_last_checks(), {"now": now, **shards.values(owned)})).one()
    return min((moment for moment in row if moment is not None), default=None)


@cache
def _last_checks() -> Select[Any, Any]:
    of_feed = _subscriptions.c
    resumed = select(func.min(func.coalesce(of_feed.resumed_ran_at, _feeds.c.created_at))).where(
        of_feed.feed_id == _feeds.c.id,
        subscriptions.is_live,
        of_feed.resumed_at.is_not(None),
        or_(_feeds.c.last_run_at.is_(None), of_feed.resumed_at >= _feeds.c.last_run_at),
    )
    return select(
        func.min(func.coalesce(_feeds.c.last_run_at, _feeds.c.created_at)),
        func.min(resumed.scalar_subquery()),
    ).where(is_active(), _is_due(), subscriptions.has_live(_feeds.c.id), shards.is_owned())


@cache
def _is_due() -> ColumnElement[bool]:
    # A live feed ran at `next_run_at` last: a clock set back since then must not silence it.
    return or_(_feeds.c.next_run_at <= bindparam("now"), _feeds.c.cadence == Cadence.LIVE.value)


async def next_due_at(conn: AsyncConnection, *, owned: OwnedShards = EVERYTHING) -> datetime | None:
    """When the next active feed with subscriptions is due; live feeds, due at every run, do not count."""
    return (await conn.execute(_next_due(), shards.values(owned))).scalar_one_or_none()


@cache
def _next_due() -> Select[Any]:
    """The first by the index on it: for a minimum, PostgreSQL would join all feeds with all subscriptions."""
    return (
        select(_feeds.c.next_run_at)
        .where(
            is_active(),
            _feeds.c.cadence != Cadence.LIVE.value,
            subscriptions.has_live(_feeds.c.id),
            shards.is_owned(),
        )
        .order_by(_feeds.c.next_run_at)
        .limit(1)
    )


async def finish_runs(
    conn: AsyncConnection,
    runs: Iterable[tuple[FeedId, datetime]],
    *,
    now: datetime,
    is_complete: bool = True,
    figures: Mapping[FeedId, LastRun] = MappingProxyType({}),
) -> None:
    """Record for each feed when it is due next, that it ran at `now`, and the figures that are given.

    After an incomplete run, the next one reaches as far back as this one did. A feed that is not due any more
    was rescheduled since it was read: nothing is recorded for it. Protected by the locks on the feeds, which
    the caller holds.
    """
    rows = [
        {
            "id": feed_id,
            "next_run_at": next_run_at,
            "last_run_at": now if is_complete else None,
            "last_new": result and result.new,
            "last_matched": result and result.matched,
            "last_planned": result and result.planned,
        }
        for feed_id, next_run_at in runs
        for result in (figures.get(feed_id),)
    ]
    is_due = f"feeds.next_run_at <= {{}} OR feeds.cadence = '{Cadence.LIVE}'"  # as `_is_due`
    await update_rows(conn, _feeds, rows, where=is_due, value=(_feeds.c.next_run_at.type, now))
