"""Filters in the store: given whole, ended whole, and brought up to new rules."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import DEFAULT_MAX_PAPERS
from bot.core.query.compiled import CompiledQuery
from bot.store import feeds, filters
from tests.store.samples import a_feed

SURVEY = CompiledQuery(text="Survey", canonical="survey", expression='"survey"', rules_version=1)


async def test_a_filter_is_given_and_ended_in_its_feed_alone(conn: AsyncConnection) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)

    await filters.change(conn, feed.id, min_upvotes=5, max_papers=3, only_with_code=True, exclude=SURVEY)

    found = await feeds.get(conn, feed.id)
    assert found is not None
    assert (found.min_upvotes, found.max_papers, found.only_with_code) == (5, 3, True)
    assert found.exclude == SURVEY
    assert await feeds.get(conn, other.id) == other

    await filters.change(
        conn, feed.id, min_upvotes=0, max_papers=DEFAULT_MAX_PAPERS, only_with_code=False, exclude=None
    )
    assert await feeds.get(conn, feed.id) == feed


async def test_what_is_excluded_under_other_rules_is_found_and_replaced(conn: AsyncConnection) -> None:
    old, new = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    await a_feed(conn, channel=3)  # excludes nothing
    later = CompiledQuery(text="Survey", canonical="surveys", expression='"surveys"', rules_version=2)
    for feed, exclude in ((old, SURVEY), (new, later)):
        await filters.change(
            conn, feed.id, min_upvotes=0, max_papers=9, only_with_code=False, exclude=exclude
        )

    assert await filters.outdated(conn, 2) == {old.id: SURVEY}
    await filters.recompile(conn, old.id, later)

    assert await filters.outdated(conn, 2) == {}
    found = await feeds.get(conn, old.id)
    assert found is not None
    assert found.exclude == later
