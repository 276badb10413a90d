"""The result of subscribing: what is new, and how many recent papers each keyword matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.access import Access
from bot.core.changes import NewMention
from bot.core.feed_settings import Difference, differences
from bot.core.feeds import Feed, FeedSettings, LastRun, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChangeId
from bot.core.list_days import first_list_day, open_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, Merged
from bot.core.query.relevance import Relevance
from bot.services.context import ServiceContext
from bot.services.feeds.resuming import AddedSubscriptions
from bot.services.queries.focus import Compared
from bot.services.queries.hints import Study
from bot.services.queries.search import MAX_DAYS, RECENT_DAYS, Search
from bot.services.runs.run import Runs
from bot.store import list_days

FEWER = 0.8  # of the papers at most, for a focus to be offered


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedQuery:
    """One keyword of a /subscribe: whether it is new to the feed, and its recent matches."""

    subscription: Subscription
    is_new: bool
    goes_on: bool  # it was removed and continues where it left off
    focus_before: Focus | None  # where it was subscribed already, and its focus changed
    recent: int  # papers of the last RECENT_DAYS list days that it matches
    today: int  # of these, papers of the open list day: they are in the next post
    older: int  # papers of the last MAX_DAYS list days that it matches, from before it began
    compared: Compared | None = None  # how close recent papers are to it, where a focus matters

    @property
    def better_focus(self) -> Focus | None:
        """A focus to offer: most of its papers only mention it, and this one takes fewer, but some."""
        if self.compared is None or self.subscription.focus is not Focus.EXACT or not self.compared.is_known:
            return None
        for focus in (Focus.BALANCED, Focus.STRICT):
            if 0 < len(self.compared.taken(focus)) <= self.recent * FEWER:
                return focus
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    feed: Feed
    wanted: tuple[SubscribedQuery, ...]
    recent_days_known: int  # of the last RECENT_DAYS list days, those that have been read
    access: Access
    is_archive_read: bool  # whether all of the last MAX_DAYS list days have been read
    study: Study  # how the keywords were read, with hints
    returned: int = 0  # papers of resumed subscriptions that are pending again
    made_up: LastRun | None = None  # what a run would post now for resumed subscriptions
    merged: tuple[Merged, ...] = ()  # keywords that were typed twice
    before: FeedSettings | None = None  # the settings before, of a channel that had subscriptions
    pinging: tuple[NewMention, ...] = ()  # those that ping another role now
    change_ids: tuple[ChangeId | None, ...] = ()

    @property
    def changes(self) -> tuple[Difference, ...]:
        """The settings that were changed too."""
        return () if self.before is None else differences(self.before, self.feed.settings)

    @property
    def may_have_older(self) -> bool:
        """Whether older papers may match the new subscriptions; True while the archive is being read."""
        return not self.is_archive_read or any(item.older for item in self.wanted if item.is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    before: tuple[Subscription, ...]  # that were removed
    result: Subscribed


class SubscribeResults:
    """Counts the recent papers that subscriptions match, for the answer to the person who added them."""

    def __init__(self, context: ServiceContext, *, search: Search, runs: Runs) -> None:
        self._clock = context.clock
        self._database = context.database
        self._publisher = context.publisher
        self._search = search
        self._runs = runs

    async def of(
        self, feed: Feed, asked_for: Sequence[Subscription], added: AddedSubscriptions
    ) -> Subscribed:
        """The result for the subscriptions that were asked for, those that the feed had already included."""
        today = open_list_day(self._clock())
        async with self._database.read() as conn:
            read = await list_days.reads(conn, today - timedelta(days=MAX_DAYS - 1), today)
        matches, studied = await self._search.studied([item.query for item in asked_for], days=MAX_DAYS)
        compared = await self._compared(asked_for, matches, studied)
        return Subscribed(
            feed=feed,
            wanted=tuple(
                _subscribed_query(
                    item,
                    matches[item.query.expression],
                    compared=compared.get(item.query.canonical),
                    added=added,
                    today=today,
                )
                for item in asked_for
            ),
            recent_days_known=sum(day > today - timedelta(days=RECENT_DAYS) for day in read),
            access=await self._publisher.access(feed.place),
            is_archive_read=len(read) == MAX_DAYS,
            study=studied,
            returned=added.returned,
            made_up=await self._runs.coming(feed, added.resumed) if added.resumed else None,
        )

    async def _compared(
        self, asked_for: Sequence[Subscription], matches: Mapping[str, Sequence[Paper]], studied: Study
    ) -> dict[str, Compared]:
        """How close recent papers are to those for which a focus matters, by canonical form.

        These are the subscriptions that have one, and those whose papers mostly only mention them.
        """
        first = first_list_day(self._clock(), days=RECENT_DAYS)
        wanted: list[CompiledQuery] = []
        for item in asked_for:
            about = studied.about.get(item.query.canonical, frozenset())
            recent = [
                paper
                for paper in matches[item.query.expression]
                if paper.list_day and paper.list_day >= first
            ]
            if item.focus is not Focus.EXACT or Relevance.of(recent, about).is_mostly_mentioned:
                wanted.append(item.query)
        return await self._search.compared(wanted, days=RECENT_DAYS) if wanted else {}


def _subscribed_query(
    subscription: Subscription,
    papers: Sequence[Paper],
    *,
    compared: Compared | None,
    added: AddedSubscriptions,
    today: date,
) -> SubscribedQuery:
    days = [paper.list_day for paper in papers if paper.list_day is not None]
    recent = [day for day in days if day > today - timedelta(days=RECENT_DAYS)]
    if compared is not None:
        recent = [paper.list_day for paper in compared.taken(subscription.focus) if paper.list_day]
    return SubscribedQuery(
        subscription=subscription,
        is_new=subscription.id in {item.id for item in added.new},
        goes_on=subscription.id in {item.id for item in added.resumed},
        focus_before=next(
            (item.before for item in added.refocused if item.subscription.id == subscription.id), None
        ),
        recent=len(recent),
        today=recent.count(today),
        compared=compared,
        older=sum(day < subscription.since for day in days),
    )
