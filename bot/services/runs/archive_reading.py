"""Archive reading: reads older list days into the store for search, slowly, in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Final

from bot.core.archive import ArchiveExtent, days_to_archive, extent, first_day
from bot.core.list_days import open_list_day
from bot.core.plurals import count
from bot.errors import StoreError
from bot.services.context import ServiceContext
from bot.services.progress import Advance
from bot.services.runs.polling import MAX_FAILURES, Polling
from bot.store import list_days

_log = logging.getLogger(__name__)

# Between two days, to be polite: a whole archive of 1,200 days takes about 40 minutes.
PAUSE_SECONDS: Final = 2.0
# What the archive leaves of Hugging Face's 500 requests in 5 minutes, for polls and people.
RESERVED_REQUESTS: Final = 200
# After an outage, and while a list cannot be read.
RETRY_SECONDS: Final = 1800.0
_DAYS_PER_LINE: Final = 100  # between two lines in the log


class ArchiveReader:
    """Reads the list days that are missing, newest first. What was read is known from the store."""

    def __init__(
        self,
        context: ServiceContext,
        *,
        polling: Polling,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._database = context.database
        self._source = context.source
        self._clock = context.clock
        self._archive_since = context.archive_since
        self._backfill_days = context.backfill_days
        self._progress = context.progress
        self._polling = polling
        self._sleep = sleep
        self._failed: set[date] = set()  # days that are tried again after the others

    async def run(self) -> None:
        """Read until no day is missing; wait out outages."""
        while True:
            try:
                if await self.read():
                    return
            except StoreError:
                pass  # logged once, by the store
            except Exception:  # noqa: BLE001 - a bug here must not stop the runs
                _log.exception("Reading the archive failed because of a bug")
            await self._sleep(RETRY_SECONDS)

    async def read(self) -> bool:
        """Read the missing days until Hugging Face counts as down; return whether none is missing now."""
        now = self._clock()
        first = self._first_day(now)
        wanted = days_to_archive(
            now, read_at=await self._read_at(now), first=first, backfill_days=self._backfill_days
        )
        if not wanted:
            return True
        wanted.sort(key=self._failed.__contains__)  # stable: newest first otherwise
        days = count(len(wanted), "list day")
        _log.info("Archive: reading %s back to %s, newest first", days, min(wanted))
        with self._progress(len(wanted)) as advance:
            done = await self._read(wanted, advance)
        rest = "" if done == len(wanted) else f"; retrying in {RETRY_SECONDS / 60:.0f} minutes"
        _log.info("Archive: %d of %s read%s", done, days, rest)
        return done == len(wanted)

    async def extent(self) -> ArchiveExtent:
        """How far back the archive has been read."""
        now = self._clock()
        return extent(now, read=await self._read_at(now), first=self._first_day(now))

    async def _read(self, wanted: Sequence[date], advance: Advance) -> int:
        """Read these days until the source counts as down; return how many were read completely."""
        done = failures = 0
        for number, day in enumerate(wanted, start=1):
            await self._sleep(PAUSE_SECONDS)
            await self._wait_for_turn()
            try:
                result = await self._polling.read_day(day)
            except StoreError:
                raise  # no other day could be stored either
            except Exception as error:  # noqa: BLE001 - a bug over one day must not stop the others
                self._polling.log_failure(day, error)
                self._failed.add(day)
                failures += 1
                if failures == MAX_FAILURES:
                    break
            else:
                failures = 0
                done += result.is_recorded
                (self._failed.discard if result.is_recorded else self._failed.add)(day)
            advance()
            if number % _DAYS_PER_LINE == 0:
                _log.info("Archive: %d of %s read, back to %s", done, count(len(wanted), "list day"), day)
        return done

    async def _wait_for_turn(self) -> None:
        """Let a poll go first, and leave it enough requests."""
        await self._polling.idle.wait()
        response = self._source.last_response
        if response is None or response.limit is None or response.limit.remaining >= RESERVED_REQUESTS:
            return
        seconds = response.limit.wait_seconds - (self._clock() - response.at).total_seconds()
        if seconds > 0:
            await self._sleep(seconds)

    def _first_day(self, now: datetime) -> date:
        return first_day(now, archive_since=self._archive_since, backfill_days=self._backfill_days)

    async def _read_at(self, now: datetime) -> dict[date, datetime]:
        async with self._database.read() as conn:
            return await list_days.read_at(conn, self._first_day(now), open_list_day(now))
