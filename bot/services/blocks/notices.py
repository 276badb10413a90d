"""Notices: each problem is reported to its server once, where its admins will see it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, ServerId, UserId
from bot.core.notices import Notice, ProblemReport
from bot.errors import DeliveryError, StoreError
from bot.services.blocks.problems import Pending, still_true
from bot.services.context import ServiceContext
from bot.services.delivery.attempts import asked_wait
from bot.services.delivery.pace import growing_wait
from bot.store import feeds, notices, runs, servers

_log = logging.getLogger(__name__)

# How often pending notices are looked up: the table is nearly always empty.
POLL_SECONDS = 5.0
# Problems come in bunches: a notice waits this long for others that belong in the same message.
GATHERED_FOR = timedelta(seconds=4)
# A message whose answer never came, because the process ended, is tried again after this.
CUT_OFF_AFTER = timedelta(seconds=30)
MAX_CONCURRENT_SERVERS = 5
MAX_RECIPIENTS = 3  # tried in turn, where no channel takes the message
# With growing waits, this many attempts take about a day.
MAX_ATTEMPTS = 100
CLOSING_SECONDS = 2.5
# A notice is due once no list could be read for this long, if one was requested recently.
SOURCE_SILENT_FOR = timedelta(hours=6)
SOURCE_ASKED_WITHIN = timedelta(hours=1)
SOURCE_LOOK_EVERY = timedelta(minutes=1)


class NoticeBoard(Protocol):
    """Sends notices. Raises only DeliveryError for what Discord answers."""

    async def channels(self, server_id: ServerId) -> Sequence[ChannelId]:
        """The server's main channels in which the bot may write, the best first."""
        ...

    async def post(
        self, channel_id: ChannelId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> MessageId:
        """Posts the message in a channel. The same nonce within two minutes returns the first message.

        If it `may_have_arrived` with an earlier attempt, it is looked for first.
        """
        ...

    async def send(
        self, user_id: UserId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> tuple[ChannelId, MessageId]:
        """Sends the message to a person as `post` does to a channel."""
        ...


class Notices:
    """Sends notices: one message per server, tried in one place after the other."""

    def __init__(self, context: ServiceContext, *, board: NoticeBoard) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._board = board
        self._clock = context.clock
        self._source_looked_at: datetime | None = None

    async def run(self) -> None:
        """Sends pending notices until it is cancelled; messages in flight then get a short time to finish."""
        failures = 0
        while True:
            seconds = POLL_SECONDS
            try:
                await self.tell()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the job guard
                seconds = growing_wait(failures).total_seconds()
                failures += 1
                if not isinstance(error, StoreError):  # which the database has logged, once
                    _log.exception("Notices could not be read; tried again in %.0f s", seconds)
            await asyncio.sleep(seconds)

    async def tell(self) -> None:
        """Sends the pending notices that have waited long enough for others."""
        await self._look_at_source()
        now = self._clock()
        async with self._database.read() as conn:
            pending = await notices.pending(conn)
        of_servers: defaultdict[ServerId, list[Notice]] = defaultdict(list)
        for notice in pending:
            of_servers[notice.server_id].append(notice)
        turns = asyncio.Semaphore(MAX_CONCURRENT_SERVERS)
        tasks = {
            asyncio.create_task(self._guarded(server_id, chosen, turns), name=f"notice to {server_id}")
            for server_id, theirs in of_servers.items()
            if (chosen := _due(theirs, now))
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

    async def _guarded(self, server_id: ServerId, theirs: Sequence[Notice], turns: asyncio.Semaphore) -> None:
        async with turns:
            try:
                await self._tell(server_id, theirs)
            except StoreError:
                pass  # the database has logged it, once; the next round tries again
            except Exception:  # noqa: BLE001 - the guard of one server's part of the job
                # If the attempt had begun, it is postponed already; else the next round tries again.
                _log.exception("Server %d could not be notified of its problems because of a bug", server_id)

    async def _tell(self, server_id: ServerId, theirs: Sequence[Notice]) -> None:
        pending = await still_true(self._database, server_id, theirs)
        if pending is None:
            return
        now = self._clock()
        wait = max(growing_wait(pending.attempts), CUT_OFF_AFTER)
        async with self._database.write() as conn:
            await notices.begin_attempt(conn, pending.ids, next_attempt_at=now + wait)
        try:
            place = await self._put(pending)
        except DeliveryError as error:
            until = now + max(growing_wait(pending.attempts), asked_wait(error))
            async with self._database.write() as conn:
                if pending.attempts + 1 < MAX_ATTEMPTS:
                    await notices.postpone(conn, pending.ids, until=until)
                else:
                    await notices.mark_undeliverable(conn, pending.ids)
            _log.warning("Server %d could not be notified of its problems now: %s", server_id, error.reason)
            return
        async with self._database.write() as conn:
            if place is None:
                await notices.mark_undeliverable(conn, pending.ids)
            else:
                channel_id, message_id = place
                await notices.mark_notified(
                    conn, pending.ids, channel_id=channel_id, message_id=message_id, now=self._clock()
                )
        if place is None:
            _log.warning("Server %d has problems and nobody could be notified; /status shows them", server_id)

    async def _put(self, pending: Pending) -> tuple[ChannelId, MessageId] | None:
        """Where the message was sent; None where no place takes it.

        Raises:
            DeliveryError: it may succeed later.
        """
        told, nonce, may_have_arrived = pending.told, pending.nonce, pending.attempts > 0
        async with aclosing(self._channels(told)) as channels:
            async for channel_id in channels:
                try:
                    message_id = await self._board.post(
                        channel_id, told, nonce=nonce, may_have_arrived=may_have_arrived
                    )
                except DeliveryError as error:
                    _check_final(error)
                else:
                    return channel_id, message_id
        for user_id in await self._people(told):
            try:
                return await self._board.send(user_id, told, nonce=nonce, may_have_arrived=may_have_arrived)
            except DeliveryError as error:
                _check_final(error)
        return None

    async def _channels(self, told: ProblemReport) -> AsyncGenerator[ChannelId]:
        """The channels to try, the best first, without those where an obstacle is known.

        Raises:
            DeliveryError: the server is not known just now.
        """
        server_id = told.server_id
        async with self._database.read() as conn:
            chosen = await servers.notices_channel(conn, server_id)
            theirs = await feeds.of_server(conn, server_id)
        affected = {feed.channel_id for feed in (*told.blocked, *(delay.feed for delay in told.delayed))}
        candidates = [
            *([chosen] if chosen is not None else []),
            *(feed.channel_id for feed in theirs if feed.is_active and feed.kind is not FeedKind.FORUM),
            *await self._board.channels(server_id),
        ]
        for channel_id in dict.fromkeys(candidates):
            place = Place(server_id=server_id, channel_id=channel_id, kind=FeedKind.CHANNEL)
            access = await self._publisher.access(place)
            if not access.is_known:
                raise DeliveryError("The server could not be looked at just now.")
            is_open = access.obstacle is None and not access.is_gone
            if is_open and (channel_id not in affected or channel_id == chosen):
                yield channel_id

    async def _people(self, told: ProblemReport) -> list[UserId]:
        """Who set up the affected feeds; for a problem without a feed, all feeds of the server."""
        problems = (*told.delayed, *told.failed)
        affected = [*told.blocked, *(problem.feed for problem in problems)]
        if not affected:
            async with self._database.read() as conn:
                affected = await feeds.of_server(conn, told.server_id)
        return list(dict.fromkeys(feed.created_by for feed in affected))[:MAX_RECIPIENTS]

    async def _look_at_source(self) -> None:
        """Adds notices when lists could not be read for hours, and deletes them once a run could read one."""
        now, looked_at = self._clock(), self._source_looked_at
        if looked_at is not None and timedelta() <= now - looked_at < SOURCE_LOOK_EVERY:
            return
        async with self._database.read() as conn:
            failing = await runs.source_failure(conn)
            is_notified = await notices.any_of_source(conn)
        self._source_looked_at = now
        if failing is None:
            if is_notified:
                async with self._database.write() as conn:
                    await notices.end_of_source(conn)
            return
        first = failing.first_at
        if now - first >= SOURCE_SILENT_FOR and now - failing.last_at <= SOURCE_ASKED_WITHIN:
            async with self._database.write() as conn:
                pending = await notices.add_for_source(conn, joined_before=now - SOURCE_SILENT_FOR, now=now)
            if pending:
                _log.warning("No whole list could be read since %s; %d servers are notified", first, pending)


def _due(theirs: Sequence[Notice], now: datetime) -> list[Notice]:
    """The notices to send now, the oldest first: all that were gathered, or those that were tried before.

    A message that was tried may have arrived, so nothing is added to it.
    """
    tried = [notice for notice in theirs if notice.attempts]
    if tried:
        return [] if tried[0].next_attempt_at > now else tried
    # A clock that was set back must not make it wait.
    gathered = [notice for notice in theirs if not timedelta() <= now - notice.created_at < GATHERED_FOR]
    return list(theirs) if gathered else []


def _check_final(error: DeliveryError) -> None:
    """Raises the error, unless only this place refuses the message."""
    if not error.kind.is_final:
        raise error
