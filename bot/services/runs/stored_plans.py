"""Stored plans: what is planned from the store, and planned again if it changed before it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import last_check, reach_from
from bot.core.feeds import Feed, Subscription
from bot.core.ids import FeedId, PaperId
from bot.core.posts import NewPost
from bot.services.runs.matches import NO_HITS
from bot.services.runs.planning import ALL_GIVEN, Planned, plan
from bot.services.runs.window import Window
from bot.store import feed_versions, feeds, papers, posts, subscriptions
from bot.store.feed_versions import FeedVersion


async def read_window(conn: AsyncConnection, now: datetime, *, since: datetime, backfill_days: int) -> Window:
    """The papers for feeds whose last check was then or later."""
    first = reach_from(since, now=now, backfill_days=backfill_days)
    recent = await papers.between(conn, first, date.max)
    first_seen = await papers.first_seen_after(conn, since, first=first)
    return await asyncio.to_thread(
        Window, recent, since=since, first_seen=first_seen, now=now, backfill_days=backfill_days
    )


async def plan_feeds(
    conn: AsyncConnection,
    due: Sequence[Feed],
    window: Window,
    *,
    wanted: Mapping[FeedId, Sequence[Subscription]],
    hits: Mapping[str, tuple[PaperId, ...]] = NO_HITS,
    wanted_from: Mapping[FeedId, date] = ALL_GIVEN,
) -> Planned:
    """As `plan`, with the papers that the feeds have."""
    posted = await posts.posted(conn, [feed.id for feed in due], since=window.first)
    return await asyncio.to_thread(
        plan, due, window, subscriptions=wanted, posted=posted, hits=hits, wanted_from=wanted_from
    )


async def versions_of(conn: AsyncConnection, planned: Planned) -> Mapping[FeedId, FeedVersion]:
    """The versions of the feeds that have something to post."""
    return await feed_versions.read(conn, [item.feed.id for item in planned.plans])


def _always(_: Feed) -> bool:
    return True


async def up_to_date(
    conn: AsyncConnection,
    planned: Planned,
    window: Window,
    *,
    versions: Mapping[FeedId, FeedVersion],
    may_post: Callable[[Feed], bool] = _always,
) -> Planned:
    """Plans those of the feeds again that changed since they were read, before the plan is stored.

    Else it would post what a person has unsubscribed from, excluded or skipped meanwhile. The feeds are
    locked in the transaction. Those that are gone, may not post any more, or by now reach further back than
    the window are left out, as if they had not been planned. A feed with nothing to post is stored as it was
    planned, as if it had changed a moment later.
    """
    known = await versions_of(conn, planned)
    changed = {
        item.feed.id for item in planned.plans if known.get(item.feed.id) != versions.get(item.feed.id)
    }
    if not changed:
        return planned
    wanted = await subscriptions.of_feeds(conn, changed)
    feeds_again = [
        feed
        for feed in await feeds.by_ids(conn, changed)
        if may_post(feed) and last_check(feed, wanted.get(feed.id, ())) >= window.since
    ]
    return planned.without(changed) | await plan_feeds(conn, feeds_again, window, wanted=wanted)


def posts_of(planned: Planned) -> list[NewPost]:
    return [post for item in planned.plans for post in item.posts]
