"""Turns: what one process of a fleet does at a time, by the clock of the database. Only on PostgreSQL.

A turn ends when its holder releases it, or automatically: a process that died or froze keeps it no longer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import DateTime, String, bindparam, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import INTERVAL, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import turns

# Not `now()`, which is when the transaction began: it may have waited for the row since.
_now = func.clock_timestamp(type_=DateTime(timezone=True))


_until: Any = _now + bindparam("length", type_=INTERVAL)
_is_it = turns.c.name == bindparam("name")
_unlocked = select(turns.c.name).where(_is_it).with_for_update(skip_locked=True).cte("unlocked")
_values = select(bindparam("name", type_=String), bindparam("holder", type_=String), _until).where(
    or_(exists(select(_unlocked.c.name)), ~exists().where(_is_it))
)
_new = insert(turns).from_select(["name", "holder", "until"], _values)
_CLAIM = _new.on_conflict_do_update(
    index_elements=["name"],
    set_={"holder": _new.excluded.holder, "until": _until},
    where=or_(turns.c.until <= _now, turns.c.holder == _new.excluded.holder),
).returning(turns.c.name)


async def claim(conn: AsyncConnection, name: str, *, holder: str, seconds: float) -> bool:
    """Take the turn for so long, or keep it if it is the holder's already; False: somebody else has it.

    Protected by a single statement, which does not wait where another one has the row locked: that one claims
    the turn just now, or its connection is frozen.
    """
    values = {"name": name, "holder": holder, "length": timedelta(seconds=seconds)}
    return (await conn.execute(_CLAIM, values)).scalar_one_or_none() is not None


async def release(conn: AsyncConnection, name: str, *, holder: str) -> None:
    """End the turn, unless somebody else has it by now.

    Protected by a single statement that asks for the holder.
    """
    await conn.execute(delete(turns).where(turns.c.name == name, turns.c.holder == holder))
