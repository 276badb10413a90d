"""Feeds: their settings, posting on request, and their state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.feeds import Feed, FeedSettings, Place, Style, Subscription
from bot.core.ids import ChangeId, ChannelId, RoleId, ServerId, UserId
from bot.core.posts import Post, PostState
from bot.core.schedules import Cadence
from bot.errors import UserError
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivered, Delivery
from bot.services.delivery.pings import NO_PINGS, Pings, pings_of
from bot.services.feeds.creation import ensure_feed
from bot.services.feeds.notices_channel import NoticesChannel, change_notices_channel
from bot.services.feeds.settings import change_and_record
from bot.services.feeds.typed_schedule import parse_schedule
from bot.services.runs.run import RequestedRun, Runs
from bot.store import feeds, follow_ups, outbox, posts, servers, subscriptions

# How long /deliver waits for its posts before it answers that they are still being sent.
DELIVER_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A feed at a glance."""

    feed: Feed
    subscriptions: tuple[Subscription, ...]
    posts: dict[PostState, int]
    last_sent: Post | None
    notices_channel_id: ChannelId | None  # where its server is notified of problems, if it chose a channel
    access: Access
    pings: Pings = NO_PINGS
    before: FeedSettings | None = None  # the settings before a change; None if none was requested
    change_id: ChangeId | None = None  # of that change; None if nothing changed

    @property
    def has_changed(self) -> bool:
        return self.before is not None and self.before != self.feed.settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredNow:
    """The result of a person's request to post now."""

    state: FeedState
    run: RequestedRun
    delivered: Delivered


