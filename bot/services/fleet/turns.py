"""Turns in a fleet: one process at a time, and nobody waits long for one that died or froze."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import uuid4

from bot.errors import StoreError
from bot.store import turns
from bot.store.database import Database

TURN_SECONDS: Final = 30.0  # of a holder that renews it no longer
_RENEW_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 0.5


class Turns:
    """The turns that one process takes. Two tasks of it do not wait for each other."""

    def __init__(
        self, database: Database, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._database = database
        self._sleep = sleep
        self._holder = uuid4().hex

    async def take(self, name: str, *, seconds: float) -> None:
        """Wait until no other process has the turn, then have it for this long.

        Raises:
            StoreError: the database cannot be written now.
        """
        while not await self._claim(name, seconds):
            await self._sleep(_RETRY_SECONDS)

    @asynccontextmanager
    async def held(self, name: str, *, seconds: float = TURN_SECONDS) -> AsyncGenerator[None]:
        """Wait for the turn, and have it until the end.

        A process that is frozen, or cannot reach the database, for `seconds` loses it without notice: what is
        done in a turn must be harmless if two do it.
        """
        await self.take(name, seconds=seconds)
        renewing = asyncio.create_task(self._renew(name, seconds), name=f"turn {name}")
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            with suppress(StoreError):  # it ends automatically
                async with self._database.write() as conn:
                    await turns.release(conn, name, holder=self._holder)

    @asynccontextmanager
    async def spaced(self, name: str, *, seconds: float) -> AsyncGenerator[None]:
        """Wait for the turn; the next one begins no sooner than so long after this one's end."""
        await self.take(name, seconds=TURN_SECONDS)
        try:
            yield
        finally:
            with suppress(StoreError):  # then it lasts longer
                await self._claim(name, seconds)

    async def _claim(self, name: str, seconds: float) -> bool:
        async with self._database.write() as conn:
            return await turns.claim(conn, name, holder=self._holder, seconds=seconds)

    async def _renew(self, name: str, seconds: float) -> None:
        while True:
            await self._sleep(min(_RENEW_SECONDS, seconds / 3))
            with suppress(StoreError):  # the next time may come early enough
                await self._claim(name, seconds)
