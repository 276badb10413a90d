"""The database's file in every state, looked at and left as it is."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doctor.database import check_database, judged_room
from bot.doctor.findings import Sign
from bot.store.database import Database
from bot.store.sqlite.locks import sole_use
from tests.fakes.database import open_database
from tests.store.next_version import use_next_version
from tests.store.samples import a_feed

NOBODY = 65_534


async def told(path: Path) -> dict[str, Sign]:
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    return {f"{one.what} → {one.remedy}" if one.remedy else one.what: one.sign for one in report.findings}


async def starts(path: Path) -> bool:
    """Whether the doctor thinks that the bot would start with this file."""
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    return not any(one.prevents_start for one in report.findings)


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in folder.rglob("*") if one.is_file()
    }


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "paperboy.db"
    await (await open_database(path)).close()
    return path


def carry_out(command: str) -> None:
    subprocess.run(shlex.split(command), check=True)


def reading(path: Path) -> subprocess.Popen[bytes]:
    """A program that has the database open until its standard input ends."""
    script = (
        "import sqlite3, sys; shell = sqlite3.connect(sys.argv[1]); shell.execute('SELECT * FROM feeds')\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert program.stdout
    program.stdout.readline()
    return program


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


async def test_a_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "data" / "paperboy.db"
    found = await told(path)
    assert found[f"{path} is not there yet: it is made at the first start"] is Sign.FINE
    assert set(found.values()) == {Sign.FINE}
    assert list(tmp_path.iterdir()) == []


async def test_a_healthy_file_is_fine_and_stays_as_it_is(path: Path) -> None:
    before = state(path.parent)
    found = await told(path)
    assert set(found.values()) == {Sign.FINE}
    assert any("has this version's tables" in one for one in found)
    assert any("sound" in one for one in found)
    assert state(path.parent) == before


async def test_it_is_read_while_a_bot_has_it_open_and_nothing_changes(path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    async with database.write() as conn:
        await a_feed(conn)
    async with database.write() as conn:  # a write under way locks no reader out
        await a_feed(conn, channel=2)
        before = state(path.parent)
        found = await told(path)
        assert {name: state(path.parent)[name] for name in ("paperboy.db", "paperboy.db-wal")} == {
            name: before[name] for name in ("paperboy.db", "paperboy.db-wal")
        }
    assert set(found.values()) == {Sign.FINE}
    await database.close()


async def test_what_another_program_has_locked_is_no_fault(path: Path) -> None:
    owner = sqlite3.connect(path, isolation_level=None)
    owner.execute("PRAGMA locking_mode = EXCLUSIVE")
    owner.execute("CREATE TABLE made_by_another (a)")
    assert path.with_name("paperboy.db-wal").exists()
    found = await told(path)
    owner.close()
    assert found[f"{path}: not checked, because another program has it locked just now; try again"] is (
        Sign.UNCHECKED
    )
    assert Sign.WRONG not in found.values()


async def test_an_older_file_is_said_to_be_migrated_and_is_not(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_next_version(tmp_path / "migrations", monkeypatch)
    before = state(path.parent)
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    assert any("older version's tables (revision 0001)" in one.what for one in report.findings)
    assert {one.sign for one in report.findings} == {Sign.FINE}
    assert report.contents is None
    assert state(path.parent) == before


async def test_a_newer_file_is_wrong_and_says_which_version_to_start(path: Path) -> None:
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    found = await told(path)
    (text,) = [one for one, sign in found.items() if sign is Sign.WRONG]
    assert text == (
        "It is a database of a newer Paperboy (revision 9999) → Start the version that made it, or name "
        "another file"
    )
    assert not await starts(path)


async def test_another_programs_file_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    change(path, "CREATE TABLE notes (text)")
    found = await told(path)
    assert any("another program" in one for one, sign in found.items() if sign is Sign.WRONG)
    assert not await starts(path)


@pytest.mark.parametrize("content", [b"hello " * 1000, b"SQLite format 3\0" + b"x" * 5000])
async def test_what_is_no_database_is_wrong(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "paperboy.db"
    path.write_bytes(content)
    assert Sign.WRONG in (await told(path)).values()
    assert not await starts(path)
    assert path.read_bytes() == content


async def test_an_empty_file_is_filled_later(tmp_path: Path) -> None:
    path = tmp_path / "paperboy.db"
    path.touch()
    assert Sign.WRONG not in (await told(path)).values()
    assert path.read_bytes() == b""


async def test_a_damaged_file_is_wrong_and_a_backup_is_asked_for(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-20_000:] = bytes(20_000)
    path.write_bytes(content)
    found = await told(path)
    assert any("backup" in one for one, sign in found.items() if sign is Sign.WRONG), found


async def test_a_row_that_refers_to_nothing_is_wrong(path: Path) -> None:
    change(
        path,
        "INSERT INTO subscriptions (feed_id, text, canonical, compiled, rules_version, since, created_at,"
        " created_by) VALUES (77, 'a', 'a', 'a', 1, '2026-08-19', '2026-08-19T00:00:00.000000Z', 1)",
    )
    found = await told(path)
    assert any(
        "subscriptions refers to none of feeds" in one for one, sign in found.items() if sign is Sign.WRONG
    )


async def test_a_check_that_takes_too_long_is_given_up(path: Path) -> None:
    report = await check_database(f"sqlite+aiosqlite:///{path}", within_seconds=-1)
    assert any("not read through" in one.what for one in report.findings if one.sign is Sign.WARNING)


async def test_a_file_where_a_folder_should_be_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    path = tmp_path / "data" / "paperboy.db"
    assert any("is no folder" in one for one, sign in (await told(path)).items() if sign is Sign.WRONG)
    assert not await starts(path)


@pytest.fixture
def _nobody() -> Iterator[None]:
    """Root may write everywhere: for such a test it is nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.mark.usefixtures("_nobody")
