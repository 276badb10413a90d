"""Idle connections to PostgreSQL: one that ended, or doesn't answer after a while, is replaced unnoticed.

SQLAlchemy's own `pool_pre_ping` asks the server three times before each transaction, whose first statement
fails just as well.
"""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

# The network between forgets a connection after minutes.
TRIED_AFTER_SECONDS: Final = 10.0
_USED_AT: Final = "used_at"


def replace_dead_ones(engine: AsyncEngine) -> None:
    """Has the engine's pool look at each connection before it is used again."""
    known_error: type[Exception] = engine.dialect.loaded_dbapi.Error

    def note(_connection: object, record: Any) -> None:
        record.info[_USED_AT] = time.monotonic()

    def check(connection: Any, record: Any, _proxy: object) -> None:
        used_at = record.info.get(_USED_AT)
        if used_at is None:  # it is new
            return
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - used_at >= TRIED_AFTER_SECONDS:
            try:
                connection.ping()
            except known_error as error:
                raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkin", note)
    event.listen(engine.sync_engine, "checkout", check)
