"""Outdated queries: what another version of the rules compiled, and how it is replaced."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Subscription
from bot.core.ids import FeedId, SubscriptionId
from bot.core.query.compiled import CompiledQuery
from bot.store import subscriptions, tables
from bot.store.feed_settings import exclude_columns, exclude_of
from bot.store.statements import id_array
from bot.store.subscriptions import is_live

_subscriptions = tables.subscriptions
_columns = _subscriptions.c
_feeds = tables.feeds


async def feeds_with(
    conn: AsyncConnection, rules: int, *, after: FeedId, limit: int, only_older: bool = False
) -> list[FeedId]:
    """The next feeds after `after` with queries of other (or `only_older`) rules than these, by id."""
    ids: set[int] = set()
    for feed_id, version in (
        (_columns.feed_id, _columns.rules_version),
        (_feeds.c.id, _feeds.c.exclude_rules_version),
    ):
        conditions = _is_outdated(version, rules, only_older=only_older), feed_id > after
        statement = select(feed_id).where(*conditions).distinct().order_by(feed_id).limit(limit)
        ids.update((await conn.execute(statement)).scalars())
    return [FeedId(feed_id) for feed_id in sorted(ids)[:limit]]


async def of_feeds(
    conn: AsyncConnection, feed_ids: Collection[FeedId], rules: int, *, only_older: bool = False
) -> list[Subscription]:
    """The feeds' outdated subscriptions, removed ones too."""
    is_outdated = _is_outdated(_columns.rules_version, rules, only_older=only_older)
    return await subscriptions.fetch(conn, _columns.feed_id.in_(id_array(feed_ids)), is_outdated)


async def excluded(
    conn: AsyncConnection, feed_ids: Collection[FeedId], rules: int, *, only_older: bool = False
) -> dict[FeedId, CompiledQuery]:
    """The feeds' outdated queries whose papers are excluded."""
    is_outdated = _is_outdated(_feeds.c.exclude_rules_version, rules, only_older=only_older)
    rows = await conn.execute(select(_feeds).where(_feeds.c.id.in_(id_array(feed_ids)), is_outdated))
    queries = {FeedId(row.id): exclude_of(row) for row in rows}
    return {feed_id: query for feed_id, query in queries.items() if query is not None}


async def recompile_excluded(conn: AsyncConnection, feed_id: FeedId, exclude: CompiledQuery) -> None:
    """Protected by the lock on the feed, under which it was read."""
    await conn.execute(update(_feeds).where(_feeds.c.id == feed_id).values(exclude_columns(exclude)))


async def recompile(
    conn: AsyncConnection,
    subscription_id: SubscriptionId,
    query: CompiledQuery,
    *,
    focus_terms: str | None = None,
) -> None:
    """Store what the query is under new rules, and what is compared with papers for its focus.

    Two queries of a feed that the new rules make one become one: of two that are subscribed this one goes,
    and the other wants papers from the earlier of the two days on; one that was removed goes before one that
    was not. Protected by the lock on the feed, which the caller holds.
    """
    condition = _columns.id == subscription_id
    twin = await _twin(conn, subscription_id, query)
    if twin is not None and twin.rules_version > query.rules_version:
        return  # a newer process recompiles this one as well
    if twin is not None and twin.rules_version == query.rules_version:
        is_removed = not (await conn.execute(select(is_live).where(condition))).scalar_one()
        if is_removed or twin.ended_at is None:
            if not is_removed:
                since = select(_columns.since).where(condition).scalar_subquery()
                earlier = (_columns.id == twin.id) & (_columns.since > since)
                await conn.execute(update(_subscriptions).where(earlier).values(since=since))
            await conn.execute(delete(_subscriptions).where(condition))
            return
        await conn.execute(delete(_subscriptions).where(_columns.id == twin.id))
    elif twin is not None:
        # Its canonical form is from the old rules and will be replaced, too. Until then, it gets another one.
        aside = f"{query.canonical} (outdated, {twin.id})"
        await conn.execute(update(_subscriptions).where(_columns.id == twin.id).values(canonical=aside))
    values = {
        "canonical": query.canonical,
        "compiled": query.expression,
        "rules_version": query.rules_version,
        "focus_terms": focus_terms,
    }
    await conn.execute(update(_subscriptions).where(condition).values(values))


def _is_outdated(version: Column[Any], rules: int, *, only_older: bool) -> ColumnElement[bool]:
    return version < rules if only_older else version != rules


async def _twin(
    conn: AsyncConnection, subscription_id: SubscriptionId, query: CompiledQuery
) -> Row[*tuple[Any, ...]] | None:
    """Another subscription of the same feed with the canonical form of this query."""
    feed_id = select(_columns.feed_id).where(_columns.id == subscription_id).scalar_subquery()
    statement = select(_columns.id, _columns.rules_version, _columns.ended_at).where(
        _columns.feed_id == feed_id,
        _columns.canonical == query.canonical,
        _columns.id != subscription_id,
    )
    return (await conn.execute(statement)).one_or_none()
