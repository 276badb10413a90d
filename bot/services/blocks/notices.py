"""Notices: notify each server once about its problems, in a channel where people will see it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, ServerId
from bot.core.notices import Notice, ProblemReport
from bot.core.plurals import count
from bot.errors import DeliveryError, StoreError
from bot.services.blocks.problem_report import Pending, current_problems
from bot.services.context import ServiceContext
from bot.services.delivery.attempts import requested_wait
from bot.services.delivery.pace import growing_wait
from bot.services.fleet.fleet import LeaseLostError, write_for
from bot.store import feeds, notices, runs, servers

_log = logging.getLogger(__name__)

# How often pending notices are read; their table is nearly always empty.
CHECK_SECONDS = 5.0
# Problems come in bunches, so a notice waits this long for others that belong in the same message.
BATCHED_FOR = timedelta(seconds=4)
# An attempt that the end of the process interrupted is repeated after this.
INTERRUPTED_AFTER = timedelta(seconds=30)
MAX_SERVERS = 5  # at once
# With growing waits, this many attempts take about a day.
MAX_ATTEMPTS = 100
CLOSING_SECONDS = 2.5
# A source notice needs lists that were unreadable this long, and a request this recently.
SOURCE_DOWN_FOR = timedelta(hours=6)
SOURCE_REQUESTED_WITHIN = timedelta(hours=1)
SOURCE_CHECK_EVERY = timedelta(minutes=1)


class NoticeBoard(Protocol):
    """Posts notices. Discord's errors come out only as DeliveryError."""

    async def channels(self, server_id: ServerId) -> Sequence[ChannelId]:
        """The server's channels that people read and the bot may write in, the best first.

        Raises:
            DeliveryError: they are not known just now.
        """
        ...

    async def post(
        self, channel_id: ChannelId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> MessageId:
        """Posts the report in a channel. The same nonce within two minutes returns the first message.

        If an earlier attempt `may_have_arrived`, its message is searched first.
        """
        ...


class Notices:
    """Sends each server its pending notices in one message, trying one channel after another.

    Nobody gets one by direct message: where no channel accepts it, /status and the next answer to an admin
    show it. What is recorded is protected by the lease on the server's shard (`write_for`).
    """

    def __init__(self, context: ServiceContext, *, board: NoticeBoard) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._board = board
        self._clock = context.clock
        self._fleet = context.fleet
        self._source_checked_at: datetime | None = None

    async def run(self) -> None:
        """Sends pending notices until it is cancelled; then those in flight get a moment to finish."""
        failures = 0
        while True:
            seconds = CHECK_SECONDS
            try:
                await self.send_pending()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the job guard
                seconds = growing_wait(failures).total_seconds()
                failures += 1
                if not isinstance(error, StoreError):  # the database has logged that once
                    _log.exception("Notices could not be read; trying again in %.0f s", seconds)
            await asyncio.sleep(seconds)

    async def undeliverable(self, server_id: ServerId) -> list[ChannelId | None]:
        """The channels with a problem whose notice no channel accepted; None for one of the whole server."""
        async with self._database.read() as conn:
            return await notices.undeliverable(conn, server_id)

    async def send_pending(self) -> None:
        """Sends every server the notices that are due."""
        await self._check_source()
        now = self._clock()
        async with self._database.read() as conn:
            pending = await notices.pending(conn)
        by_server: defaultdict[ServerId, list[Notice]] = defaultdict(list)
        for notice in pending:
            if self._fleet.owned.has(notice.server_id):
                by_server[notice.server_id].append(notice)
        turns = asyncio.Semaphore(MAX_SERVERS)
        tasks = {
            asyncio.create_task(self._guarded(server_id, due, turns), name=f"notice to {server_id}")
            for server_id, server_notices in by_server.items()
            if (due := _due(server_notices, now))
        }
        if not tasks:
            return
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            await asyncio.wait(tasks, timeout=CLOSING_SECONDS)
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(
        self, server_id: ServerId, pending: Sequence[Notice], turns: asyncio.Semaphore
    ) -> None:
        async with turns:
            try:
                await self._notify(server_id, pending)
            except (StoreError, LeaseLostError):
                pass  # logged once; the next check tries again, here or where the server is owned now
            except Exception:  # noqa: BLE001 - the guard of one server's part of the job
                # If the attempt had begun, it was postponed then; else the next check tries again.
                _log.exception("Server %d could not be notified because of a bug", server_id)

    async def _notify(self, server_id: ServerId, theirs: Sequence[Notice]) -> None:
        pending = await current_problems(self._database, server_id, theirs)
        if pending is None:
            return
        now = self._clock()
        wait = max(growing_wait(pending.attempts), INTERRUPTED_AFTER)
        async with write_for(self._database, self._fleet, server_id) as conn:
            await notices.begin_attempt(conn, pending.ids, next_attempt_at=now + wait)
        try:
            place = await self._put(pending)
        except DeliveryError as error:
            until = now + max(growing_wait(pending.attempts), requested_wait(error))
            async with write_for(self._database, self._fleet, server_id) as conn:
                if pending.attempts + 1 < MAX_ATTEMPTS:
                    await notices.postpone(conn, pending.ids, until=until)
                else:
                    await notices.mark_undeliverable(conn, pending.ids)
            _log.warning("Server %d could not be notified yet: %s", server_id, error.reason)
            return
        async with write_for(self._database, self._fleet, server_id) as conn:
            if place is None:
                await notices.mark_undeliverable(conn, pending.ids)
            else:
                channel_id, message_id = place
                await notices.mark_notified(
                    conn, pending.ids, channel_id=channel_id, message_id=message_id, now=self._clock()
                )
        if place is None:
            _log.warning(
                "Server %d has problems, and no channel accepts the notice; /status shows them", server_id
            )

    async def _put(self, pending: Pending) -> tuple[ChannelId, MessageId] | None:
        """Sends the message and returns where it is; None if no channel accepts it.

        Raises:
            DeliveryError: a retry may succeed.
        """
        report, nonce, may_have_arrived = pending.report, pending.nonce, pending.attempts > 0
        async with aclosing(self._channels(report)) as channels:
            async for channel_id in channels:
                try:
                    message_id = await self._board.post(
                        channel_id, report, nonce=nonce, may_have_arrived=may_have_arrived
                    )
                except DeliveryError as error:
                    if not error.kind.is_final:  # it is not about this place: no other would accept it
                        raise
                else:
                    return channel_id, message_id
        return None

    async def _channels(self, report: ProblemReport) -> AsyncGenerator[ChannelId]:
        """The channels to try, the best first, without those where the bot may not post.

        Raises:
            DeliveryError: the server cannot be checked just now.
        """
        server_id = report.server_id
        async with self._database.read() as conn:
            chosen = await servers.notices_channel(conn, server_id)
            server_feeds = await feeds.of_server(conn, server_id)
        affected = {feed.channel_id for feed in (*report.blocked, *(delay.feed for delay in report.delayed))}
        candidates = [
            *([chosen] if chosen is not None else []),
            *(feed.channel_id for feed in server_feeds if feed.is_active and feed.kind is not FeedKind.FORUM),
            *await self._board.channels(server_id),
        ]
        for channel_id in dict.fromkeys(candidates):
            place = Place(server_id=server_id, channel_id=channel_id, kind=FeedKind.CHANNEL)
            access = await self._publisher.access(place)
            if not access.is_known:
                raise DeliveryError("The server could not be checked just now.")
            is_open = access.obstacle is None and not access.is_gone
            if is_open and (channel_id not in affected or channel_id == chosen):
                yield channel_id

    async def _check_source(self) -> None:
        """Adds notices if lists could not be read for hours, and ends them once a run could read them."""
        if not self._fleet.owned.has_first:
            return
        now, checked_at = self._clock(), self._source_checked_at
        if checked_at is not None and timedelta() <= now - checked_at < SOURCE_CHECK_EVERY:
            return
        async with self._database.read() as conn:
            failing = await runs.source_failure(conn)
            is_notified = await notices.any_of_source(conn)
        self._source_checked_at = now
        if failing is None:
            if is_notified:
                async with self._database.write() as conn:
                    await notices.end_of_source(conn)
            return
        first = failing.first_at
        if now - first >= SOURCE_DOWN_FOR and now - failing.last_at <= SOURCE_REQUESTED_WITHIN:
            async with self._database.write() as conn:
                pending = await notices.add_for_source(conn, joined_before=now - SOURCE_DOWN_FOR, now=now)
            if pending:
                _log.warning(
                    "No complete list could be read since %s; notifying %s", first, count(pending, "server")
                )


def _due(pending: Sequence[Notice], now: datetime) -> list[Notice]:
    """The notices to send now, the oldest first: those of an earlier attempt, else all.

    The message of an earlier attempt may have arrived, so nothing is added to it.
    """
    tried = [notice for notice in pending if notice.attempts]
    if tried:
        return [] if tried[0].next_attempt_at > now else tried
    # A clock that was set back must not make them wait.
    batched = [notice for notice in pending if not timedelta() <= now - notice.created_at < BATCHED_FOR]
    return list(pending) if batched else []
