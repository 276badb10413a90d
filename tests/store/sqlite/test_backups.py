"""Backups on real files: complete or absent, also while others write; and restoring them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import BackupError, ConfigError
from bot.store import due_feeds, posts
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.sqlite import backups, copies, restores
from bot.store.sqlite.engine import parse_url
from bot.store.sqlite.locks import lock_path, locked_file
from tests.examples import first, thorough
from tests.store.next_version import use_next_version
from tests.store.samples import a_feed, listed, pending
from tests.store.test_database import run_python

LATER = datetime(2026, 8, 21, 10, 30, tzinfo=UTC)


@pytest.fixture
def path(url: str) -> Path:
    return parse_url(url)


@pytest_asyncio.fixture
async def filled(database: Database, path: Path) -> Path:
    """A database with a feed and a pending post, whose last writes are only in the WAL."""
    async with database.write() as conn:
        await listed(conn, 1, 2)
        feed = await a_feed(conn)
        await pending(conn, feed, 1)
    assert Path(f"{path}-wal").stat().st_size > 0
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


async def test_a_backup_is_one_plain_file_with_all_that_was_committed(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "one.db"
    target.parent.mkdir()
    contents = backups.back_up(filled, target, replaces=False)
    assert (contents.feeds, contents.subscriptions, contents.posts) == (1, 0, 1)
    assert names(target.parent) == ["one.db"]
    assert rows(target, "posts") == 1
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_a_backup_of_a_database_that_nobody_has_open_leaves_nothing_beside_it(
    filled: Path, database: Database, tmp_path: Path
) -> None:
    await database.close()
    backups.back_up(filled, tmp_path / "one.db", replaces=False)
    assert names(filled.parent) == ["paperboy.db"]


async def test_a_backup_holds_one_moment_and_ends_while_another_writes_without_pause(
    filled: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as conn:
        await listed(conn, *range(10, 500))
    written = 0

    def write(*_: object) -> None:
        nonlocal written
        with closing(sqlite3.connect(filled, isolation_level=None)) as other:
            other.execute("UPDATE papers SET upvotes = upvotes + 1")
        written += 1
        assert written < 1_000, "the copy starts again at each write"

    monkeypatch.setattr(copies, "_pause", write)
    monkeypatch.setattr(copies, "_PAGES", 4)
    backups.back_up(filled, tmp_path / "one.db", replaces=False)
    assert written > 3
    with closing(sqlite3.connect(tmp_path / "one.db")) as connection:
        assert connection.execute("SELECT DISTINCT upvotes FROM papers").fetchall() == [(0,)]


async def test_a_file_that_is_there_is_replaced_only_if_asked(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    target.write_text("dear to somebody")
    with pytest.raises(BackupError, match=r"one\.db already exists.*--force"):
        backups.back_up(filled, target, replaces=False)
    assert target.read_text() == "dear to somebody"
    backups.back_up(filled, target, replaces=True)
    assert rows(target, "posts") == 1


async def test_the_database_itself_a_missing_folder_and_a_folder_are_refused(
    filled: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked.db"
    linked.symlink_to(filled)
    for target in (filled, linked):
        with pytest.raises(BackupError, match="the database itself"):
            backups.back_up(filled, target, replaces=True)
    with pytest.raises(BackupError, match=r"directory .*nowhere does not exist: create it"):
        backups.back_up(filled, tmp_path / "nowhere" / "one.db", replaces=True)
    with pytest.raises(BackupError, match="not a file"):
        backups.back_up(filled, tmp_path, replaces=True)


@pytest.mark.parametrize("name", ["letter", "other"])
async def test_another_programs_database_is_not_backed_up(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupError, match=f"{name}.*not a"):
        backups.back_up(strange_files(tmp_path)[name], tmp_path / "one.db", replaces=False)
    assert not (tmp_path / "one.db").exists()


def test_without_a_database_there_is_nothing_to_back_up(url: str) -> None:
    with pytest.raises(ConfigError, match=r"DATABASE_URL names .*no database yet"):
        backups.database_file(url)


_CUT_OFF = """
import os, resource, signal, sys
from pathlib import Path
from bot.errors import BackupError
from bot.store.sqlite import backups, copies

how, database, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
copies._PAGES = 4
steps = 0
def pause(*_):
    global steps
    steps += 1
    if how == "kill" and steps == 3:
        os.kill(os.getpid(), signal.SIGKILL)
copies._pause = pause
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    backups.back_up(database, target, replaces=True)
except BackupError as error:
    print(error)
