"""Changing a feed's settings: the one way to do it, with what follows for its posts and its next run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Revision
from bot.core.feed_settings import differences
from bot.core.feeds import Feed, FeedSettings
from bot.core.ids import ChangeId, UserId
from bot.core.posts import FollowUpKind
from bot.core.schedules import in_effect, next_run
from bot.services.changes import record
from bot.store import feed_settings, follow_ups, posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A feed after a change of its settings."""

    feed: Feed
    change_id: ChangeId | None  # None if nothing differs


async def change(
    conn: AsyncConnection, feed: Feed, after: FeedSettings, *, now: datetime, is_restarted: bool = False
) -> Feed:
    """Gives the feed these settings; returns it as it then is.

    Pending posts stay as they were planned, with two exceptions: those that ping a role ping the new one, and
    what was turned off (threads, publishing) is not done for posts that are sent already either. Another
    schedule and the end of a pause move the next run to the schedule's next time; a run that is due stays
    due where the times stay the same.

    Args:
        conn: the connection.
        feed: as it is.
        after: all of its settings.
        now: the present moment.
        is_restarted: whether nothing moved its next run lately, because it had no subscriptions.
    """
    before = feed.settings
    is_rescheduled = (
        is_restarted
        or in_effect(after.schedule) != in_effect(before.schedule)
        or (before.is_paused and not after.is_paused)
    )
    next_run_at = next_run(after.schedule, after=now) if is_rescheduled else feed.next_run_at
    await feed_settings.write(conn, feed.id, after, next_run_at=next_run_at, now=now)
    if after.mention_role_id != before.mention_role_id:
        await posts.change_mention(conn, feed.id, after.mention_role_id)
    if before.opens_threads and not after.opens_threads:
        await follow_ups.give_up(conn, feed.id, FollowUpKind.THREAD)
    if before.publishes and not after.publishes:
        await follow_ups.give_up(conn, feed.id, FollowUpKind.PUBLISH)
    paused_at = (feed.paused_at or now) if after.is_paused else None
    return replace(feed, settings=after, paused_at=paused_at, next_run_at=next_run_at)


async def change_and_record(
    conn: AsyncConnection,
    feed: Feed,
    after: FeedSettings,
    *,
    user_id: UserId,
    now: datetime,
    is_restarted: bool = False,
) -> Changed:
    """As `change`; what differs is recorded for /config history, and can be undone."""
    change_id: ChangeId | None = None
    if changes := differences(feed.settings, after):
        change_id = await record(
            conn,
            feed,
            "; ".join(item.words for item in changes),
            user_id=user_id,
            now=now,
            revision=Revision(settings=(feed.settings, after)),
        )
    changed = await change(conn, feed, after, now=now, is_restarted=is_restarted)
    return Changed(feed=changed, change_id=change_id)
