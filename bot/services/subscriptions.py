"""Subscribing and unsubscribing: what a channel wants, and what is said about it on the spot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.feeds import MAX_SUBSCRIPTIONS, Feed, Subscription
from bot.core.ids import ChannelId, ServerId, UserId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.queries import RULES_VERSION, Query, QueryError, compile_query, parse_query, split_alternatives
from bot.core.schedules import Schedule, next_run
from bot.errors import UserError
from bot.services.clock import Clock
from bot.services.delivery import Delivered, Delivery
from bot.services.runs import Runs
from bot.services.searching import MOST_DAYS, RECENT_DAYS, Searching
from bot.store import feeds, subscriptions
from bot.store.database import Database

_log = logging.getLogger(__name__)

OLDER_MATCHES = 5  # what the button below /subscribe posts at once

# What /unsubscribe takes for every subscription of a channel.
ALL_OF_THEM = "all of them"
ALL_OF_THEM_SPELLINGS = frozenset({ALL_OF_THEM, "all"})
# A choice of autocomplete holds 100 characters (Discord's limit), a query up to 200: a longer one goes by its
# id. No query begins so: `id:` is no field.
_LONGEST_VALUE = 100
_BY_ID = "id:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One offer of autocomplete: what people read, and what the command gets."""

    label: str
    value: str


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

    @property
    def older(self) -> int:
        """Matches from before the subscriptions began, over the new ones."""
        return sum(item.older for item in self.wanted if item.is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    feed: Feed
    removed: tuple[Subscription, ...]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSubscriptions:
    feed: Feed
    subscriptions: tuple[Subscription, ...]


class Subscriptions:
    """The use cases around subscriptions."""

    def __init__(
        self,
        *,
        database: Database,
        searching: Searching,
        runs: Runs,
        delivery: Delivery,
        clock: Clock,
        default_schedule: Schedule,
        ring: Callable[[], None],
    ) -> None:
        self._database = database
        self._searching = searching
        self._runs = runs
        self._delivery = delivery
        self._clock = clock
        self._default_schedule = default_schedule
        self._ring = ring  # tells the scheduler that something else may be due first

    async def subscribe(
        self, keywords: str, *, server_id: ServerId, channel_id: ChannelId, user_id: UserId
    ) -> Subscribed:
        """Subscribes the channel to each part between top-level commas; all of them or none.

        Raises:
            QueryError: a part cannot be read.
            UserError: the feed would have more than MAX_SUBSCRIPTIONS.
        """
        parts = _distinct(split_alternatives(keywords))
        now = self._clock()
        today = open_list_day(now)
        async with self._database.write() as conn:
            feed = await feeds.ensure(
                conn,
                server_id=server_id,
                channel_id=channel_id,
                schedule=self._default_schedule,
                next_run_at=next_run(self._default_schedule, after=now),
                now=now,
                created_by=user_id,
            )
            existing = {item.canonical: item for item in await subscriptions.of_feed(conn, feed.id)}
            new = [canonical for canonical in parts if canonical not in existing]
            if len(existing) + len(new) > MAX_SUBSCRIPTIONS:
                raise UserError(
                    f"A channel can have {MAX_SUBSCRIPTIONS} subscriptions. <#{channel_id}> has "
                    f"{len(existing)}, and this would add {len(new)}. Nothing was changed: make room with "
                    "`/unsubscribe`, or join keywords with `OR`."
                )
            for canonical in new:
                text, query = parts[canonical]
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
                if added is not None:
                    existing[canonical] = added
        self._ring()
        found = await self._searching.recent(
            {existing[canonical].compiled for canonical in parts}, days=MOST_DAYS
        )
        wanted = tuple(
            _wanted(
                existing[canonical],
                found[existing[canonical].compiled],
                is_new=canonical in new,
                today=today,
            )
            for canonical in parts
        )
        return Subscribed(feed=feed, wanted=wanted)

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

    async def unsubscribe(self, keywords: str, *, channel_id: ChannelId) -> Unsubscribed:
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
            removed = _chosen(keywords.strip(), known)
            if not removed:
                raise UserError(_no_such_subscription(keywords, channel_id, known))
            for item in removed:
                await subscriptions.remove(conn, feed.id, item.canonical)
        return Unsubscribed(feed=feed, removed=tuple(removed), left=len(known) - len(removed))

    async def choices(self, typed: str, *, channel_id: ChannelId) -> list[Choice]:
        """What /unsubscribe can be given in this channel, of what holds the text typed so far."""
        found = await self.of_channel(channel_id)
        known = found.subscriptions if found else ()
        typed = typed.strip().casefold()
        choices = [
            Choice(
                label=item.text, value=item.text if len(item.text) <= _LONGEST_VALUE else f"{_BY_ID}{item.id}"
            )
            for item in known
            if typed in item.text.casefold()
        ]
        if len(known) > 1 and typed in ALL_OF_THEM:
            choices.insert(0, Choice(label=f"All of them ({len(known)})", value=ALL_OF_THEM))
        return choices

    async def of_channel(self, channel_id: ChannelId) -> FeedSubscriptions | None:
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            if feed is None:
                return None
            known = await subscriptions.of_feed(conn, feed.id)
        return FeedSubscriptions(feed=feed, subscriptions=tuple(known))

    async def of_server(self, server_id: ServerId) -> list[FeedSubscriptions]:
        """Every feed of the server that has subscriptions."""
        async with self._database.read() as conn:
            found = await feeds.of_server(conn, server_id)
            known = await subscriptions.of_feeds(conn, [feed.id for feed in found])
        return [
            FeedSubscriptions(feed=feed, subscriptions=tuple(known[feed.id]))
            for feed in found
            if known.get(feed.id)
        ]

    async def recompile(self) -> int:
        """Brings subscriptions that were compiled under other rules up to today's; how many there were.

        One that today's rules cannot read keeps its old form and is told of in the log.
        """
        async with self._database.write() as conn:
            stale = await subscriptions.outdated(conn, RULES_VERSION)
            for item in stale:
                try:
                    query = parse_query(item.text)
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
        return len(stale)


def _wanted(subscription: Subscription, found: Sequence[Paper], *, is_new: bool, today: date) -> Wanted:
    days = [paper.list_day for paper in found if paper.list_day is not None]
    return Wanted(
        subscription=subscription,
        is_new=is_new,
        recent=sum(day > today - timedelta(days=RECENT_DAYS) for day in days),
        today=days.count(today),
        older=sum(day < subscription.since for day in days),
    )


def check_active(feed: Feed) -> None:
    """Raises UserError, with what to do, where nothing may be posted now."""
    if feed.hold is not None:
        raise UserError(
            f"<#{feed.channel_id}> is held: {feed.hold.reason}\nMend that, then use `/config resume`."
        )
    if feed.paused_at is not None:
        raise UserError(f"<#{feed.channel_id}> is paused. `/config resume` starts it again.")


def _distinct(parts: Sequence[str]) -> dict[str, tuple[str, Query]]:
    """The parts by canonical form, in the order typed, the first spelling kept."""
    distinct: dict[str, tuple[str, Query]] = {}
    for part in parts:
        text = " ".join(part.split())
        query = parse_query(text)
        distinct.setdefault(query.canonical, (text, query))
    return distinct


def _value(item: Subscription) -> str:
    return item.text if len(item.text) <= _LONGEST_VALUE else f"{_BY_ID}{item.id}"


def _chosen(keywords: str, known: Sequence[Subscription]) -> list[Subscription]:
    """Those that the keywords mean: by text, all of them, by id, or by canonical form."""
    # A text stored under older rules may read differently now; the very text always finds itself.
    chosen = [item for item in known if item.text == keywords]
    if chosen:
        return chosen
    if keywords.casefold() in ALL_OF_THEM_SPELLINGS:
        return list(known)
    if keywords.startswith(_BY_ID):
        return [item for item in known if f"{_BY_ID}{item.id}" == keywords]
    canonical = parse_query(keywords).canonical
    return [item for item in known if item.canonical == canonical]


def _no_such_subscription(keywords: str, channel_id: ChannelId, known: Sequence[Subscription]) -> str:
    if keywords.startswith(_BY_ID):
        return f"<#{channel_id}> is not subscribed to that any more. Nothing was changed."
    parts = _distinct(split_alternatives(keywords))
    alone = [canonical for canonical in parts if any(item.canonical == canonical for item in known)]
    if alone and len(parts) > 1:
        return (
            f"<#{channel_id}> has no subscription to that as a whole, but it has parts of it. "
            "Remove them one at a time: nothing was changed."
        )
    return (
        f"<#{channel_id}> is not subscribed to that. `/subscriptions` lists what it has, and "
        "`/unsubscribe` offers it while you type. Nothing was changed."
    )
