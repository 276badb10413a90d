"""A person's feed: its state, its schedule, and pausing and resuming it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.feeds import Feed, FeedSettings, Subscription
from bot.core.ids import UserId
from bot.core.posts import Post, PostState
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds.settings import change
from bot.services.feeds.typed_schedule import parse_schedule
from bot.services.follows.direct_messages import DirectMessages, Greeting, send_pending
from bot.services.follows.follows import NOTHING_FOLLOWED
from bot.store import feeds, posts, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalFeedState:
    feed: Feed
    follows: tuple[Subscription, ...]
    maximum: int  # keywords that a person may follow
    posts: dict[PostState, int]
    last_sent: Post | None
    before: FeedSettings | None = None  # the settings before a change; None if none was requested

    @property
    def has_changed(self) -> bool:
        return self.before is not None and self.before != self.feed.settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedFeed:
    state: PersonalFeedState
    was_running: bool  # it was neither paused nor blocked
    pending: int  # messages that are sent now
    greeting: Greeting | None


class PersonalFeeds:
    """The use cases of /my feed, schedule, pause and resume.

    Each change is protected by the lock on the person's feed.
    """

    def __init__(
        self, context: ServiceContext, *, direct_messages: DirectMessages, delivery: Delivery
    ) -> None:
        self._context = context
        self._database = context.database
        self._direct_messages = direct_messages
        self._delivery = delivery
        self._clock = context.clock
        self._wake = context.wake

    async def state(self, user_id: UserId) -> PersonalFeedState | None:
        """None if the person never followed anything."""
        async with self._database.read() as conn:
            feed = await feeds.of_person(conn, user_id)
            if feed is None:
                return None
            return PersonalFeedState(
                feed=feed,
                follows=tuple(await subscriptions.of_feed(conn, feed.id)),
                maximum=self._context.limits.follows,
                posts=await posts.counts(conn, feed.id),
                last_sent=await posts.last_sent(conn, feed.id),
            )

    async def schedule(
        self, *, user_id: UserId, time: str | None, timezone: str | None, weekdays: str | None
    ) -> PersonalFeedState:
        """Changes the given parts of the schedule; may be done before anything is followed.

        Raises:
            UserError: a value cannot be read. Nothing was changed.
        """
        typed = {"time": time, "timezone": timezone, "weekdays": weekdays}
        changes = parse_schedule(typed, now=self._clock())
        async with self._database.write() as conn:
            feed = await self._direct_messages.ensure(conn, user_id)
            schedule = replace(feed.settings.schedule, **changes)
            await change(conn, feed, replace(feed.settings, schedule=schedule), now=self._clock())
        self._wake()
        return await self._state(user_id, before=feed)

    async def pause(self, user_id: UserId) -> PersonalFeedState:
        """Stops direct messages until they are resumed; nothing is lost.

        Raises:
            UserError: the person never followed anything.
        """
        async with self._database.write() as conn:
            feed = _existing(await feeds.of_person(conn, user_id, for_update=True))
            await change(conn, feed, replace(feed.settings, is_paused=True), now=self._clock())
        self._wake()
        return await self._state(user_id, before=feed)

    async def resume(self, user_id: UserId) -> ResumedFeed:
        """Ends a pause and a block; after a block, the greeting shows whether direct messages arrive now.

        Raises:
            UserError: the person never followed anything.
        """
        pending = 0
        async with self._database.read() as conn:
            before = _existing(await feeds.of_person(conn, user_id))
        opened = await self._direct_messages.opened(user_id) if before.block else None
        async with self._database.write() as conn:
            feed = await self._direct_messages.ensure(conn, user_id)
            feed, opened = await self._direct_messages.note_opened(conn, feed, opened)
            if feed.settings.is_paused:
                after = replace(feed.settings, is_paused=False, paused_until=None)
                feed = await change(conn, feed, after, now=self._clock())
            if feed.block is None and not before.is_active:
                pending = len(await send_pending(conn, feed, now=self._clock()))
        greeting = await self._direct_messages.greet(feed, opened)
        self._delivery.wake()
        self._wake()
        return ResumedFeed(
            state=await self._state(user_id, before=before),
            was_running=before.is_active,
            pending=0 if greeting and greeting.refusal else pending,
            greeting=greeting,
        )

    async def _state(self, user_id: UserId, *, before: Feed) -> PersonalFeedState:
        state = await self.state(user_id)
        if state is None:
            raise UserError(NOTHING_FOLLOWED)  # it was deleted in the meantime
        return replace(state, before=before.settings)


def _existing(feed: Feed | None) -> Feed:
    if feed is None:
        raise UserError(NOTHING_FOLLOWED)
    return feed
