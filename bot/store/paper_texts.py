"""The normalised texts of papers, in which archive searches look."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.store.sqlite.statements import insert_or_update
from bot.store.tables import list_day_papers, paper_texts, papers

BATCH = 1_000  # texts that a search has in memory at once: about 3 MB


async def write(conn: AsyncConnection, texts: Mapping[PaperId, str], *, version: int) -> None:
    rows = [{"paper_id": paper_id, "version": version, "text": text} for paper_id, text in texts.items()]
    if rows:
        await conn.execute(insert_or_update(paper_texts, key=["paper_id"]), rows)


async def outdated(conn: AsyncConnection, version: int, *, limit: int) -> list[PaperId]:
    """Papers, at most `limit`, without a text of this version of the rules."""
    current = select(paper_texts.c.paper_id).where(paper_texts.c.version == version)
    statement = select(papers.c.id).where(papers.c.id.not_in(current)).limit(limit)
    return list((await conn.execute(statement)).scalars())


async def batches(
    conn: AsyncConnection, *, first: date | None = None
) -> AsyncGenerator[tuple[Sequence[PaperId], Sequence[str]]]:
    """The papers with their texts, BATCH at a time: all, or those of the list days from `first` on."""
    after = ""
    statement = (
        select(paper_texts.c.paper_id, paper_texts.c.text).order_by(paper_texts.c.paper_id).limit(BATCH)
    )
    if first is not None:
        of_days = select(list_day_papers.c.paper_id).where(list_day_papers.c.day >= first)
        statement = statement.where(paper_texts.c.paper_id.in_(of_days))
    while rows := (await conn.execute(statement.where(paper_texts.c.paper_id > after))).all():
        ids, texts = zip(*rows, strict=True)
        yield ids, texts
        after = ids[-1]


async def count(conn: AsyncConnection, *, first: date | None = None) -> int:
    """How many papers, of all list days or of those from `first` on."""
    statement = select(func.count(list_day_papers.c.paper_id.distinct()))
    if first is not None:
        statement = statement.where(list_day_papers.c.day >= first)
    return (await conn.execute(statement)).scalar_one()
