"""Papers of the list, as they were last seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.store import tables
from bot.store.dialects import insert_if_new

_papers = tables.papers
_columns = [_papers.c[field.name] for field in fields(Paper)]
_moving = [column.name for column in _columns if column.name not in {"id", "list_day"}]


async def upsert(conn: AsyncConnection, papers: Iterable[Paper], *, seen_at: datetime) -> list[PaperId]:
    """Write what the list now says of these papers, and return the ids that were new, in the order given.

    Everything moves but the first time seen; of two list days the later one stays. Where a paper is given
    twice, what comes last holds.

    Raises:
        ValueError: a paper was never listed.
    """
    rows = [asdict(paper) for paper in papers]
    if not rows:
        return []
    if unlisted := [row["id"] for row in rows if row["list_day"] is None]:
        raise ValueError(f"papers that were never listed are not kept: {', '.join(unlisted)}")
    insert = insert_if_new(conn, _papers, key=["id"]).returning(_papers.c.id)
    inserted = await conn.execute(insert, [{**row, "first_seen_at": seen_at} for row in rows])
    new = {PaperId(paper_id) for paper_id in inserted.scalars()}
    day = bindparam("new_list_day", type_=_papers.c.list_day.type)
    move = (
        update(_papers)
        .where(_papers.c.id == bindparam("paper_id"))
        .values({name: bindparam(f"new_{name}") for name in _moving})
        .values(list_day=case((_papers.c.list_day < day, day), else_=_papers.c.list_day))
    )
    await conn.execute(
        move,
        [
            {"paper_id": row["id"], **{f"new_{name}": row[name] for name in ("list_day", *_moving)}}
            for row in rows
        ],
    )
    return list(dict.fromkeys(row["id"] for row in rows if row["id"] in new))


async def get(conn: AsyncConnection, paper_id: PaperId) -> Paper | None:
    found = await conn.execute(select(*_columns).where(_papers.c.id == paper_id))
    row = found.mappings().one_or_none()
    return None if row is None else Paper(**row)


async def these(conn: AsyncConnection, paper_ids: Collection[PaperId]) -> dict[PaperId, Paper]:
    """Those of the papers that are known, by id; for as many as a post has, not for thousands."""
    found = await conn.execute(select(*_columns).where(_papers.c.id.in_(paper_ids)))
    return {row["id"]: Paper(**row) for row in found.mappings()}


async def first_seen(conn: AsyncConnection, paper_id: PaperId) -> datetime | None:
    statement = select(_papers.c.first_seen_at).where(_papers.c.id == paper_id)
    return (await conn.execute(statement)).scalar_one_or_none()


async def first_seen_after(
    conn: AsyncConnection, moment: datetime, *, first: date
) -> dict[PaperId, datetime]:
    """The papers of the list days from `first` on that were first seen after that moment, and when."""
    statement = select(_papers.c.id, _papers.c.first_seen_at).where(
        _papers.c.list_day >= first, _papers.c.first_seen_at > moment
    )
    return {PaperId(paper_id): seen_at for paper_id, seen_at in await conn.execute(statement)}


async def of_day(conn: AsyncConnection, day: date) -> list[Paper]:
    """The papers of a list day by upvotes, most first, then by id."""
    return await between(conn, day, day)


async def between(conn: AsyncConnection, first: date, last: date) -> list[Paper]:
    """The papers of the list days from `first` to `last`, both included: by day, upvotes (most first), id."""
    statement = (
        select(*_columns)
        .where(_papers.c.list_day.between(first, last))
        .order_by(_papers.c.list_day, _papers.c.upvotes.desc(), _papers.c.id)
    )
    return [Paper(**row) for row in (await conn.execute(statement)).mappings()]


async def newest_day(conn: AsyncConnection, *, up_to: date) -> date | None:
    """The newest list day, `up_to` at the latest, that has papers."""
    statement = select(func.max(_papers.c.list_day)).where(_papers.c.list_day <= up_to)
    return (await conn.execute(statement)).scalar_one_or_none()


async def count(conn: AsyncConnection) -> int:
    return (await conn.execute(select(func.count()).select_from(_papers))).scalar_one()
