"""Subscriptions: the queries of the feeds, with what they were compiled to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Subscription
from bot.core.ids import FeedId, SubscriptionId, UserId
from bot.store import tables
from bot.store.dialects import insert_if_new, these_ids

_subscriptions = tables.subscriptions
_columns = _subscriptions.c


async def add(
    conn: AsyncConnection,
    *,
    feed_id: FeedId,
    text: str,
    canonical: str,
    compiled: str,
    rules_version: int,
    since: date,
    now: datetime,
    created_by: UserId,
) -> Subscription | None:
    """Add a query to the feed; None where the feed has one of the same canonical form."""
    statement = insert_if_new(conn, _subscriptions, key=["feed_id", "canonical"]).returning(*_columns)
    row = {
        "feed_id": feed_id,
        "text": text,
        "canonical": canonical,
        "compiled": compiled,
        "rules_version": rules_version,
        "since": since,
        "created_at": now,
        "created_by": created_by,
    }
    return next(iter(_values(await conn.execute(statement, row))), None)


async def remove(conn: AsyncConnection, feed_id: FeedId, canonical: str) -> bool:
    """Remove the query of this canonical form; False where the feed has none."""
    statement = delete(_subscriptions).where(_columns.feed_id == feed_id, _columns.canonical == canonical)
    return (await conn.execute(statement)).rowcount > 0


async def of_feed(conn: AsyncConnection, feed_id: FeedId) -> list[Subscription]:
    """The feed's queries, oldest first."""
    return await _where(conn, _columns.feed_id == feed_id)


async def of_feeds(conn: AsyncConnection, feed_ids: Collection[FeedId]) -> dict[FeedId, list[Subscription]]:
    """The queries of many feeds, each feed's oldest first; a feed without any is left out."""
    found: dict[FeedId, list[Subscription]] = {}
    for subscription in await _where(conn, _columns.feed_id.in_(these_ids(conn, feed_ids))):
        found.setdefault(subscription.feed_id, []).append(subscription)
    return found


async def outdated(conn: AsyncConnection, rules_version: int) -> list[Subscription]:
    """Those that were compiled under other rules than these."""
    return await _where(conn, _columns.rules_version != rules_version)


async def recompile(
    conn: AsyncConnection,
    subscription_id: SubscriptionId,
    *,
    canonical: str,
    compiled: str,
    rules_version: int,
) -> None:
    """Store what the query is under new rules.

    Two queries of a feed that the new rules make one become one: this one goes, and the other wants papers
    from the earlier of the two days on.
    """
    this = _columns.id == subscription_id
    twin = (
        await conn.execute(
            select(_columns.id, _columns.rules_version).where(
                _columns.feed_id == select(_columns.feed_id).where(this).scalar_subquery(),
                _columns.canonical == canonical,
                _columns.id != subscription_id,
            )
        )
    ).one_or_none()
    if twin is not None and twin.rules_version == rules_version:
        since = select(_columns.since).where(this).scalar_subquery()
        earlier = (_columns.id == twin.id) & (_columns.since > since)
        await conn.execute(update(_subscriptions).where(earlier).values(since=since))
        await conn.execute(delete(_subscriptions).where(this))
        return
    if twin is not None:
        # Its canonical form is of the old rules and about to be replaced too; until then it stands aside.
        aside = f"{canonical} (outdated, {twin.id})"
        await conn.execute(update(_subscriptions).where(_columns.id == twin.id).values(canonical=aside))
    values = {"canonical": canonical, "compiled": compiled, "rules_version": rules_version}
    await conn.execute(update(_subscriptions).where(this).values(values))


async def oldest_since(conn: AsyncConnection) -> date | None:
    """The oldest list day that any subscription wants; None where there is no subscription."""
    return (await conn.execute(select(func.min(_subscriptions.c.since)))).scalar_one_or_none()


async def count(conn: AsyncConnection) -> int:
    return (await conn.execute(select(func.count()).select_from(_subscriptions))).scalar_one()


async def _where(conn: AsyncConnection, condition: ColumnElement[bool]) -> list[Subscription]:
    statement = select(_subscriptions).where(condition).order_by(_columns.created_at, _columns.id)
    return _values(await conn.execute(statement))


def _values(rows: Iterable[Sequence[Any]]) -> list[Subscription]:
    """Rows as values. There can be 100,000, so they are taken apart as tuples, in the table's order."""
    return [
        Subscription(
            id=SubscriptionId(id_),
            feed_id=FeedId(feed_id),
            text=text,
            canonical=canonical,
            compiled=compiled,
            rules_version=rules_version,
            since=since,
            created_at=created_at,
            created_by=UserId(created_by),
        )
        for id_, feed_id, text, canonical, compiled, rules_version, since, created_at, created_by in rows
    ]
