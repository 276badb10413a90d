"""Direct messages: opening them to a person, and the greeting that shows whether they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed, FeedKind, Place
from bot.core.ids import ChannelId, PostId, UserId
from bot.core.schedules import next_run
from bot.errors import DeliveryError
from bot.services.context import ServiceContext
from bot.store import feeds, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    refusal: str | None = None  # why no direct message arrives, and how to fix it; the feed is blocked
    is_unclear: bool = False  # Discord did not say whether it arrived; delivery tries as usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The attempt to open direct messages, for a feed that has yet to be greeted, or is blocked."""

    channel_id: ChannelId | None  # None if they are not open yet; delivery tries again, unless it is refused
    refusal: str | None
    blocked_since: datetime | None


class DirectMessages:
    """Stores feeds of people, and greets them."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._database = context.database
        self._publisher = context.publisher
        self._clock = context.clock

    async def opened(self, user_id: UserId) -> Opened | None:
        """Opens direct messages to the person; None if messages to them arrive, as far as is known."""
        async with self._database.read() as conn:
            feed = await feeds.of_person(conn, user_id)
        if feed is not None and feed.block is None and feed.place.is_opened:
            return None
        since = feed.block.since if feed and feed.block else None
        try:
            channel_id = await self._publisher.open_direct(user_id)
        except DeliveryError as error:
            refusal = error.reason if error.kind.is_final else None
            return Opened(channel_id=None, refusal=refusal, blocked_since=since)
        return Opened(channel_id=channel_id, refusal=None, blocked_since=since)

    async def ensure(self, conn: AsyncConnection, user_id: UserId) -> Feed:
        """The person's feed, locked; created if they have none, with the operator's schedule."""
        now, schedule = self._clock(), self._context.default_schedule
        return await feeds.ensure(
            conn,
            place=Place(user_id=user_id, channel_id=ChannelId(user_id), kind=FeedKind.DIRECT),
            schedule=schedule,
            next_run_at=next_run(schedule, after=now),
            now=now,
        )

    async def note_opened(
        self, conn: AsyncConnection, feed: Feed, opened: Opened | None
    ) -> tuple[Feed, Opened | None]:
        """Stores what `opened` found with the feed, which is locked; returns what `greet` has to do then.

        A block begins if it is refused, and otherwise ends. Protected by the lock on the feed: of two
        commands, in whichever processes, that opened the direct messages at once, the first one greets.
        """
        if opened is None or (feed.place.is_opened and feed.block is None):
            return feed, None
        now = self._clock()
        if opened.channel_id is not None:
            await feeds.move(conn, feed.id, opened.channel_id)
        if opened.refusal is not None:
            await feeds.block(conn, feed.id, reason=opened.refusal, now=now)
        elif feed.block is not None:
            await feeds.release(conn, feed.id)
            await send_pending(conn, feed, now=now)
        return await feeds.get(conn, feed.id) or feed, opened

    async def greet(self, feed: Feed, opened: Opened | None) -> Greeting | None:
        """Sends the greeting, and blocks the feed if it is refused; None if none is needed."""
        if opened is None:
            return None
        if opened.channel_id is None:
            return Greeting(refusal=opened.refusal, is_unclear=opened.refusal is None)
        since = opened.blocked_since or feed.created_at
        try:
            await self._publisher.greet(feed.place, nonce=f"hi{feed.id}.{int(since.timestamp())}"[:25])
        except DeliveryError as error:
            if not error.kind.is_final:
                return Greeting(is_unclear=True)
            async with self._database.write() as conn:
                await feeds.block(conn, feed.id, reason=error.reason, now=self._clock())
            return Greeting(refusal=error.reason)
        return Greeting()


async def send_pending(conn: AsyncConnection, feed: Feed, *, now: datetime) -> list[PostId]:
    """Makes the feed's pending and failed posts due now; returns them."""
    await outbox.retry_failed(conn, feed.id, now=now)
    return await outbox.make_due(conn, feed.id, now=now)
