"""The statement with which a function asks the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.samples import NOW


async def explained(
    conn: AsyncConnection, ask: Callable[[AsyncConnection, datetime], Awaitable[object]], *, explain: str
) -> list[Any]:
    """What the database says of the one statement of the function."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(conn.sync_connection, "before_cursor_execute", note)
    await ask(conn, NOW)
    ((statement, parameters),) = asked
    return list(await conn.exec_driver_sql(f"{explain} {statement}", parameters))
