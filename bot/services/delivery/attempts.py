"""Attempts: one attempt at one post, recorded before it is made, and its result recorded afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import MessageId, PaperId, PostId, discord_time
from bot.core.messages import Message
from bot.core.notices import NoticeKind
from bot.core.papers import Paper
from bot.core.posts import Post, split
from bot.errors import DeliveryError, DeliveryErrorKind, StoreError
from bot.services.context import ServiceContext
from bot.services.delivery.beginnings import Beginnings, has_nonce
from bot.services.delivery.blocking import block, note_success
from bot.services.delivery.content import Content
from bot.services.delivery.pace import ChannelPace, SendingPause, growing_wait
from bot.services.delivery.refused_content import fail, refuse
from bot.services.fleet.fleet import LeaseLostError, write_for
from bot.store import feeds, notices, outbox, posts, splitting
from bot.telemetry import AttemptOutcome

_log = logging.getLogger(__name__)

# With `enforce_nonce`, Discord returns the first message for a nonce seen "in the past few minutes". We count
# on two minutes. An attempt may take one of them, so the last one may begin a minute after the first.
NONCE_LASTS = timedelta(minutes=1)
AGAIN_SECONDS = 1.0  # until a post that could not be begun is looked at again; a lock on it may last
MAX_RETRY_AFTER = timedelta(hours=1)  # the longest wait that Discord may ask for
# The search for an earlier message allows for this difference between our clock and Discord's.
MAX_CLOCK_DIFFERENCE = timedelta(hours=1)
# A post fails after this many bugs in a row, so that it stops delaying the channel's later posts.
MAX_BUGS = 3
# With growing waits, this many failures take about six hours. Then the server is notified.
FAILURES_BEFORE_NOTICE = 30
BUG = "A bug in Paperboy prevents this. The bot's operator can find the details in its log."


class Sending:
    """Attempts posts. An attempt raises nothing but a cancellation; a bug affects only its post.

    What is recorded is protected by the lease on the server's shard and the lock on the feed (`write_for`).
    """

    def __init__(self, context: ServiceContext, *, pace: ChannelPace, pause: SendingPause) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._clock = context.clock
        self._fleet = context.fleet
        self._pace = pace
        self._pause = pause
        self._beginnings = Beginnings(context)
        self._telemetry = context.telemetry
        self._bugs: dict[PostId, int] = {}  # in a row, of posts that are still pending
        self._ahead = timedelta()  # how far our clock was ahead of Discord's at the last message
        self._is_closing = False

    def close(self) -> None:
        """Starts no new attempt from now on."""
        self._is_closing = True

    async def end(self) -> None:
        """Ends what is left once the attempts have ended."""
        await self._beginnings.end()

    async def attempt(self, post: Post, content: Content) -> None:
        """Sends the post, or adopts the message of an earlier attempt, and records the result."""
        try:
            await self._attempt(post, content)
        except LeaseLostError:  # the next owner looks for the message
            self._record(post, AttemptOutcome.POSTPONED)
        except StoreError:  # logged once, by the database; nothing is sent while nothing can be recorded
            self._pause.begin()
            self._record(post, AttemptOutcome.POSTPONED)
        except Exception:  # noqa: BLE001 - the job guard
            _log.exception("Post %d could not be delivered because of a bug", post.id)
            self._record(post, AttemptOutcome.BUG)
            await self._record_bug(post)

    async def _attempt(self, post: Post, content: Content) -> None:
        message = content.message(post)
        await self._pace.turn(post.channel_id)
        if self._is_closing or self._pause.seconds_left > 0 or not self._fleet.may_send():
            return
        if (now := await self._beginnings.record(post)) is None:
            await asyncio.sleep(AGAIN_SECONDS)
            return
        try:
            message_id, tried = await self._deliver(post, message, content.papers_of(post), now=now)
        except DeliveryError as error:
            await self._record_failure(post, error)
        else:
            async with self._write_for(post) as conn:
                if await outbox.mark_sent(conn, post.id, message_id=message_id, now=self._clock()):
                    await note_success(conn, post.feed_id)
            self._pause.note_success()
            if tried is AttemptOutcome.SENT:
                self._ahead = max(timedelta(), self._clock() - discord_time(message_id))
            self._record(post, tried)
        self._bugs.pop(post.id, None)

    async def _deliver(
        self, post: Post, message: Message, shown: Mapping[PaperId, Paper], *, now: datetime
    ) -> tuple[MessageId, AttemptOutcome]:
        """Returns the post's message: a new one, or an earlier attempt's if the nonce has expired.

        Raises:
            DeliveryError: there is none. If its content was refused, no earlier attempt has sent it.
        """
        post = await self._opened(post)
        urls = [paper.page_url for paper in shown.values()]
        must_search = _must_search(post, now)
        if must_search and (earlier := await self._find(post, urls, now)):
            return earlier, AttemptOutcome.ADOPTED
        try:
            return await self._publisher.publish(post.place, message, nonce=post.nonce), AttemptOutcome.SENT
        except DeliveryError as error:
            is_open = error.may_have_arrived or (post.first_attempt_at is not None and not must_search)
            if not (error.kind is DeliveryErrorKind.CONTENT_REFUSED and is_open):
                raise
            try:
                earlier = await self._find(post, urls, now)
            except DeliveryError as unconfirmed:
                raise replace(unconfirmed, may_have_arrived=True) from error
            if earlier is None:
                raise
            return earlier, AttemptOutcome.ADOPTED

    async def _opened(self, post: Post) -> Post:
        """The post in its channel; direct messages to a person are opened if they were not before."""
        if post.user_id is None or post.place.is_opened:
            return post
        channel_id = await self._publisher.open_direct(post.user_id)
        async with self._write_for(post) as conn:
            await feeds.move(conn, post.feed_id, channel_id)
        return replace(post, channel_id=channel_id)

    async def _find(self, post: Post, urls: Sequence[str], now: datetime) -> MessageId | None:
        """The message of an earlier attempt, if there is one.

        Our clock may have been wrong by any amount. By Discord's clock, the feed's previous post was sent
        before this one, and a message that was just sent has the time.
        """
        since = min(post.first_attempt_at or now, now) - MAX_CLOCK_DIFFERENCE - self._ahead
        async with self._database.read() as conn:
            before = await posts.last_message_before(conn, post)
        if before is not None:
            since = min(since, discord_time(before))
        return await self._publisher.find(post.place, urls, since=since)

    async def _record_failure(self, post: Post, error: DeliveryError) -> None:
        now = self._clock()
        async with self._write_for(post) as conn:
            if post.first_attempt_at is None and not error.may_have_arrived:
                await outbox.forget_first_attempt(conn, post.id)
            match error.kind:
                case DeliveryErrorKind.UNCONFIRMED:
                    tried = AttemptOutcome.UNCONFIRMED
                    await outbox.unconfirmed(conn, post.id, reason=error.reason, code=error.code, now=now)
                case DeliveryErrorKind.CONTENT_REFUSED:
                    tried = AttemptOutcome.REFUSED
                    await refuse(conn, post, error, now=now)
                case kind if kind.blocks_channel:
                    tried = AttemptOutcome.BLOCKED
                    await outbox.postpone(conn, post.id, until=now, reason=error.reason, code=error.code)
                    await block(conn, post.feed_id, error, now=now)
                case _:
                    tried = AttemptOutcome.POSTPONED
                    until = now + max(growing_wait(post.failures), requested_wait(error))
                    await outbox.postpone(conn, post.id, until=until, reason=error.reason, code=error.code)
                    if post.failures >= FAILURES_BEFORE_NOTICE:
                        await notices.add(conn, NoticeKind.DELAYED, post.feed_id, now=now)
        if error.kind is DeliveryErrorKind.BOT_REFUSED:
            self._pause.begin(requested_wait(error).total_seconds())
        self._record(post, tried)
        fields = {"post": post.id, "channel": post.channel_id, "outcome": tried, "code": error.code}
        _log.warning(
            "Post %d to channel %d: %s", post.id, post.channel_id, error.reason, extra={"fields": fields}
        )

    def _write_for(self, post: Post) -> AbstractAsyncContextManager[AsyncConnection]:
        return write_for(self._database, self._fleet, post.server_id, feed_id=post.feed_id)

    def _record(self, post: Post, tried: AttemptOutcome) -> None:
        waited = self._clock() - post.planned_at
        self._telemetry.post_attempted(tried, waited_seconds=max(0.0, waited.total_seconds()))

    async def _record_bug(self, post: Post) -> None:
        now = self._clock()
        bugs = self._bugs.pop(post.id, 0) + 1
        parts: list[PostId] = []
        try:
            async with self._write_for(post) as conn:
                if bugs < MAX_BUGS:
                    until = now + growing_wait(post.failures)
                    await outbox.postpone(conn, post.id, until=until, reason=BUG, code=None)
                elif len(post.entries) > 1 and await splitting.is_untried(conn, post.id):
                    parts = await splitting.split(conn, post, split(post.entries), now=now)
                else:
                    await fail(conn, post, reason=BUG, code=None, now=now)
        except LeaseLostError:
            pass
        except Exception:  # noqa: BLE001 - nothing is sent while nothing can be recorded
            seconds = self._pause.begin()
            _log.exception("The outbox could not be written; trying again in %.0f s", seconds)
        else:
            if bugs < MAX_BUGS:
                self._bugs[post.id] = bugs
            self._bugs.update(dict.fromkeys(parts, MAX_BUGS - 1))  # the next bug identifies the culprit


def requested_wait(error: DeliveryError) -> timedelta:
    """How long Discord asks to wait, up to MAX_RETRY_AFTER."""
    seconds = min(error.retry_after_seconds or 0.0, MAX_RETRY_AFTER.total_seconds())
    return timedelta(seconds=seconds)


def _must_search(post: Post, now: datetime) -> bool:
    """Whether an earlier attempt may have sent the message, and its nonce may have expired."""
    first = post.first_attempt_at
    return first is not None and not (has_nonce(post) and timedelta() <= now - first < NONCE_LASTS)
