"""Subscribing and unsubscribing: what a channel wants, and what is said about it on the spot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.core.access import Access
from bot.core.changes import subscribed_words, unsubscribed_words
from bot.core.feed_settings import FeedSettings, settings_of
from bot.core.feeds import Feed, Place, Subscription
from bot.core.ids import ChannelId, UserId
from bot.core.limits import Limits
from bot.core.list_days import open_list_day
from bot.core.moving import Merged
from bot.core.papers import Paper
from bot.core.queries import RULES_VERSION, Query, QueryError, compile_query, parse_query
from bot.core.query_uses import parse_alternatives
from bot.core.schedules import Schedule, next_run
from bot.errors import UserError
from bot.services import filters, unsubscribing
from bot.services.changes import record, record_settings
from bot.services.clock import Clock
from bot.services.delivery import Delivered, Delivery
from bot.services.feeds import check_active
from bot.services.making import ensure_feed
from bot.services.publishing import Publisher
from bot.services.runs import Runs
from bot.services.searching import MOST_DAYS, RECENT_DAYS, Searching
from bot.store import feeds, list_days, subscriptions
from bot.store.database import Database

_log = logging.getLogger(__name__)

OLDER_MATCHES = 5  # what the button below /subscribe posts at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One keyword of a /subscribe: whether it is new to the feed, and what it would have brought."""

    subscription: Subscription
    is_new: bool
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
    merged: tuple[Merged, ...] = ()  # keywords that were typed twice
    before: FeedSettings | None = None  # of a feed that there was, where its schedule was chosen with it

    @property
    def may_have_older(self) -> bool:
        """Whether papers from before the new subscriptions match them, as far as can be known by now."""
        return not self.is_archive_read or any(item.older for item in self.wanted if item.is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    feed: Feed
    removed: tuple[Subscription, ...]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSubscriptions:
    feed: Feed
    subscriptions: tuple[Subscription, ...]
    most: int  # that the feed may have


class Subscriptions:
    """The use cases around subscriptions."""

    def __init__(
        self,
        *,
        database: Database,
        searching: Searching,
        runs: Runs,
        delivery: Delivery,
        publisher: Publisher,
        clock: Clock,
        default_schedule: Schedule,
        limits: Limits,
        ring: Callable[[], None],
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._searching = searching
        self._runs = runs
        self._delivery = delivery
        self._clock = clock
        self._default_schedule = default_schedule
        self._limits = limits
        self._ring = ring  # tells the scheduler that something else may be due first

    async def subscribe(
        self, keywords: str, *, place: Place, user_id: UserId, schedule: Schedule | None = None
    ) -> Subscribed:
        """Subscribes the channel to each part between top-level commas; all of them or none.

        Where a schedule is given, the feed has it from now on, by the same transaction.

        Raises:
            QueryError: a part cannot be read.
            UserError: the feed would have too many, or the server too many feeds.
        """
        parts, merged = _distinct(parse_alternatives(keywords, max_length=self._limits.query_length))
        now = self._clock()
        today = open_list_day(now)
        async with self._database.write() as conn:
            feed = await ensure_feed(
                conn,
                place,
                user_id=user_id,
                default_schedule=self._default_schedule,
                limits=self._limits,
                now=now,
            )
            known = {item.canonical: item for item in await subscriptions.of_feed(conn, feed.id)}
            before = settings_of(feed) if known and schedule else None
            new = {canonical: part for canonical, part in parts.items() if canonical not in known}
            self._limits.check_subscriptions(place.channel_id, has=len(known), adds=len(new))
            if not known:
                self._limits.check_feeds(has=await feeds.count_in_use(conn, place.server_id))
            if not known or schedule not in {None, feed.schedule}:
                # While nothing was wanted, nothing moved the feed's next run: it may lie far back.
                chosen = schedule or feed.schedule
                await record_settings(conn, feed, user_id=user_id, now=now, schedule=chosen)
                feed = replace(feed, schedule=chosen, next_run_at=next_run(chosen, after=now))
                await feeds.set_schedule(conn, feed.id, feed.schedule, next_run_at=feed.next_run_at)
            for canonical, (text, query) in new.items():
                added = await subscriptions.add(
                    conn,
                    feed_id=feed.id,
                    text=text,
                    canonical=canonical,
                    compiled=compile_query(query),
                    rules_version=RULES_VERSION,
                    since=today,
                    now=now,
                    created_by=user_id,
                )
                known.update({canonical: added} if added else {})
            if new:
                what = subscribed_words([text for text, _ in new.values()])
                await record(conn, feed, what, user_id=user_id, now=now)
            read = await list_days.reads(conn, today - timedelta(days=MOST_DAYS - 1), today)
        self._ring()
        wanted = await self._looked_up([known[canonical] for canonical in parts], new=new, today=today)
        return Subscribed(
            feed=feed,
            wanted=wanted,
            recent_days_known=sum(day > today - timedelta(days=RECENT_DAYS) for day in read),
            access=await self._publisher.access(place),
            is_archive_read=len(read) == MOST_DAYS,
            before=before,
            merged=merged,
        )

    async def _looked_up(
        self, asked_for: Sequence[Subscription], *, new: Collection[str], today: date
    ) -> tuple[Wanted, ...]:
        """The subscriptions with what each would have brought; `new` has the canonical forms of new ones."""
        found = await self._searching.recent({item.compiled for item in asked_for}, days=MOST_DAYS)
        return tuple(
            _wanted(item, found[item.compiled], is_new=item.canonical in new, today=today)
            for item in asked_for
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
        owed = await self._runs.deliver_older(feed, wanting, count=OLDER_MATCHES)
        return await self._delivery.settled(owed, timeout_seconds=timeout_seconds)

    async def unsubscribe(self, keywords: str, *, channel_id: ChannelId, user_id: UserId) -> Unsubscribed:
        """Removes the subscription with the same canonical form, or every one for ALL_OF_THEM.

        Raises:
            QueryError: the keywords cannot be read.
            UserError: the channel has no such subscription.
        """
        async with self._database.write() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            known = await subscriptions.of_feed(conn, feed.id) if feed else []
            if feed is None or not known:
                raise UserError(f"<#{channel_id}> has no subscriptions. `/subscribe` makes the first one.")
            removed = unsubscribing.chosen(keywords, known, channel_id=channel_id)
            for item in removed:
                await subscriptions.remove(conn, feed.id, item.canonical)
            what = unsubscribed_words([item.text for item in removed])
            await record(conn, feed, what, user_id=user_id, now=self._clock())
        return Unsubscribed(feed=feed, removed=tuple(removed), left=len(known) - len(removed))

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
        """Brings queries that were compiled under other rules up to today's; how many there were.

        One that today's rules cannot read keeps its old form and is told of in the log.
        """
        async with self._database.write() as conn:
            stale = await subscriptions.outdated(conn, RULES_VERSION)
            for item in stale:
                try:
                    # The operator may have lowered the limit since it was typed.
                    query = parse_query(item.text, max_length=len(item.text))
                except QueryError as error:
                    _log.warning("Subscription %d cannot be read by today's rules: %s", item.id, error)
                    continue
                await subscriptions.recompile(
                    conn,
                    item.id,
                    canonical=query.canonical,
                    compiled=compile_query(query),
                    rules_version=RULES_VERSION,
                )
            excluded = await filters.recompile(conn)
        return len(stale) + excluded


def _wanted(subscription: Subscription, found: Sequence[Paper], *, is_new: bool, today: date) -> Wanted:
    days = [paper.list_day for paper in found if paper.list_day is not None]
    return Wanted(
        subscription=subscription,
        is_new=is_new,
        recent=sum(day > today - timedelta(days=RECENT_DAYS) for day in days),
        today=days.count(today),
        older=sum(day < subscription.since for day in days),
    )


def _distinct(
    parts: Sequence[tuple[str, Query]],
) -> tuple[dict[str, tuple[str, Query]], tuple[Merged, ...]]:
    """The parts by canonical form, in the order typed, the first spelling kept; and the other spellings."""
    distinct: dict[str, tuple[str, Query]] = {}
    merged: list[Merged] = []
    for text, query in parts:
        kept, _ = distinct.setdefault(query.canonical, (text, query))
        if distinct[query.canonical][1] is not query:
            merged.append(Merged(text=text, same_as=kept))
    return distinct, tuple(merged)
