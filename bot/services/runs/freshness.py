"""Freshness: when the list of papers is read again, for runs and for people who ask."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from bot.errors import Problem, ProblemKind
from bot.services.clock import Clock
from bot.services.runs.polling import Polling, PollResult

_log = logging.getLogger(__name__)

# A feed that is due between two polls gets a fresh list, but the list is not read more often than this.
FRESH_FOR_SECONDS = 300
# A person's request reads the list, unless it was read just now. If Hugging Face takes too long, the request
# continues with the papers that are known.
FRESH_FOR_REQUEST = timedelta(seconds=5)
REQUEST_TIMEOUT_SECONDS = 20.0


class FreshList:
    """Polls when the last poll is too old, one poll at a time."""

    def __init__(self, polling: Polling, *, clock: Clock, poll_interval: timedelta) -> None:
        self._polling = polling
        self._clock = clock
        self._poll_interval = poll_interval
        self._fresh_for = min(poll_interval, timedelta(seconds=FRESH_FOR_SECONDS))
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None  # of the last poll, for a run or a person
        self._result = PollResult()  # of that poll
        self._polled_at: datetime | None = None  # of the last poll for a run
        self._was_complete = False  # whether that poll read every day that it wanted

    @property
    def next_poll_at(self) -> datetime:
        """When a run should poll again, whether feeds are due or not."""
        now, polled_at = self._clock(), self._polled_at
        # A clock that was set back must not delay the next run.
        return now if polled_at is None or polled_at > now else polled_at + self._poll_interval

    async def for_run(self) -> PollResult:
        """Polls if the last run's poll is too old or was incomplete."""
        if self._polled_at is not None and self._was_complete:
            age = self._clock() - self._polled_at
            if timedelta() <= age < self._fresh_for:
                return PollResult()
        result = await self._poll()
        # Only runs set this: a person's request must not delay the next run, which live feeds wait for.
        self._polled_at = self._clock()
        self._was_complete = result.problem is None
        return result

    async def for_request(self) -> PollResult:
        """Polls unless somebody did just now; gives up after a timeout."""
        read_at, now = self._read_at, self._clock()
        if read_at is not None and timedelta() <= now - read_at < FRESH_FOR_REQUEST:
            return self._result
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
                return await self._poll()
        except TimeoutError:
            _log.warning("Hugging Face took too long for a request, which continues with known papers")
            return PollResult(problem=Problem(ProblemKind.TIMED_OUT))

    async def _poll(self) -> PollResult:
        async with self._reading:
            result = await self._polling.poll()
            self._read_at, self._result = self._clock(), result
        return result
