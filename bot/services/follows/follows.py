"""Follows: adding, removing, undoing and completing the keywords that a person follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import REMOVED_KEPT, Feed, Subscription
from bot.core.focus import Focus
from bot.core.ids import UserId
from bot.core.query.compiled import CompiledQuery, Merged, compile_alternatives, distinct
from bot.core.query.errors import QueryError
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds import resuming, unsubscribing
from bot.services.feeds.refocusing import NO_FOCUS, refocus
from bot.services.feeds.resuming import AddedSubscriptions
from bot.services.feeds.settings import change
from bot.services.feeds.subscribed import Subscribed, SubscribeResults
from bot.services.feeds.unsubscribing import Unsubscribed
from bot.services.follows.direct_messages import DirectMessages, Greeting
from bot.services.queries.search import Search
from bot.services.runs.run import Runs
from bot.store import feeds, subscriptions

NOTHING_FOLLOWED = "You don't follow any keywords yet. Follow some with `/my follow`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    subscribed: Subscribed
    number: int  # of keywords that the person follows now
    greeting: Greeting | None = None  # None if none was needed
    removed: tuple[Subscription, ...] = ()  # that these keywords replaced


class Follows:
    """The use cases of /my follow and /my unfollow.

    Each change is protected by the lock on the person's feed, under which what they follow is read.
    """

    def __init__(
        self,
        context: ServiceContext,
        *,
        direct_messages: DirectMessages,
        search: Search,
        runs: Runs,
        delivery: Delivery,
    ) -> None:
        self._database = context.database
        self._direct_messages = direct_messages
        self._results = SubscribeResults(context, search=search, runs=runs)
        self._delivery = delivery
        self._clock = context.clock
        self._limits = context.limits
        self._wake = context.wake

    async def follow(self, keywords: str, *, user_id: UserId, focus: Focus | None = None) -> Followed:
        """Follows each part between top-level commas; all of them or none.

        The first follow, and one while direct messages were refused, greets the person. A refusal is part of
        the result: the keywords are stored, and wait for `/my resume`.

        Raises:
            QueryError: a part cannot be read.
            UserError: the person would follow too many.
        """
        queries, merged = distinct(compile_alternatives(keywords, self._limits))
        self._limits.check_follows(has=0, adds=len(queries))
        focus_of = {query.canonical: focus for query in queries} if focus else NO_FOCUS
        opened = await self._direct_messages.opened(user_id)
        async with self._database.write() as conn:
            feed = await self._direct_messages.ensure(conn, user_id)
            feed, opened = await self._direct_messages.note_opened(conn, feed, opened)
            feed, known, added = await self._add(conn, feed, queries, focus_of=focus_of)
        greeting = await self._direct_messages.greet(feed, opened)
        return await self._followed(feed, queries, known, added, greeting, merged=merged)

    async def replace(self, ids: Collection[int], keywords: str, *, user_id: UserId) -> Followed:
        """Follows other keywords instead of these; all of it or nothing. See `Subscriptions.replace`.

        Raises:
            QueryError: a part cannot be read.
            UserError: the person no longer follows all of these.
        """
        queries, merged = distinct(compile_alternatives(keywords, self._limits))
        now = self._clock()
        async with self._database.write() as conn:
            feed, current = await followed(conn, user_id, for_update=True)
            replaced = [item for item in current if item.id in ids]
            if len(replaced) < len(ids):
                raise UserError(
                    "You no longer follow that: it may be replaced already. Nothing was changed. `/my feed` "
                    "shows what you follow."
                )
            new = {query.canonical for query in queries}
            removed = [item for item in replaced if item.query.canonical not in new]
            await resuming.remove_subscriptions(conn, feed, removed, key=unsubscribing.new_key(), now=now)
            focuses = {item.focus for item in replaced}
            focus_of = dict.fromkeys(new, focuses.pop()) if len(focuses) == 1 else NO_FOCUS
            feed, kept, added = await self._add(conn, feed, queries, focus_of=focus_of)
        result = await self._followed(feed, queries, kept, added, None, merged=merged)
        return replace(result, removed=tuple(removed))

    async def unfollow(self, keywords: str, *, user_id: UserId) -> Unsubscribed:
        """Removes the keywords with the same canonical form, or all for ALL_OF_THEM.

        Raises:
            QueryError: the keywords cannot be read.
            UserError: the person does not follow them.
        """
        now, key = self._clock(), unsubscribing.new_key()
        async with self._database.write() as conn:
            feed, current = await followed(conn, user_id, for_update=True)
            try:
                removed = unsubscribing.meant(keywords, current)
            except QueryError as error:
                raise error.advising("Nothing was changed. `/my feed` lists what you follow.") from error
            if not removed:
                raise UserError(
                    "You don't follow that. Nothing was changed. `/my feed` lists what you follow, and "
                    "`/my unfollow` suggests it as you type."
                )
            cancelled = await resuming.remove_subscriptions(conn, feed, removed, key=key, now=now)
        return Unsubscribed(
            feed=feed, removed=tuple(removed), left=len(current) - len(removed), key=key, cancelled=cancelled
        )

    async def undo(self, key: str, *, user_id: UserId) -> Followed:
        """Follows again what was removed under this key.

        Raises:
            UserError: nothing of it can be followed again, or there would be too many.
        """
        async with self._database.write() as conn:
            feed = await feeds.of_person(conn, user_id, for_update=True)
            removed = await subscriptions.of_removal(conn, feed.id, key) if feed else []
            if removed and all(item.ended_at is None for item in removed):
                raise UserError("This was already undone: you follow that again. Nothing was changed.")
            queries = unsubscribing.resumable(removed, now=self._clock())
            if feed is None or not queries:
                raise UserError(
                    f"This can no longer be undone: removed keywords are kept for {REMOVED_KEPT.days} days. "
                    "Nothing was changed. To follow them again, use `/my follow`."
                )
            feed, known, added = await self._add(conn, feed, queries)
        result = await self._followed(feed, queries, known, added, None)
        study = replace(result.subscribed.study, hints=())  # they were wanted like this before
        return replace(result, subscribed=replace(result.subscribed, study=study))

    async def offered(self, typed: str, *, user_id: UserId) -> list[tuple[str, str]]:
        """Choices for /my unfollow that contain the text typed so far."""
        async with self._database.read() as conn:
            feed = await feeds.of_person(conn, user_id)
            current = await subscriptions.of_feed(conn, feed.id) if feed else []
        return unsubscribing.offered(typed, current)

    async def _add(
        self,
        conn: AsyncConnection,
        feed: Feed,
        queries: Sequence[CompiledQuery],
        *,
        focus_of: Mapping[str, Focus] = NO_FOCUS,
    ) -> tuple[Feed, list[Subscription], AddedSubscriptions]:
        """Follows those of the queries that are not followed; returns the feed, and what was followed before.

        Raises:
            UserError: the person would follow too many.
        """
        now: datetime = self._clock()
        current = await subscriptions.of_feed(conn, feed.id)
        canonicals = {item.query.canonical for item in current}
        missing = [query for query in queries if query.canonical not in canonicals]
        self._limits.check_follows(has=len(current), adds=len(missing))
        if not current:
            feed = await change(conn, feed, feed.settings, now=now, is_restarted=True)
        added = await resuming.add_subscriptions(conn, feed, missing, now=now, focus_of=focus_of)
        asked_for = [item for item in current if item.query.canonical in focus_of]
        added = replace(added, refocused=tuple(await refocus(conn, asked_for, focus_of)))
        return feed, current, added

    async def _followed(
        self,
        feed: Feed,
        queries: Sequence[CompiledQuery],
        known: Sequence[Subscription],
        added: AddedSubscriptions,
        greeting: Greeting | None,
        *,
        merged: Sequence[Merged] = (),
    ) -> Followed:
        """Wakes delivery, and counts the recent papers that the keywords match."""
        self._delivery.wake()
        self._wake()
        async with self._database.read() as conn:
            feed = await feeds.get(conn, feed.id) or feed
        now_known = {item.query.canonical: item for item in (*known, *added.current)}
        result = await self._results.of(feed, [now_known[query.canonical] for query in queries], added)
        return Followed(
            subscribed=replace(result, merged=tuple(merged)), number=len(now_known), greeting=greeting
        )


async def followed(
    conn: AsyncConnection, user_id: UserId, *, for_update: bool = False
) -> tuple[Feed, list[Subscription]]:
    """The person's feed, with what they follow; `for_update` locks it.

    Raises:
        UserError: they follow nothing.
    """
    feed = await feeds.of_person(conn, user_id, for_update=for_update)
    current = await subscriptions.of_feed(conn, feed.id) if feed else []
    if feed is None or not current:
        raise UserError(NOTHING_FOLLOWED)
    return feed, current
