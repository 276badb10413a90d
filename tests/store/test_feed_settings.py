"""The settings of a feed in the store: written and read as one value."""

from __future__ import annotations

from datetime import time

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import FeedSettings, Style
from bot.core.ids import RoleId
from bot.core.query.compiled import CompiledQuery
from bot.core.schedules import Cadence, Schedule
from bot.store import feed_settings, feeds, outdated_queries
from tests.fakes.feeds import store_settings
from tests.store.samples import HOUR, NOW, a_feed

SURVEY = CompiledQuery(text="Survey", canonical="survey", expression='"survey"', rules_version=1)
EVERYTHING_CHANGED = FeedSettings(
    schedule=Schedule(
        cadence=Cadence.WEEKLY, time=time(17, 30), weekdays=frozenset({4}), timezone="Asia/Tokyo"
    ),
    style=Style.DIGEST,
    min_upvotes=5,
    max_papers=3,
    only_with_code=True,
    exclude=SURVEY,
    mention_role_id=RoleId(2**63 - 1),
    opens_threads=True,
    publishes=True,
    is_paused=True,
)


async def test_every_setting_is_kept_for_its_feed_alone(conn: AsyncConnection) -> None:
    feed, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    await feed_settings.write(conn, feed.id, EVERYTHING_CHANGED, next_run_at=NOW + HOUR, now=NOW)

    found = await feeds.get(conn, feed.id)
    assert found is not None
    assert found.settings == EVERYTHING_CHANGED
    assert (found.paused_at, found.next_run_at) == (NOW, NOW + HOUR)
    assert await feeds.get(conn, other.id) == other

    await feed_settings.write(conn, feed.id, feed.settings, next_run_at=feed.next_run_at, now=NOW)
    assert await feeds.get(conn, feed.id) == feed


async def test_an_exclusion_compiled_by_other_rules_is_found_and_replaced(conn: AsyncConnection) -> None:
    old, new = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
    await a_feed(conn, channel=3)  # excludes nothing
    later = CompiledQuery(text="Survey", canonical="surveys", expression='"surveys"', rules_version=2)
    for feed, exclude in ((old, SURVEY), (new, later)):
        await store_settings(conn, feed, exclude=exclude, now=NOW)

    assert await outdated_queries.excluded(conn, [old.id, new.id], 2) == {old.id: SURVEY}
    await outdated_queries.recompile_excluded(conn, old.id, later)

    assert await outdated_queries.excluded(conn, [old.id, new.id], 2) == {}
    found = await feeds.get(conn, old.id)
    assert found is not None
    assert found.settings.exclude == later
