"""Waiting for the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.services.delivery.outbox import Delivery
from bot.store import follow_ups, outbox
from bot.store.database import Database
from tests.waiting import LIMIT_SECONDS


async def until_delivered(
    delivery: Delivery, running: asyncio.Task[None], database: Database, clock: Callable[[], datetime]
) -> None:
    """Waits until nothing more can be sent now.

    Wakes the delivery once and then waits for its progress: each wake costs it several reads of the store.
    """
    delivery.wake()
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            assert not running.done(), "the delivery has ended"
            if delivery.in_flight:
                await delivery._progress.wait()
            elif delivery._pause.seconds_left > 0:
                return
            elif await _is_claimable(database, clock()):
                await asyncio.sleep(0.002)
            elif not delivery.in_flight:  # an attempt may have begun during the look
                return


async def _is_claimable(database: Database, now: datetime) -> bool:
    async with database.read() as conn:
        return bool(
            await outbox.claimable(conn, now, limit=1) or await follow_ups.claimable(conn, now, limit=1)
        )
