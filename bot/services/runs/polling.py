"""Polling: reads list days into the store, the open day often, recent days again."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.list_days import WINDOW_DAYS, days_to_read, open_list_day
from bot.core.polls import PollResult
from bot.errors import NotOpenYetError, Problem, ProblemKind, SourceError, StoreError
from bot.services.context import ServiceContext
from bot.services.runs import search_texts
from bot.store import list_days, papers, subscriptions

_log = logging.getLogger(__name__)

# After this many unreadable days in a row, the source counts as down until the next poll.
MAX_FAILURES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDay:
    """The result of reading one list day; with a problem, this may not be the whole list."""

    listed: int
    new: int
    unreadable: int
    problem: Problem | None
    is_recorded: bool  # whether it counts as read


class Polling:
    """Reads list days from Hugging Face into the store."""

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._source = context.source
        self._clock = context.clock
        self._backfill_days = context.backfill_days
        self._telemetry = context.telemetry
        self.days_stored = 0  # since startup; what keeps papers in memory knows by it that they changed
        self.idle = asyncio.Event()  # set while no poll is in progress
        self.idle.set()

    async def poll(self) -> PollResult:
        """Reads the open day, missed days, and the recent days again; never raises because of the source."""
        self.idle.clear()
        try:
            return await self._poll()
        finally:
            self.idle.set()

    async def _poll(self) -> PollResult:
        wanted = await self._wanted()
        results: list[ReadDay] = []
        problems: list[tuple[Problem, date]] = []
        failures = 0
        for day in wanted:
            try:
                result = await self.read_day(day)
            except NotOpenYetError:
                continue  # not a failure: the next poll tries again
            except StoreError:
                raise  # no other day could be stored either
            except Exception as error:  # noqa: BLE001 - a bug over one day's papers must not stop the run
                problems.append((self.log_failure(day, error), day))
                failures += 1
                if failures == MAX_FAILURES:
                    break
                continue
            failures = 0
            results.append(result)
            if result.problem is not None:
                problems.append((result.problem, day))
        problem, problem_day = problems[0] if problems else (None, None)
        return PollResult(
            days_read=len(results),
            listed=sum(result.listed for result in results),
            new=sum(result.new for result in results),
            unreadable=sum(result.unreadable for result in results),
            problem=problem,
            problem_day=problem_day,
        )

    async def _wanted(self) -> list[date]:
        now = self._clock()
        today = open_list_day(now)
        furthest = today - timedelta(days=max(self._backfill_days, WINDOW_DAYS))
        async with self._database.read() as conn:
            wanted_since = await subscriptions.oldest_since(conn)
            reads = await list_days.reads(conn, furthest, today)
        return days_to_read(
            now,
            read_at={day: read.read_at for day, read in reads.items()},
            wanted_since=wanted_since,
            backfill_days=self._backfill_days,
            incomplete={day for day, read in reads.items() if read.unreadable},
        )

    def log_failure(self, day: date, error: Exception) -> Problem:
        """Logs why the day could not be read, and returns the problem."""
        if isinstance(error, SourceError):
            _log.warning("The list of %s could not be read: %s", day, error)
            return error.problem
        _log.exception("The list of %s could not be read because of a bug", day, exc_info=error)
        return Problem(ProblemKind.BUG)

    async def read_day(self, day: date) -> ReadDay:
        """Reads one list day into the store, as far as it can be read.

        An incomplete list does not count as read, so that it is read again. A list with some unreadable items
        does, because those may never become readable.

        Raises:
            NotOpenYetError: the day has not opened.
            SourceError: nothing of it could be read.
        """
        listing = await self._source.list_day(day)
        now, listed, problem = self._clock(), len(listing.papers), listing.problem
        is_recorded = problem is None or problem.kind is ProblemKind.MOST_ITEMS_UNREADABLE
        texts = await search_texts.new_texts(self._database, listing.papers)
        async with self._database.write() as conn:
            new = await papers.upsert(conn, listing.papers, seen_at=now, day=day)
            await search_texts.write(conn, texts)
            if is_recorded:
                await list_days.record(conn, day, read_at=now, unreadable=listing.unreadable)
        self.days_stored += 1
        self._telemetry.day_read(listed=listed, new=len(new), unreadable=listing.unreadable)
        return ReadDay(
            listed=listed,
            new=len(new),
            unreadable=listing.unreadable,
            problem=problem,
            is_recorded=is_recorded,
        )
