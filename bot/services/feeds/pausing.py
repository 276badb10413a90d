"""Pausing a channel's posts, and resuming them after a pause or a block."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed
from bot.core.ids import ChangeId, ChannelId, ServerId, UserId
from bot.core.schedules import next_run
from bot.core.typed_dates import date_label, dates_like, parse_date
from bot.errors import UserError
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds.feeds import Feeds, FeedState, existing
from bot.services.feeds.servers import Servers
from bot.services.feeds.settings import change_and_record
from bot.services.feeds.skipping import skip_missed
from bot.store import feeds, follow_ups, outbox
from bot.store.cancelled_papers import Cancelled


class Missed(StrEnum):
    """What happens to the papers that were listed during a pause."""

    POST = "post"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    state: FeedState
    was_running: bool  # it was neither paused nor blocked
    pending: int  # posts that are tried now
    skipped: Cancelled | None = None  # the papers that were pending; None if nothing is skipped
    change_ids: tuple[ChangeId | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedEverywhere:
    """The result for several channels."""

    paused: tuple[ChannelId, ...]
    unchanged: tuple[ChannelId, ...]  # that were paused that way already
    until: date | None
    change_ids: tuple[ChangeId | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedEverywhere:
    """The result for several channels."""

    resumed: tuple[ChannelId, ...]
    unchanged: tuple[ChannelId, ...]  # that were neither paused nor blocked
    pending: int  # posts that are tried now
    skipped: Cancelled | None = None
    change_ids: tuple[ChangeId | None, ...] = ()


class Pausing:
    """The use cases of /config pause and /config resume.

    Each change is protected by the lock on the feeds, under which they are read.
    """

    def __init__(
        self, context: ServiceContext, *, feeds: Feeds, server_settings: Servers, delivery: Delivery
    ) -> None:
        self._database = context.database
        self._feeds = feeds
        self._servers = server_settings
        self._delivery = delivery
        self._clock = context.clock
        self._wake = context.wake

    async def pause(self, channel_id: ChannelId, *, user_id: UserId, until: str | None = None) -> FeedState:
        """Pauses posting, until it is resumed or until a day. Papers listed in the meantime stay pending.

        Raises:
            UserError: the channel has no feed, or the day cannot be read or is not after today.
        """
        async with self._database.write() as conn:
            feed = await existing(conn, channel_id, for_update=True)
            day = self._day(until, timezone=feed.settings.schedule.timezone) if until else None
            change_id = await self._pause(conn, feed, day, user_id=user_id)
        self._wake()
        return await self._feeds.state_of(channel_id, before=feed, change_id=change_id)

    async def pause_all(
        self,
        channel_ids: Collection[ChannelId],
        *,
        server_id: ServerId,
        user_id: UserId,
        until: str | None = None,
    ) -> PausedEverywhere:
        """As `pause`, for those of a server's channels that have feeds; the day is read in its default zone.

        Raises:
            UserError: the day cannot be read or is not after today.
        """
        zone = (await self._servers.defaults(server_id)).schedule.timezone
        day = self._day(until, timezone=zone) if until else None
        changes: dict[ChannelId, ChangeId | None] = {}
        async with self._database.write() as conn:
            for feed in await _of_channels(conn, server_id, channel_ids):
                changes[feed.channel_id] = await self._pause(conn, feed, day, user_id=user_id)
        self._wake()
        return PausedEverywhere(
            paused=tuple(channel_id for channel_id, change_id in changes.items() if change_id is not None),
            unchanged=tuple(channel_id for channel_id, change_id in changes.items() if change_id is None),
            until=day,
            change_ids=tuple(filter(None, changes.values())),
        )

    async def resume(
        self, channel_id: ChannelId, *, user_id: UserId, missed: Missed = Missed.POST
    ) -> Resumed:
        """Ends a pause and a block: pending posts are sent now, and the next run is at its scheduled time.

        What was missed during a pause is posted too, or skipped: then pending posts are deleted, and no
        papers of list days before the open one are wanted.

        Raises:
            UserError: the channel has no feed.
        """
        async with self._database.write() as conn:
            feed = await existing(conn, channel_id, for_update=True)
            change_ids, pending, skipped = await self._resume(conn, feed, missed, user_id=user_id)
        self._delivery.wake()
        self._wake()
        return Resumed(
            state=await self._feeds.state_of(channel_id, before=feed),
            was_running=feed.is_active,
            pending=pending,
            skipped=skipped,
            change_ids=change_ids,
        )

    async def resume_all(
        self,
        channel_ids: Collection[ChannelId],
        *,
        server_id: ServerId,
        user_id: UserId,
        missed: Missed = Missed.POST,
    ) -> ResumedEverywhere:
        """As `resume`, for those of a server's channels that have feeds."""
        resumed: list[ChannelId] = []
        unchanged: list[ChannelId] = []
        change_ids: list[ChangeId] = []
        pending, papers, under_way = 0, 0, 0
        async with self._database.write() as conn:
            for feed in await _of_channels(conn, server_id, channel_ids):
                (unchanged if feed.is_active else resumed).append(feed.channel_id)
                if feed.is_active:
                    continue
                changed, tried, skipped = await self._resume(conn, feed, missed, user_id=user_id)
                change_ids.extend(changed)
                pending += tried
                papers += skipped.papers if skipped else 0
                under_way += skipped.under_way if skipped else 0
        self._delivery.wake()
        self._wake()
        return ResumedEverywhere(
            resumed=tuple(resumed),
            unchanged=tuple(unchanged),
            pending=pending,
            skipped=Cancelled(papers=papers, under_way=under_way) if missed is Missed.SKIP else None,
            change_ids=tuple(change_ids),
        )

    async def channels(self, server_id: ServerId) -> list[ChannelId]:
        """The server's channels that have feeds."""
        async with self._database.read() as conn:
            return [feed.channel_id for feed in await feeds.of_server(conn, server_id)]

    async def days_like(self, typed: str, *, server_id: ServerId) -> list[tuple[str, str]]:
        """Days to offer for the end of a pause, each as a label and as text that `pause` reads."""
        zone = (await self._servers.defaults(server_id)).schedule.timezone
        today = self._today(zone)
        offered = dates_like(typed, today=today, is_past=False)
        return [(label, text) for label, text in offered if text > today.isoformat()]

    def _today(self, timezone: str) -> date:
        return self._clock().astimezone(ZoneInfo(timezone)).date()

    def _day(self, typed: str, *, timezone: str) -> date:
        today = self._today(timezone)
        day = parse_date(typed, today=today, is_past=False)
        if day <= today:
            raise UserError(
                f"{date_label(day)} is not after today. Nothing was changed: a pause ends when the day that "
                "`until` names begins, so give a later one, such as `tomorrow`."
            )
        return day

    async def _pause(
        self, conn: AsyncConnection, feed: Feed, until: date | None, *, user_id: UserId
    ) -> ChangeId | None:
        after = replace(feed.settings, is_paused=True, paused_until=until)
        changed = await change_and_record(conn, feed, after, user_id=user_id, now=self._clock())
        return changed.change_id

    async def _resume(
        self, conn: AsyncConnection, feed: Feed, missed: Missed, *, user_id: UserId
    ) -> tuple[tuple[ChangeId, ...], int, Cancelled | None]:
        """The changes that can be undone, how many posts are tried now, and what is skipped."""
        now = self._clock()
        change_ids: list[ChangeId | None] = []
        skipped: Cancelled | None = None
        if feed.block is not None:
            await feeds.resume(conn, feed.id, next_run_at=next_run(feed.settings.schedule, after=now))
        if feed.settings.is_paused:
            after = replace(feed.settings, is_paused=False, paused_until=None)
            changed = await change_and_record(conn, feed, after, user_id=user_id, now=now)
            change_ids.append(changed.change_id)
            if missed is Missed.SKIP:
                change_id, skipped = await skip_missed(conn, feed, user_id=user_id, now=now)
                change_ids.append(change_id)
        elif feed.block is not None:
            await record(conn, feed, "posting: blocked → on", user_id=user_id, now=now)
        await outbox.retry_failed(conn, feed.id, now=now)
        await outbox.retry_unconfirmed(conn, feed.id, now=now)
        pending = await outbox.make_due(conn, feed.id, now=now)
        await follow_ups.retry_failed(conn, feed.id, now=now)
        return tuple(filter(None, change_ids)), len(pending), skipped


async def _of_channels(
    conn: AsyncConnection, server_id: ServerId, channel_ids: Collection[ChannelId]
) -> list[Feed]:
    of_server = await feeds.of_server(conn, server_id, for_update=True)
    return [feed for feed in of_server if feed.channel_id in channel_ids]
