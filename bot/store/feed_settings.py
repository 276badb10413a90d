"""The settings of a feed, written all at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feed_settings import FeedSettings
from bot.core.ids import FeedId
from bot.store import tables
from bot.store.feeds import schedule_columns


async def write(
    conn: AsyncConnection,
    feed_id: FeedId,
    settings: FeedSettings,
    *,
    next_run_at: datetime,
    paused_at: datetime | None,
) -> None:
    """Set all that people choose; a hold stays."""
    exclude = settings.exclude
    values: dict[str, object] = {
        **schedule_columns(settings.schedule),
        "next_run_at": next_run_at,
        "style": settings.style.value,
        "min_upvotes": settings.min_upvotes,
        "max_papers": settings.max_papers,
        "only_with_code": settings.only_with_code,
        "exclude_text": exclude.text if exclude else None,
        "exclude_canonical": exclude.canonical if exclude else None,
        "exclude_compiled": exclude.expression if exclude else None,
        "exclude_rules_version": exclude.rules_version if exclude else None,
        "mention_role_id": settings.mention_role_id,
        "opens_threads": settings.opens_threads,
        "publishes": settings.publishes,
        "paused_at": paused_at,
    }
    await conn.execute(update(tables.feeds).where(tables.feeds.c.id == feed_id).values(values))
