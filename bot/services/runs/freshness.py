"""Freshness: when the list of papers is read again, for runs and for people who ask.

In a fleet, one process reads it at a time, and the others use what it stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.polls import Poll, PollResult, Purpose
from bot.core.runs import Outcome, outcome_of
from bot.errors import Problem, ProblemKind
from bot.services.clock import Clock
from bot.services.fleet.turns import Turns
from bot.services.runs.polling import Polling
from bot.sources.huggingface import SourceHealth
from bot.store import polls
from bot.store.database import Database

_log = logging.getLogger(__name__)

# A feed that is due between two polls gets a fresh list, but the list is not read more often than this.
FRESH_FOR_SECONDS = 300
# A person's request reads the list, unless it was read just now. If Hugging Face takes too long, the request
# continues with the papers that are known.
FRESH_FOR_REQUEST = timedelta(seconds=5)
REQUEST_TIMEOUT_SECONDS = 20.0
# How long a run waits for another process that reads the list.
RUN_TIMEOUT_SECONDS = 300.0
# In a fleet, all runs of about the same time share a poll, even one that could not read everything.
SHARED_FOR = timedelta(seconds=60)
# By how much the clocks of two processes may differ.
_CLOCKS_DIFFER: Final = timedelta(seconds=60)
_TURN: Final = "list"


class FreshList:
    """Polls when the last poll is too old, one poll at a time."""

    def __init__(
        self,
        polling: Polling,
        *,
        database: Database,
        turns: Turns | None,
        clock: Clock,
        poll_interval: timedelta,
    ) -> None:
        self._polling = polling
        self._database = database
        self._turns = turns  # None: no other process reads the list
        self._clock = clock
        self._poll_interval = poll_interval
        self._fresh_for = min(poll_interval, timedelta(seconds=FRESH_FOR_SECONDS))
        self._reading = asyncio.Lock()
        self._used: int | None = None  # the number of the poll that the last run here used
        self._own: dict[Purpose, int] = {}  # the numbers of this process's last polls

    async def next_poll_at(self, conn: AsyncConnection) -> datetime:
        """When a run should poll again, or use what another process read, whether feeds are due or not."""
        now, last = self._clock(), (await polls.latest(conn)).get(Purpose.RUN)
        if last is None or last.number != self._used or last.ended_at > now + self._clocks_differ:
            return now  # a clock that was set back must not delay the next run
        return last.ended_at + self._poll_interval

    async def for_run(self) -> PollResult:
        """Polls if the last run's poll is too old or was incomplete."""
        latest = await self._latest()
        last = latest.get(Purpose.RUN)
        if last is not None and self._counts(last):
            return self._use(last)
        try:
            async with asyncio.timeout(RUN_TIMEOUT_SECONDS) as waiting:
                return self._use(await self._poll(Purpose.RUN, than=latest, waiting=waiting))
        except TimeoutError:
            _log.warning("Another process took too long to read the list; this run uses the known papers")
            return PollResult(problem=Problem(ProblemKind.TIMED_OUT))

    async def for_request(self) -> PollResult:
        """Polls unless somebody did just now; gives up after a timeout."""
        now, latest = self._clock(), await self._latest()
        last = max(latest.values(), key=lambda poll: poll.ended_at, default=None)
        if last is not None and self._is_within(FRESH_FOR_REQUEST, last, now):
            return last.result
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
                return (await self._poll(Purpose.REQUEST, than=latest)).result
        except TimeoutError:
            _log.warning("Hugging Face took too long for a request, which continues with known papers")
            return PollResult(problem=Problem(ProblemKind.TIMED_OUT))

    async def health(self, own: SourceHealth) -> SourceHealth:
        """Hugging Face's health as all processes saw it, also before the last start; `own` is this one's."""
        others = [
            poll for purpose, poll in (await self._latest()).items() if self._own.get(purpose) != poll.number
        ]
        for poll in sorted(others, key=lambda poll: poll.ended_at):
            own = _with(poll, own)
        return own

    def _counts(self, last: Poll) -> bool:
        """Whether a run needs no newer poll than this one."""
        if self._used is None and self._turns is None:
            return False  # a bot that starts reads the list
        if last.is_complete:
            return self._is_within(self._fresh_for, last, self._clock())
        return last.number != self._used and self._is_within(SHARED_FOR, last, self._clock())

    def _use(self, poll: Poll) -> PollResult:
        """The result for a run: what an earlier run here has used already is not new again."""
        is_new, self._used = poll.number != self._used, poll.number
        return poll.result if is_new else PollResult()

    async def _poll(
        self, purpose: Purpose, *, than: Mapping[Purpose, Poll], waiting: asyncio.Timeout | None = None
    ) -> Poll:
        """Polls, unless a poll newer `than` these is there at its turn, with which `waiting` ends."""
        async with self._reading, self._turn():
            if waiting is not None:
                waiting.reschedule(None)
            if not self._are_last(than) and (
                newer := _newer(await self._latest(), than=than, purpose=purpose)
            ):
                return newer
            result = await self._polling.poll()
            async with self._database.write() as conn:
                poll = await polls.record(conn, purpose, result, ended_at=self._clock())
            self._own[purpose] = poll.number
            return poll

    def _are_last(self, known: Mapping[Purpose, Poll]) -> bool:
        """Whether no poll can be newer than these: no other process polls, and this one has not since."""
        numbers = {purpose: poll.number for purpose, poll in known.items()}
        return self._turns is None and self._own.items() <= numbers.items()

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._turns is None else self._turns.held(_TURN)

    async def _latest(self) -> dict[Purpose, Poll]:
        async with self._database.read() as conn:
            return await polls.latest(conn)

    @property
    def _clocks_differ(self) -> timedelta:
        return timedelta() if self._turns is None else _CLOCKS_DIFFER

    def _is_within(self, age: timedelta, poll: Poll, now: datetime) -> bool:
        return -self._clocks_differ <= now - poll.ended_at < age


def _newer(polls: Mapping[Purpose, Poll], *, than: Mapping[Purpose, Poll], purpose: Purpose) -> Poll | None:
    """The poll that a wait for the turn has made needless, if any.

    A run does not take a person's poll for its own: the next run would come too late for live feeds.
    """
    newer = [
        poll
        for kind, poll in polls.items()
        if purpose in {kind, Purpose.REQUEST} and (kind not in than or than[kind].number != poll.number)
    ]
    return max(newer, key=lambda poll: poll.ended_at, default=None)


def _with(poll: Poll, health: SourceHealth) -> SourceHealth:
    """The health with the result of a poll that another process did."""
    problem, at = poll.result.problem, poll.ended_at
    outcome = outcome_of(problem)
    if outcome is Outcome.OK and (health.last_success_at is None or health.last_success_at < at):
        return replace(health, last_success_at=at)
    if outcome is Outcome.SOURCE_FAILED and (health.last_failure_at is None or health.last_failure_at < at):
        return replace(health, last_failure_at=at, last_failure=problem)
    return health
