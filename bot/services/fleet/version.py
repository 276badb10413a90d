"""The version: a process of a fleet ends once another one's migration has made it too old for the tables."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError
from bot.store.database import Database

CHECK_SECONDS: Final = 10.0


async def until_too_old(database: Database) -> None:
    """Checks again and again, until cancelled. A spare process has no runs that would notice it.

    Raises:
        ConfigError: this version is too old for the database now; the process must end.
    """
    while True:
        with suppress(StoreError, SQLAlchemyError):  # the former is logged by the database
            await database.check_version()
        await asyncio.sleep(CHECK_SECONDS)
