"""Results of subscriptions: the queries that the sent papers of a feed matched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId
from bot.core.posts import PostState
from bot.store import tables


async def queries_sent(conn: AsyncConnection, feed_id: FeedId, *, since: datetime) -> list[tuple[str, ...]]:
    """For each paper that was sent to the feed since then, the canonical forms that it was posted for."""
    posts, entries = tables.posts.c, tables.post_papers.c
    statement = (
        select(entries.queries)
        .join(tables.posts, posts.id == entries.post_id)
        # Only what was sent has a time of sending; the state is named for the index.
        .where(posts.feed_id == feed_id, posts.state == PostState.SENT.value, posts.sent_at >= since)
    )
    return list((await conn.execute(statement)).scalars())
