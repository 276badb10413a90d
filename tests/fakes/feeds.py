"""Feeds with other settings: values, and the same in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed, FeedSettings
from bot.store import feed_settings


def feed_with(feed: Feed, **changes: Any) -> Feed:
    """The feed with these fields changed, its own or those of its settings."""
    chosen = {name: changes.pop(name) for name in list(changes) if name in FeedSettings.__dataclass_fields__}
    if "paused_at" in changes:
        chosen["is_paused"] = changes["paused_at"] is not None
    return replace(feed, settings=replace(feed.settings, **chosen), **changes)


async def store_settings(
    conn: AsyncConnection,
    feed: Feed,
    *,
    now: datetime,
    next_run_at: datetime | None = None,
    **changes: Any,
) -> None:
    """Writes the feed's settings with these changed, without what follows for its posts."""
    after = replace(feed.settings, **changes)
    await feed_settings.write(conn, feed.id, after, next_run_at=next_run_at or feed.next_run_at, now=now)
