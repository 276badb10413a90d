"""A person who deleted their data is nowhere in the bytes of the file or its WAL, and a restore keeps it so."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from sqlalchemy import insert

from bot.core.ids import UserId
from bot.store import deletions, people, tables
from bot.store.database import Database
from bot.store.sqlite import backups, restores
from bot.store.sqlite.engine import parse_url
from tests.samples import NOW
from tests.store.samples import listed
from tests.store.test_people import about

PERSON, OTHER = UserId(1_290_000_000_000_000_123), UserId(1_290_000_000_000_000_999)


def traces(folder: Path, person: int) -> dict[str, int]:
    """How often the person's id stands in each file: as SQLite stores whole numbers, as a varint, as text."""
    forms = (person.to_bytes(8, "big"), _varint(person), str(person).encode(), f"{person:x}".encode())
    return {
        path.name: sum(path.read_bytes().count(form) for form in forms) for path in sorted(folder.iterdir())
    }


def _varint(number: int) -> bytes:
    """As SQLite writes the key of a row: 7 bits a byte, the highest first, and 8 in a ninth."""
    if number >> 56:
        low, number = [number & 0xFF], number >> 8
        return bytes([*(0x80 | number >> shift & 0x7F for shift in range(49, -1, -7)), *low])
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(0x80 | number & 0x7F)
    return bytes(reversed(parts))


async def scattered(database: Database) -> None:
    """Rows of both people, written in an order by which SQLite moves rows to other pages."""
    chosen = random.Random(7)  # noqa: S311 - not for secrets
    async with database.write() as conn:
        await listed(conn, *range(1, 400))
        await about(conn, PERSON)
        await about(conn, OTHER)
        rows = [
            {
                "user_id": person,
                "paper_id": f"2608.{number:05}",
                "saved_at": NOW,
                "citation_key": f"k{number}",
            }
            for person in (PERSON, OTHER, *range(1_289_999_999_999_999_900, 1_289_999_999_999_999_940))
            for number in range(2, 40)
        ]
        await conn.execute(insert(tables.saved_papers), chosen.sample(rows, len(rows)))


async def deleted(database: Database) -> None:
    async with database.write() as conn:
        await people.forget(conn, PERSON)
        await deletions.record(conn, PERSON, now=NOW)


async def test_a_deletion_leaves_no_byte_of_the_id_while_the_bot_runs(database: Database, url: str) -> None:
    await scattered(database)
    folder = parse_url(url).parent
    assert sum(traces(folder, PERSON).values()) > 40

    async with database.read() as conn:  # a reader that still sees the row
        await people.everybody(conn)
        await deleted(database)
    assert await database.erase_deleted()

    assert set(traces(folder, PERSON).values()) == {0}, traces(folder, PERSON)
    assert sum(traces(folder, OTHER).values()) > 40
    async with database.read() as conn:
        assert OTHER in await people.everybody(conn)


async def test_a_restore_forgets_again_who_deleted_their_data_since(
    database: Database, url: str, tmp_path: Path
) -> None:
    path = parse_url(url)
    await scattered(database)
    backups.back_up(path, tmp_path / "one.db", replaces=False)
    await deleted(database)
    await database.close()

    done = await asyncio.to_thread(restores.restore, tmp_path / "one.db", url, now=NOW)

    assert done.forgotten == 1
    assert traces(path.parent, PERSON)[path.name] == 0
    restored = await Database.open(url)
    async with restored.read() as conn:
        assert PERSON not in await people.everybody(conn)
        assert OTHER in await people.everybody(conn)
        assert len(await deletions.all_of_them(conn)) == 1
    await restored.close()


async def test_a_restore_over_a_damaged_database_says_that_deletions_are_not_known(
    database: Database, url: str, tmp_path: Path
) -> None:
    path = parse_url(url)
    await scattered(database)
    backups.back_up(path, tmp_path / "one.db", replaces=False)
    await database.close()
    path.write_bytes(b"damaged" * 1_000)

    done = await asyncio.to_thread(restores.restore, tmp_path / "one.db", url, now=NOW)

    assert done.forgotten is None
    assert traces(path.parent, PERSON)[path.name] > 0
