"""What reaches the thread of a connection, and that SQLAlchemy learns of it what it learns of any driver."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.database import Database
from bot.store.sqlite import driver
from bot.store.sqlite.backend import WRITER
from bot.store.sqlite.engine import parse_url, sqlite_engine
from tests.fakes.database import make_migrated, open_database

NOTES = Table(
    "notes", MetaData(), Column("id", Integer, primary_key=True), Column("note", String, unique=True)
)
_FUNCTION = re.compile(r"(?:built-in method |<function (?:_in_transaction.*<function )?)([\w.<>]+)")
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


@pytest_asyncio.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    """One whose connections have their threads, as the bot's."""
    await make_migrated(parse_url(url))
    database = await Database.open(url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def notes(tmp_path: Path) -> AsyncGenerator[AsyncEngine]:
    engine = sqlite_engine(tmp_path / "notes.db", begin="BEGIN IMMEDIATE", pragmas=WRITER)
    async with engine.begin() as conn:
        await conn.run_sync(NOTES.create)
    yield engine
    await engine.dispose()


async def test_the_database_of_other_tests_has_no_threads(tmp_path: Path) -> None:
    for name in ("first", "second"):
        database = await open_database(tmp_path / name)
        async with database.read(), database.write() as conn:
            await conn.execute(text("SELECT 1"))
            threads = [thread.name for thread in threading.enumerate()]
        await database.close()
        assert not [thread for thread in threads if "_connection_worker_thread" in thread]


async def test_each_statement_is_one_call_to_the_thread(url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = await Database.open(url)
    for transaction in (database.read, database.write):  # they open their connections
        async with transaction() as conn:
            await conn.execute(text("SELECT 1"))
    with caplog.at_level(logging.DEBUG, logger="aiosqlite"):
        async with database.read(), database.write():
            pass
        for transaction in (database.read, database.write):
            async with transaction() as conn:
                (await conn.execute(text("SELECT version_num FROM alembic_version"))).one()
                (await conn.execute(text("SELECT 1 WHERE false"))).all()
        await database.close()
    names = (_FUNCTION.search(record.message) for record in caplog.records if "executing" in record.message)
    calls = Counter(found[1] for found in names if found and "close" not in found[1])
    assert calls == {"_execute": 4, "commit": 1}


async def test_results_have_what_a_driver_has_to_say(notes: AsyncEngine) -> None:
    async with notes.begin() as conn:
        assert (await conn.execute(insert(NOTES), {"note": "a"})).inserted_primary_key == (1,)
        several = [{"note": letter} for letter in "bcd"]
        assert (await conn.execute(insert(NOTES), several)).rowcount == 3
        returned = await conn.execute(
            insert(NOTES).returning(NOTES.c.id, NOTES.c.note), [{"note": "e"}, {"note": "f"}]
        )
        assert sorted(returned.all()) == [(5, "e"), (6, "f")]
        changed = await conn.execute(update(NOTES).where(NOTES.c.id > 4).values(note=NOTES.c.note + "!"))
        assert (changed.rowcount, changed.returns_rows) == (2, False)
        gone = await conn.execute(delete(NOTES).where(NOTES.c.id > 4).returning(NOTES.c.note))
        assert set(gone.scalars()) == {"e!", "f!"}
        nothing = await conn.execute(select(NOTES).where(NOTES.c.id > 9))
        assert (list(nothing.keys()), nothing.all()) == (["id", "note"], [])
        found = await conn.execute(select(NOTES.c.note).order_by(NOTES.c.id))
        assert (found.fetchone(), found.fetchmany(2), found.fetchall()) == (
            ("a",),
            [("b",), ("c",)],
            [("d",)],
        )


async def test_a_refused_statement_leaves_its_transaction_usable(notes: AsyncEngine) -> None:
    async with notes.begin() as conn:
        await conn.execute(insert(NOTES), {"note": "a"})
        for rows in ([{"note": "a"}], [{"note": "b"}, {"note": "a"}]):
            with pytest.raises(IntegrityError):
                await conn.execute(insert(NOTES), rows)
        await conn.execute(insert(NOTES), {"note": "c"})
    async with notes.begin() as conn:
        assert (await conn.execute(select(NOTES.c.note))).scalars().all() == ["a", "b", "c"]


async def test_what_follows_a_refused_beginning_is_in_a_transaction(
    notes: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_SECONDS", 0)
    await notes.dispose()
    other = sqlite3.connect(tmp_path / "notes.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with notes.connect() as conn:
        with pytest.raises(OperationalError, match="locked"):
            await conn.execute(insert(NOTES), {"note": "a"})
        other.execute("COMMIT")
        await conn.execute(insert(NOTES), {"note": "b"})
        assert not other.execute("SELECT * FROM notes").fetchall()
        await conn.commit()
    assert other.execute("SELECT note FROM notes").fetchall() == [("b",)]
    other.close()


async def test_a_stream_is_read_as_far_as_it_is_looked_at_and_in_its_transaction(
    database: Database, tmp_path: Path
) -> None:
    async with database.read() as conn, conn.stream(text(ENDLESS)) as rows:
        assert await rows.fetchmany(3) == [(1,), (2,), (3,)]
        assert await rows.fetchone() == (4,)
        assert conn.sync_connection is not None
        used = conn.sync_connection.connection.driver_connection
        assert used.in_transaction
        assert (await conn.execute(text("SELECT 1"))).scalar_one() == 1


async def test_a_read_that_is_cancelled_in_an_endless_statement_ends(database: Database) -> None:
    async def read() -> None:
        async with database.read() as conn:
            reading.set()
            await conn.execute(text(f"SELECT count(*) FROM ({ENDLESS})"))  # noqa: S608 - a text of ours

    reading = asyncio.Event()
    reader = asyncio.create_task(read())
    await reading.wait()
    reader.cancel()
    async with asyncio.timeout(60):
        with pytest.raises(asyncio.CancelledError):
            await reader


async def test_a_read_that_is_over_keeps_no_snapshot(database: Database, tmp_path: Path) -> None:
    async with database.read() as conn:
        await conn.execute(text("SELECT * FROM alembic_version"))
    async with database.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = version_num"))
    path = tmp_path / "data" / "paperboy.db"
    other = sqlite3.connect(path, timeout=0)
    assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    other.close()


async def test_a_setting_that_is_refused_is_an_error_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 100)
    engine = sqlite_engine(path, begin="BEGIN", pragmas=("journal_mode = WAL",))
    with pytest.raises(DatabaseError, match="not a database"):
        async with engine.connect():
            pass
    await engine.dispose()
