"""Pauses that end automatically."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.schedules import first_run
from bot.core.shards import OwnedShards
from bot.store import feeds


async def end_pauses(conn: AsyncConnection, *, now: datetime, owned: OwnedShards) -> None:
    """Resumes the feeds of owned shards whose pause was to end by now.

    Their next run is the schedule's first one since then: it is due now if the bot was offline meanwhile.
    """
    for feed in await feeds.with_ended_pause(conn, now, owned=owned):
        next_run_at = first_run(feed.settings.schedule, since=feed.settings.resumes_at or now)
        await feeds.end_pause(conn, feed.id, next_run_at=next_run_at)