"""


@pytest.mark.parametrize("how", ["kill", thorough("full")])
async def test_a_backup_that_is_cut_off_leaves_the_old_one_and_is_in_nobodys_way(
    filled: Path, tmp_path: Path, how: str
) -> None:
    pytest.importorskip("resource")
    folder = tmp_path / "copies"
    folder.mkdir()
    target = folder / "one.db"
    target.write_text("the old one")
    ended = await run_python(_CUT_OFF, how, str(filled), str(target))
    assert target.read_text() == "the old one"
    if how == "full":
        assert f"{target}.part: the disk" in ended.out, ended.err
        assert names(folder) == ["one.db"]
    else:
        assert ended.code == -9, ended.err
        assert "one.db.part" in names(folder)
    backups.back_up(filled, target, replaces=True)
    assert names(folder) == ["one.db"]
    assert rows(target, "posts") == 1


async def test_two_backups_to_one_file_at_once_are_one(filled: Path, tmp_path: Path) -> None:
    with locked_file(tmp_path / "one.db.part"), pytest.raises(BackupError, match="another backup"):
        backups.back_up(filled, tmp_path / "one.db", replaces=True)


async def test_a_damaged_database_is_reported_and_replaces_no_backup(
    filled: Path, database: Database, tmp_path: Path
) -> None:
    async with database.write() as conn:
        await listed(conn, *range(10, 400))
    await database.close()
    target = tmp_path / "one.db"
    backups.back_up(filled, target, replaces=False)
    before = target.read_bytes()
    damage(filled)
    with pytest.raises(BackupError, match=r"paperboy\.db.* damaged"):
        backups.back_up(filled, target, replaces=True)
    assert target.read_bytes() == before


def damage(path: Path) -> None:
    """Scramble the first page of a table that nothing but the look through the whole file reads."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'papers'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def strange_files(folder: Path) -> dict[str, Path]:
    letter = folder / "letter"
    letter.write_text("Dear reader, " * 500)
    other = folder / "other"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    empty = folder / "empty"
    empty.touch()
    return {"letter": letter, "other": other, "empty": empty}


# Restoring.


