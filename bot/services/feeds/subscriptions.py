"""Subscribing and unsubscribing: what a channel wants, and what is said about it on the spot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.changes import unsubscribed_words
from bot.core.feeds import Feed, FeedSettings, LastRun, Place, Subscription
from bot.core.ids import ChannelId, SubscriptionId, UserId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, Merged, compile_alternatives, distinct
from bot.core.schedules import Schedule
from bot.errors import UserError
from bot.services.changes import in_a_row, record
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivered, Delivery
from bot.services.feeds import resuming, unsubscribing
from bot.services.feeds.creation import ensure_feed
from bot.services.feeds.feeds import check_active
from bot.services.feeds.resuming import Made
from bot.services.feeds.settings import change_and_record
from bot.services.feeds.unsubscribing import ToEnd, Unsubscribed
from bot.services.queries.search import MOST_DAYS, RECENT_DAYS, Search
from bot.services.runs import recompiling
from bot.services.runs.run import Runs
from bot.store import cancelled_papers, feeds, list_days, subscriptions

OLDER_MATCHES = 5  # what the button below /subscribe posts at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One keyword of a /subscribe: whether it is new to the feed, and what it would have brought."""

    subscription: Subscription
    is_new: bool
    goes_on: bool  # it was removed and is made again: it goes on where it was
    recent: int  # papers of the last RECENT_DAYS list days that it matches
    today: int  # of these, papers of the open list day: they come with the next post
    older: int  # papers of the last MOST_DAYS list days that it matches, from before it began


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    feed: Feed
    wanted: tuple[Wanted, ...]
    recent_days_known: int  # of the last RECENT_DAYS list days, those that have been read
    access: Access
    is_archive_read: bool  # whether all of the last MOST_DAYS list days have been read
    returned: int = 0  # papers of those that go on that are pending again
    made_up: LastRun | None = None  # what a run would come to now for those that go on
    merged: tuple[Merged, ...] = ()  # keywords that were typed twice
    before: FeedSettings | None = None  # of a feed that there was, where its schedule was chosen with it

    @property
    def may_have_older(self) -> bool:
        """Whether papers from before the new subscriptions match them, as far as can be known by now."""
        return not self.is_archive_read or any(item.older for item in self.wanted if item.is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSubscriptions:
    feed: Feed
    subscriptions: tuple[Subscription, ...]
    most: int  # that the feed may have


class Subscriptions:
    """The use cases around subscriptions."""

    def __init__(self, context: ServiceContext, *, search: Search, runs: Runs, delivery: Delivery) -> None:
        self._context = context
        self._database = context.database
        self._publisher = context.publisher
        self._search = search
        self._runs = runs
        self._delivery = delivery
        self._clock = context.clock
        self._limits = context.limits
        self._wake = context.wake

    async def subscribe(
        self, keywords: str, *, place: Place, user_id: UserId, schedule: Schedule | None = None
    ) -> Subscribed:
        """Subscribes the channel to each part between top-level commas; all of them or none.

        Where a schedule is given, the feed has it from now on, by the same transaction.

        Raises:
            QueryError: a part cannot be read.
            UserError: the feed would have too many, or the server too many feeds.
        """
        queries, merged = distinct(compile_alternatives(keywords, self._limits))
        now = self._clock()
        async with self._database.write() as conn:
            feed = await ensure_feed(conn, place, context=self._context, user_id=user_id)
            known = {item.query.canonical: item for item in await subscriptions.of_feed(conn, feed.id)}
            before = feed.settings if known and schedule else None
            wanted = [query for query in queries if query.canonical not in known]
            feed, made = await self._make(conn, feed, wanted, user_id=user_id, now=now, schedule=schedule)
        asked_for = known | {item.query.canonical: item for item in made.all}
        result = await self._subscribed(feed, [asked_for[query.canonical] for query in queries], made)
        return replace(result, before=before, merged=merged)

    async def undo(self, channel_id: ChannelId, key: str, *, user_id: UserId) -> Subscribed:
        """Makes again what the removal of this key removed.

        Raises:
            UserError: there is nothing of it to make again, or a limit would be passed.
        """
        now = self._clock()
        async with self._database.write() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            removed = await subscriptions.of_removal(conn, feed.id, key) if feed else []
            wanted = unsubscribing.to_undo(removed, channel_id=channel_id, now=now)
            if feed is None:
                raise LookupError(f"no feed of channel {channel_id}, but something to undo there")
            feed, made = await self._make(conn, feed, wanted, user_id=user_id, now=now)
        return await self._subscribed(feed, made.all, made)

    async def _make(
        self,
        conn: AsyncConnection,
        feed: Feed,
        wanted: Sequence[CompiledQuery],
        *,
        user_id: UserId,
        now: datetime,
        schedule: Schedule | None = None,
    ) -> tuple[Feed, Made]:
        """Subscribes the feed to what it is not subscribed to; the feed as it then is.

        Raises:
            UserError: a limit would be passed.
        """
        has = len(await subscriptions.of_feed(conn, feed.id))
        self._limits.check_subscriptions(feed.channel_id, has=has, adds=len(wanted))
        if not has:
            self._limits.check_feeds(has=await feeds.count_in_use(conn, feed.server_id))
        if not has or schedule not in {None, feed.settings.schedule}:
            after = replace(feed.settings, schedule=schedule or feed.settings.schedule)
            feed = await change_and_record(conn, feed, after, user_id=user_id, now=now, is_restarted=not has)
        made = await resuming.make(conn, feed, wanted, user_id=user_id, now=now)
        if made.words:
            await record(conn, feed, in_a_row(made.words), user_id=user_id, now=now)
        return feed, made

    async def _subscribed(self, feed: Feed, asked_for: Sequence[Subscription], made: Made) -> Subscribed:
        """Wakes delivery, and counts the recent papers that each subscription matches."""
        self._delivery.wake()
        self._wake()
        today = open_list_day(self._clock())
        async with self._database.read() as conn:
            read = await list_days.reads(conn, today - timedelta(days=MOST_DAYS - 1), today)
        found = await self._search.recent({item.query.expression for item in asked_for}, days=MOST_DAYS)
        return Subscribed(
            feed=feed,
            wanted=tuple(
                _wanted(item, found[item.query.expression], made=made, today=today) for item in asked_for
            ),
            recent_days_known=sum(day > today - timedelta(days=RECENT_DAYS) for day in read),
            access=await self._publisher.access(feed.place),
            is_archive_read=len(read) == MOST_DAYS,
            returned=made.returned,
            made_up=await self._runs.coming(feed, made.resumed) if made.resumed else None,
        )

    async def post_older(
        self, channel_id: ChannelId, subscription_ids: range, *, timeout_seconds: float
    ) -> Delivered:
        """Posts the newest OLDER_MATCHES matches from before these subscriptions began.

        Raises:
            UserError: the channel has none of these subscriptions any more, or nothing may be posted there.
        """
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            known = await subscriptions.of_feed(conn, feed.id) if feed else []
        wanting = [item for item in known if item.id in subscription_ids]
        if feed is None or not wanting:
            raise UserError(f"<#{channel_id}> is not subscribed to that any more.")
        check_active(feed)
        since = self._clock()
        pending = await self._runs.deliver_older(feed, wanting, count=OLDER_MATCHES)
        return await self._delivery.settled(pending, since=since, timeout_seconds=timeout_seconds)

    async def means_all(self, keywords: str, *, channel_id: ChannelId) -> bool:
        """Whether what was typed stands for every subscription of the channel."""
        found = await self.of_channel(channel_id)
        return unsubscribing.means_all(keywords, found.subscriptions if found else ())

    async def to_end(self, channel_id: ChannelId) -> ToEnd:
        """What ending all of the channel's subscriptions would end.

        Raises:
            UserError: the channel has none.
        """
        async with self._database.read() as conn:
            feed, known = await unsubscribing.subscribed(conn, channel_id)
            pending = await cancelled_papers.count(conn, feed.id, {item.query.canonical for item in known})
        coming = await self._runs.coming(feed, known)
        return ToEnd(feed=feed, subscriptions=tuple(known), pending=pending, coming=coming.planned)

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

        They are kept for a while: made again, they go on where they were.

        Args:
            keywords: as typed.
            channel_id: whose subscriptions.
            user_id: who removes them.
            only: of these alone, where it is given.
            key: of the removal, by which it can be undone; a new one where it is not given.

        Raises:
            QueryError: the keywords cannot be read.
            UserError: the channel has no such subscription.
        """
        now, key = self._clock(), key or unsubscribing.new_key()
        async with self._database.write() as conn:
            feed, known = await unsubscribing.subscribed(conn, channel_id)
            removed = [
                item
                for item in unsubscribing.chosen(keywords, known, channel_id=channel_id)
                if only is None or item.id in only
            ]
            if not removed:
                raise UserError(f"<#{channel_id}> is not subscribed to any of that now. Nothing was changed.")
            cancelled = await resuming.end(conn, feed, removed, key=key, now=now)
            what = unsubscribed_words([item.query.text for item in removed])
            await record(conn, feed, what, user_id=user_id, now=now)
        return Unsubscribed(
            feed=feed,
            removed=tuple(removed),
            left=len(known) - len(removed),
            key=key,
            cancelled=cancelled,
        )

    async def offered(self, typed: str, *, channel_id: ChannelId) -> list[tuple[str, str]]:
        """What /unsubscribe can be given in this channel, of what holds the text typed so far."""
        found = await self.of_channel(channel_id)
        return unsubscribing.offered(typed, found.subscriptions) if found else []

    async def of_channel(self, channel_id: ChannelId) -> FeedSubscriptions | None:
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            if feed is None:
                return None
            known = await subscriptions.of_feed(conn, feed.id)
        return FeedSubscriptions(feed=feed, subscriptions=tuple(known), most=self._limits.subscriptions)

    async def recompile(self) -> int:
        """Recompile the queries of an older version of the rules; return how many there were."""
        async with self._database.write() as conn:
            return await recompiling.recompile(conn)


def _wanted(subscription: Subscription, found: Sequence[Paper], *, made: Made, today: date) -> Wanted:
    days = [paper.list_day for paper in found if paper.list_day is not None]
    return Wanted(
        subscription=subscription,
        is_new=subscription in made.new,
        goes_on=subscription in made.resumed,
        recent=sum(day > today - timedelta(days=RECENT_DAYS) for day in days),
        today=days.count(today),
        older=sum(day < subscription.since for day in days),
    )
