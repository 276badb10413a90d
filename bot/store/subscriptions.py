"""Subscriptions: the queries of the feeds; removed ones are kept for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Resumption, Subscription
from bot.core.focus import WIDER, Focus
from bot.core.ids import FeedId, RoleId, SubscriptionId
from bot.core.query.compiled import CompiledQuery
from bot.core.query.expression import EVERY_PAPER
from bot.store import tables
from bot.store.locking import delete_unlocked
from bot.store.statements import as_array, id_array, ids_from, insert_if_new, text_array

_subscriptions = tables.subscriptions
_columns = _subscriptions.c
# In the order in which `_values` unpacks them.
_read = (
    _columns.id,
    _columns.feed_id,
    _columns.text,
    _columns.canonical,
    _columns.compiled,
    _columns.rules_version,
    _columns.since,
    _columns.created_at,
    _columns.resumed_at,
    _columns.resumed_ran_at,
    _columns.focus,
    _columns.focus_terms,
    _columns.mention_role_id,
)
_order = (_columns.created_at, _columns.id)
is_live = _columns.ended_at.is_(None)
# An expression that matches every paper that the subscription may take: with some focuses, also others than
# its query matches.
may_take = case((_columns.focus.in_(list(WIDER)), EVERY_PAPER), else_=_columns.compiled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A subscription as it was when it was removed."""

    subscription: Subscription
    ended_at: datetime | None  # None for one that was added again since


