"""Follow-ups: one attempt at publishing a sent message or opening its thread."""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.messages import thread_name
from bot.core.posts import FollowUp, FollowUpKind
from bot.errors import DeliveryError, DeliveryErrorKind, StoreError
from bot.services.context import ServiceContext
from bot.services.delivery.attempts import BUG, MAX_BUGS, requested_wait
from bot.services.delivery.pace import SendingPause, growing_wait
from bot.services.fleet.fleet import LeaseLostError, write_for
from bot.store import follow_ups, papers
from bot.telemetry import AttemptOutcome

_log = logging.getLogger(__name__)


class FollowingUp:
    """Attempts follow-ups. Discord knows when one was done before, so an attempt may be repeated.

    What is recorded is protected by the lease on the server's shard and the lock on the feed (`write_for`).
    """

    def __init__(self, context: ServiceContext, *, pause: SendingPause) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._clock = context.clock
        self._fleet = context.fleet
        self._pause = pause
        self._telemetry = context.telemetry

    async def attempt(self, follow_up: FollowUp) -> None:
        """Does the follow-up and records the result; raises nothing but a cancellation."""
        try:
            await self._attempt(follow_up)
        except LeaseLostError:  # the next owner does it again, which Discord notices
            self._telemetry.follow_up_attempted(AttemptOutcome.POSTPONED)
        except StoreError:  # logged once, by the database; nothing is tried while nothing can be recorded
            self._pause.begin()
            self._telemetry.follow_up_attempted(AttemptOutcome.POSTPONED)
        except Exception:  # noqa: BLE001 - the job guard
            _log.exception("Follow-up %d of post %d failed because of a bug", follow_up.id, follow_up.post_id)
            self._telemetry.follow_up_attempted(AttemptOutcome.BUG)
            await self._record_bug(follow_up)

    async def _attempt(self, follow_up: FollowUp) -> None:
        try:
            match follow_up.kind:
                case FollowUpKind.PUBLISH:
                    await self._publisher.crosspost(follow_up.channel_id, follow_up.message_id)
                case FollowUpKind.THREAD:
                    async with self._database.read() as conn:
                        shown = await papers.by_ids(conn, follow_up.paper_ids)
                    name = thread_name(list(shown.values()))
                    await self._publisher.open_thread(follow_up.channel_id, follow_up.message_id, name=name)
        except DeliveryError as error:
            await self._record_failure(follow_up, error)
        else:
            async with self._write_for(follow_up) as conn:
                await follow_ups.mark_done(conn, follow_up.id, now=self._clock())
            self._telemetry.follow_up_attempted(AttemptOutcome.DONE)

    async def _record_failure(self, follow_up: FollowUp, error: DeliveryError) -> None:
        now = self._clock()
        async with self._write_for(follow_up) as conn:
            if error.kind.is_final:
                await follow_ups.mark_failed(
                    conn, follow_up.id, reason=error.reason, code=error.code, now=now
                )
            else:
                until = now + max(growing_wait(follow_up.attempts), requested_wait(error))
                await follow_ups.postpone(
                    conn, follow_up.id, until=until, reason=error.reason, code=error.code
                )
        if error.kind is DeliveryErrorKind.BOT_REFUSED:
            self._pause.begin(requested_wait(error).total_seconds())
        self._telemetry.follow_up_attempted(
            AttemptOutcome.REFUSED if error.kind.is_final else AttemptOutcome.POSTPONED
        )
        _log.warning("Post %d, follow-up %s: %s", follow_up.post_id, follow_up.kind, error.reason)

    async def _record_bug(self, follow_up: FollowUp) -> None:
        now = self._clock()
        try:
            async with self._write_for(follow_up) as conn:
                if follow_up.attempts + 1 < MAX_BUGS:
                    until = now + growing_wait(follow_up.attempts)
                    await follow_ups.postpone(conn, follow_up.id, until=until, reason=BUG, code=None)
                else:
                    await follow_ups.mark_failed(conn, follow_up.id, reason=BUG, code=None, now=now)
        except LeaseLostError:
            pass
        except StoreError:
            self._pause.begin()
        except Exception:  # noqa: BLE001 - nothing can be written down now, so nothing is sent for a while
            seconds = self._pause.begin()
            _log.exception("The outbox could not be written; trying again in %.0f s", seconds)

    def _write_for(self, follow_up: FollowUp) -> AbstractAsyncContextManager[AsyncConnection]:
        return write_for(self._database, self._fleet, follow_up.server_id, feed_id=follow_up.feed_id)
