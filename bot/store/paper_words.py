"""The words that the stored texts of papers have, each with its number.

A word keeps its number for good, because stored texts have the number in the word's place. One that no
text has any more stays.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.sqlite.statements import insert_if_new, these
from bot.store.tables import paper_words

_LAST = "\U0010ffff"  # after every character of a word


async def add(conn: AsyncConnection, words: Collection[str]) -> dict[str, int]:
    """Add the words that are new; return the numbers of all."""
    known = await numbers(conn, words)
    if new := [{"word": word} for word in words if word not in known]:
        await conn.execute(insert_if_new(paper_words, key=["word"]), new)
        known |= await numbers(conn, [row["word"] for row in new])
    return known


async def numbers(conn: AsyncConnection, words: Collection[str]) -> dict[str, int]:
    """The numbers of those words that texts have."""
    statement = select(paper_words.c.word, paper_words.c.number).where(paper_words.c.word.in_(these(words)))
    return {row.word: row.number for row in await conn.execute(statement)}


async def beginning(conn: AsyncConnection, beginnings: Collection[str]) -> dict[str, int]:
    """The words that start with one of these, with their numbers."""
    if not beginnings:
        return {}
    word = paper_words.c.word
    starts = or_(*((word >= begun) & (word < begun + _LAST) for begun in beginnings))
    statement = select(word, paper_words.c.number).where(starts)
    return {row.word: row.number for row in await conn.execute(statement)}


async def all(conn: AsyncConnection) -> list[str]:  # noqa: A001 - read as `paper_words.all`
    """Every word."""
    return list((await conn.execute(select(paper_words.c.word))).scalars())
