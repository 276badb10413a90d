"""Erasing: has the database's files keep nothing of people who deleted their data, soon after they did."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from bot.core.plurals import count
from bot.errors import StoreError
from bot.services.context import ServiceContext
from bot.services.delivery.pace import growing_wait
from bot.store import deletions

_log = logging.getLogger(__name__)

# In a fleet, people may delete their data where another process answers them.
CHECK_SECONDS = 60.0
# People who delete their data at about the same time are erased together.
BATCH_SECONDS = 5.0


class Erasing:
    """Erases what was deleted. What was not erased yet is known from the store, so also after a crash."""

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._clock = context.clock
        self._check_seconds = None if context.turns is None else CHECK_SECONDS
        self._awake = asyncio.Event()

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Erases until it is cancelled; first what was left from before the start."""
        failures = 0
        while True:
            self._awake.clear()
            try:
                failures = 0 if await self.erase() else failures + 1
            except StoreError:  # the database has logged it once
                failures += 1
            except Exception:  # noqa: BLE001 - the job guard
                failures += 1
                _log.exception("Deleted data could not be erased from the database's files because of a bug")
            wait_seconds = growing_wait(failures - 1).total_seconds() if failures else self._check_seconds
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._awake.wait()
            await asyncio.sleep(BATCH_SECONDS)

    async def erase(self) -> bool:
        """Erases what was deleted so far; False if somebody still reads it."""
        async with self._database.read() as conn:
            deleted = await deletions.to_erase(conn)
        if not deleted:
            return True
        if not await self._database.erase_deleted():
            return False
        async with self._database.write() as conn:
            await deletions.mark_erased(conn, deleted, now=self._clock())
        _log.info("Data of %s erased from the database's files", count(len(deleted), "person", "people"))
        return True
