"""Transfer of feeds: export, import from a file, and copying one channel to another."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import NewMention, Refocused, Revision, focus_words, mention_words
from bot.core.feed_settings import Difference, differences
from bot.core.feeds import Feed, FeedSettings, Place
from bot.core.focus import Focus
from bot.core.ids import ChangeId, ChannelId, RoleId, ServerId, UserId
from bot.core.query.compiled import CompiledQuery, Merged
from bot.core.schedules import Schedule
from bot.core.transfer import WantedFeed
from bot.errors import UserError
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds import refocusing
from bot.services.feeds.creation import ensure_feed
from bot.services.feeds.refocusing import to_refocus
from bot.services.feeds.resuming import add_subscriptions
from bot.services.feeds.settings import change
from bot.services.feeds.subscription_mentions import set_mentions, to_mention
from bot.services.transfer.export_file import written
from bot.services.transfer.import_file import read_file
from bot.store import feeds, servers, subscriptions

Placed = tuple[WantedFeed, Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTransfer:
    """What an import or a copy changes in one feed, or has changed."""

    place: Place
    before: FeedSettings
    after: FeedSettings
    feed: Feed | None  # None if there is none yet
    known: int  # subscriptions that it has
    adds: tuple[CompiledQuery, ...]
    role_of: Mapping[str, RoleId | None]  # as the next
    mentions: tuple[NewMention, ...]  # of those that it has, those that ping another role
    focus_of: Mapping[str, Focus]  # of those wanted, by canonical form, if it is given
    refocused: tuple[Refocused, ...]  # of those that it has
    same: int  # of those wanted, how many it has already
    resumed: int = 0  # of those added, how many continue where they left off
    returned: int = 0  # their papers that are pending again
    merged: tuple[Merged, ...] = ()  # of those wanted, duplicates
    change_id: ChangeId | None = None  # if it can be undone

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The settings that change, each as it was and as it is afterwards."""
        return differences(self.before, self.after)

    @property
    def is_nothing(self) -> bool:
        is_same = not self.adds and not self.refocused and not self.mentions
        return is_same and self.before == self.after and self.feed is not None


