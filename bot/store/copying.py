"""Copying a whole database into an empty one, of the same or of another kind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import CopyError
from bot.store import migration
from bot.store.address import backend_of
from bot.store.bulk import insert_rows
from bot.store.database import Database
from bot.store.tables import metadata

_BATCH = 1_000  # rows in memory at once


async def copy_database(source: str, target: str) -> dict[str, int]:
    """Copies every row of the database at one address into the one at another; returns rows by table.

    Both are brought up to this code's tables first. Neither may have newer ones: this code would leave out
    what it does not know. The copy is one transaction: it is whole, or nothing of it is there. No bot may run
    on either meanwhile. Ids go on where they were, so that none is given twice. Kept right by the sole use of
    both databases.

    Raises:
        ConfigError: an address is wrong, or its database cannot be used or is in use.
        CopyError: both are the same database, the target is not empty, or the copy differs.
    """
    async with AsyncExitStack() as stack:
        if source.strip() == target.strip():
            raise CopyError("both addresses name the same database")
        await stack.enter_async_context(backend_of(source).sole_use())
        await stack.enter_async_context(backend_of(target).sole_use())
        old = await Database.open(source)
        stack.push_async_callback(old.close)
        new = await Database.open(target)
        stack.push_async_callback(new.close)
        async with old.read() as reading, new.write() as writing:
            await _check_tables(reading, "source")
            await _check_tables(writing, "target")
            if filled := [name for name, rows in (await _counts(writing)).items() if rows]:
                raise CopyError(
                    f"the target has rows already, in {', '.join(filled)}: name an empty database. Nothing "
                    "was copied"
                )
            for table in metadata.sorted_tables:
                await _copy_rows(reading, writing, table)
            await _continue_ids(reading, writing)
            copied, wanted = await _counts(writing), await _counts(reading)
            if copied != wanted:
                raise CopyError("the copy does not have as many rows as the source. Nothing was copied")
            if writing.dialect.name == "postgresql":
                # Without knowing how many rows there are, the server plans badly until it has looked itself.
                await writing.execute(text("ANALYZE"))
        return copied


async def _check_tables(conn: AsyncConnection, name: str) -> None:
    revision = await conn.run_sync(migration.current)
    if revision not in migration.known_revisions():
        raise CopyError(
            f"the {name} has the tables of a newer Paperboy (revision {revision}): copy with that version. "
            "Nothing was copied"
        )


async def _copy_rows(reading: AsyncConnection, writing: AsyncConnection, table: Table) -> None:
    columns = [column for column in table.c if column.computed is None]
    statement = select(*columns).order_by(*table.primary_key)
    async with reading.stream(statement) as rows:
        async for batch in rows.mappings().partitions(_BATCH):
            await insert_rows(writing, table, batch)


async def _counts(conn: AsyncConnection) -> dict[str, int]:
    return {
        table.name: (await conn.execute(select(func.count()).select_from(table))).scalar_one()
        for table in metadata.sorted_tables
    }


async def _continue_ids(reading: AsyncConnection, writing: AsyncConnection) -> None:
    """Has each table number its next row as the source would have."""
    for table in metadata.sorted_tables:
        key: Sequence[Any] = list(table.primary_key)
        if len(key) != 1 or key[0] is not table.autoincrement_column:
            continue
        last = await _last_id(reading, table)
        if last:
            await _set_last_id(writing, table, last)


async def _last_id(conn: AsyncConnection, table: Table) -> int:
    """The highest id that the table has ever given; 0 if none."""
    (key,) = table.primary_key
    highest = (await conn.execute(select(func.max(key)))).scalar_one() or 0
    if conn.dialect.name == "postgresql":
        given = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {await _sequence(conn, table)}"  # noqa: S608 - the server's own name of it
        return max(highest, (await conn.execute(text(given))).scalar_one())
    given = "SELECT seq FROM sqlite_sequence WHERE name = :name"
    return max(highest, (await conn.execute(text(given), {"name": table.name})).scalar_one_or_none() or 0)


async def _set_last_id(conn: AsyncConnection, table: Table, last: int) -> None:
    if conn.dialect.name == "postgresql":
        sequence = await _sequence(conn, table)
        await conn.execute(
            text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": sequence, "last": last}
        )
    elif table.dialect_options["sqlite"]["autoincrement"]:
        values = {"name": table.name, "last": last}
        await conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        await conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)


async def _sequence(conn: AsyncConnection, table: Table) -> str:
    (key,) = table.primary_key
    statement = select(func.pg_get_serial_sequence(table.name, key.name))
    return (await conn.execute(statement)).scalar_one()
