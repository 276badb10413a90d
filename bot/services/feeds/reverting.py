"""Reverting what a change did to one feed, in the caller's transaction: all of it, or an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import (
    NewMention,
    Refocused,
    Revision,
    focus_words,
    mention_words,
    unsubscribed_words,
)
from bot.core.feed_settings import differences
from bot.core.feeds import Feed, FeedSettings, Subscription
from bot.core.ids import ChannelId, UserId
from bot.core.limits import Limits
from bot.errors import UserError
from bot.services.changes import record
from bot.services.feeds import skipping
from bot.services.feeds.refocusing import refocus
from bot.services.feeds.resuming import (
    AddedSubscriptions,
    add_subscriptions,
    may_resume,
    remove_subscriptions,
)
from bot.services.feeds.settings import change
from bot.services.feeds.subscription_mentions import set_mentions
from bot.services.feeds.unsubscribing import new_key
from bot.store import feeds, subscriptions
from bot.store.cancelled_papers import Cancelled

TOO_LATE = (
    "It was already undone, or has been changed since. Nothing was changed: `/config history` shows what "
    "changed and when."
)
_NO_PAPERS = Cancelled()
_NOTHING_ADDED = AddedSubscriptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted:
    """What undoing a change did to one feed."""

    feed: Feed  # as it is now
    before: FeedSettings
    mentions: tuple[NewMention, ...] = ()
    refocused: tuple[Refocused, ...] = ()
    removed: tuple[Subscription, ...] = ()
    cancelled: Cancelled = _NO_PAPERS  # with what is removed
    added: AddedSubscriptions = _NOTHING_ADDED
    brought_back: int | None = None  # skipped papers that are pending again; None if none were skipped

    @property
    def words(self) -> list[str]:
        """What happened, for /config history."""
        return [
            *(item.words for item in differences(self.before, self.feed.settings)),
            *([unsubscribed_words(self.removed)] if self.removed else ()),
            *self.added.words,
            *mention_words(self.mentions),
            *focus_words(self.refocused),
            *([] if self.brought_back is None else ["brought back what the pause missed"]),
        ]


async def revert(
    conn: AsyncConnection,
    channel_id: ChannelId,
    revisions: Sequence[Revision],
    *,
    limits: Limits,
    user_id: UserId,
    now: datetime,
) -> Reverted:
    """Reverts changes of one feed, the last of them first, and records it.

    Raises:
        UserError: something of it was changed again since, or the feed is gone.
    """
    feed = await feeds.by_channel(conn, channel_id)
    if feed is None:
        raise UserError(f"<#{channel_id}> no longer has settings. Nothing was changed.")
    reverted = Reverted(feed=feed, before=feed.settings)
    for revision in reversed(revisions):
        reverted = await _settings(conn, reverted, revision, now=now)
        reverted = await _subscriptions(conn, reverted, revision, limits=limits, now=now)
        reverted = await _of_subscriptions(conn, reverted, revision, now=now)
    await record(conn, feed, "; ".join(reverted.words), user_id=user_id, now=now)
    return reverted


async def _settings(
    conn: AsyncConnection, reverted: Reverted, revision: Revision, *, now: datetime
) -> Reverted:
    if revision.settings is None:
        return reverted
    feed, (before, after) = reverted.feed, revision.settings
    names = [
        field.name
        for field in fields(FeedSettings)
        if getattr(before, field.name) != getattr(after, field.name)
    ]
    require(all(getattr(feed.settings, name) == getattr(after, name) for name in names), feed.channel_id)
    restored = replace(feed.settings, **{name: getattr(before, name) for name in names})
    return replace(reverted, feed=await change(conn, feed, restored, now=now))


async def _subscriptions(
    conn: AsyncConnection,
    reverted: Reverted,
    revision: Revision,
    *,
    limits: Limits,
    now: datetime,
) -> Reverted:
    """Removes those that were added, and adds those that were removed."""
    if not (revision.subscribed or revision.unsubscribed):
        return reverted
    feed = reverted.feed
    current = await subscriptions.of_feed(conn, feed.id)
    removed = [item for item in current if item.id in revision.subscribed]
    kept = [
        removed.subscription.query
        for removed in await subscriptions.removed_of(conn, revision.unsubscribed)
        if may_resume(removed, now=now)
    ]
    is_as_left = len(removed) == len(revision.subscribed) and len(kept) == len(revision.unsubscribed)
    require(is_as_left, feed.channel_id)
    limits.check_subscriptions(feed.channel_id, has=len(current) - len(removed), adds=len(kept))
    cancelled = await remove_subscriptions(conn, feed, removed, key=new_key(), now=now)
    added = await add_subscriptions(conn, feed, kept, now=now)
    return replace(reverted, removed=tuple(removed), cancelled=cancelled, added=added)


async def _of_subscriptions(
    conn: AsyncConnection, reverted: Reverted, revision: Revision, *, now: datetime
) -> Reverted:
    """Gives subscriptions the roles, the focus and the skipped papers back that they had."""
    if not (revision.mentions or revision.focuses or revision.skipped):
        return reverted
    feed = reverted.feed
    current = {item.id: item for item in await subscriptions.of_feed(conn, feed.id)}
    roles = {id_: (before, after) for id_, before, after in revision.mentions}
    focuses = {id_: (before, after) for id_, before, after in revision.focuses}
    require(current.keys() >= roles.keys() | focuses.keys(), feed.channel_id)
    require(
        all(current[id_].mention_role_id == after for id_, (_, after) in roles.items())
        and all(current[id_].focus is after for id_, (_, after) in focuses.items()),
        feed.channel_id,
    )
    mentions = await set_mentions(
        conn,
        [current[id_] for id_ in roles],
        {current[id_].query.canonical: before for id_, (before, _) in roles.items()},
    )
    refocused = await refocus(
        conn,
        [current[id_] for id_ in focuses],
        {current[id_].query.canonical: before for id_, (before, _) in focuses.items()},
    )
    brought_back = reverted.brought_back
    if revision.skipped is not None:
        require(skipping.is_as_left(revision.skipped, list(current.values())), feed.channel_id)
        brought_back = await skipping.bring_back(
            conn, feed, revision.skipped, list(current.values()), now=now
        )
    return replace(
        reverted,
        mentions=(*reverted.mentions, *mentions),
        refocused=(*reverted.refocused, *refocused),
        brought_back=brought_back,
    )


def require(is_as_left: bool, channel_id: ChannelId | None = None) -> None:  # noqa: FBT001
    """Raises UserError unless what is to be undone is as the change left it."""
    if not is_as_left:
        raise UserError(f"<#{channel_id}>: {TOO_LATE}" if channel_id else TOO_LATE)
