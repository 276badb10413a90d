"""The feeds' filters: what keeps papers out of a feed that matches them."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId
from bot.core.query.compiled import CompiledQuery
from bot.store import tables

_feeds = tables.feeds


async def change(
    conn: AsyncConnection,
    feed_id: FeedId,
    *,
    min_upvotes: int,
    max_papers: int,
    only_with_code: bool,
    exclude: CompiledQuery | None,
) -> None:
    """Give the feed this filter, whole."""
    statement = update(_feeds).where(_feeds.c.id == feed_id)
    await conn.execute(
        statement.values(
            min_upvotes=min_upvotes,
            max_papers=max_papers,
            only_with_code=only_with_code,
            exclude_text=exclude.text if exclude else None,
            exclude_canonical=exclude.canonical if exclude else None,
            exclude_compiled=exclude.expression if exclude else None,
            exclude_rules_version=exclude.rules_version if exclude else None,
        )
    )


async def outdated(conn: AsyncConnection, rules_version: int) -> dict[FeedId, CompiledQuery]:
    """The excluded queries that were compiled by another version of the rules."""
    columns = (
        _feeds.c.id,
        _feeds.c.exclude_text,
        _feeds.c.exclude_canonical,
        _feeds.c.exclude_compiled,
        _feeds.c.exclude_rules_version,
    )
    statement = select(*columns).where(_feeds.c.exclude_rules_version != rules_version)
    return {
        FeedId(feed_id): CompiledQuery(
            text=text, canonical=canonical, expression=expression, rules_version=version
        )
        for feed_id, text, canonical, expression, version in await conn.execute(statement)
    }


async def recompile(conn: AsyncConnection, feed_id: FeedId, exclude: CompiledQuery) -> None:
    """Store what the feed's excluded query is under new rules."""
    statement = update(_feeds).where(_feeds.c.id == feed_id)
    await conn.execute(
        statement.values(
            exclude_canonical=exclude.canonical,
            exclude_compiled=exclude.expression,
            exclude_rules_version=exclude.rules_version,
        )
    )
