"""Skipping what a pause missed, and bringing it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Revision, Skipped, SkippedBy
from bot.core.feeds import Feed, Subscription
from bot.core.ids import ChangeId, UserId
from bot.core.list_days import open_list_day
from bot.services.changes import record
from bot.services.runs.planning import plan_again
from bot.store import cancelled_papers, papers, posts, subscriptions
from bot.store.cancelled_papers import Cancelled


async def skip_missed(
    conn: AsyncConnection, feed: Feed, *, user_id: UserId, now: datetime
) -> tuple[ChangeId | None, Cancelled]:
    """Skips the feed's pending papers, and those of list days before the open one; can be undone."""
    today = open_list_day(now)
    current = await subscriptions.of_feed(conn, feed.id)
    dropped, cancelled = await cancelled_papers.drop(conn, feed.id)
    await subscriptions.skip_before(conn, feed.id, today)
    skipped = Skipped(
        subscriptions=tuple(
            SkippedBy(
                subscription_id=item.id,
                since=(item.since, max(item.since, today)),
                ran_at=item.last_run_at(feed),
            )
            for item in current
        ),
        pending=tuple(entry for post in dropped for entry in post.entries),
        pings=any(post.mention_role_id for post in dropped),
    )
    what = "skipped what the pause missed"
    change_id = await record(conn, feed, what, user_id=user_id, now=now, revision=Revision(skipped=skipped))
    return change_id, cancelled


def is_as_left(skipped: Skipped, known: Sequence[Subscription]) -> bool:
    """Whether these subscriptions still want papers from the day on that skipping left them with."""
    since = {item.id: item.since for item in known}
    return all(
        since.get(item.subscription_id, item.since[1]) == item.since[1] for item in skipped.subscriptions
    )


async def bring_back(
    conn: AsyncConnection, feed: Feed, skipped: Skipped, known: Sequence[Subscription], *, now: datetime
) -> int:
    """Makes what was skipped pending and wanted again; returns how many papers are pending again.

    What only subscriptions wanted that were removed since stays skipped.
    """
    queries = {item.id: item.query.canonical for item in known}
    for skipped_by in skipped.subscriptions:
        if skipped_by.subscription_id in queries:
            await subscriptions.want_again(
                conn, skipped_by.subscription_id, since=skipped_by.since[0], ran_at=skipped_by.ran_at, now=now
            )
    wanted = {
        entry.paper_id: own
        for entry in skipped.pending
        if (own := tuple(query for query in entry.queries if query in queries.values()))
    }
    close_to = {entry.paper_id: entry.close_to for entry in skipped.pending if entry.close_to}
    skipped_papers = await papers.by_ids(conn, wanted)
    changes = plan_again(feed, list(skipped_papers.values()), wanted, close_to=close_to, pings=skipped.pings)
    return sum((await posts.add(conn, changes, now=now)).values())
