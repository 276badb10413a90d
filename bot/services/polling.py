"""Polling: the list read into the store, the open day often, the archive once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.list_days import WINDOW_DAYS, days_to_backfill, days_to_read, open_list_day
from bot.errors import NotOpenYetError, SourceError, StoreError
from bot.services.clock import Clock
from bot.services.progress import Advance, Progress, untold
from bot.sources.huggingface import HuggingFace
from bot.store import list_days, papers, subscriptions
from bot.store.database import Database
from bot.watching import UNWATCHED, Watcher

_log = logging.getLogger(__name__)

# After so many days in a row that could not be read the source counts as down until the next poll.
_FAILURES_BEFORE_GIVING_UP = 2
# The archive is read politely: one day, then this long nothing.
BACKFILL_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What one poll came to."""

    days_read: int = 0
    listed: int = 0  # papers on the days that were read
    new: int = 0  # papers never seen before
    problem: str | None = None  # the first day that could not be read, and why


class Polling:
    """Reads list days from Hugging Face into the store."""

    def __init__(
        self,
        *,
        database: Database,
        source: HuggingFace,
        clock: Clock,
        backfill_days: int,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        progress: Progress = untold,
        watcher: Watcher = UNWATCHED,
    ) -> None:
        self._database = database
        self._source = source
        self._clock = clock
        self._backfill_days = backfill_days
        self._sleep = sleep
        self._progress = progress  # of the archive's days
        self._watcher = watcher

    async def poll(self) -> PollResult:
        """Reads the open day, what was missed, and the window's days again; never raises for the source."""
        now = self._clock()
        async with self._database.read() as conn:
            wanted_since = await subscriptions.oldest_since(conn)
        wanted = days_to_read(
            now,
            read_at=await self._read_at(now),
            wanted_since=wanted_since,
            backfill_days=self._backfill_days,
        )
        days_read = listed = new = failures = 0
        problem: str | None = None
        for day in wanted:
            try:
                found, fresh = await self.read_day(day)
            except NotOpenYetError:
                continue  # not a failure: asked again at the next poll
            except StoreError:
                raise  # no other day could be stored either
            except Exception as error:  # noqa: BLE001 - a bug over one day's papers must not stop the run
                if isinstance(error, SourceError):
                    why = str(error)
                    _log.warning("The list of %s could not be read: %s", day, why)
                else:
                    why = "a bug in Paperboy; the log has it"
                    _log.exception("The list of %s could not be read because of a bug", day)
                problem = problem or f"{day}: {why}"
                failures += 1
                if failures == _FAILURES_BEFORE_GIVING_UP:
                    break
                continue
            failures = 0
            days_read += 1
            listed += found
            new += fresh
        return PollResult(days_read=days_read, listed=listed, new=new, problem=problem)

    async def read_day(self, day: date) -> tuple[int, int]:
        """Reads one list day into the store: how many papers it has, and how many of them are new.

        Raises:
            NotOpenYetError: the day has not opened.
            SourceError: it could not be read.
        """
        listing = await self._source.list_day(day)
        now = self._clock()
        async with self._database.write() as conn:
            new = await papers.upsert(conn, listing.papers, seen_at=now)
            await list_days.record(conn, day, read_at=now, papers=len(listing.papers))
        self._watcher.day_read(listed=len(listing.papers), new=len(new))
        return len(listing.papers), len(new)

    async def backfill(self) -> bool:
        """Reads the archive's missing days, newest first and slowly; whether none is missing now.

        It goes on where it was cut off, for what was read stands in the store.
        """
        now = self._clock()
        wanted = days_to_backfill(now, read_at=await self._read_at(now), backfill_days=self._backfill_days)
        if not wanted:
            return True
        with self._progress(len(wanted)) as advance:
            done = await self._read_archive(wanted, advance)
        _log.info("Backfill: %d of %d list days read", done, len(wanted))
        return done == len(wanted)

    async def _read_archive(self, wanted: Sequence[date], advance: Advance) -> int:
        """How many of these days could be read before the source counted as down."""
        done = failures = 0
        for day in wanted:
            await self._sleep(BACKFILL_PAUSE_SECONDS)
            try:
                await self.read_day(day)
            except SourceError as error:
                _log.warning("The archive's list of %s could not be read: %s", day, error)
                failures += 1
                if failures == _FAILURES_BEFORE_GIVING_UP:
                    break
            else:
                failures = 0
                done += 1
            advance()
        return done

    async def _read_at(self, now: datetime) -> dict[date, datetime]:
        today = open_list_day(now)
        furthest = today - timedelta(days=max(self._backfill_days, WINDOW_DAYS))
        async with self._database.read() as conn:
            reads = await list_days.reads(conn, furthest, today)
        return {day: read.read_at for day, read in reads.items()}
