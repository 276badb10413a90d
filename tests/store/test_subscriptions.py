"""Subscriptions in the store: one of each canonical form, and found for many feeds at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Resumption, Subscription
from bot.core.ids import FeedId
from bot.core.query.compiled import CompiledQuery
from bot.store import due_feeds, feeds, outdated_queries, subscriptions, totals
from tests.samples import NOW, TODAY
from tests.store.samples import HOUR, SERVER, a_feed, a_subscription, removed


async def test_a_subscription_comes_back_as_it_was(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    added = await a_subscription(conn, feed.id, "world model")
    assert added is not None
    assert added == Subscription(
        id=added.id,
        feed_id=feed.id,
        query=CompiledQuery(
            text="World Model", canonical="world model", expression='"world model"', rules_version=1
        ),
        since=TODAY,
        created_at=NOW,
    )
    assert await subscriptions.of_feed(conn, feed.id) == [added]


async def test_a_feed_has_a_canonical_form_once_and_other_feeds_have_their_own(conn: AsyncConnection) -> None:
    one, two = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    first = await a_subscription(conn, one.id, "agents")
    assert await a_subscription(conn, one.id, "agents", now=NOW + HOUR) is None
    assert await a_subscription(conn, two.id, "agents") is not None
    assert await subscriptions.of_feed(conn, one.id) == [first]
    assert len(await subscriptions.of_feed(conn, two.id)) == 1


async def test_a_subscription_of_no_feed_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await a_subscription(conn, FeedId(404), "agents")


async def test_a_removed_one_counts_nowhere_and_is_kept_as_it_was(conn: AsyncConnection) -> None:
    one, two = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    first = await a_subscription(conn, one.id, "agents", since=TODAY - timedelta(days=9))
    second = await a_subscription(conn, two.id, "agents")
    assert first is not None
    assert second is not None

    await removed(conn, one.id, now=NOW + HOUR)

    assert await subscriptions.of_feed(conn, one.id) == []
    assert await subscriptions.of_feeds(conn, [one.id, two.id]) == {two.id: [second]}
    assert await subscriptions.oldest_since(conn) == TODAY
    assert await feeds.in_use(conn) == [two]
    assert [feed.id for feed in (await due_feeds.chunk(conn, NOW)).due] == [two.id]
    assert await feeds.count_in_use(conn, SERVER) == 1
    assert (await totals.read(conn)).subscriptions == 1
    kept = await subscriptions.removed(conn, one.id)
    assert kept == {"agents": subscriptions.Removed(subscription=first, ended_at=NOW + HOUR)}
    assert await subscriptions.removed(conn, two.id) == {}


async def test_a_resumed_one_is_the_same_in_its_new_spelling(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    first = await a_subscription(conn, feed.id, "agents")
    assert first is not None
    await subscriptions.end(conn, first.id, key="ab12", ran_at=NOW - HOUR, now=NOW)

    again = await subscriptions.resume(conn, first.id, text="AGENT", since=TODAY, now=NOW + HOUR)

    assert again == replace(
        first,
        query=replace(first.query, text="AGENT"),
        resumed=Resumption(at=NOW + HOUR, ran_at=NOW - HOUR),
    )
    assert await subscriptions.of_feed(conn, feed.id) == [again]
    assert await subscriptions.removed(conn, feed.id) == {}
    (one,) = await subscriptions.of_removal(conn, feed.id, "ab12")
    assert one.ended_at is None


async def test_what_was_removed_together_is_known_by_its_key_until_it_is_removed_again(
    conn: AsyncConnection,
) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    for canonical in ("one", "two"):
        await a_subscription(conn, feed.id, canonical)
    await removed(conn, feed.id, key="ab12")

    def canonicals(found: list[subscriptions.Removed]) -> list[str]:
        return [removed.subscription.query.canonical for removed in found]

    assert canonicals(await subscriptions.of_removal(conn, feed.id, "ab12")) == ["one", "two"]
    assert await subscriptions.of_removal(conn, feed.id, "cd34") == []
    assert await subscriptions.of_removal(conn, other.id, "ab12") == []

    kept = await subscriptions.removed(conn, feed.id)
    await subscriptions.resume(conn, kept["one"].subscription.id, text="one", since=TODAY, now=NOW)
    await removed(conn, feed.id, key="cd34")
    assert canonicals(await subscriptions.of_removal(conn, feed.id, "ab12")) == ["two"]


async def test_only_those_that_were_removed_before_are_forgotten(conn: AsyncConnection) -> None:
    feeds_ = [await a_feed(conn, channel=channel) for channel in (1, 2, 3)]
    known = [await a_subscription(conn, feed.id, "agents") for feed in feeds_]
    await removed(conn, feeds_[0].id, now=NOW - 2 * HOUR)
    await removed(conn, feeds_[1].id, now=NOW)
    ids = [item.id for item in known if item]

    assert await subscriptions.long_removed(conn, before=NOW - HOUR) == ids[:1]
    assert await subscriptions.forget_removed(conn, ids, before=NOW - HOUR) == 1
    assert await subscriptions.removed(conn, feeds_[0].id) == {}
    assert await subscriptions.removed(conn, feeds_[1].id) != {}
    assert len(await subscriptions.of_feed(conn, feeds_[2].id)) == 1


@pytest.mark.parametrize("which", ["the removed one", "the other"])
async def test_new_rules_that_make_a_removed_one_and_another_the_same_keep_the_other(
    conn: AsyncConnection, which: str
) -> None:
    feed = await a_feed(conn)
    gone = await a_subscription(conn, feed.id, "agents")
    await removed(conn, feed.id)
    live = await a_subscription(conn, feed.id, "agent")
    for subscription in (gone, live) if which == "the removed one" else (live, gone):
        await recompile(conn, subscription, "agent")

    assert await canonical_forms(conn, feed.id) == ["agent"]
    assert live is not None
    assert [item.id for item in await subscriptions.of_feed(conn, feed.id)] == [live.id]
    assert await subscriptions.removed(conn, feed.id) == {}


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
    assert await outdated_queries.of_feeds(conn, [feed.id], 2) == [old, newer]


async def recompile(conn: AsyncConnection, subscription: Subscription | None, canonical: str) -> None:
    assert subscription is not None
    await outdated_queries.recompile(
        conn,
        subscription.id,
        CompiledQuery(
            text=subscription.query.text,
            canonical=canonical,
            expression=f"new {canonical}",
            rules_version=2,
        ),
    )


async def canonical_forms(conn: AsyncConnection, feed_id: FeedId) -> list[str]:
    assert await outdated_queries.of_feeds(conn, [feed_id], 2) == []
    return [subscription.query.canonical for subscription in await subscriptions.of_feed(conn, feed_id)]


async def test_a_recompiled_subscription_keeps_what_the_person_gave(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    old = await a_subscription(conn, feed.id, "agents")
    await recompile(conn, old, "agent")
    (new,) = await subscriptions.of_feed(conn, feed.id)
    assert (new.query.canonical, new.query.expression, new.query.rules_version) == ("agent", "new agent", 2)
    assert (new.query.text, new.since, new.created_at) == ("Agents", TODAY, NOW)


async def test_two_that_new_rules_make_one_become_one_with_the_earlier_day(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    later = await a_subscription(conn, feed.id, "agents", since=TODAY + timedelta(days=3))
    earlier = await a_subscription(conn, feed.id, "agent", since=TODAY)
    await recompile(conn, later, "agent")
    await recompile(conn, earlier, "agent")
    assert await canonical_forms(conn, feed.id) == ["agent"]
    (left,) = await subscriptions.of_feed(conn, feed.id)
    assert left.since == TODAY


async def test_two_may_swap_their_canonical_forms(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    one = await a_subscription(conn, feed.id, "one")
    two = await a_subscription(conn, feed.id, "two")
    await recompile(conn, one, "two")
    await recompile(conn, two, "one")
    assert await canonical_forms(conn, feed.id) == ["two", "one"]


async def test_one_that_a_newer_process_has_recompiled_keeps_its_canonical_form(
    conn: AsyncConnection,
) -> None:
    feed = await a_feed(conn)
    old = await a_subscription(conn, feed.id, "agents", rules_version=1)
    newer = await a_subscription(conn, feed.id, "agent", rules_version=3)
    await recompile(conn, old, "agent")
    assert await subscriptions.of_feed(conn, feed.id) == [old, newer]


async def test_feeds_with_outdated_queries_come_some_at_a_time(conn: AsyncConnection) -> None:
    made = [await a_feed(conn, channel=channel) for channel in range(1, 6)]
    for feed, version in zip(made[:3], (1, 2, 3), strict=True):
        await a_subscription(conn, feed.id, "agents", rules_version=version)
        await a_subscription(conn, feed.id, "video", rules_version=version)
    exclude = CompiledQuery(text="x", canonical="x", expression="x", rules_version=1)
    await outdated_queries.recompile_excluded(conn, made[3].id, exclude)
    first, _, newer, excluding, _ = [feed.id for feed in made]

    async def found(after: int, limit: int, *, only_older: bool = False) -> list[FeedId]:
        return await outdated_queries.feeds_with(
            conn, 2, after=FeedId(after), limit=limit, only_older=only_older
        )

    assert await found(0, 2) == [first, newer]
    assert await found(newer, 2) == [excluding]
    assert await found(0, 9, only_older=True) == [first, excluding]
