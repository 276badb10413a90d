"""The bell: APScheduler wakes the run at the next poll or the next due feed; what is due, the store says."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.errors import PaperboyError
from bot.services.clock import Clock
from bot.services.runs import Runs

_log = logging.getLogger(__name__)

# After a run that failed, the bell rings again after this long, whatever is due.
AFTER_FAILURE = timedelta(seconds=30)
_JOB = "bell"


class Scheduler:
    """Rings for one run at a time. The runs themselves are ours: ending the bell never cuts one off."""

    def __init__(self, *, runs: Runs, clock: Clock, rung: asyncio.Event) -> None:
        self._runs = runs
        self._clock = clock
        self._rung = rung  # set by whoever makes something due: the bell, or a changed schedule
        self._bell = AsyncIOScheduler(timezone="UTC")

    async def run(self) -> None:
        """Runs at once, then whenever the bell rings, until it is cancelled."""
        self._bell.start()
        try:
            while True:
                self._rung.clear()
                failed = not await self._run_guarded()
                now = self._clock()
                next_at = now + AFTER_FAILURE if failed else await self._runs.next_at()
                # The bell's own clock is the machine's: it is set by how long to wait, not by our clock.
                await self._ring_in(max(next_at - now, timedelta()))
                await self._rung.wait()
        finally:
            self._bell.shutdown(wait=False)

    async def _ring_in(self, wait: timedelta) -> None:
        self._bell.add_job(
            self._rung.set,
            DateTrigger(run_date=datetime.now(UTC) + wait, timezone=UTC),
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,
        )

    async def _run_guarded(self) -> bool:
        try:
            await self._runs.run()
        except PaperboyError as error:
            _log.warning("The run ended early: %s", error)
        except Exception:  # noqa: BLE001 - the job guard
            _log.exception("The run failed because of a bug; the next one is tried in %s", AFTER_FAILURE)
            return False
        return True
