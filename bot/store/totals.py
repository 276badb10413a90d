"""Totals over everything in the store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.totals import Totals
from bot.store import subscriptions, tables
from bot.store.feeds import is_active

_feeds = tables.feeds
_posts = tables.posts


async def read(conn: AsyncConnection) -> Totals:
    """All totals, as of one moment."""
    subscribed = subscriptions.has_live(_feeds.c.id)
    feeds = select(func.count()).select_from(_feeds).where(subscribed)
    blocked, paused = _feeds.c.blocked_at.is_not(None), _feeds.c.paused_at.is_not(None)
    certain = _posts.c.unconfirmed_since.is_(None)
    pending = (
        select(func.count())
        .select_from(_posts.join(_feeds, _feeds.c.id == _posts.c.feed_id))
        .where(_posts.c.state == tables.PENDING)
    )
    waiting = pending.where(certain, is_active())
    figures: dict[str, Select[Any]] = {
        "servers": _count_of(tables.servers, tables.servers.c.left_at.is_(None)),
        "feeds_active": feeds.where(is_active()),
        "feeds_paused": feeds.where(~blocked, paused),
        "feeds_blocked": feeds.where(blocked),
        "subscriptions": _count_of(tables.subscriptions, subscriptions.is_live),
        "papers": _count_of(tables.papers),
        "posts_waiting": waiting,
        "posts_blocked": pending.where(certain, ~is_active()),
        "posts_unconfirmed": pending.where(~certain),
        "oldest_waiting_at": waiting.with_only_columns(
            func.min(_posts.c.planned_at), maintain_column_froms=True
        ),
        "items_unreadable": select(func.coalesce(func.sum(tables.list_days.c.unreadable), 0)),
    }
    statement = select(*(figure.scalar_subquery().label(name) for name, figure in figures.items()))
    return Totals(**(await conn.execute(statement)).mappings().one())


def _count_of(table: tables.Table, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(table).where(*conditions)
