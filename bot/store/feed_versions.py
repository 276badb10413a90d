"""Feed versions: all that a feed's posts are planned from, to see whether any of it changed meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NewType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId
from bot.store import subscriptions, tables
from bot.store.statements import as_array, ids_from, joined

FeedVersion = NewType("FeedVersion", str)  # serves to be compared only

_feeds = tables.feeds
_of_subscription = tables.subscriptions.c
# What runs and deliveries write, and what follows from other columns.
_LEFT_OUT: Final = frozenset(
    {"id", "owner_id", "last_new", "last_matched", "last_planned", "blocks_in_a_row", "created_at"}
    | {"exclude_text", "exclude_canonical", "block_reason", "recheck_at", "resumes_at"}
)


_subscription = joined(
    (
        _of_subscription.id,
        _of_subscription.rules_version,
        _of_subscription.focus,
        _of_subscription.since,
        _of_subscription.resumed_at,
    ),
    " ",
)
_subscriptions = select(func.aggregate_strings(_subscription, "\n")).where(
    _of_subscription.feed_id == _feeds.c.id, subscriptions.is_live
)
_versions = select(
    _feeds.c.id,
    joined(
        (
            *(column for column in _feeds.c if column.name not in _LEFT_OUT),
            _subscriptions.scalar_subquery(),
        ),
        " ",
    ),
).where(_feeds.c.id.in_(ids_from("feeds")))


async def read(conn: AsyncConnection, feed_ids: Collection[FeedId]) -> dict[FeedId, FeedVersion]:
    """The versions of these feeds; those that were deleted are left out."""
    if not feed_ids:
        return {}
    rows = await conn.execute(_versions, {"feeds": as_array(feed_ids)})
    return {FeedId(feed_id): FeedVersion(version) for feed_id, version in rows}
