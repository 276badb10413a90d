"""Turns: what one process of a fleet does at a time, by the clock of the database. Only on PostgreSQL.

A turn ends when its holder releases it, or automatically: a process that died or froze keeps it no longer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import DateTime, bindparam, delete, func, or_
from sqlalchemy.dialects.postgresql import INTERVAL, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import turns

# Not `now()`, which is when the transaction began: it may have waited for the row since.
_now = func.clock_timestamp(type_=DateTime(timezone=True))


_until: Any = _now + bindparam("length", type_=INTERVAL)
_new = insert(turns).values(name=bindparam("name"), holder=bindparam("holder"), until=_until)
_CLAIM = _new.on_conflict_do_update(
    index_elements=["name"],
    set_={"holder": _new.excluded.holder, "until": _until},
    where=or_(turns.c.until <= _now, turns.c.holder == _new.excluded.holder),
).returning(turns.c.name)


async def claim(conn: AsyncConnection, name: str, *, holder: str, seconds: float) -> bool:
    """Take the turn for so long, or keep it if it is the holder's already; False: somebody else has it.

    It is one statement: of two processes that claim at once, one waits for the other's row. Protected by one
    statement: of two processes that claim at once, one waits for the other's row.
    """
    values = {"name": name, "holder": holder, "length": timedelta(seconds=seconds)}
    return (await conn.execute(_CLAIM, values)).scalar_one_or_none() is not None


async def release(conn: AsyncConnection, name: str, *, holder: str) -> None:
    """End the turn, unless somebody else has it by now.

    Protected by a single statement that asks for the holder.
    """
    await conn.execute(delete(turns).where(turns.c.name == name, turns.c.holder == holder))
