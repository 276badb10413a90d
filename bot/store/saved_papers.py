"""Each person's saved papers, and the citation key that each has for that person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId, UserId
from bot.store import tables
from bot.store.statements import text_array

_saved = tables.saved_papers


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRow:
    paper_id: PaperId
    saved_at: datetime
    citation_key: str


async def add(
    conn: AsyncConnection, user_id: UserId, citation_keys: Mapping[PaperId, str], *, now: datetime
) -> None:
    """Save papers that the person has not saved, under keys that they have not given: see `lock_person`.

    Protected by the lock on the person, and the unique keys.
    """
    rows = [
        {"user_id": user_id, "paper_id": paper_id, "saved_at": now, "citation_key": key}
        for paper_id, key in sorted(citation_keys.items())
    ]
    if rows:
        await conn.execute(insert(_saved), rows)


async def remove(conn: AsyncConnection, user_id: UserId, paper_ids: Collection[PaperId]) -> set[PaperId]:
    """Remove these, and return those that were saved. Protected by a single statement."""
    statement = (
        delete(_saved)
        .where(_saved.c.user_id == user_id, _saved.c.paper_id.in_(text_array(paper_ids)))
        .returning(_saved.c.paper_id)
    )
    return set((await conn.execute(statement)).scalars())


async def of_user(conn: AsyncConnection, user_id: UserId) -> dict[PaperId, SavedRow]:
    """All that the person saved, by id, the latest first."""
    statement = (
        select(_saved.c.paper_id, _saved.c.saved_at, _saved.c.citation_key)
        .where(_saved.c.user_id == user_id)
        .order_by(_saved.c.saved_at.desc(), _saved.c.paper_id.desc())
    )
    return {row["paper_id"]: SavedRow(**row) for row in (await conn.execute(statement)).mappings()}


async def count(conn: AsyncConnection, user_id: UserId) -> int:
    statement = select(func.count()).select_from(_saved).where(_saved.c.user_id == user_id)
    return (await conn.execute(statement)).scalar_one()
