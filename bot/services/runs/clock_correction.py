"""Clock correction: repairs moments that a clock that was ahead left in the store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.list_days import open_list_day
from bot.core.schedules import Schedule
from bot.services.delivery.attempts import MAX_RETRY_AFTER
from bot.services.delivery.blocking import MAX_RECHECK_WAIT
from bot.store import clock_correction

_log = logging.getLogger(__name__)


async def correct(
    conn: AsyncConnection, *, now: datetime, next_run_after: Callable[[Schedule, datetime], datetime]
) -> None:
    """Moves next runs, next attempts and records back that are further ahead than they can be at `now`.

    `next_run_after` returns a schedule's first run after a moment.
    """
    latest = await clock_correction.latest_next_runs(conn)
    due = {schedule: next_run_after(schedule, now) for schedule in latest}
    outdated = {schedule: at for schedule, at in due.items() if latest[schedule] > at}
    runs = await clock_correction.pull_back_runs(conn, outdated)
    waits = await clock_correction.pull_back_waits(
        conn, now=now, longest_wait=MAX_RETRY_AFTER, longest_look=MAX_RECHECK_WAIT
    )
    if runs or waits:
        _log.warning(
            "The clock had been ahead: %d next runs and %d retries were too far in the future and were "
            "moved back",
            runs,
            waits,
        )
    if await clock_correction.was_ahead(conn, now):
        await clock_correction.pull_back_records(conn, now=now, today=open_list_day(now))
        _log.warning("The clock had been ahead: records with a time in the future were corrected")
