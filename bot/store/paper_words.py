"""The words that the stored texts of papers have, each with its number.

A word keeps its number for good, because stored texts have the number in the word's place. One that no
text has any more stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.statements import as_array, insert_if_new, texts_from
from bot.store.tables import paper_words, word_forms

_LAST = "\U0010ffff"  # after every character of a word

_all = select(paper_words.c.word, paper_words.c.number)
_of_words = _all.where(paper_words.c.word.in_(texts_from("words")))
_of_forms = _all.where(
    paper_words.c.number.in_(select(word_forms.c.number).where(word_forms.c.form.in_(texts_from("forms"))))
)


async def add(conn: AsyncConnection, words: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Add the words that are new, each with what it is found by in lower case; return the numbers of all.

    Where another process adds the same word, this waits for it, and reads the number that it has then.
    Protected by the unique key, and the order.
    """
    known = await _numbers(conn, words)
    if new := [{"word": word} for word in sorted(words) if word not in known]:
        await conn.execute(insert_if_new(paper_words, key=("word",)), new)
        known |= await _numbers(conn, [row["word"] for row in new])
    # Those of known words too, because other rules may have made theirs.
    forms = sorted((form, known[word]) for word, forms in words.items() for form in forms)
    if forms:
        rows = [{"form": form, "number": number} for form, number in forms]
        await conn.execute(insert_if_new(word_forms, key=("form", "number")), rows)
    return known


async def numbers(conn: AsyncConnection, forms: Collection[str]) -> dict[str, int]:
    """The words that one of these in lower case finds, with their numbers."""
    return await _read(conn, _of_forms, forms=as_array(forms))


async def beginning(conn: AsyncConnection, beginnings: Collection[str]) -> dict[str, int]:
    """The words that something in lower case finds which starts with one of these, with their numbers."""
    if not beginnings:
        return {}
    form = word_forms.c.form
    begins = or_(*((form >= begun) & (form < begun + _LAST) for begun in beginnings))
    numbers = select(word_forms.c.number).where(begins)
    return await _read(conn, _all.where(paper_words.c.number.in_(numbers)))


async def all(conn: AsyncConnection) -> list[str]:  # noqa: A001 - read as `paper_words.all`
    """Every word."""
    return list((await conn.execute(select(paper_words.c.word))).scalars())


async def _numbers(conn: AsyncConnection, words: Collection[str]) -> dict[str, int]:
    return await _read(conn, _of_words, words=as_array(words))


async def _read(conn: AsyncConnection, statement: Select[str, int], **values: str) -> dict[str, int]:
    return {row.word: row.number for row in await conn.execute(statement, values)}