class Feeds:
    """The use cases of /config and /deliver.

    Each change is protected by the lock on the feed, and on the server where a feed may be added or the
    server's own settings change.
    """

    def __init__(self, context: ServiceContext, *, runs: Runs, delivery: Delivery) -> None:
        self._context = context
        self._database = context.database
        self._publisher = context.publisher
        self._runs = runs
        self._delivery = delivery
        self._clock = context.clock
        self._wake = context.wake

    async def state(self, channel_id: ChannelId) -> FeedState | None:
        """The state of the channel's feed; None if it has none."""
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
        return await self._state(feed) if feed else None

    async def schedule(
        self,
        *,
        place: Place,
        user_id: UserId,
        cadence: Cadence | None,
        time: str | None,
        timezone: str | None,
        weekdays: str | None,
    ) -> FeedState:
        """Changes the given parts of the schedule. A channel without a feed gets one.

        Raises:
            UserError: a value cannot be read, or none was given. Nothing was changed.
        """
        typed = {"time": time, "timezone": timezone, "weekdays": weekdays}
        changes = parse_schedule(typed, now=self._clock())
        if cadence is not None:
            changes["cadence"] = cadence
        if not changes:
            raise UserError(
                "Nothing was changed. Give `cadence`, `time`, `timezone` or `weekdays`; `/config show` "
                "shows the current ones."
            )
        return await self._change(place, user_id=user_id, schedule=changes)

    async def style(self, style: Style, *, place: Place, user_id: UserId) -> FeedState:
        """Sets how the channel's papers are shown, from the next post on."""
        return await self._change(place, user_id=user_id, style=style)

    async def mention(
        self, role_id: RoleId | None, *, place: Place, user_id: UserId, is_silent: bool | None = None
    ) -> FeedState:
        """Sets the role that the first message of each run pings (None is nobody).

        `is_silent` says whether messages are sent without a push notification from now on; given without a
        role, it leaves the role as it is.

        Raises:
            UserError: nobody is to be pinged, in a channel that has no feed.
        """
        creates = role_id is not None or bool(is_silent)
        if is_silent is None:
            return await self._change(place, user_id=user_id, creates=creates, mention_role_id=role_id)
        if role_id is None:
            return await self._change(place, user_id=user_id, creates=creates, is_silent=is_silent)
        return await self._change(
            place, user_id=user_id, creates=creates, mention_role_id=role_id, is_silent=is_silent
        )

    async def role_gone(self, role_id: RoleId, *, server_id: ServerId, user_id: UserId) -> None:
        """Records, for each channel that pings this role, that it was deleted.

        The channels keep it, so that /status and /config show report it until another role is chosen.
        """
        async with self._database.write() as conn:
            of_server = await feeds.of_server(conn, server_id, for_update=True)
            mentions = await subscriptions.mentions(conn, [feed.id for feed in of_server])
            for feed in of_server:
                if role_id in {feed.settings.mention_role_id, *mentions[feed.id].values()}:
                    what = "the role to ping was deleted, so nobody is pinged"
                    await record(conn, feed, what, user_id=user_id, now=self._clock())

    async def threads(self, *, on: bool, place: Place, user_id: UserId) -> FeedState:
        """Turns threads under cards on or off, from the next post on.

        Raises:
            UserError: the bot may not open threads there; or they are turned off in a channel without a feed.
        """
        if on:
            _check((await self._publisher.access(place)).threads_obstacle)
        return await self._change(place, user_id=user_id, creates=on, opens_threads=on)

    async def publish(self, *, on: bool, place: Place, user_id: UserId) -> FeedState:
        """Turns publishing to the channel's followers on or off, from the next post on.

        Raises:
            UserError: the bot may not publish there; or it is turned off in a channel without a feed.
        """
        if on:
            _check((await self._publisher.access(place)).publishing_obstacle)
        return await self._change(place, user_id=user_id, creates=on, publishes=on)

    async def set_notices_channel(
        self, channel_id: ChannelId, *, server_id: ServerId, user_id: UserId
    ) -> NoticesChannel:
        """Sets where the server is notified of problems."""
        now = self._clock()
        async with self._database.write() as conn:
            await servers.lock(conn, [server_id], now=now)
            before = await servers.notices_channel(conn, server_id)
            return await change_notices_channel(
                conn, server_id, before=before, after=channel_id, user_id=user_id, now=now
            )

    async def deliver(self, channel_id: ChannelId) -> DeliveredNow:
        """Posts every matching paper that was not posted yet. The schedule does not change.

        Raises:
            UserError: the channel has no feed or no subscriptions, or is blocked or paused.
        """
        async with self._database.write() as conn:
            feed = await existing(conn, channel_id, for_update=True)
            if not await subscriptions.of_feed(conn, feed.id):
                raise UserError(f"<#{channel_id}> has no subscriptions. Add one with `/subscribe`.")
            check_active(feed)
            now = self._clock()
            await outbox.retry_failed(conn, feed.id, now=now)
            await outbox.retry_unconfirmed(conn, feed.id, now=now)
            await follow_ups.retry_failed(conn, feed.id, now=now)
            waiting = await outbox.make_due(conn, feed.id, now=now)
        run = await self._runs.deliver_now(feed)
        delivered = await self._delivery.settled(
            [*waiting, *run.post_ids], since=now, timeout_seconds=DELIVER_WAIT_SECONDS
        )
        return DeliveredNow(state=await self.state_of(channel_id), run=run, delivered=delivered)

    async def _change(
        self,
        place: Place,
        *,
        user_id: UserId,
        creates: bool = True,
        schedule: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> FeedState:
        """Changes these fields of the feed's settings, and of its schedule.

        A channel without a feed gets one, or is an error unless `creates`.
        """
        async with self._database.write() as conn:
            feed = await (
                ensure_feed(conn, place, context=self._context)
                if creates
                else existing(conn, place.channel_id, for_update=True)
            )
            after = replace(
                feed.settings,
                schedule=replace(feed.settings.schedule, **(schedule or {})),
                **changes,
            )
            changed = await change_and_record(conn, feed, after, user_id=user_id, now=self._clock())
        self._wake()
        return await self.state_of(place.channel_id, before=feed, change_id=changed.change_id)

    async def state_of(
        self, channel_id: ChannelId, *, before: Feed | None = None, change_id: ChangeId | None = None
    ) -> FeedState:
        """As `state`, after a change with this id that changed it from `before`.

        Raises:
            UserError: the channel has no feed.
        """
        async with self._database.read() as conn:
            feed = await existing(conn, channel_id)
        state = await self._state(feed)
        return replace(state, before=before.settings if before else None, change_id=change_id)

    async def _state(self, feed: Feed) -> FeedState:
        access = await self._publisher.access(feed.place)
        async with self._database.read() as conn:
            subscribed = tuple(await subscriptions.of_feed(conn, feed.id))
        pings = await pings_of(self._publisher, feed, subscribed)
        async with self._database.read() as conn:
            return FeedState(
                feed=feed,
                subscriptions=subscribed,
                posts=await posts.counts(conn, feed.id),
                last_sent=await posts.last_sent(conn, feed.id),
                notices_channel_id=await servers.notices_channel(conn, feed.place.in_server),
                access=access,
                pings=pings,
            )


async def existing(conn: AsyncConnection, channel_id: ChannelId, *, for_update: bool = False) -> Feed:
    """The channel's feed; `for_update` locks it.

    Raises:
        UserError: it has none.
    """
    feed = await feeds.by_channel(conn, channel_id, for_update=for_update)
    if feed is None:
        raise UserError(f"<#{channel_id}> has no subscriptions yet. Add one with `/subscribe` there.")
    return feed


def _check(obstacle: str | None) -> None:
    if obstacle:
        raise UserError(f"{obstacle} Nothing was changed: once that is fixed, use the command again.")


def check_active(feed: Feed) -> None:
    """Raises UserError, with what to do, if nothing may be posted now."""
    if feed.block is not None:
        raise UserError(
            f"<#{feed.channel_id}> is blocked: {feed.block.reason} Nothing was posted. Once that is fixed, "
            "posting resumes automatically; `/config resume` tries now."
        )
    if feed.settings.is_paused:
        raise UserError(
            f"<#{feed.channel_id}> is paused. Nothing was posted: `/config resume` resumes posting."
        )