def has_live(feed_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that the feed has subscriptions."""
    return exists().where(_columns.feed_id == feed_id, is_live)


async def add(
    conn: AsyncConnection,
    *,
    feed_id: FeedId,
    query: CompiledQuery,
    since: date,
    now: datetime,
) -> Subscription | None:
    """Add a query to the feed; None if the feed has one of the same canonical form, or a removed one.

    Protected by the unique key of feed and canonical form, and the lock on the feed for what is counted.
    """
    statement = insert_if_new(_subscriptions, key=("feed_id", "canonical")).returning(*_read)
    row = {
        "feed_id": feed_id,
        "text": query.text,
        "canonical": query.canonical,
        "compiled": query.expression,
        "rules_version": query.rules_version,
        "since": since,
        "created_at": now,
    }
    return next(iter(_values(await conn.execute(statement, row))), None)


async def end(
    conn: AsyncConnection,
    subscription_id: SubscriptionId,
    *,
    key: str,
    ran_at: datetime | None,
    now: datetime,
) -> None:
    """Mark the subscription as removed; it is kept, because it may be added again.

    Protected by the lock on the feed, under which it was read.

    Args:
        conn: the connection.
        subscription_id: which.
        key: of the removal; those that are removed together have the same.
        ran_at: the feed's last run that had it.
        now: when.
    """
    values = {"ended_at": now, "ended_key": key, "resumed_ran_at": ran_at}
    await conn.execute(update(_subscriptions).where(_columns.id == subscription_id).values(values))


async def skip_before(conn: AsyncConnection, feed_id: FeedId, day: date) -> None:
    """Let the feed's subscriptions want no papers of earlier list days.

    Protected by the lock on the feed, which the caller holds.
    """
    earlier = (_subscriptions.c.feed_id == feed_id) & is_live & (_subscriptions.c.since < day)
    await conn.execute(update(_subscriptions).where(earlier).values(since=day))


async def want_again(
    conn: AsyncConnection,
    subscription_id: SubscriptionId,
    *,
    since: date,
    ran_at: datetime | None,
    now: datetime,
) -> None:
    """Let the subscription want papers from that list day on again, as if `ran_at` were its last run.

    Protected by the lock on the feed, which the caller holds.
    """
    values = {"since": since, "resumed_at": now, "resumed_ran_at": ran_at}
    await conn.execute(update(_subscriptions).where(_columns.id == subscription_id).values(values))


async def resume(
    conn: AsyncConnection, subscription_id: SubscriptionId, *, text: str, since: date, now: datetime
) -> Subscription:
    """Resume a removed subscription, with this spelling.

    Protected by the lock on the feed, under which the removed ones were read.
    """
    values = {"ended_at": None, "resumed_at": now, "text": text, "since": since}
    await conn.execute(update(_subscriptions).where(_columns.id == subscription_id).values(values))
    (resumed,) = await fetch(conn, _columns.id == subscription_id)
    return resumed


async def set_focus(
    conn: AsyncConnection, subscription_id: SubscriptionId, focus: Focus, *, terms: str | None
) -> None:
    """Store the focus, with what is compared with papers for it.

    Protected by the lock on the feed, under which it was read.
    """
    values = {"focus": focus.value, "focus_terms": terms}
    await conn.execute(update(_subscriptions).where(_columns.id == subscription_id).values(values))


async def set_mention(conn: AsyncConnection, subscription_id: SubscriptionId, role_id: RoleId | None) -> None:
    """Protected by the lock on the feed, under which it was read."""
    values = {"mention_role_id": role_id}
    await conn.execute(update(_subscriptions).where(_columns.id == subscription_id).values(values))


async def mentions(
    conn: AsyncConnection, feed_ids: Collection[FeedId]
) -> defaultdict[FeedId, dict[str, RoleId]]:
    """The roles that each feed's subscriptions ping, by canonical form; those that ping none are left out."""
    roles: defaultdict[FeedId, dict[str, RoleId]] = defaultdict(dict)
    for feed_id, canonical, role_id in await conn.execute(_mentions, {"feeds": as_array(feed_ids)}):
        roles[feed_id][canonical] = role_id
    return roles


async def removed(conn: AsyncConnection, feed_id: FeedId) -> dict[str, Removed]:
    """The feed's removed subscriptions that are still kept, by canonical form."""
    by_query = await _removed(conn, _columns.feed_id == feed_id, _columns.ended_at.is_not(None))
    return {item.subscription.query.canonical: item for item in by_query}


async def removed_of(conn: AsyncConnection, subscription_ids: Collection[SubscriptionId]) -> list[Removed]:
    """Those of these subscriptions that are removed and still kept."""
    return await _removed(conn, _columns.id.in_(id_array(subscription_ids)), _columns.ended_at.is_not(None))


async def of_removal(conn: AsyncConnection, feed_id: FeedId, key: str) -> list[Removed]:
    """The subscriptions removed together under this key, and not removed again since."""
    return await _removed(conn, _columns.feed_id == feed_id, _columns.ended_key == key)


async def long_removed(conn: AsyncConnection, *, before: datetime) -> list[SubscriptionId]:
    statement = select(_columns.id).where(_columns.ended_at < before)
    return [SubscriptionId(subscription_id) for subscription_id in (await conn.execute(statement)).scalars()]


async def forget_removed(
    conn: AsyncConnection, subscription_ids: Collection[SubscriptionId], *, before: datetime
) -> int:
    """Delete those that were removed before then, and not added again; returns how many.

    Protected by leaving out locked ones: one that is being added again stays.
    """
    condition = _columns.id.in_(id_array(subscription_ids))
    return (
        await conn.execute(delete_unlocked(_subscriptions, condition, _columns.ended_at < before))
    ).rowcount


async def of_feed(conn: AsyncConnection, feed_id: FeedId) -> list[Subscription]:
    """The feed's queries, oldest first."""
    return _values(await conn.execute(_of_feed, {"feed": feed_id}))


async def of_feeds(
    conn: AsyncConnection, feed_ids: Collection[FeedId], *, hits: Collection[str] | None = None
) -> dict[FeedId, list[Subscription]]:
    """The queries of many feeds, each feed's oldest first; a feed without any is left out.

    With `hits`, only those of which `may_take` is one of these expressions.
    """
    conditions = [_columns.feed_id.in_(id_array(feed_ids)), is_live]
    if hits is not None:
        conditions.append(may_take.in_(text_array(hits)))
    by_feed: dict[FeedId, list[Subscription]] = {}
    for subscription in await fetch(conn, *conditions):
        by_feed.setdefault(subscription.feed_id, []).append(subscription)
    return by_feed


async def oldest_since(conn: AsyncConnection) -> date | None:
    """The oldest list day that any subscription wants; None if there is no subscription."""
    return (await conn.execute(select(func.min(_columns.since).filter(is_live)))).scalar_one_or_none()


async def fetch(conn: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Subscription]:
    """Those that the conditions hold for, removed ones too, the oldest first."""
    return _values(await conn.execute(_every_one.where(*conditions)))


_every_one = select(*_read).order_by(*_order)
_of_feed = _every_one.where(_columns.feed_id == bindparam("feed"), is_live)
_mentions = (
    select(_columns.feed_id, _columns.canonical, _columns.mention_role_id)
    .where(_columns.feed_id.in_(ids_from("feeds")), is_live, _columns.mention_role_id.is_not(None))
    .order_by(*_order)
)


async def _removed(conn: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Removed]:
    rows = (await conn.execute(select(*_read, _columns.ended_at).where(*conditions).order_by(*_order))).all()
    ended = [row.ended_at for row in rows]
    known = _values(row[:-1] for row in rows)
    return [
        Removed(subscription=subscription, ended_at=at) for subscription, at in zip(known, ended, strict=True)
    ]


def _values(rows: Iterable[Sequence[Any]]) -> list[Subscription]:
    """Rows of `_read` as values. There can be 100,000, so they are taken apart as tuples, in that order."""
    return [
        Subscription(
            id=SubscriptionId(id_),
            feed_id=FeedId(feed_id),
            query=CompiledQuery(
                text=text, canonical=canonical, expression=compiled, rules_version=rules_version
            ),
            since=since,
            created_at=created_at,
            resumed=None if resumed_at is None else Resumption(at=resumed_at, ran_at=ran_at),
            focus=focus,
            focus_terms=focus_terms,
            mention_role_id=role_id and RoleId(role_id),
        )
        for (
            id_,
            feed_id,
            text,
            canonical,
            compiled,
            rules_version,
            since,
            created_at,
            resumed_at,
            ran_at,
            focus,
            focus_terms,
            role_id,
        ) in rows
    ]
