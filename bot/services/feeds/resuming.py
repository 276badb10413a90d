"""Adding and removing subscriptions. One that was removed and is added again continues where it left off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Refocused, Revision, focus_words, resubscribed_words, subscribed_words
from bot.core.feeds import REMOVED_KEPT, Feed, Subscription
from bot.core.focus import Focus
from bot.core.ids import SubscriptionId
from bot.core.list_days import first_list_day, open_list_day
from bot.core.query.compiled import CompiledQuery
from bot.services.feeds.refocusing import NO_FOCUS, refocus
from bot.services.runs.planning import plan_again
from bot.store import cancelled_papers, papers, posts, subscriptions
from bot.store.cancelled_papers import Cancelled
from bot.store.subscriptions import Removed

# The maximum number of list days since the removal that are caught up on.
MADE_UP_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSubscriptions:
    """The subscriptions that were added to a feed."""

    new: tuple[Subscription, ...] = ()
    resumed: tuple[Subscription, ...] = ()  # that continue where they left off
    returned: int = 0  # their papers that are pending again
    refocused: tuple[Refocused, ...] = ()  # that were not added, but have another focus now

    @property
    def current(self) -> tuple[Subscription, ...]:
        """All that changed."""
        return (*self.all, *(item.subscription for item in self.refocused))

    @property
    def all(self) -> tuple[Subscription, ...]:
        return (*self.new, *self.resumed)

    @property
    def words(self) -> list[str]:
        """What happened, for /config history; empty if nothing did."""
        done = ((subscribed_words, self.new), (resubscribed_words, self.resumed))
        return [*(words(items) for words, items in done if items), *focus_words(self.refocused)]


async def add_subscriptions(
    conn: AsyncConnection,
    feed: Feed,
    wanted: Sequence[CompiledQuery],
    *,
    now: datetime,
    since: date | None = None,
    focus_of: Mapping[str, Focus] = NO_FOCUS,
) -> AddedSubscriptions:
    """Subscribes the feed to queries that it is not subscribed to. The only way to add a subscription.

    New ones want the papers of the list days from `since` on, by default the open one. `focus_of` has the
    focus by canonical form; by default, it is exact, and that of a resumed one stays.
    """
    kept = await subscriptions.removed(conn, feed.id)
    new: list[Subscription] = []
    resumed: list[Subscription] = []
    for query in wanted:
        earlier = kept.get(query.canonical)
        if earlier is not None and may_resume(earlier, now=now):
            subscription = await subscriptions.resume(
                conn, earlier.subscription.id, text=query.text, since=_since(earlier, now=now), now=now
            )
            resumed.append(subscription)
            continue
        if earlier is not None:
            await subscriptions.forget_removed(conn, [earlier.subscription.id], before=now)
        added = await subscriptions.add(
            conn, feed_id=feed.id, query=query, since=since or open_list_day(now), now=now
        )
        new += [added] if added else []
    returned = await _give_back(conn, feed, {item.id: item.query.canonical for item in resumed}, now=now)
    refocused = {
        item.subscription.id: item.subscription for item in await refocus(conn, [*new, *resumed], focus_of)
    }
    return AddedSubscriptions(
        new=tuple(refocused.get(item.id, item) for item in new),
        resumed=tuple(refocused.get(item.id, item) for item in resumed),
        returned=returned,
    )


def revision_of(added: AddedSubscriptions) -> Revision:
    """With which adding them can be undone."""
    return Revision(
        subscribed=tuple(item.id for item in added.all),
        focuses=tuple(item.entry for item in added.refocused),
    )


async def remove_subscriptions(
    conn: AsyncConnection, feed: Feed, removed: Sequence[Subscription], *, key: str, now: datetime
) -> Cancelled:
    """Removes subscriptions together; returns the result for their pending papers."""
    cancelled = await cancelled_papers.cancel(
        conn, feed.id, {item.query.canonical: item.id for item in removed}
    )
    for item in removed:
        await subscriptions.end(conn, item.id, key=key, ran_at=item.last_run_at(feed), now=now)
    return cancelled


def may_resume(removed: Removed, *, now: datetime) -> bool:
    """Whether it continues if it is added again now. A clock that was set back does not prevent it."""
    return removed.ended_at is not None and now - removed.ended_at < REMOVED_KEPT


def _since(removed: Removed, *, now: datetime) -> date:
    """The list day from which a resumed subscription wants papers."""
    since = removed.subscription.since
    first = first_list_day(now, days=MADE_UP_DAYS)
    is_recent = removed.ended_at is not None and open_list_day(removed.ended_at) >= first
    return since if is_recent else max(since, first)


async def _give_back(
    conn: AsyncConnection, feed: Feed, resumed: Mapping[SubscriptionId, str], *, now: datetime
) -> int:
    """Makes the papers that these subscriptions had pending pending again; returns how many."""
    if not resumed:
        return 0
    back = await cancelled_papers.give_back(conn, feed.id, resumed)
    by_id = await papers.by_ids(conn, back.queries_of.keys())
    changes = plan_again(
        feed, list(by_id.values()), back.queries_of, close_to=back.close_to, pings=back.pings
    )
    return sum((await posts.add(conn, changes, now=now)).values())
