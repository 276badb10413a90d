"""Totals over everything in the store."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.posts import PostState
from bot.core.totals import Totals
from bot.store import subscriptions, tables
from bot.store.feeds import is_active

_feeds = tables.feeds
_posts = tables.posts
# A literal rather than a bound value, so that the partial indexes of pending rows apply.
_PENDING = literal(PostState.PENDING.value, literal_execute=True)


async def read(conn: AsyncConnection) -> Totals:
    """All totals, as of one moment."""
    subscribed = subscriptions.has_live(_feeds.c.id)
    feeds = select(func.count()).select_from(_feeds).where(subscribed)
    blocked, paused = _feeds.c.blocked_at.is_not(None), _feeds.c.paused_at.is_not(None)
    certain = _posts.c.unconfirmed_since.is_(None)
    pending = (
        select(func.count())
        .select_from(_posts.join(_feeds, _feeds.c.id == _posts.c.feed_id))
        .where(_posts.c.state == _PENDING)
    )
    waiting = pending.where(certain, is_active())
    servers = select(func.count()).select_from(tables.servers).where(tables.servers.c.left_at.is_(None))
    statement = select(
        servers.scalar_subquery(),
        feeds.where(is_active()).scalar_subquery(),
        feeds.where(~blocked, paused).scalar_subquery(),
        feeds.where(blocked).scalar_subquery(),
        _count_of(tables.subscriptions, subscriptions.is_live),
        _count_of(tables.papers),
        waiting.scalar_subquery(),
        pending.where(certain, ~is_active()).scalar_subquery(),
        pending.where(~certain).scalar_subquery(),
        waiting.with_only_columns(func.min(_posts.c.planned_at), maintain_column_froms=True)
        .scalar_subquery()
        .label("oldest_waiting_at"),
        select(func.coalesce(func.sum(tables.list_days.c.unreadable), 0)).scalar_subquery(),
    )
    row = (await conn.execute(statement)).one()
    return Totals(
        servers=row[0],
        feeds_active=row[1],
        feeds_paused=row[2],
        feeds_blocked=row[3],
        subscriptions=row[4],
        papers=row[5],
        posts_waiting=row[6],
        posts_blocked=row[7],
        posts_unconfirmed=row[8],
        oldest_waiting_at=row[9],
        items_unreadable=row[10],
    )


def _count_of(table: tables.Table, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()
