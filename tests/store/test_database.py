"""Transactions: who sees what, who waits for whom, and what a cancellation or a kill leaves behind."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.store import list_days, papers
from bot.store.database import Database, yield_to_others
from bot.store.sqlite.engine import parse_url
from tests.fakes.database import make_migrated
from tests.process.running import Finished, finished
from tests.samples import NOW, TODAY, a_paper, paper_id
from tests.store.samples import HOUR, listed

_PROJECT = Path(__file__).parents[2]


@pytest_asyncio.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    """One whose connections have their threads, as the bot's."""
    await make_migrated(parse_url(url))
    database = await Database.open(url)
    yield database
    await database.close()


async def run_python(script: str, *arguments: str) -> Finished:
    """Run the script as a process that may be killed, with the project imported."""
    env = {"PATH": os.environ["PATH"]}
    return await finished(*arguments, folder=_PROJECT, env=env, before=f"{script}\nimport sys\nsys.exit()")


async def count_papers(database: Database) -> int:
    async with database.read() as conn:
        return await papers.count(conn)


async def test_connections_are_set_up_for_safety_and_speed(database: Database) -> None:
    async with database.write() as conn:
        pragmas = {
            name: (await conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 3_000}


async def test_closing_leaves_one_file_and_what_was_written_is_there_after_a_restart(
    url: str, tmp_path: Path
) -> None:
    first = await Database.open(url)
    async with first.write() as conn:
        await listed(conn, 1)
    await first.close()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["paperboy.db"]
    for opened in (first.read, first.write):
        with pytest.raises(RuntimeError, match="closed"):
            async with opened():
                pass
    second = await Database.open(url)
    assert await count_papers(second) == 1
    await second.close()


async def test_an_error_rolls_the_whole_write_back(database: Database) -> None:
    async def write() -> None:
        async with database.write() as conn:
            await listed(conn, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write()
    assert await count_papers(database) == 0


@pytest.mark.thorough
async def test_a_refused_statement_rolls_the_whole_write_back(database: Database) -> None:
    async def write() -> None:
        async with database.write() as conn:
            await listed(conn, 1)
            await conn.execute(text("INSERT INTO list_day_papers VALUES ('2026-08-07', '2608.99999')"))

    with pytest.raises(IntegrityError):
        await write()
    assert await count_papers(database) == 0


async def test_a_read_sees_what_is_committed_and_one_moment_from_its_first_look_to_its_end(
    database: Database,
) -> None:
    async with database.read() as reading:
        assert await papers.count(reading) == 0
        async with database.write() as conn:
            await listed(conn, 1)
            assert await count_papers(database) == 0
        assert await papers.count(reading) == 0
    assert await count_papers(database) == 1


async def test_many_reads_at_once_each_have_their_own_connection(database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(count_papers(database)) for _ in range(20)]
    assert [task.result() for task in tasks] == [0] * 20


async def test_many_tasks_that_yield_leave_room_for_the_others(database: Database) -> None:
    inside, has_begun, may_end = 0, asyncio.Event(), asyncio.Event()

    async def press() -> None:
        nonlocal inside
        yield_to_others()
        async with database.read(), database.read():  # the inner one waits for no second turn
            inside += 1
            has_begun.set()
            await may_end.wait()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(40):
            group.create_task(press())
        await has_begun.wait()
        async with database.write() as conn:
            await listed(conn, 1)
        assert await count_papers(database) == 1
        assert inside < 10
        may_end.set()
    assert inside == 40


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        async with database.read() as conn:
            await listed(conn, 1)


async def test_writers_take_turns(database: Database) -> None:
    turns: list[int] = []

    async def add_one(turn: int) -> None:
        async with database.write() as conn:
            turns.append(turn)
            before = (await list_days.reads(conn, TODAY, TODAY)).get(TODAY)
            await asyncio.sleep(0)  # let the others in, if they can come in
            read_at = before.read_at + HOUR if before else NOW
            await list_days.record(conn, TODAY, read_at=read_at)

    async with asyncio.TaskGroup() as group:
        for turn in range(10):
            group.create_task(add_one(turn))
    assert turns == list(range(10)), "in the order they came"
    async with database.read() as conn:
        assert (await list_days.reads(conn, TODAY, TODAY))[TODAY].read_at == NOW + 9 * HOUR


async def test_a_write_inside_a_write_is_an_error_and_not_a_standstill(database: Database) -> None:
    async with database.write():
        with pytest.raises(RuntimeError, match="inside a write"):
            async with database.write():
                pass


@pytest.mark.thorough
async def test_a_writer_that_is_cancelled_rolls_back_and_lets_the_next_one_in(database: Database) -> None:
    wrote = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.write() as conn:
            await listed(conn, 1)
            wrote.set()
            await asyncio.Event().wait()

    writer = asyncio.create_task(write_and_wait())
    await wrote.wait()
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer
    async with database.write() as conn:
        assert await papers.get(conn, paper_id(1)) is None
        await listed(conn, 2)
    assert await count_papers(database) == 1


async def test_a_writer_cancelled_in_a_running_statement_rolls_back_and_lets_the_next_one_in(
    database: Database,
) -> None:
    running = asyncio.Event()
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement == slow:
            running.set()

    async def write_slowly() -> None:
        async with database.write() as conn:
            await listed(conn, 1)
            event.listen(conn.sync_connection, "before_cursor_execute", note)
            await conn.execute(text(slow))

    writer = asyncio.create_task(write_slowly())
    await running.wait()
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer
    async with database.write() as conn:
        assert await papers.count(conn) == 0
        await listed(conn, 2)
    assert await count_papers(database) == 1


async def test_a_cancellation_during_the_commit_waits_for_the_commit(database: Database) -> None:
    committing = asyncio.Event()

    def note(_conn: object) -> None:
        committing.set()

    async def write() -> None:
        async with database.write() as conn:
            event.listen(conn.sync_connection, "commit", note)
            await listed(conn, 1)

    writer = asyncio.create_task(write())
    await committing.wait()
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer
    assert await count_papers(database) == 1


async def test_a_writer_cancelled_while_it_waits_its_turn_takes_no_turn(database: Database) -> None:
    async def write() -> None:
        async with database.write() as conn:
            await listed(conn, 1)

    async with database.write() as conn:
        waiting = asyncio.create_task(write())
        await asyncio.sleep(0)
        waiting.cancel()
        await listed(conn, 2)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await count_papers(database) == 1


async def test_a_cancelled_read_leaves_the_database_usable(database: Database) -> None:
    reading = asyncio.Event()

    async def read() -> None:
        async with database.read() as conn:
            await papers.count(conn)
            reading.set()
            await asyncio.Event().wait()

    for _ in range(20):  # more than there are connections to lose
        reading.clear()
        reader = asyncio.create_task(read())
        await reading.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    assert await count_papers(database) == 0


async def test_a_write_waits_for_another_process_that_writes(
    database: Database, url: str, tmp_path: Path
) -> None:
    backup = sqlite3.connect(tmp_path / "data" / "paperboy.db", isolation_level=None)
    backup.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.write() as conn:
            await listed(conn, 1)

    writer = asyncio.create_task(write())
    assert await count_papers(database) == 0
    assert not writer.done()
    backup.execute("COMMIT")
    backup.close()
    await writer
    assert await count_papers(database) == 1


_KILLED_WHILE_WRITING = """
import asyncio, os, signal, sys
from bot.store import papers
from bot.store.database import Database, yield_to_others
from tests.samples import NOW, a_paper
from tests.store.samples import listed

async def main():
    database = await Database.open(sys.argv[1])
    async with database.write() as conn:
        await listed(conn, 1)
    async with database.write() as conn:
        # More than SQLite's cache holds, so that part of it is in the WAL already.
        long = "word " * 800
        await papers.upsert(conn, (a_paper(number, abstract=long) for number in range(2, 1_200)), seen_at=NOW)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.thorough
async def test_a_kill_in_the_middle_of_a_write_leaves_what_was_committed(url: str, tmp_path: Path) -> None:
    killed = await run_python(_KILLED_WHILE_WRITING, url)
    assert killed.code == -9, killed.err
    assert (tmp_path / "data" / "paperboy.db-wal").stat().st_size > 1_000_000
    database = await Database.open(url)
    async with database.write() as conn:
        assert [found.id for found in await papers.between(conn, date.min, date.max)] == [paper_id(1)]
        assert await papers.upsert(conn, [a_paper(2)], seen_at=NOW) == [paper_id(2)]
        assert (await conn.exec_driver_sql("PRAGMA integrity_check")).scalar_one() == "ok"
    await database.close()


async def test_a_cancellation_while_a_connection_opens_leaves_none_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'paperboy.db'}")
    threads = set(threading.enumerate())
    opening, may_open = threading.Event(), threading.Event()
    connect = sqlite3.connect

    def slow_disk(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opening.set()
        assert may_open.wait(10)
        return connect(*arguments, **options)

    async def look() -> None:
        async with database.read():
            pass

    async with database.read():  # the pool's own connection is in use, so another is opened
        monkeypatch.setattr("aiosqlite.core.sqlite3.connect", slow_disk)
        task = asyncio.create_task(look())
        await asyncio.to_thread(opening.wait, 10)
        task.cancel()
        may_open.set()
        await asyncio.gather(task, return_exceptions=True)
    await database.close()

    workers = [thread for thread in set(threading.enumerate()) - threads if "asyncio" not in thread.name]
    for thread in workers:
        await asyncio.to_thread(thread.join, 5)
    assert not any(thread.is_alive() for thread in workers)
