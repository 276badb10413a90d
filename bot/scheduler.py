"""The scheduler: APScheduler wakes the runs at the next poll or due feed; the store says what is due."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

# APScheduler has no type hints; only this module uses it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.errors import ConfigError, StoreError
from bot.services.clock import Clock
from bot.services.delivery.pace import growing_wait
from bot.services.runs.run import Runs

_log = logging.getLogger(__name__)

# The scheduler uses a clock that people and time servers set. A wake-up that comes too late is caught by a
# check of what is due, this often.
CHECK_INTERVAL_SECONDS = 60.0
# In a fleet, other processes read the list and change schedules as well.
FLEET_CHECK_SECONDS = 10.0
_JOB = "wake"


class Scheduler:
    """Starts one run at a time. The runs are not APScheduler's jobs, so stopping it never cuts one off."""

    def __init__(
        self,
        *,
        runs: Runs,
        clock: Clock,
        woken: asyncio.Event,
        running: asyncio.Lock,
        check_seconds: float = CHECK_INTERVAL_SECONDS,
    ) -> None:
        self._runs = runs
        self._clock = clock
        self._running = running  # held by each run; no run begins while somebody else holds it
        self._woken = woken  # set by what makes something due: the scheduler, or a changed schedule
        self._check_seconds = check_seconds
        self._timer = AsyncIOScheduler(timezone=UTC)

    async def run(self) -> None:
        """Run at once, then whenever woken, until cancelled; a failed run is retried.

        Raises:
            ConfigError: the database needs a newer version.
        """
        self._timer.start()
        failures = 0
        try:
            while True:
                self._woken.clear()
                try:
                    async with self._running:
                        await self._runs.run()
                    failures = 0
                    await self._until_due()
                except ConfigError:
                    raise
                except Exception as error:  # noqa: BLE001 - a failed run must not stop the scheduler
                    wait = growing_wait(failures)
                    failures += 1
                    if not isinstance(error, StoreError):  # already logged by the store
                        _log.exception("The run failed; the next one is tried in %s", wait)
                    await asyncio.sleep(wait.total_seconds())
        finally:
            self._timer.shutdown(wait=False)

    async def _until_due(self) -> None:
        """Wait until woken, or until a run is due even if the timer failed to wake us."""
        while True:
            next_at = await self._runs.next_at()
            wait = next_at - self._clock()
            if wait <= timedelta():
                return
            self._wake_in(wait)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._check_seconds):
                    await self._woken.wait()
                    return

    def _wake_in(self, wait: timedelta) -> None:
        self._timer.add_job(
            self._wake,
            # APScheduler uses the machine's clock, so it gets how long to wait, not what our clock shows.
            DateTrigger(run_date=datetime.now(UTC) + wait, timezone=UTC),
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,
        )

    async def _wake(self) -> None:
        """A coroutine, so that APScheduler calls it in this thread: asyncio.Event is not thread-safe."""
        self._woken.set()
