"""Stored plans: planning what the store has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import reach_from
from bot.core.feeds import Feed, Subscription
from bot.core.ids import FeedId, PaperId
from bot.core.posts import NewPost
from bot.services.runs.matches import NO_HITS
from bot.services.runs.planning import ALL_GIVEN, Planned, plan
from bot.services.runs.window import Window
from bot.store import papers, posts


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
    subscriptions: Mapping[FeedId, Sequence[Subscription]],
    hits: Mapping[str, tuple[PaperId, ...]] = NO_HITS,
    wanted_from: Mapping[FeedId, date] = ALL_GIVEN,
) -> Planned:
    """As `plan`, with the papers that the feeds have."""
    posted = await posts.posted(conn, [feed.id for feed in due], since=window.first)
    return await asyncio.to_thread(
        plan, due, window, subscriptions=subscriptions, posted=posted, hits=hits, wanted_from=wanted_from
    )


def posts_of(planned: Planned) -> list[NewPost]:
    return [post for item in planned.plans for post in item.posts]
