"""Copying a whole database into an empty one, of the same or of another kind."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Table, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncMappingResult

from bot.errors import ConfigError, CopyError, StoreError
from bot.store import migration
from bot.store.address import backend_of
from bot.store.backend import Backend
from bot.store.bulk import insert_rows
from bot.store.database import Database
from bot.store.tables import metadata

_BATCH = 1_000  # rows in memory at once
# What a value is refused with by the driver, a column's type or the server.
_REFUSED: Final = (DBAPIError, ValueError, TypeError, LookupError, OverflowError)


async def copy_database(source: str, target: str) -> dict[str, int]:
    """Copies every row of the database at one address into the one at another; returns rows by table.

    Both are brought up to this code's tables first. Neither may have newer ones: this code would leave out
    what it does not know. The copy is one transaction: it is whole, or nothing of it is there. No bot may run
    on either meanwhile. Ids go on where they were, so that none is given twice. Protected by the sole use of
    both databases.

    Raises:
        ConfigError: an address is wrong, or its database cannot be used or is in use.
        CopyError: both are the same database, the source is missing or empty, the target is not empty, or one
            of them could not be read or written to the end.
    """
    with _called("FROM"):
        reads = backend_of(source)
        identity = await reads.identity()
    with _called("TO"):
        writes = backend_of(target)
        is_same = identity is not None and identity == await writes.identity()
    if identity is None:
        raise CopyError("there is no database at FROM: check the address. Nothing was copied")
    if is_same:
        raise CopyError("both addresses name the same database. Nothing was copied")
    try:
        async with AsyncExitStack() as stack:
            old = await _opened(stack, reads, source, called="FROM")
            new = await _opened(stack, writes, target, called="TO")
            async with old.read() as reading, new.write() as writing:
                copied = await _Copy(reading, writing, reads=reads, writes=writes).all_rows()
            await _analyze(writes)
    except StoreError as error:
        database, done = ("target", "written") if error.is_write else ("source", "read")
        raise CopyError(f"the {database} cannot be {done}: {error}. Nothing was copied") from error
    return copied


@contextmanager
def _called(name: str) -> Generator[None]:
    """Has errors say which of the two addresses they are about."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(str(error).replace("DATABASE_URL", name)) from error


async def _opened(stack: AsyncExitStack, backend: Backend, address: str, *, called: str) -> Database:
    with _called(called):
        await stack.enter_async_context(backend.sole_use())
        database = await Database.open(address)
    stack.push_async_callback(database.close)
    return database


async def _analyze(backend: Backend) -> None:
    """Has PostgreSQL count rows: without that, it plans badly until it has looked itself, minutes later."""
    engine = backend.migrator()
    with suppress(DBAPIError):
        async with engine.connect() as conn:
            if conn.dialect.name == "postgresql":
                await conn.execute(text("ANALYZE"))
                await conn.commit()
    await engine.dispose()


class _Copy:
    """One copy, in a transaction of each database."""

    def __init__(
        self, reading: AsyncConnection, writing: AsyncConnection, *, reads: Backend, writes: Backend
    ) -> None:
        self._reading, self._writing = reading, writing
        self._reads, self._writes = reads, writes

    async def all_rows(self) -> dict[str, int]:
        """How many were copied, by table. Protected by the sole use of both databases."""
        await _check_tables(self._reading, "source")
        await _check_tables(self._writing, "target")
        if filled := [name for name, rows in (await _counts(self._writing)).items() if rows]:
            raise CopyError(
                f"the target has rows already, in {', '.join(filled)}: name an empty database. Nothing was "
                "copied"
            )
        wanted = await _counts(self._reading)
        if not any(wanted.values()):
            raise CopyError("the source has no rows: check the address. Nothing was copied")
        for table in metadata.sorted_tables:
            await self._rows(table)
        await _continue_ids(self._reading, self._writing)
        copied = await _counts(self._writing)
        if copied != wanted:
            raise CopyError("the copy does not have as many rows as the source. Nothing was copied")
        return copied

    async def _rows(self, table: Table) -> None:
        columns = [column for column in table.c if column.computed is None]
        statement = select(*columns).order_by(*table.primary_key)
        async with self._reading.stream(statement) as rows:
            while batch := await self._next(rows.mappings(), table):
                await self._insert(table, batch)

    async def _next(self, rows: AsyncMappingResult, table: Table) -> Sequence[Mapping[Any, object]]:
        try:
            return await rows.fetchmany(_BATCH)
        except _REFUSED as error:
            if store_error := self._reads.store_error(error, is_write=False):
                raise store_error from error
            raise CopyError(
                f"a row of {table.name} in the source cannot be read ({_why(error, table)}): correct or "
                "delete it, then copy again. Nothing was copied"
            ) from error

    async def _insert(self, table: Table, batch: Sequence[Mapping[Any, object]]) -> None:
        """Inserts the rows, or says which one the target cannot take."""
        part = await self._writing.begin_nested()
        try:
            await insert_rows(self._writing, table, batch)
        except _REFUSED as error:
            if store_error := self._writes.store_error(error, is_write=True):
                # SQLite has then ended the whole transaction, including this part.
                raise store_error from error
            await part.rollback()
            if len(batch) == 1:
                key = ", ".join(f"{column.name} {batch[0][column.name]}" for column in table.primary_key)
                raise CopyError(
                    f"the target cannot take the row of {table.name} with {key} ({_why(error, table)}): "
                    "correct or delete it, then copy again. Nothing was copied"
                ) from error
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                await self._insert(table, half)
        else:
            await part.commit()


def _why(error: Exception, table: Table) -> str:
    """What is wrong, without the values, which may be people's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    cause = (cause and cause.__cause__) or cause
    words, *_ = str(cause).splitlines() or [type(cause).__name__]
    columns = [column.name for column in table.c if column.computed is None]
    if match := re.search(r"query argument \$(\d+): .*\((.+)\)", words):  # asyncpg's
        return f"{columns[int(match[1]) - 1]}: {match[2]}"
    return words


async def _check_tables(conn: AsyncConnection, name: str) -> None:
    revision = await conn.run_sync(migration.current)
    if revision not in migration.known_revisions():
        raise CopyError(
            f"the {name} has the tables of a newer Paperboy (revision {revision}): copy with that version. "
            "Nothing was copied"
        )


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