@pytest.mark.skipif(
    os.access not in os.supports_effective_ids, reason="rights are asked of the real user alone"
)
async def test_a_folder_that_cannot_be_written_is_wrong() -> None:
    path = Path("/paperboy.db")
    found = await told(path)
    assert (
        found[
            "The folder / cannot be written by this user → give this user the right to write there, or have "
            "DATABASE_URL name another place"
        ]
        is Sign.WRONG
    )
    assert not await starts(path)
    assert not any("made at the first start" in one for one in found)


def test_a_disk_that_fills_is_told_before_it_is_full() -> None:
    assert judged_room(45_000_000_000).sign is Sign.FINE
    assert judged_room(400_000_000).sign is Sign.WARNING
    nearly_full = judged_room(40_000_000)
    assert (nearly_full.sign, nearly_full.what) == (Sign.WRONG, "40.0 MB of the disk are free")


async def test_what_others_can_read_is_told_with_the_commands_that_end_it(path: Path) -> None:
    closed = "Other users can read neither the database nor its folder"
    assert closed in await told(path)
    old = path.with_name("paperboy-2026-01-01T090000Z.db")
    old.touch()
    for one in (path, old):
        one.chmod(0o644)
    path.parent.chmod(0o750)
    found = await told(path)
    assert closed not in found
    assert found[f"Other users can read {old} (mode 0644), {path} (mode 0644) → chmod 600 {old} {path}"] is (
        Sign.WARNING
    )
    folder = path.parent
    assert (
        found[f"Other users can enter the folder {folder} (mode 0750) → chmod 700 {folder}"] is Sign.WARNING
    )
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (
        0o644,
        0o750,
    )  # it changes nothing
    for command in [line.partition(" → ")[2] for line, sign in found.items() if sign is Sign.WARNING]:
        carry_out(command)
    assert closed in await told(path)


async def test_a_folder_of_everybodys_is_not_closed_but_another_one_advised(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    found = await told(tmp_path / "paperboy.db")
    assert found[
        f"The folder {tmp_path} is for everybody's files → have DATABASE_URL name one in a folder of its own"
    ] is (Sign.WARNING)


async def test_what_is_no_file_ends_the_start_and_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, line in (
        (tmp_path / "pipe", f"{tmp_path / 'pipe'}: it is a named pipe → name a file"),
        (tmp_path, f"{tmp_path}: it is a folder → did you mean sqlite+aiosqlite:///{tmp_path}/paperboy.db?"),
    ):
        assert await told(path) == {line: Sign.WRONG}
        assert not await starts(path)


async def test_a_program_that_is_no_bot_is_not_called_one(path: Path) -> None:
    with reading(path) as program:
        found = await told(path)
        program.communicate()
    assert found[f"Another program has it open (process {program.pid})"] is Sign.FINE


async def test_through_a_symbolic_link_it_sees_what_the_bot_has_written(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    async with sole_use(f"sqlite+aiosqlite:///{path}"):
        async with database.write() as conn:
            await a_feed(conn)
        found = await told(link)
    await database.close()
    assert any(one.startswith("It is in use: a bot runs on it") for one in found), found
    assert Sign.WRONG not in found.values()
