"""Sole use: the advisory lock that keeps a second bot away from a database, taken again when lost."""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import ConfigError

# The key of the lock; any number that no other program is likely to use. A fleet's processes share it.
SOLE_USE: Final = 7_065_726_250
CLOSES_WITHIN_SECONDS = 5.0  # how long a stopping bot may take
CHECK_SECONDS = 5.0
_AGAIN_SECONDS: Final = 0.1


class SoleUse:
    """The lock, which belongs to one connection, and is free once that is lost."""

    def __init__(self, engine: AsyncEngine, *, shown: str) -> None:
        self._engine = engine
        self._shown = shown
        self._conn: AsyncConnection | None = None

    async def take(self) -> None:
        """Connects and takes the lock.

        Raises:
            ConfigError: another bot has it, and does not stop within seconds.
            SQLAlchemyError: the database cannot be used.
        """
        conn = self._conn = await self._engine.connect()
        tries_left = round(CLOSES_WITHIN_SECONDS / _AGAIN_SECONDS)
        while not (await conn.execute(select(func.pg_try_advisory_lock(SOLE_USE)))).scalar_one():
            await conn.commit()
            if not tries_left:
                raise ConfigError(
                    f"DATABASE_URL names {self._shown}, on which another Paperboy runs. Stop that one, or "
                    "give this one its own database: two would post everything twice."
                )
            tries_left -= 1
            await asyncio.sleep(_AGAIN_SECONDS)
        await conn.commit()  # the lock is the session's, not the transaction's

    async def keep(self) -> None:
        """Takes the lock again whenever the connection was lost, until cancelled.

        Raises:
            ConfigError: another bot took it meanwhile.
        """
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            check = asyncio.create_task(self._check())
            try:
                await asyncio.shield(check)
            except asyncio.CancelledError:
                # A cancelled statement ends its connection, and a stopping bot needs the lock to its end.
                await asyncio.wait([check])
                raise

    async def _check(self) -> None:
        try:
            if self._conn is None:
                await self.take()
            else:
                await self._conn.execute(select(1))
                await self._conn.commit()
        except (SQLAlchemyError, OSError):
            await self.release()

    async def release(self) -> None:
        """Closes the connection, and so releases the lock."""
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.invalidate()
            await conn.close()
