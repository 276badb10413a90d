"""Pausing a channel's posts, and resuming them after a pause or a block."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.ids import ChangeId, ChannelId, UserId
from bot.core.schedules import next_run
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds.feeds import Feeds, FeedState, existing
from bot.services.feeds.settings import change_and_record
from bot.store import feeds, follow_ups, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    state: FeedState
    was_running: bool  # it was neither paused nor blocked
    pending: int  # posts that are tried now


class Pausing:
    """The use cases of /config pause and /config resume."""

    def __init__(self, context: ServiceContext, *, feeds: Feeds, delivery: Delivery) -> None:
        self._database = context.database
        self._feeds = feeds
        self._delivery = delivery
        self._clock = context.clock
        self._wake = context.wake

    async def pause(self, channel_id: ChannelId, *, user_id: UserId) -> FeedState:
        """Pauses posting. Papers that are listed in the meantime stay pending.

        Raises:
            UserError: the channel has no feed.
        """
        async with self._database.write() as conn:
            feed = await existing(conn, channel_id)
            after = replace(feed.settings, is_paused=True)
            changed = await change_and_record(conn, feed, after, user_id=user_id, now=self._clock())
        return await self._feeds.state_of(channel_id, before=feed, change_id=changed.change_id)

    async def resume(self, channel_id: ChannelId, *, user_id: UserId) -> Resumed:
        """Ends a pause and a block: pending posts are sent now, and the next run is at its scheduled time.

        Raises:
            UserError: the channel has no feed.
        """
        now = self._clock()
        change_id: ChangeId | None = None
        async with self._database.write() as conn:
            feed = await existing(conn, channel_id)
            if feed.block is not None:
                await feeds.resume(conn, feed.id, next_run_at=next_run(feed.settings.schedule, after=now))
            if feed.block is not None and not feed.settings.is_paused:
                await record(conn, feed, "posting: blocked → on", user_id=user_id, now=now)
            if feed.settings.is_paused:
                after = replace(feed.settings, is_paused=False)
                changed = await change_and_record(conn, feed, after, user_id=user_id, now=now)
                change_id = changed.change_id
            await outbox.retry_failed(conn, feed.id, now=now)
            await outbox.retry_unconfirmed(conn, feed.id, now=now)
            pending = await outbox.make_due(conn, feed.id, now=now)
            await follow_ups.retry_failed(conn, feed.id, now=now)
        self._delivery.wake()
        self._wake()
        return Resumed(
            state=await self._feeds.state_of(channel_id, before=feed, change_id=change_id),
            was_running=feed.is_active,
            pending=len(pending),
        )
