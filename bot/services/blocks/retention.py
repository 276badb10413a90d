"""Retention: deletes feeds, servers and subscriptions 30 days after they ended, and drafts after an hour."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.core import drafts
from bot.core.access import Access
from bot.core.feeds import REMOVED_KEPT, Feed, Place
from bot.core.ids import FeedId, SubscriptionId
from bot.services.context import ServiceContext
from bot.services.publisher import Publisher
from bot.store import drafts as stored_drafts
from bot.store import feeds, servers, subscriptions

_log = logging.getLogger(__name__)

# A deleted channel's feed is kept this long, because the bot may be invited back to the server.
KEPT = timedelta(days=30)
# A clock that jumps ahead makes everything look old. If it is corrected within this time, nothing is deleted.
SURE_AFTER_SECONDS = 3_600.0
MAX_LOOKUPS = 10  # at once

Key = TypeVar("Key", bound=Hashable)


class Overdue(Generic[Key]):
    """Remembers by a monotonic clock since when each thing has looked overdue."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._since: dict[Key, float] = {}

    def confirmed(self, overdue: Iterable[Key]) -> frozenset[Key]:
        """Those of the things overdue now that have looked so for SURE_AFTER_SECONDS."""
        now = self._monotonic()
        self._since = {key: self._since.get(key, now) for key in overdue}
        return frozenset(key for key, since in self._since.items() if now - since >= SURE_AFTER_SECONDS)


class Retention:
    """Deletes only what has been overdue for an hour by a clock that nobody sets.

    Protected by asking again, in the statement that deletes or under a lock, what was looked at before.
    """

    def __init__(self, context: ServiceContext, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._clock = context.clock
        self._fleet = context.fleet
        self._gone = Overdue[FeedId](monotonic)
        self._removed = Overdue[SubscriptionId](monotonic)

    async def delete_expired(self) -> tuple[Feed, ...]:
        """Deletes everything that is kept no longer; returns the feeds among it.

        In a fleet, feeds are deleted where their server is owned, because others cannot look at it, and all
        else where shard 0 is. Two processes that delete the same things do no harm.
        """
        now, owned = self._clock(), self._fleet.owned
        before = now - KEPT
        removed: list[SubscriptionId] = []
        are_drafts_expired = is_server_overdue = False
        async with self._database.read() as conn:
            gone = await feeds.long_gone(conn, before=before)
            if owned.has_first:
                removed = await subscriptions.long_removed(conn, before=now - REMOVED_KEPT)
                are_drafts_expired = await stored_drafts.any_saved_before(conn, now - drafts.KEPT)
                is_server_overdue = await servers.any_left(conn, before=before)
        await self._delete_subscriptions(removed, before=now - REMOVED_KEPT)
        if are_drafts_expired:
            async with self._database.write() as conn:
                await stored_drafts.delete_saved_before(conn, now - drafts.KEPT)
        overdue = {feed.id: feed for feed in gone if owned.has(feed.server_id)}
        places = {feed_id: overdue[feed_id].place for feed_id in self._gone.confirmed(overdue)}
        access = await access_by_feed(self._publisher, places)
        still_gone = [feed_id for feed_id in places if access[feed_id].is_known and access[feed_id].is_gone]
        if not still_gone and not is_server_overdue:
            return ()
        async with self._database.write() as conn:
            deleted = await feeds.forget_gone(conn, still_gone, before=before)
            left = await servers.forget_left(conn, before=before) if is_server_overdue or deleted else []
        for feed in deleted:
            _log.info(
                "Channel %d of server %d was deleted %d days ago: its feed and subscriptions are deleted",
                feed.channel_id,
                feed.server_id,
                KEPT.days,
            )
        for server_id in left:
            _log.info("The bot left server %d %d days ago: its data is deleted", server_id, KEPT.days)
        return tuple(deleted)

    async def _delete_subscriptions(self, removed: Iterable[SubscriptionId], *, before: datetime) -> None:
        expired = self._removed.confirmed(removed)
        if expired:
            async with self._database.write() as conn:
                deleted = await subscriptions.forget_removed(conn, expired, before=before)
            _log.info("Subscriptions deleted %d days after their removal: %d", REMOVED_KEPT.days, deleted)


async def access_by_feed(publisher: Publisher, places: Mapping[FeedId, Place]) -> dict[FeedId, Access]:
    """What the bot may do in each feed's place."""
    turns = asyncio.Semaphore(MAX_LOOKUPS)

    async def look_up(place: Place) -> Access:
        async with turns:
            return await publisher.access(place)

    async with asyncio.TaskGroup() as group:
        lookups = {feed_id: group.create_task(look_up(place)) for feed_id, place in places.items()}
    return {feed_id: task.result() for feed_id, task in lookups.items()}
