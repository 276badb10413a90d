"""Changes: the history of what people did to a server's feeds and settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Generic, TypeVar

from bot.core.feed_settings import focus_note, query_words, role_words
from bot.core.feeds import FeedSettings, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChannelId, RoleId, ServerId, SubscriptionId, UserId
from bot.core.plurals import in_a_list
from bot.core.posts import Entry
from bot.core.schedules import ScheduleDefaults

KEPT_DAYS = 90
_MAX_NAMED = 5  # queries in one sentence
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    server_id: ServerId
    channel_id: ChannelId | None  # None for a change of the whole server
    user_id: UserId | None  # None for a person who deleted their data
    changed_at: datetime
    what: str  # Discord markdown, with outside text escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedBy:
    """A subscription for which papers were skipped."""

    subscription_id: SubscriptionId
    since: tuple[date, date]  # the first list day that it wants
    ran_at: datetime | None  # the feed's last run for it until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What `/config resume missed:skip` skipped."""

    subscriptions: tuple[SkippedBy, ...]
    pending: tuple[Entry, ...]  # of the posts that were pending
    pings: bool  # whether one of them was to ping the feed's role


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a change changed, as it was and as it became. With it, the change can be undone."""

    settings: tuple[FeedSettings, FeedSettings] | None = None  # of the channel's feed
    mentions: tuple[tuple[SubscriptionId, RoleId | None, RoleId | None], ...] = ()
    focuses: tuple[tuple[SubscriptionId, Focus, Focus], ...] = ()
    subscribed: tuple[SubscriptionId, ...] = ()  # new ones, and those that continue
    unsubscribed: tuple[SubscriptionId, ...] = ()
    skipped: Skipped | None = None
    defaults: tuple[ScheduleDefaults, ScheduleDefaults] | None = None  # of the server
    notices: tuple[ChannelId | None, ChannelId | None] | None = None  # where the server is notified

    @property
    def role_ids(self) -> frozenset[RoleId]:
        """The roles that are pinged again if it is undone."""
        before, after = self.settings or (None, None)
        own = before.mention_role_id if before and after else None
        is_other = after is not None and own != after.mention_role_id
        roles = [own if is_other else None, *(role_id for _, role_id, _ in self.mentions)]
        return frozenset(filter(None, roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSubscription(Generic[_Value]):
    """A subscription whose focus or role changed."""

    subscription: Subscription  # as it is now
    before: _Value
    after: _Value

    @property
    def entry(self) -> tuple[SubscriptionId, _Value, _Value]:
        """The change, for a revision."""
        return self.subscription.id, self.before, self.after


Refocused = ChangedSubscription[Focus]
NewMention = ChangedSubscription[RoleId | None]


def subscribed_words(subscriptions: Sequence[Subscription]) -> str:
    return f"subscribed to {_listed(subscriptions)}"


def resubscribed_words(subscriptions: Sequence[Subscription]) -> str:
    return f"subscribed again to {_listed(subscriptions)}"


def unsubscribed_words(subscriptions: Sequence[Subscription]) -> str:
    return f"unsubscribed from {_listed(subscriptions)}"


def focus_words(changed: Sequence[Refocused]) -> list[str]:
    return _changed_words("focus", changed, lambda focus: focus.value)


def mention_words(changed: Sequence[NewMention]) -> list[str]:
    return _changed_words("mention", changed, role_words)


def _changed_words(
    name: str, changed: Sequence[ChangedSubscription[_Value]], in_words: Callable[[_Value], str]
) -> list[str]:
    """One text for the subscriptions with the same change."""
    groups: dict[tuple[_Value, _Value], list[Subscription]] = {}
    for item in changed:
        groups.setdefault((item.before, item.after), []).append(replace(item.subscription, focus=Focus.EXACT))
    return [
        f"{name} of {_listed(group)}: {in_words(before)} → {in_words(after)}"
        for (before, after), group in groups.items()
    ]


def _listed(subscriptions: Sequence[Subscription]) -> str:
    named = [
        f"*{query_words(item.query.text) or '…'}*{focus_note(item.focus)}"
        for item in subscriptions[:_MAX_NAMED]
    ]
    if len(subscriptions) > _MAX_NAMED:
        named.append(f"{len(subscriptions) - _MAX_NAMED} more")
    return in_a_list(named) or "nothing"
