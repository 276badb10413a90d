"""Opening files: new ones, old ones, newer ones, other programs', and ones that cannot be opened."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, inspect, text

from bot.errors import ConfigError
from bot.store import migration
from bot.store.database import Database
from bot.store.sqlite import driver
from bot.store.tables import metadata
from tests.examples import thorough
from tests.store.next_version import COPYING, use_next_version
from tests.store.samples import listed
from tests.store.test_database import count_papers, run_python


async def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with database.read() as conn:
        assert await conn.run_sync(differences) == []


def promises(connection: Connection) -> dict[str, Any]:
    """What the tables hold their rows to, which Alembic's own comparison does not look at."""
    inspector = inspect(connection)
    names = sorted(set(inspector.get_table_names()) - {"alembic_version", "sqlite_sequence"})
    return {
        name: {
            "checks": sorted(str(check) for check in inspector.get_check_constraints(name)),
            "foreign keys": sorted(str(key) for key in inspector.get_foreign_keys(name)),
            "uniques": sorted(str(unique) for unique in inspector.get_unique_constraints(name)),
            "indexes": sorted(map(index_text, inspector.get_indexes(name))),
            "never reuses ids": has_sequence(connection, name),
        }
        for name in names
    }


def index_text(index: Any) -> str:
    options = {name: str(value) for name, value in (index.get("dialect_options") or {}).items()}
    return f"{index['name']} {index['column_names']} {bool(index['unique'])} {options}"


def has_sequence(connection: Connection, table: str) -> bool:
    if connection.dialect.name == "sqlite":
        created = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        return "AUTOINCREMENT" in connection.exec_driver_sql(created, (table,)).scalar_one()
    serial = text("SELECT pg_get_serial_sequence(:table, name) FROM (VALUES ('id')) AS columns (name)")
    columns = {column["name"] for column in inspect(connection).get_columns(table)}
    return "id" in columns and connection.execute(serial, {"table": table}).scalar_one() is not None


async def test_the_migrations_make_the_checks_and_keys_of_the_code(database: Database) -> None:
    """The tables are dropped and made from the code, in a transaction that ends without a trace."""
    async with database.read() as conn:
        migrated = await conn.run_sync(promises)
    async with database._writer.connect() as conn:  # pyright: ignore[reportPrivateUsage]
        await conn.run_sync(metadata.drop_all)
        await conn.run_sync(metadata.create_all)
        made = await conn.run_sync(promises)
        await conn.rollback()
    assert migrated == made


async def test_a_database_of_a_newer_version_is_refused(url: str, tmp_path: Path) -> None:
    await (await Database.open(url)).close()
    with sqlite3.connect(tmp_path / "data" / "paperboy.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999', oldest_code = '9999'")
    connection.close()
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*newer.*9999"):
        await Database.open(url)


async def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*another program"):
        await Database.open(f"sqlite+aiosqlite:///{path}")
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 500)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*not a SQLite database"):
        await Database.open(f"sqlite+aiosqlite:///{path}")
    assert path.read_bytes() == before


async def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    assert await count_papers(database) == 0
    await database.close()


async def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*it is a directory; did you mean"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}")


async def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*directory cannot be created"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'paperboy.db'}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        asyncio.run(Database.open(f"sqlite+aiosqlite:///{tmp_path / 'paperboy.db'}"))
    tmp_path.chmod(0o700)


async def test_a_file_that_another_program_keeps_locked_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_SECONDS", 0)
    (tmp_path / "data").mkdir()
    other = sqlite3.connect(tmp_path / "data" / "paperboy.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*another program has locked it"):
        await Database.open(url)
    other.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "data/paperboy.db",
        "sqlite:///data/paperboy.db",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite:///file:paperboy.db?uri=true",
        "mysql://paperboy:hunter2@localhost/paperboy",
        "nonsense://hunter2@/",
    ],
)
async def test_a_wrong_url_is_refused_with_the_right_form_and_without_its_password(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*sqlite\+aiosqlite:///data/paperboy.db") as raised:
        await Database.open(wrong)
    assert "hunter2" not in str(raised.value)


_NO_ROOM = """
import asyncio, logging, resource, sys
from bot.errors import ConfigError
from bot.store.database import Database

logging.basicConfig(level="INFO")
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    asyncio.run(Database.open(sys.argv[1]))
except ConfigError as error:
    print(error)
"""


async def test_a_full_disk_is_reported_as_such_and_no_migration_is_claimed(url: str) -> None:
    pytest.importorskip("resource")
    ended = await run_python(_NO_ROOM, url)
    assert "now at revision" not in ended.out + ended.err
    assert "DATABASE_URL" in ended.out, ended.err
    assert "disk" in ended.out


@pytest.mark.thorough
async def test_a_disk_error_halfway_leaves_a_file_that_the_next_start_completes(url: str) -> None:
    pytest.importorskip("resource")
    await run_python(_NO_ROOM, url)
    database = await Database.open(url)
    async with database.write() as conn:
        await listed(conn, 1)
    assert await count_papers(database) == 1
    await database.close()


_KILLED_WHILE_MIGRATING = """
import asyncio, os, signal, sys
from sqlalchemy import Engine, event
from bot.store.database import Database

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def kill(conn, cursor, statement, parameters, context, executemany):
    global left
    left -= statement.lstrip().startswith(("CREATE", "INSERT"))
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(Engine, "commit")
def kill_before_commit(conn):
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(Database.open(sys.argv[1]))
"""


@pytest.mark.parametrize("statements", [thorough(1), 9, thorough(1000)])
async def test_a_kill_during_a_migration_leaves_nothing_of_it(
    url: str, tmp_path: Path, statements: int
) -> None:
    killed = await run_python(_KILLED_WHILE_MIGRATING, url, str(statements))
    assert killed.code == -9, killed.err
    with sqlite3.connect(tmp_path / "data" / "paperboy.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    database = await Database.open(url)
    assert await count_papers(database) == 0
    await database.close()


@pytest.mark.parametrize(
    "part",
    [thorough("INSERT INTO _alembic_tmp_papers"), "DROP TABLE papers", thorough("UPDATE alembic_version")],
)
async def test_a_migration_that_is_cut_off_in_a_long_statement_ends_at_once_as_cancelled_and_is_undone(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    database = await Database.open(url)
    async with database.write() as conn:
        await listed(conn, 1)
    await database.close()
    running = asyncio.Event()
    reached: list[str] = []

    def slowed(
        _conn: object, _cursor: object, statement: str, parameters: Any, *_rest: object
    ) -> tuple[str, Any]:
        if part not in " ".join(statement.split()) or reached:
            return statement, parameters
        reached.append(statement)
        running.set()
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        return endless, ()

    with monkeypatch.context() as newer:
        use_next_version(tmp_path / "migrations", newer, revisions=[COPYING])
        event.listen(Engine, "before_cursor_execute", slowed, retval=True)
        try:
            opening = asyncio.create_task(Database.open(url))
            async with asyncio.timeout(20):
                await running.wait()
                opening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await opening
        finally:
            event.remove(Engine, "before_cursor_execute", slowed)
    database = await Database.open(url)
    assert await count_papers(database) == 1
    await database.close()


def test_revisions_that_cannot_be_read_do_not_pass_for_those_of_an_older_version(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        migration._revisions_in(str(tmp_path))
