"""Sending: one attempt at one post, written down before it is made, and what came of it afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.feeds import FeedKind
from bot.core.ids import MessageId, PaperId, PostId, discord_time
from bot.core.messages import Message, compose, compose_bare, heading
from bot.core.papers import Paper
from bot.core.posts import Post, split
from bot.core.query.errors import QueryError
from bot.core.query.parser import Query, parse_query
from bot.errors import DeliveryError, DeliveryErrorKind, StoreError
from bot.services.context import ServiceContext
from bot.services.delivery.blocking import block, notify_of_delay, notify_of_success
from bot.services.delivery.pace import ChannelPace, Rest, growing_wait
from bot.services.delivery.refused_content import fail, refuse
from bot.store import outbox, papers, posts, splitting
from bot.telemetry import AttemptOutcome

_log = logging.getLogger(__name__)

# With `enforce_nonce`, Discord returns the first message for a nonce seen "in the past few minutes". Two of
# them are relied on, and an attempt may take one: so long after the first attempt another may begin.
NONCE_HOLDS = timedelta(minutes=1)
# Where no nonce is relied on, an attempt that was cut off may still be under way at Discord for so long.
SETTLES_WITHIN = timedelta(seconds=5)
LONGEST_ASKED_WAIT = timedelta(hours=1)  # of what Discord asks to wait
# Where our clock and Discord's disagree, by so much at most, an earlier message is still found.
CLOCKS_DIFFER_BY = timedelta(hours=1)
# After so many bugs in a row a post has failed, so that it holds back the channel's later ones no more.
MOST_BUGS = 3
# By their growing waits, so many failures take about six hours: then the server is told.
FAILURES_THAT_LAST = 30
BUG = "A bug in Paperboy stops this; whoever runs the bot finds it in the log."


class Sending:
    """Attempts posts. Nothing but a cancellation comes out of an attempt; a bug is the post's alone."""

    def __init__(
        self,
        context: ServiceContext,
        *,
        pace: ChannelPace,
        rest: Rest,
    ) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._clock = context.clock
        self._pace = pace
        self._rest = rest  # of all sending
        self._telemetry = context.telemetry
        self._bugs: dict[PostId, int] = {}  # in a row, of posts that are still pending
        self._is_closing = False

    def close(self) -> None:
        """Nothing that has not begun begins after this."""
        self._is_closing = True

    async def attempt(self, post: Post) -> None:
        """Sends the post, or adopts its message where an earlier attempt brought it, and writes that down."""
        try:
            await self._attempt(post)
        except StoreError:  # logged once, by the database; nothing can be noted now, so nothing is sent
            self._rest.begin()
            self._tell(post, AttemptOutcome.POSTPONED)
        except Exception:  # noqa: BLE001 - the job guard
            _log.exception("Post %d could not be delivered because of a bug", post.id)
            self._tell(post, AttemptOutcome.BUG)
            await self._note_bug(post)

    async def _attempt(self, post: Post) -> None:
        async with self._database.read() as conn:
            shown = await papers.by_ids(conn, [entry.paper_id for entry in post.entries])
        message = _render(post, shown)
        await self._pace.turn(post.channel_id)
        if self._is_closing or self._rest.seconds_left > 0:
            return
        now = self._clock()
        again_at = now if _relies_on_nonce(post) else now + SETTLES_WITHIN
        async with self._database.write() as conn:
            if not await outbox.begin_attempt(
                conn, post.id, now=now, next_attempt_at=again_at, nonce=post.nonce
            ):
                return
        try:
            message_id, tried = await self._deliver(post, message, shown, now=now)
        except DeliveryError as error:
            await self._note_failure(post, error)
        else:
            async with self._database.write() as conn:
                await outbox.mark_sent(conn, post.id, message_id=message_id, now=self._clock())
                await notify_of_success(conn, post.feed_id)
            self._rest.over()
            self._tell(post, tried)
        self._bugs.pop(post.id, None)

    async def _deliver(
        self, post: Post, message: Message, shown: Mapping[PaperId, Paper], *, now: datetime
    ) -> tuple[MessageId, AttemptOutcome]:
        """The post's message: an earlier attempt's, where the nonce is not relied on any more, or a new one.

        Raises:
            DeliveryError: there is none. Where its content was refused, no earlier attempt brought it.
        """
        urls = [paper.page_url for paper in shown.values()]
        since = await self._may_have_arrived_since(post, now)
        must_look = _must_look(post, now)
        if must_look and (earlier := await self._publisher.find(post.place, urls, since=since)):
            return earlier, AttemptOutcome.ADOPTED
        try:
            return await self._publisher.publish(post.place, message, nonce=post.nonce), AttemptOutcome.SENT
        except DeliveryError as error:
            is_open = error.may_have_arrived or (post.first_attempt_at is not None and not must_look)
            if not (error.kind is DeliveryErrorKind.CONTENT_REFUSED and is_open):
                raise
            try:
                earlier = await self._publisher.find(post.place, urls, since=since)
            except DeliveryError as unclear:
                raise replace(unclear, may_have_arrived=True) from error
            if earlier is None:
                raise
            return earlier, AttemptOutcome.ADOPTED

    async def _may_have_arrived_since(self, post: Post, now: datetime) -> datetime:
        """The earliest moment, by Discord's clock, at which an earlier attempt can have brought the message.

        Our clock may have been wrong by any time then; by Discord's, the post before was not later.
        """
        since = min(post.first_attempt_at or now, now) - CLOCKS_DIFFER_BY
        async with self._database.read() as conn:
            before = await posts.last_message_before(conn, post)
        return since if before is None else min(since, discord_time(before))

    async def _note_failure(self, post: Post, error: DeliveryError) -> None:
        now = self._clock()
        async with self._database.write() as conn:
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
                    until = now + max(growing_wait(post.failures), asked_wait(error))
                    await outbox.postpone(conn, post.id, until=until, reason=error.reason, code=error.code)
                    if post.failures >= FAILURES_THAT_LAST:
                        await notify_of_delay(conn, post.feed_id, now=now)
        if error.kind is DeliveryErrorKind.BOT_REFUSED:
            self._rest.begin(asked_wait(error).total_seconds())
        self._tell(post, tried)
        fields = {"post": post.id, "channel": post.channel_id, "outcome": tried, "code": error.code}
        _log.warning(
            "Post %d to channel %d: %s", post.id, post.channel_id, error.reason, extra={"fields": fields}
        )

    def _tell(self, post: Post, tried: AttemptOutcome) -> None:
        waited = self._clock() - post.planned_at
        self._telemetry.post_attempted(tried, waited_seconds=max(0.0, waited.total_seconds()))

    async def _note_bug(self, post: Post) -> None:
        now = self._clock()
        bugs = self._bugs.pop(post.id, 0) + 1
        parts: list[PostId] = []
        try:
            async with self._database.write() as conn:
                if bugs < MOST_BUGS:
                    until = now + growing_wait(post.failures)
                    await outbox.postpone(conn, post.id, until=until, reason=BUG, code=None)
                elif len(post.entries) > 1 and await splitting.is_untried(conn, post.id):
                    parts = await splitting.split(conn, post, split(post.entries), now=now)
                else:
                    await fail(conn, post, reason=BUG, code=None, now=now)
        except Exception:  # noqa: BLE001 - nothing can be written down now, so nothing is sent for a while
            seconds = self._rest.begin()
            _log.exception("The outbox could not be written; tried again in %.0f s", seconds)
        else:
            if bugs < MOST_BUGS:
                self._bugs[post.id] = bugs
            self._bugs.update(dict.fromkeys(parts, MOST_BUGS - 1))  # one more bug tells the culprit


