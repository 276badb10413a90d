"""The focus of subscriptions, as /config focus sets it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.changes import Refocused, Revision, focus_words
from bot.core.feeds import Feed, LastRun, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChangeId, ChannelId, UserId
from bot.services.changes import record
from bot.services.context import ServiceContext
from bot.services.feeds import unsubscribing
from bot.services.feeds.refocusing import refocus
from bot.services.runs.run import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusChanged:
    feed: Feed
    focus: Focus  # that was asked for
    unchanged: tuple[Subscription, ...]  # that had it already
    changed: tuple[Refocused, ...]
    coming: LastRun  # what a run would post now for those that changed
    change_ids: tuple[ChangeId | None, ...] = ()


class FocusSetting:
    """The use case of /config focus.

    Each change is protected by the lock on the feed, under which its subscriptions are read.
    """

    def __init__(self, context: ServiceContext, *, runs: Runs) -> None:
        self._database = context.database
        self._clock = context.clock
        self._runs = runs

    async def change(
        self, keywords: str, focus: Focus, *, channel_id: ChannelId, user_id: UserId
    ) -> FocusChanged:
        """Changes the focus of the subscription that is meant, or of all for ALL_OF_THEM.

        It applies from the next run: pending posts stay, and the papers of the last days are rechecked.

        Raises:
            QueryError: the keywords cannot be read.
            UserError: the channel has no such subscription.
        """
        async with self._database.write() as conn:
            feed, current = await unsubscribing.subscribed(conn, channel_id, for_update=True)
            asked_for = unsubscribing.chosen(keywords, current, channel_id=channel_id)
            wanted = dict.fromkeys((item.query.canonical for item in asked_for), focus)
            changed = await refocus(conn, asked_for, wanted)
            change_ids: tuple[ChangeId | None, ...] = ()
            if changed:
                what, now = "; ".join(focus_words(changed)), self._clock()
                revision = Revision(focuses=tuple(item.entry for item in changed))
                change_ids = (await record(conn, feed, what, user_id=user_id, now=now, revision=revision),)
        after = [item.subscription for item in changed]
        return FocusChanged(
            feed=feed,
            focus=focus,
            unchanged=tuple(item for item in asked_for if item.focus is focus),
            changed=tuple(changed),
            coming=await self._runs.coming(feed, after),
            change_ids=change_ids,
        )