async def test_a_restore_puts_the_backup_in_place_and_keeps_what_was_there(
    filled: Path, database: Database, url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    async with database.write() as conn:
        await a_feed(conn, channel=2)
    await database.close()
    done = await restored(copy, url)
    assert done.contents.feeds == 1
    assert done.kept == filled.with_name("paperboy.db.before-restore-2026-08-21T103000Z")
    assert names(filled.parent) == ["paperboy.db", done.kept.name]
    assert rows(filled, "feeds") == 1
    assert rows(done.kept, "feeds") == 2
    again = await Database.open(url)
    async with again.read() as conn:
        assert (await due_feeds.chunk(conn, LATER)).due == []  # no subscriptions; but it opens
    await again.close()


async def test_what_a_killed_bot_left_in_its_wal_is_kept_too(
    filled: Path, database: Database, url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    async with database.write() as conn:
        await a_feed(conn, channel=2)
    dead = tmp_path / "dead"
    dead.mkdir()
    for suffix in ("", "-wal", "-shm"):
        (dead / f"paperboy.db{suffix}").write_bytes(Path(f"{filled}{suffix}").read_bytes())
    done = await restored(copy, f"sqlite+aiosqlite:///{dead / 'paperboy.db'}")
    assert done.kept
    assert names(dead) == ["paperboy.db", done.kept.name]
    assert rows(done.kept, "feeds") == 2


async def test_a_post_that_the_backup_owes_is_looked_for_before_it_is_sent(
    filled: Path, database: Database, url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    await database.close()
    await restored(copy, url)
    again = await Database.open(url)
    async with again.read() as conn:
        (post,) = await posts.fetch(conn, posts.with_feeds())
    await again.close()
    assert post.first_attempt_at == post.planned_at


async def test_a_new_place_needs_no_database_before(filled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    there = tmp_path / "new" / "machine" / "paperboy.db"
    done = await restored(copy, f"sqlite+aiosqlite:///{there}")
    assert done.kept is None
    assert names(there.parent) == ["paperboy.db"]
    assert there.stat().st_mode & 0o777 == 0o600


async def test_a_damaged_database_is_replaced_and_kept_as_it_is(
    filled: Path, database: Database, url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    await database.close()
    filled.write_text("scrambled" * 9_000)
    Path(f"{filled}-wal").write_text("a log")
    done = await restored(copy, url)
    assert done.kept
    assert done.kept.read_text() == "scrambled" * 9_000
    assert Path(f"{done.kept}-wal").read_text() == "a log"
    assert rows(filled, "posts") == 1


async def test_the_owner_of_the_database_stays_and_is_the_only_one_who_can_read_it(
    filled: Path, database: Database, url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    await database.close()
    filled.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(filled, 10_001, 10_002)
    before = filled.stat()
    await restored(copy, url)
    after = filled.stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert after.st_mode & 0o777 == 0o600
    assert after.st_ino != before.st_ino


@pytest.mark.parametrize(
    ("name", "why"),
    first(
        2,
        [
            ("letter", "letter: the file is not a SQLite database"),
            ("other", "other is not a Paperboy database"),
            ("empty", "empty is not a Paperboy database"),
            ("missing", "missing does not exist"),
            ("truncated", "truncated is damaged|truncated: the file is damaged"),
            ("newer", r"newer was written by a newer Paperboy \(revision 9999\)"),
        ],
    ),
)
async def test_an_unusable_backup_is_refused_and_changes_nothing(
    filled: Path, database: Database, url: str, *, tmp_path: Path, name: str, why: str
) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    for made in ("truncated", "newer"):
        backups.back_up(filled, folder / made, replaces=False)
    strange_files(folder)
    with (folder / "truncated").open("r+b") as file:
        file.truncate(30 * 4_096)
    with closing(sqlite3.connect(folder / "newer")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999', oldest_code = '9999'")
        connection.commit()
    await database.close()
    before = filled.read_bytes()
    with pytest.raises(BackupError, match=why):
        await restored(folder / name, url)
    assert filled.read_bytes() == before
    assert names(filled.parent) == ["paperboy.db"]


async def test_the_database_is_no_backup_of_itself(filled: Path, database: Database, url: str) -> None:
    await database.close()
    with pytest.raises(BackupError, match="the database itself"):
        await restored(filled, url)


async def test_a_newer_database_that_this_version_can_work_with_is_backed_up_and_restored(
    filled: Path, database: Database, url: str, tmp_path: Path
) -> None:
    async with database.write() as conn:
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    copy = tmp_path / "copy.db"
    made = backups.back_up(filled, copy, replaces=False)
    await database.close()
    assert (await restored(copy, url)).contents == made


async def test_a_backup_of_older_tables_is_brought_up_to_date(
    url: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.db"
    made = await run_python(_OLD, str(old))
    assert made.code == 0, made.err
    use_next_version(tmp_path / "migrations", monkeypatch)
    done = await restored(old, url)
    assert done.contents.feeds == 0
    assert rows(path, "additions") == 0  # a table that the old one had not


_OLD = """
import sys
from alembic import command
from sqlalchemy import create_engine
from bot.store import migration

with create_engine(f"sqlite:///{sys.argv[1]}").begin() as connection:
    command.upgrade(migration._config(connection), "0001")
"""


async def test_while_a_program_has_the_database_open_nothing_is_restored(
    filled: Path, url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    before = names(filled.parent)
    with pytest.raises(BackupError, match=r"a program has .* open"):  # idle, and without the bot's lock
        await restored(copy, url)
    assert names(filled.parent) == before


async def test_while_a_bot_holds_the_database_nothing_is_restored_and_no_other_bot_starts(
    url: str, filled: Path, database: Database, *, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "one.db"
    backups.back_up(filled, copy, replaces=False)
    await database.close()
    monkeypatch.setattr("bot.store.sqlite.locks._CLOSES_WITHIN_SECONDS", 0)
    async with backend_of(url).sole_use():
        with pytest.raises(BackupError, match="a bot runs on"):
            await restored(copy, url)
        with pytest.raises(ConfigError, match=r"DATABASE_URL.*another Paperboy runs"):
            async with backend_of(url).sole_use():
                pass
    assert names(filled.parent) == ["paperboy.db"]
    await restored(copy, url)


def test_a_lock_that_a_dead_program_left_is_free(path: Path) -> None:
    path.parent.mkdir()
    lock = lock_path(path)
    script = "import os, sys, pathlib; from bot.store.sqlite.locks import locked_file\nwith locked_file(pathlib.Path(sys.argv[1])): os._exit(3)"
    assert subprocess.run([sys.executable, "-c", script, str(lock)], check=False).returncode == 3
    assert lock.exists()
    with locked_file(lock):
        pass
    assert not lock.exists()


async def restored(file: Path, url: str) -> restores.Restored:
    """In a thread, for it runs an event loop of its own."""
    return await asyncio.to_thread(restores.restore, file, url, now=LATER)
