"""Subscriptions: adding, removing, undoing and listing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import unsubscribed_words
from bot.core.feeds import Feed, FeedSettings, Place, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChangeId, ChannelId, RoleId, SubscriptionId, UserId
from bot.core.query.compiled import CompiledQuery, compile_alternatives, distinct
from bot.core.schedules import Schedule
from bot.errors import UserError
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds import resuming, unsubscribing
from bot.services.feeds.creation import ensure_feed
from bot.services.feeds.refocusing import NO_FOCUS, refocus
from bot.services.feeds.resuming import AddedSubscriptions
from bot.services.feeds.settings import change_and_record
from bot.services.feeds.subscribed import Replaced, Subscribed, SubscribeResults
from bot.services.feeds.subscription_mentions import record_mentions, set_mentions
from bot.services.feeds.unsubscribing import RemovalPreview, Unsubscribed
from bot.services.queries.search import Search
from bot.services.runs.run import Runs
from bot.store import cancelled_papers, feeds, servers, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSubscriptions:
    feed: Feed
    subscriptions: tuple[Subscription, ...]
    maximum: int  # that the feed may have


class Subscriptions:
    """The use cases of /subscribe, /unsubscribe and /subscriptions.

    Each change is protected by the lock on the feed, and on its server where one more feed may be in use.
    """

    def __init__(self, context: ServiceContext, *, search: Search, runs: Runs, delivery: Delivery) -> None:
        self._context = context
        self._database = context.database
        self._results = SubscribeResults(context, search=search, runs=runs)
        self._runs = runs
        self._delivery = delivery
        self._clock = context.clock
        self._limits = context.limits
        self._wake = context.wake

    async def subscribe(
        self,
        keywords: str,
        *,
        place: Place,
        user_id: UserId,
        schedule: Schedule | None = None,
        min_upvotes: int | None = None,
        focus: Focus | None = None,
        role_id: RoleId | None = None,
    ) -> Subscribed:
        """Subscribes the channel to each part between top-level commas; all of them or none.

        A given schedule or filter is set in the same transaction. A given focus, and a role to ping, apply to
        all of them, also to those that the channel has already.

        Raises:
            QueryError: a part cannot be read.
            UserError: the feed would have too many, or the server too many feeds.
        """
        queries, merged = distinct(compile_alternatives(keywords, self._limits))
        now = self._clock()
        async with self._database.write() as conn:
            feed = await ensure_feed(conn, place, context=self._context)
            current = {item.query.canonical: item for item in await subscriptions.of_feed(conn, feed.id)}
            settings = _with(feed.settings, schedule=schedule, min_upvotes=min_upvotes)
            before = feed.settings if current else None
            missing = [query for query in queries if query.canonical not in current]
            focus_of = {query.canonical: focus for query in queries} if focus else NO_FOCUS
            feed, added, change_ids = await self._add(
                conn, feed, missing, user_id=user_id, now=now, settings=settings, focus_of=focus_of
            )
            asked_for = current | {item.query.canonical: item for item in added.current}
            role_of = {query.canonical: role_id for query in queries} if role_id else {}
            pinging = await set_mentions(conn, list(asked_for.values()), role_of)
            change_ids += await record_mentions(conn, feed, pinging, user_id=user_id, now=now)
        asked_for |= {item.subscription.query.canonical: item.subscription for item in pinging}
        result = await self._subscribed(feed, [asked_for[query.canonical] for query in queries], added)
        return replace(result, before=before, merged=merged, pinging=tuple(pinging), change_ids=change_ids)

    async def replace(
        self, subscription_ids: Collection[int], keywords: str, *, channel_id: ChannelId, user_id: UserId
    ) -> Replaced:
        """Subscribes the channel to other keywords instead of these subscriptions; all of it or nothing.

        The new ones want the papers of the same list days, so that none is missed in between, and have the
        same focus.

        Raises:
            QueryError: a part cannot be read.
            UserError: the channel no longer has all of these subscriptions.
        """
        queries, merged = distinct(compile_alternatives(keywords, self._limits))
        now = self._clock()
        async with self._database.write() as conn:
            feed = await feeds.by_channel(conn, channel_id, for_update=True)
            current = await subscriptions.of_feed(conn, feed.id) if feed else []
            replaced = [item for item in current if item.id in subscription_ids]
            if feed is None or len(replaced) < len(subscription_ids):
                raise UserError(
                    f"<#{channel_id}> is no longer subscribed to that: it may be replaced already. Nothing "
                    "was changed. `/subscriptions` shows what it is subscribed to."
                )
            new = {query.canonical for query in queries}
            removed = [item for item in replaced if item.query.canonical not in new]
            kept = {item.query.canonical: item for item in current if item not in removed}
            missing = [query for query in queries if query.canonical not in kept]
            self._limits.check_subscriptions(channel_id, has=len(current) - len(removed), adds=len(missing))
            since = min((item.since for item in replaced), default=None)
            focuses = {item.focus for item in replaced}
            focus_of = dict.fromkeys(new, focuses.pop()) if len(focuses) == 1 else NO_FOCUS
            words: list[str] = []
            if removed:
                await resuming.remove_subscriptions(conn, feed, removed, key=unsubscribing.new_key(), now=now)
                words.append(unsubscribed_words(removed))
            added = await resuming.add_subscriptions(
                conn, feed, missing, now=now, since=since, focus_of=focus_of
            )
            change_ids: tuple[ChangeId | None, ...] = ()
            if words := [*words, *added.words]:
                revision = replace(
                    resuming.revision_of(added), unsubscribed=tuple(item.id for item in removed)
                )
                what = "; ".join(words)
                change_ids = (await record(conn, feed, what, user_id=user_id, now=now, revision=revision),)
        asked_for = kept | {item.query.canonical: item for item in added.all}
        result = await self._subscribed(feed, [asked_for[query.canonical] for query in queries], added)
        result = replace(result, merged=merged, change_ids=change_ids)
        return Replaced(before=tuple(removed), result=result)

    async def undo(self, channel_id: ChannelId, key: str, *, user_id: UserId) -> Subscribed:
        """Adds the subscriptions again that the removal with this key removed.

        Raises:
            UserError: nothing of it can be added again, or a limit would be exceeded.
        """
        now = self._clock()
        async with self._database.write() as conn:
            feed = await self._locked_with_server(conn, channel_id, now=now)
            removed = await subscriptions.of_removal(conn, feed.id, key) if feed else []
            queries = unsubscribing.to_undo(removed, channel_id=channel_id, now=now)
            if feed is None:
                raise LookupError(f"no feed of channel {channel_id}, but something to undo there")
            feed, added, _ = await self._add(conn, feed, queries, user_id=user_id, now=now)
        result = await self._subscribed(feed, added.all, added)
        return replace(result, study=replace(result.study, hints=()))  # they were wanted like this before

    async def _locked_with_server(
        self, conn: AsyncConnection, channel_id: ChannelId, *, now: datetime
    ) -> Feed | None:
        """The channel's feed, locked after its server: it may become one more feed in use there."""
        feed = await feeds.by_channel(conn, channel_id)
        if feed is None:
            return None
        await servers.lock(conn, [feed.place.in_server], now=now)
        return await feeds.by_channel(conn, channel_id, for_update=True)

    async def _add(
        self,
        conn: AsyncConnection,
        feed: Feed,
        queries: Sequence[CompiledQuery],
        *,
        user_id: UserId,
        now: datetime,
        settings: FeedSettings | None = None,
        focus_of: Mapping[str, Focus] = NO_FOCUS,
    ) -> tuple[Feed, AddedSubscriptions, tuple[ChangeId | None, ...]]:
        """Subscribes the feed to these queries; returns the feed as it then is, and the changes to undo it.

        `focus_of` holds for subscriptions that it has already, too.

        Raises:
            UserError: a limit would be exceeded.
        """
        current = await subscriptions.of_feed(conn, feed.id)
        self._limits.check_subscriptions(feed.channel_id, has=len(current), adds=len(queries))
        if not current:
            self._limits.check_feeds(has=await feeds.count_in_use(conn, feed.place.in_server))
        change_ids: list[ChangeId | None] = []
        after = settings or feed.settings
        if not current or after != feed.settings:
            changed = await change_and_record(
                conn, feed, after, user_id=user_id, now=now, is_restarted=not current
            )
            feed = changed.feed
            change_ids.append(changed.change_id)
        added = await resuming.add_subscriptions(conn, feed, queries, now=now, focus_of=focus_of)
        added = replace(added, refocused=tuple(await refocus(conn, current, focus_of)))
        if added.words:
            what, revision = "; ".join(added.words), resuming.revision_of(added)
            change_ids.append(await record(conn, feed, what, user_id=user_id, now=now, revision=revision))
        return feed, added, tuple(filter(None, change_ids))

    async def _subscribed(
        self, feed: Feed, asked_for: Sequence[Subscription], added: AddedSubscriptions
    ) -> Subscribed:
        """Wakes delivery, and counts the recent papers that each subscription matches."""
        self._delivery.wake()
        self._wake()
        return await self._results.of(feed, asked_for, added)

    async def means_all(self, keywords: str, *, channel_id: ChannelId) -> bool:
        """Whether the text means every subscription of the channel."""
        current = await self.of_channel(channel_id)
        return unsubscribing.means_all(keywords, current.subscriptions if current else ())

    async def preview_removal(self, channel_id: ChannelId) -> RemovalPreview:
        """What removing all of the channel's subscriptions would remove.

        Raises:
            UserError: the channel has none.
        """
        async with self._database.read() as conn:
            feed, current = await unsubscribing.subscribed(conn, channel_id)
            pending = await cancelled_papers.count(conn, feed.id, {item.query.canonical for item in current})
        coming = await self._runs.coming(feed, current)
        return RemovalPreview(feed=feed, subscriptions=tuple(current), pending=pending, coming=coming.planned)

    async def unsubscribe(
        self,
        keywords: str,
        *,
        channel_id: ChannelId,
        user_id: UserId,
        only: Collection[SubscriptionId] | None = None,
        key: str | None = None,
    ) -> Unsubscribed:
        """Removes the subscription with the same canonical form, or every one for ALL_OF_THEM.

        They are kept for REMOVED_KEPT; added again in that time, they continue where they left off.

        Args:
            keywords: as typed.
            channel_id: whose subscriptions.
            user_id: who removes them.
            only: restricts the removal to these, if given.
            key: identifies the removal for `undo`; generated if not given.

        Raises:
            QueryError: the keywords cannot be read.
            UserError: the channel has no such subscription.
        """
        now, key = self._clock(), key or unsubscribing.new_key()
        async with self._database.write() as conn:
            feed, current = await unsubscribing.subscribed(conn, channel_id, for_update=True)
            removed = [
                item
                for item in unsubscribing.chosen(keywords, current, channel_id=channel_id)
                if only is None or item.id in only
            ]
            if not removed:
                raise UserError(
                    f"<#{channel_id}> is no longer subscribed to any of that. Nothing was changed."
                )
            cancelled = await resuming.remove_subscriptions(conn, feed, removed, key=key, now=now)
            await record(conn, feed, unsubscribed_words(removed), user_id=user_id, now=now)
        return Unsubscribed(
            feed=feed, removed=tuple(removed), left=len(current) - len(removed), key=key, cancelled=cancelled
        )

    async def offered(self, typed: str, *, channel_id: ChannelId) -> list[tuple[str, str]]:
        """Choices for /unsubscribe in this channel that contain the text typed so far."""
        current = await self.of_channel(channel_id)
        return unsubscribing.offered(typed, current.subscriptions) if current else []

    async def of_channel(self, channel_id: ChannelId) -> FeedSubscriptions | None:
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            if feed is None:
                return None
            current = await subscriptions.of_feed(conn, feed.id)
        return FeedSubscriptions(feed=feed, subscriptions=tuple(current), maximum=self._limits.subscriptions)


def _with(settings: FeedSettings, *, schedule: Schedule | None, min_upvotes: int | None) -> FeedSettings:
    """The settings with what is given."""
    return replace(
        settings,
        schedule=settings.schedule if schedule is None else schedule,
        min_upvotes=settings.min_upvotes if min_upvotes is None else min_upvotes,
    )
