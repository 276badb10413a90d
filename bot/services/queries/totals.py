"""Totals for monitoring, cached so that frequent scrapes cost little."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.core.totals import Totals
from bot.store import totals
from bot.store.database import Database

FRESH_FOR_SECONDS = 5.0


class CurrentTotals:
    """Reads the totals at most every FRESH_FOR_SECONDS."""

    def __init__(self, *, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._reading = asyncio.Lock()
        self._read: Totals | None = None
        self._read_at = 0.0

    async def read(self) -> Totals:
        async with self._reading:
            if self._read is None or self._monotonic() - self._read_at >= FRESH_FOR_SECONDS:
                async with self._database.read() as conn:
                    self._read = await totals.read(conn)
                self._read_at = self._monotonic()
            return self._read
