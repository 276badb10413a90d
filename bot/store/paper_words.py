"""The words that the stored texts of papers have, each with its number.

A word keeps its number for good, because stored texts have the number in the word's place. One that no
text has any more stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.statements import insert_if_new, these_texts
from bot.store.tables import paper_words

_LAST = "\U0010ffff"  # after every character of a word


async def add(conn: AsyncConnection, words: Sequence[str]) -> dict[str, int]:
    """Add the words that are new, in the order given, which must be sorted; return the numbers of all.

    Where another process adds the same word, this waits for it, and reads the number that it has then. Kept
    right by the unique key, and the order.
    """
    known = await _numbers(conn, words)
    if new := [{"word": word, "lower": word.lower()} for word in words if word not in known]:
        await conn.execute(insert_if_new(paper_words, key=["word"]), new)
        known |= await _numbers(conn, [row["word"] for row in new])
    return known


async def numbers(conn: AsyncConnection, words: Collection[str]) -> dict[str, int]:
    """The words of texts that are these in lower case, with their numbers."""
    return await _found(conn, paper_words.c.lower.in_(these_texts(words)))


async def beginning(conn: AsyncConnection, beginnings: Collection[str]) -> dict[str, int]:
    """The words that start with one of these in lower case, with their numbers."""
    if not beginnings:
        return {}
    lower = paper_words.c.lower
    return await _found(conn, or_(*((lower >= begun) & (lower < begun + _LAST) for begun in beginnings)))


async def all(conn: AsyncConnection) -> list[str]:  # noqa: A001 - read as `paper_words.all`
    """Every word."""
    return list((await conn.execute(select(paper_words.c.word))).scalars())


async def _numbers(conn: AsyncConnection, words: Collection[str]) -> dict[str, int]:
    return await _found(conn, paper_words.c.word.in_(these_texts(words)))


async def _found(conn: AsyncConnection, which: ColumnElement[bool]) -> dict[str, int]:
    statement = select(paper_words.c.word, paper_words.c.number).where(which)
    return {row.word: row.number for row in await conn.execute(statement)}
