"""The normalized texts of papers, in which archive searches look."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Select, bindparam, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.store.statements import insert_or_update, text_array
from bot.store.tables import list_day_papers, paper_texts, papers, quoted_texts

BATCH = 2_000  # texts that a search has in memory at once: about 4 MB

_text = paper_texts.c
_quoted = quoted_texts.c

_batch = (
    select(_text.number, _text.paper_id, _text.words)
    .where(_text.version == bindparam("version"), _text.number > bindparam("after"))
    .order_by(_text.number)
    .limit(BATCH)
    .subquery()
).c
_joined_words = select(
    func.max(_batch.number),
    func.aggregate_strings(_batch.paper_id, " "),
    func.aggregate_strings(_batch.words, "\n"),
)

# A text's parts: its words and other words; the same as quotes read them; its names.
Parts = tuple[str, ...]


async def write(
    conn: AsyncConnection, texts: Mapping[PaperId, Parts], *, version: int, only_outdated: bool = False
) -> None:
    """Write the texts in place of those that there are, or `only_outdated` in place of another version's.

    Protected by upserts in the order of the papers: two processes that write the same ones wait for one
    another, and what belongs to a text is written after its row.
    """
    if not texts:
        return
    rows = [
        {
            "paper_id": paper_id,
            "version": version,
            "words": parts[0],
            "other_words": parts[1],
            "names": parts[4],
        }
        for paper_id, parts in sorted(texts.items())
    ]
    where_differs = "version" if only_outdated else None
    upsert = insert_or_update(paper_texts, key=("paper_id",), where_differs=where_differs)
    written = await conn.execute(upsert.returning(_text.number, _text.paper_id), rows)
    by_number = {number: texts[paper_id] for number, paper_id in sorted(written)}
    if not by_number:
        return
    quoted = [
        {"number": number, "words": parts[2], "other_words": parts[3]} for number, parts in by_number.items()
    ]
    await conn.execute(insert_or_update(quoted_texts, key=("number",)), quoted)


async def outdated(
    conn: AsyncConnection, version: int, *, limit: int | None = None, first: date | None = None
) -> list[PaperId]:
    """Listed papers without a text of this version of the rules, at most `limit`, of days from `first` on."""
    statement = select(papers.c.id).where(
        papers.c.first_seen_at.is_not(None), _has_no_text(version), _since(papers.c.id, first)
    )
    return list((await conn.execute(statement.limit(limit))).scalars())


async def without(conn: AsyncConnection, version: int, *, among: Collection[PaperId]) -> list[PaperId]:
    """Those of the papers that have no text of this version of the rules, such as those on no list."""
    statement = select(papers.c.id).where(papers.c.id.in_(text_array(among)), _has_no_text(version))
    return list((await conn.execute(statement)).scalars())


async def count(conn: AsyncConnection, version: int) -> int:
    """How many texts there are of this version of the rules."""
    statement = select(func.count()).select_from(paper_texts).where(_text.version == version)
    return (await conn.execute(statement)).scalar_one()


async def batches(
    conn: AsyncConnection,
    version: int,
    *,
    first: date | None = None,
    parts: Collection[str] = ("run",),
) -> AsyncGenerator[tuple[Sequence[PaperId], tuple[Sequence[str], ...]]]:
    """The papers with their texts, BATCH at a time: those of the list days from `first` on.

    Of each batch: the ids, and the words and other words of the runs, of the quotes, and the names, where
    the parts wanted have `run`, `quoted` and `names`, and empty if they do not.
    """
    wanted = tuple(part in parts for part in ("run", "run", "quoted", "quoted", "names"))
    statement = _next_batch(wanted, is_since=first is not None)
    values: dict[str, object] = {"version": version, "after": 0, "batch": BATCH}
    if first is not None:
        values["first"] = first
    while rows := (await conn.execute(statement, values)).all():
        numbers, ids, *found = zip(*rows, strict=True)
        del rows
        columns_found = iter(found)
        yield ids, tuple([next(columns_found) if is_wanted else () for is_wanted in wanted])
        values["after"] = numbers[-1]


@cache
def _next_batch(wanted: tuple[bool, ...], *, is_since: bool) -> Select[Any]:
    columns = (_text.words, _text.other_words, _quoted.words, _quoted.other_words, _text.names)
    chosen = [column for column, is_wanted in zip(columns, wanted, strict=True) if is_wanted]
    statement = select(_text.number, _text.paper_id, *chosen).where(
        _text.version == bindparam("version"), _text.number > bindparam("after")
    )
    if is_since:
        statement = statement.where(_text.paper_id.in_(_of_days(bindparam("first"))))
    if wanted[2]:
        statement = statement.join(quoted_texts, _quoted.number == _text.number)
    return statement.order_by(_text.number).limit(bindparam("batch"))


async def words(conn: AsyncConnection, version: int) -> AsyncGenerator[tuple[list[PaperId], str]]:
    """All papers with their words as runs read them: three lines for each, in one text; BATCH at a time.

    The database joins the texts, which takes half as long as to read them one by one.
    """
    after: int | None = 0
    while after is not None:
        found = await conn.execute(_joined_words, {"version": version, "after": after})
        after, ids, lines = found.one()
        if after is not None:
            yield list(map(PaperId, ids.split(" "))), lines


def _has_no_text(version: int) -> ColumnElement[bool]:
    return papers.c.id.not_in(select(_text.paper_id).where(_text.version == version))


def _since(paper_id: Column[PaperId], first: date | None) -> ColumnElement[bool]:
    if first is None:
        return true()
    return paper_id.in_(_of_days(first))


def _of_days(first: date | BindParameter[date]) -> Select[PaperId]:
    """The papers of the list days from `first` on."""
    return select(list_day_papers.c.paper_id).where(list_day_papers.c.day >= first)
