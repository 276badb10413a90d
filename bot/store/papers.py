"""Papers, as they were last listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.store import tables
from bot.store.statements import (
    as_array,
    insert_if_new,
    insert_or_fill,
    text_array,
    texts_from,
)

_papers = tables.papers
_days = tables.list_day_papers
# In decisions, a paper's list day is its latest.
_list_day = (
    select(func.max(_days.c.day)).where(_days.c.paper_id == _papers.c.id).scalar_subquery().label("list_day")
)
_stored = [field.name for field in fields(Paper) if field.name != "list_day"]
_columns = [*(_papers.c[name] for name in _stored), _list_day]
_moving = [name for name in _stored if name != "id"]
_by_ids = select(*_columns).where(_papers.c.id.in_(texts_from("papers")))


async def upsert(
    conn: AsyncConnection, papers: Iterable[Paper], *, seen_at: datetime, day: date | None = None
) -> list[PaperId]:
    """Write what a list now says of these papers, and return the ids that no list had, in the order given.

    Everything is updated but the time a list first showed it. List days are only added: `day`, whose list it
    is, and the paper's own. Where a paper is given twice, the last one counts. Protected by upserts in the
    order of the ids: a paper is new to only one process.

    Raises:
        ValueError: a paper was never listed.
    """
    rows = [asdict(paper) for paper in papers]
    if not rows:
        return []
    stands_on = [
        (list_day, row["id"])
        for row in rows
        for list_day in (day, row.pop("list_day"))
        if list_day is not None
    ]
    if unlisted := {row["id"] for row in rows} - {paper_id for _, paper_id in stands_on}:
        raise ValueError(f"papers that were never listed are not kept: {', '.join(sorted(unlisted))}")
    order = list(dict.fromkeys(row["id"] for row in rows))
    # In the order of their ids, so that two processes that write the same papers wait for one another.
    rows = sorted({row["id"]: row for row in rows}.values(), key=lambda row: row["id"])
    insert = insert_or_fill(_papers, key=("id",), empty="first_seen_at").returning(_papers.c.id)
    inserted = await conn.execute(insert, [{**row, "first_seen_at": seen_at} for row in rows])
    new = {PaperId(paper_id) for paper_id in inserted.scalars()}
    move = (
        update(_papers)
        .where(_papers.c.id == bindparam("paper_id"))
        .values({name: bindparam(f"new_{name}") for name in _moving})
    )
    await conn.execute(
        move, [{"paper_id": row["id"], **{f"new_{name}": row[name] for name in _moving}} for row in rows]
    )
    await conn.execute(
        insert_if_new(_days, key=("day", "paper_id")),
        [{"day": list_day, "paper_id": paper_id} for list_day, paper_id in sorted(set(stands_on))],
    )
    return [paper_id for paper_id in order if paper_id in new]


async def add_unlisted(conn: AsyncConnection, paper: Paper) -> None:
    """Keep a paper that somebody opened. It is on no list until a list that is read shows it.

    Protected by the primary key: what a list has said of the paper stays.
    """
    row = asdict(paper)
    del row["list_day"]
    await conn.execute(insert_if_new(_papers, key=("id",)), [{**row, "first_seen_at": None}])


async def get(conn: AsyncConnection, paper_id: PaperId) -> Paper | None:
    rows = await conn.execute(select(*_columns).where(_papers.c.id == paper_id))
    row = rows.mappings().one_or_none()
    return None if row is None else Paper(**row)


async def by_ids(conn: AsyncConnection, paper_ids: Collection[PaperId]) -> dict[PaperId, Paper]:
    """Those of the papers that are known, by id."""
    rows = await conn.execute(_by_ids, {"papers": as_array(paper_ids)})
    return {row["id"]: Paper(**row) for row in rows.mappings()}


async def first_seen(conn: AsyncConnection, paper_id: PaperId) -> datetime | None:
    """When a list first showed the paper."""
    statement = select(_papers.c.first_seen_at).where(_papers.c.id == paper_id)
    return (await conn.execute(statement)).scalar_one_or_none()


async def first_seen_after(
    conn: AsyncConnection, moment: datetime, *, first: date
) -> dict[PaperId, datetime]:
    """The papers of the list days from `first` on that were first seen after that moment, and when."""
    rows = await conn.execute(_first_seen_after, {"moment": moment, "first": first})
    return {PaperId(paper_id): seen_at for paper_id, seen_at in rows}


_first_seen_after = select(_papers.c.id, _papers.c.first_seen_at).where(
    _papers.c.id.in_(select(_days.c.paper_id).where(_days.c.day >= bindparam("first"))),
    _papers.c.first_seen_at > bindparam("moment"),
)


async def of_day(conn: AsyncConnection, day: date) -> list[Paper]:
    """The papers of a list day, by upvotes (most first), then id."""
    of_day = select(_days.c.paper_id).where(_days.c.day == day)
    statement = select(*_columns).where(_papers.c.id.in_(of_day))
    return await _all(conn, statement.order_by(_papers.c.upvotes.desc(), _papers.c.id))


async def between(conn: AsyncConnection, first: date, last: date) -> list[Paper]:
    """The papers of the list days from `first` to `last`, both included, each once.

    By the latest day, upvotes (most first), id.
    """
    return await _all(conn, _between, first=first, last=last)


_of_days = select(_days.c.paper_id).where(_days.c.day.between(bindparam("first"), bindparam("last")))
_between = (
    select(*_columns)
    .where(_papers.c.id.in_(_of_days))
    .order_by(_list_day, _papers.c.upvotes.desc(), _papers.c.id)
)


async def titles_since(conn: AsyncConnection, first: date) -> list[tuple[PaperId, str]]:
    """The ids and titles of the papers on the list days from `first` on.

    The latest list day comes first; within a day, the most upvotes, then the newest id.
    """
    latest = func.max(_days.c.day)
    statement = (
        select(_papers.c.id, _papers.c.title)
        .join(_days, _days.c.paper_id == _papers.c.id)
        .where(_days.c.day >= first)
        .group_by(_papers.c.id)
        .order_by(latest.desc(), _papers.c.upvotes.desc(), _papers.c.id.desc())
    )
    return [(PaperId(paper_id), title) for paper_id, title in await conn.execute(statement)]


async def most_upvoted(conn: AsyncConnection, *, first: date, limit: int) -> list[Paper]:
    """The `limit` most upvoted papers of the list days from `first` on; with as many, the newer one first."""
    of_days = select(_days.c.paper_id).where(_days.c.day >= first)
    statement = select(*_columns).where(_papers.c.id.in_(of_days))
    in_order = statement.order_by(_papers.c.upvotes.desc(), _papers.c.id.desc())
    return await _all(conn, in_order.limit(limit))


async def sort_keys(conn: AsyncConnection, paper_ids: Collection[PaperId]) -> dict[PaperId, tuple[int, date]]:
    """The upvotes and the latest list day of each paper, for thousands of them."""
    statement = select(_papers.c.id, _papers.c.upvotes, _list_day).where(
        _papers.c.id.in_(text_array(paper_ids))
    )
    return {paper_id: (upvotes, day) for paper_id, upvotes, day in await conn.execute(statement)}


async def days_of(conn: AsyncConnection, paper_id: PaperId) -> list[date]:
    """The list days of the paper, the first one first."""
    statement = select(_days.c.day).where(_days.c.paper_id == paper_id).order_by(_days.c.day)
    return list((await conn.execute(statement)).scalars())


async def newest_day(conn: AsyncConnection, *, up_to: date) -> date | None:
    """The newest list day, `up_to` at the latest, that has papers."""
    statement = select(func.max(_days.c.day)).where(_days.c.day <= up_to)
    return (await conn.execute(statement)).scalar_one_or_none()


async def count(conn: AsyncConnection) -> int:
    """How many papers lists have shown."""
    return (await conn.execute(select(func.count(_papers.c.first_seen_at)))).scalar_one()


async def _all(conn: AsyncConnection, statement: Select[Any], **values: date) -> list[Paper]:
    return [Paper(**row) for row in (await conn.execute(statement, values)).mappings()]
