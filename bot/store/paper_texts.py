"""The normalised texts of papers, in which archive searches look."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.store.sqlite.statements import insert_or_update
from bot.store.tables import list_day_papers, paper_texts, papers

BATCH = 2_000  # texts that a search has in memory at once: about 4 MB

_columns = paper_texts.c
_PARTS = (_columns.words, _columns.other_words, _columns.other_readings, _columns.names)

# A text's parts: its words, its other words, their readings, its names.
Parts = tuple[str, str, str, str]


async def write(conn: AsyncConnection, texts: Mapping[PaperId, Parts], *, version: int) -> None:
    rows = [
        {"paper_id": paper_id, "version": version}
        | {column.name: part for column, part in zip(_PARTS, parts, strict=True)}
        for paper_id, parts in texts.items()
    ]
    if rows:
        await conn.execute(insert_or_update(paper_texts, key=["paper_id"]), rows)


async def outdated(conn: AsyncConnection, version: int, *, limit: int) -> list[PaperId]:
    """Papers, at most `limit`, without a text of this version of the rules."""
    current = select(_columns.paper_id).where(_columns.version == version)
    statement = select(papers.c.id).where(papers.c.id.not_in(current)).limit(limit)
    return list((await conn.execute(statement)).scalars())


async def batches(
    conn: AsyncConnection, *, first: date | None = None
) -> AsyncGenerator[tuple[Sequence[PaperId], tuple[Sequence[str], ...]]]:
    """The papers with their texts, BATCH at a time: all, or those of the list days from `first` on.

    Of each batch: the ids, and the texts part by part.
    """
    after = ""
    statement = select(_columns.paper_id, *_PARTS).where(_since(first)).order_by(_columns.paper_id)
    while rows := (await conn.execute(statement.where(_columns.paper_id > after).limit(BATCH))).all():
        ids, *parts = zip(*rows, strict=True)
        del rows
        yield ids, tuple(parts)
        after = ids[-1]


async def ids(conn: AsyncConnection, *, first: date | None = None) -> list[PaperId]:
    """The papers with texts: all, or those of the list days from `first` on."""
    return list((await conn.execute(select(_columns.paper_id).where(_since(first)))).scalars())


def _since(first: date | None) -> ColumnElement[bool]:
    if first is None:
        return true()
    of_days = select(list_day_papers.c.paper_id).where(list_day_papers.c.day >= first)
    return _columns.paper_id.in_(of_days)