def asked_wait(error: DeliveryError) -> timedelta:
    """How long Discord asks to wait, within reason."""
    seconds = min(error.retry_after_seconds or 0.0, LONGEST_ASKED_WAIT.total_seconds())
    return timedelta(seconds=seconds)


def _must_look(post: Post, now: datetime) -> bool:
    """Whether an earlier attempt may have brought the message, and its nonce is not relied on any more."""
    first = post.first_attempt_at
    return first is not None and not (_relies_on_nonce(post) and timedelta() <= now - first < NONCE_HOLDS)


def _relies_on_nonce(post: Post) -> bool:
    return post.kind is FeedKind.CHANNEL


def _render(post: Post, shown: Mapping[PaperId, Paper]) -> Message:
    items = [
        (shown[entry.paper_id], entry.form, _queries(entry.queries))
        for entry in post.entries
        if entry.paper_id in shown
    ]
    if not items:
        raise LookupError(f"none of the papers of post {post.id} is known")
    if post.is_bare and len(items) == 1:
        return compose_bare(items[0], mention_role_id=post.mention_role_id)
    return compose(
        items,
        heading=heading([paper for paper, _, _ in items]),
        mention_role_id=post.mention_role_id,
    )


def _queries(canonicals: tuple[str, ...]) -> tuple[Query, ...]:
    """The queries to mark; one that today's rules no longer read marks nothing."""
    read: list[Query] = []
    for canonical in canonicals:
        try:
            read.append(parse_query(canonical))
        except QueryError:
            continue
    return tuple(read)
