"""Subscriptions in the store: one of each canonical form, and found for many feeds at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Subscription
from bot.core.ids import FeedId
from bot.store import subscriptions
from tests.store.samples import DAY, HOUR, NOW, USER, a_feed, a_subscription


async def test_a_subscription_comes_back_as_it_was(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    added = await a_subscription(conn, feed.id, "world model")
    assert added is not None
    assert added == Subscription(
        id=added.id,
        feed_id=feed.id,
        text="World Model",
        canonical="world model",
        compiled='"world model"',
        rules_version=1,
        since=DAY,
        created_at=NOW,
        created_by=USER,
    )
    assert await subscriptions.of_feed(conn, feed.id) == [added]


async def test_a_feed_has_a_canonical_form_once_and_other_feeds_have_their_own(conn: AsyncConnection) -> None:
    one, two = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    first = await a_subscription(conn, one.id, "agents")
    assert await a_subscription(conn, one.id, "agents", now=NOW + HOUR) is None
    assert await a_subscription(conn, two.id, "agents") is not None
    assert await subscriptions.of_feed(conn, one.id) == [first]
    assert await subscriptions.count(conn) == 2


async def test_a_subscription_of_no_feed_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        await a_subscription(conn, FeedId(404), "agents")


async def test_one_is_removed_by_its_canonical_form(conn: AsyncConnection) -> None:
    one, two = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    for feed in (one, two):
        await a_subscription(conn, feed.id, "agents")
    assert await subscriptions.remove(conn, one.id, "agents")
    assert not await subscriptions.remove(conn, one.id, "agents")
    assert await subscriptions.of_feed(conn, one.id) == []
    assert len(await subscriptions.of_feed(conn, two.id)) == 1


async def test_each_feed_has_its_oldest_subscription_first(conn: AsyncConnection) -> None:
    one, two, bare = [await a_feed(conn, channel=channel) for channel in (1, 2, 3)]
    late = await a_subscription(conn, one.id, "late", now=NOW + HOUR)
    early = await a_subscription(conn, one.id, "early")
    same = await a_subscription(conn, one.id, "same time as early")
    other = await a_subscription(conn, two.id, "other")
    await a_subscription(conn, (await a_feed(conn, channel=4)).id, "of a feed not asked for")
    found = await subscriptions.of_feeds(conn, [two.id, one.id, bare.id])
    assert found == {one.id: [early, same, late], two.id: [other]}
    assert await subscriptions.of_feeds(conn, []) == {}


async def test_what_other_rules_compiled_is_outdated(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    old = await a_subscription(conn, feed.id, "old", rules_version=1)
    await a_subscription(conn, feed.id, "current", rules_version=2)
    newer = await a_subscription(conn, feed.id, "of a newer version", rules_version=3)
    assert await subscriptions.outdated(conn, 2) == [old, newer]


async def recompile(conn: AsyncConnection, subscription: Subscription | None, canonical: str) -> None:
    assert subscription is not None
    await subscriptions.recompile(
        conn, subscription.id, canonical=canonical, compiled=f"new {canonical}", rules_version=2
    )


async def canonical_forms(conn: AsyncConnection, feed_id: FeedId) -> list[str]:
    assert await subscriptions.outdated(conn, 2) == []
    return [subscription.canonical for subscription in await subscriptions.of_feed(conn, feed_id)]


async def test_a_recompiled_subscription_keeps_what_the_person_gave(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    old = await a_subscription(conn, feed.id, "agents")
    await recompile(conn, old, "agent")
    (new,) = await subscriptions.of_feed(conn, feed.id)
    assert (new.canonical, new.compiled, new.rules_version) == ("agent", "new agent", 2)
    assert (new.text, new.since, new.created_at) == ("Agents", DAY, NOW)


async def test_two_that_new_rules_make_one_become_one_with_the_earlier_day(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    later = await a_subscription(conn, feed.id, "agents", since=DAY + timedelta(days=3))
    earlier = await a_subscription(conn, feed.id, "agent", since=DAY)
    await recompile(conn, later, "agent")
    await recompile(conn, earlier, "agent")
    assert await canonical_forms(conn, feed.id) == ["agent"]
    (left,) = await subscriptions.of_feed(conn, feed.id)
    assert left.since == DAY


async def test_two_may_swap_their_canonical_forms(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    one = await a_subscription(conn, feed.id, "one")
    two = await a_subscription(conn, feed.id, "two")
    await recompile(conn, one, "two")
    await recompile(conn, two, "one")
    assert await canonical_forms(conn, feed.id) == ["two", "one"]
