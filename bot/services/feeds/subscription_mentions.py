"""The roles that subscriptions ping, as /subscribe and /config mention set them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import ChangedSubscription, NewMention, Revision, mention_words
from bot.core.feeds import Feed, Subscription
from bot.core.ids import ChangeId, ChannelId, RoleId, UserId
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.feeds import unsubscribing
from bot.store import subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionsChanged:
    feed: Feed
    unchanged: tuple[Subscription, ...]  # that ping that role, or nobody, already
    changed: tuple[NewMention, ...]
    change_ids: tuple[ChangeId | None, ...] = ()


class SubscriptionMentions:
    """The use case of /config mention with keywords.

    Each change is protected by the lock on the feed, under which its subscriptions are read.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._clock = context.clock

    async def change(
        self, keywords: str, role_id: RoleId | None, *, channel_id: ChannelId, user_id: UserId
    ) -> MentionsChanged:
        """Changes the role of the subscription that is meant, or of all for ALL_OF_THEM; None is nobody.

        It applies to every message that is sent from now on.

        Raises:
            QueryError: the keywords cannot be read.
            UserError: the channel has no such subscription.
        """
        async with self._database.write() as conn:
            feed, current = await unsubscribing.subscribed(conn, channel_id, for_update=True)
            asked_for = unsubscribing.chosen(keywords, current, channel_id=channel_id)
            wanted = {item.query.canonical: role_id for item in asked_for}
            changed = await set_mentions(conn, asked_for, wanted)
            change_ids = await record_mentions(conn, feed, changed, user_id=user_id, now=self._clock())
        done = {item.subscription.id for item in changed}
        return MentionsChanged(
            feed=feed,
            unchanged=tuple(item for item in asked_for if item.id not in done),
            changed=tuple(changed),
            change_ids=change_ids,
        )


def to_mention(known: Sequence[Subscription], role_of: Mapping[str, RoleId | None]) -> list[NewMention]:
    """The subscriptions that ping another role than is wanted for their canonical form, and it instead."""
    wanted = [(item, role_of.get(item.query.canonical, item.mention_role_id)) for item in known]
    return [
        ChangedSubscription(
            subscription=replace(item, mention_role_id=role_id), before=item.mention_role_id, after=role_id
        )
        for item, role_id in wanted
        if role_id != item.mention_role_id
    ]


async def set_mentions(
    conn: AsyncConnection, known: Sequence[Subscription], role_of: Mapping[str, RoleId | None]
) -> list[NewMention]:
    """Gives subscriptions the role that is wanted for their canonical form, if any; returns what changed."""
    changed = to_mention(known, role_of)
    for item in changed:
        after = item.subscription
        await subscriptions.set_mention(conn, after.id, after.mention_role_id)
    return changed


async def record_mentions(
    conn: AsyncConnection, feed: Feed, changed: Sequence[NewMention], *, user_id: UserId, now: datetime
) -> tuple[ChangeId | None, ...]:
    """Records it for /config history, if anything changed; can be undone."""
    if not changed:
        return ()
    what = "; ".join(mention_words(changed))
    revision = Revision(mentions=tuple(item.entry for item in changed))
    return (await record(conn, feed, what, user_id=user_id, now=now, revision=revision),)