class Transfer:
    """The use cases of /config export, import and copy.

    Protected by the locks on the servers and the feeds, under which it is planned again.
    """

    def __init__(self, context: ServiceContext, *, delivery: Delivery) -> None:
        self._context = context
        self._database = context.database
        self._delivery = delivery
        self._clock = context.clock
        self._limits = context.limits
        self._wake = context.wake

    async def of_server(self, server_id: ServerId) -> list[Feed]:
        """The server's feeds, without those whose channel was deleted."""
        async with self._database.read() as conn:
            of_server = await feeds.of_server(conn, server_id)
        return [feed for feed in of_server if feed.block is None or not feed.block.is_gone]

    async def export(self, wanted: Sequence[Feed], *, names: Mapping[ChannelId, str]) -> list[bytes]:
        """The feeds as one or more files that `read` can read."""
        async with self._database.read() as conn:
            subscriptions_of = await subscriptions.of_feeds(conn, [feed.id for feed in wanted])
        return written((feed, names[feed.channel_id], subscriptions_of.get(feed.id, [])) for feed in wanted)

    async def read(self, data: bytes, *, name: str) -> tuple[WantedFeed, ...]:
        """The feeds that a file describes.

        Raises:
            UserError: it cannot be read; says where, and what is expected.
        """
        # Off the event loop: parsing thousands of queries is slow.
        return await asyncio.to_thread(read_file, data, name=name, limits=self._limits)

    async def feed_to_copy(self, channel_id: ChannelId, *, to: ChannelId) -> WantedFeed:
        """All settings of a channel's feed but a pause, and its queries, for another channel.

        Raises:
            UserError: it has no feed, or is that other channel.
        """
        if channel_id == to:
            raise UserError(
                f"<#{channel_id}> can't be copied to itself. Nothing was changed: `source` and `channel` "
                "must be different channels."
            )
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            current = await subscriptions.of_feed(conn, feed.id) if feed else []
        if feed is None:
            raise UserError(f"<#{channel_id}> has no subscriptions yet, so there is nothing to copy.")
        source_settings = feed.settings
        names = [
            name
            for name in source_settings.__dataclass_fields__
            if name not in {"schedule", "is_paused", "paused_until"}
        ]
        return WantedFeed(
            label="",
            schedule={
                name: getattr(source_settings.schedule, name) for name in Schedule.__dataclass_fields__
            },
            settings={name: getattr(source_settings, name) for name in names},
            queries=tuple(item.query for item in current),
            focus_of={item.query.canonical: item.focus for item in current},
            role_of={item.query.canonical: item.mention_role_id for item in current},
        )

    async def settings(self, channel_ids: Collection[ChannelId]) -> dict[ChannelId, FeedSettings]:
        """The settings of those of the channels that have feeds."""
        async with self._database.read() as conn:
            current = [await feeds.by_channel(conn, channel_id) for channel_id in channel_ids]
        return {feed.channel_id: feed.settings for feed in current if feed}

    async def plan(self, wanted: Sequence[Placed]) -> list[FeedTransfer]:
        """What `apply` would do now.

        Raises:
            UserError: a limit would be exceeded.
        """
        async with self._database.read() as conn:
            return await self._planned(conn, wanted)

    async def apply(self, wanted: Sequence[Placed], *, user_id: UserId, how: str) -> list[FeedTransfer]:
        """Applies all of it or nothing; `how` starts the history entry, such as *imported*.

        Raises:
            UserError: a limit would be exceeded.
        """
        places = [place for _, place in wanted]
        async with self._database.write() as conn:
            await servers.lock(conn, {place.in_server for place in places}, now=self._clock())
            await feeds.by_channels(conn, [place.channel_id for place in places], for_update=True)
            planned = await self._planned(conn, wanted)
            done = [await self._applied(conn, transfer, user_id=user_id, how=how) for transfer in planned]
        self._delivery.wake()
        self._wake()
        return done

    async def _planned(self, conn: AsyncConnection, wanted: Sequence[Placed]) -> list[FeedTransfer]:
        planned = [await self._transfer(conn, feed, place) for feed, place in wanted]
        coming: dict[ServerId, int] = {}
        for transfer in planned:
            if transfer.feed is None or (transfer.adds and not transfer.known):
                server_id = transfer.place.in_server
                coming[server_id] = coming.get(server_id, 0) + 1
        for server_id, adds in coming.items():
            self._limits.check_feeds(has=await feeds.count_in_use(conn, server_id), adds=adds)
        return planned

    async def _transfer(self, conn: AsyncConnection, wanted: WantedFeed, place: Place) -> FeedTransfer:
        feed = await feeds.by_channel(conn, place.channel_id)
        subscribed = await subscriptions.of_feed(conn, feed.id) if feed else []
        known = {item.query.canonical for item in subscribed}
        if feed is None:
            own = await servers.defaults(conn, place.in_server)
            before = FeedSettings(schedule=own.over(self._context.default_schedule))
        else:
            before = feed.settings
        adds = tuple(query for query in wanted.queries if query.canonical not in known)
        self._limits.check_subscriptions(place.channel_id, has=len(known), adds=len(adds))
        return FeedTransfer(
            place=place,
            before=before,
            after=wanted.over(before),
            feed=feed,
            known=len(known),
            adds=adds,
            role_of=wanted.role_of,
            mentions=tuple(to_mention(subscribed, wanted.role_of)),
            focus_of=wanted.focus_of,
            refocused=tuple(to_refocus(subscribed, wanted.focus_of)),
            same=len(wanted.queries) - len(adds),
            merged=wanted.merged,
        )

    async def _applied(
        self, conn: AsyncConnection, transfer: FeedTransfer, *, user_id: UserId, how: str
    ) -> FeedTransfer:
        if transfer.is_nothing:
            return transfer
        now = self._clock()
        feed = await ensure_feed(conn, transfer.place, context=self._context)
        is_restarted = bool(transfer.adds and not transfer.known)
        feed = await change(conn, feed, transfer.after, now=now, is_restarted=is_restarted)
        added = await add_subscriptions(conn, feed, transfer.adds, now=now, focus_of=transfer.focus_of)
        await refocusing.store(conn, transfer.refocused)
        mentions = await set_mentions(conn, await subscriptions.of_feed(conn, feed.id), transfer.role_of)
        changes = [*mention_words(mentions), *(item.words for item in transfer.differences)]
        words = [*added.words, *focus_words(transfer.refocused), *changes]
        what = f"{how}: {'; '.join(words) or 'the settings as they were'}"
        new = tuple(item.id for item in added.all)
        revision = Revision(
            settings=None if transfer.before == transfer.after else (transfer.before, transfer.after),
            subscribed=new,
            focuses=tuple(item.entry for item in transfer.refocused),
            mentions=tuple(item.entry for item in mentions if item.subscription.id not in new),
        )
        can_be_undone = revision != Revision()
        change_id = await record(
            conn, feed, what, user_id=user_id, now=now, revision=revision if can_be_undone else None
        )
        return replace(
            transfer,
            feed=feed,
            resumed=len(added.resumed),
            returned=added.returned,
            change_id=change_id if can_be_undone else None,
        )
