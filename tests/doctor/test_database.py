"""The check of the database file in every state; it never changes the file."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doctor.database import check_database, judge_free_space
from bot.doctor.findings import Sign
from bot.store.address import backend_of
from bot.store.database import Database
from tests.fakes.database import open_database
from tests.store.next_version import use_next_version
from tests.store.samples import a_feed

NOBODY = 65_534


async def findings_of(path: Path) -> dict[str, Sign]:
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    return {
        f"{finding.what} → {finding.remedy}" if finding.remedy else finding.what: finding.sign
        for finding in report.findings
    }


async def starts(path: Path) -> bool:
    """Whether the doctor says that the bot would start with this file."""
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    return not any(finding.prevents_start for finding in report.findings)


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        file.name: (file.read_bytes(), file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "paperboy.db"
    await (await open_database(path)).close()
    return path


def run_remedy(command: str) -> None:
    subprocess.run(shlex.split(command), check=True)


def reading(path: Path) -> subprocess.Popen[bytes]:
    """A program that keeps the database open until its standard input closes."""
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


async def test_a_missing_file_is_reported_but_not_created(tmp_path: Path) -> None:
    path = tmp_path / "data" / "paperboy.db"
    found = await findings_of(path)
    assert found[f"{path} does not exist yet; the first start creates it"] is Sign.FINE
    assert set(found.values()) == {Sign.FINE}
    assert list(tmp_path.iterdir()) == []


async def test_an_intact_file_is_fine_and_unchanged(path: Path) -> None:
    before = state(path.parent)
    found = await findings_of(path)
    assert set(found.values()) == {Sign.FINE}
    assert any("has this version's tables" in finding for finding in found)
    assert any("intact" in finding for finding in found)
    assert state(path.parent) == before


async def test_it_is_read_without_changes_while_a_bot_has_it_open(path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    async with database.write() as conn:
        await a_feed(conn)
    async with database.write() as conn:  # an open write transaction does not lock readers out
        await a_feed(conn, channel=2)
        before = state(path.parent)
        found = await findings_of(path)
        assert {name: state(path.parent)[name] for name in ("paperboy.db", "paperboy.db-wal")} == {
            name: before[name] for name in ("paperboy.db", "paperboy.db-wal")
        }
    assert set(found.values()) == {Sign.FINE}
    await database.close()


async def test_a_file_locked_by_another_program_is_unchecked(path: Path) -> None:
    owner = sqlite3.connect(path, isolation_level=None)
    owner.execute("PRAGMA locking_mode = EXCLUSIVE")
    owner.execute("CREATE TABLE made_by_another (a)")
    assert path.with_name("paperboy.db-wal").exists()
    found = await findings_of(path)
    owner.close()
    assert found[f"{path}: not checked, because another program has locked it; try again"] is (Sign.UNCHECKED)
    assert Sign.WRONG not in found.values()


async def test_an_older_file_is_announced_as_to_be_migrated_but_not_migrated(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_next_version(tmp_path / "migrations", monkeypatch)
    before = state(path.parent)
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    assert any("older version's tables (revision 0001)" in finding.what for finding in report.findings)
    assert {finding.sign for finding in report.findings} == {Sign.FINE}
    assert report.contents is None
    assert state(path.parent) == before


async def test_a_newer_file_is_wrong_and_names_the_version_to_start(path: Path) -> None:
    change(path, "UPDATE alembic_version SET version_num = '9999', oldest_code = '9999'")
    found = await findings_of(path)
    (text,) = [one for one, sign in found.items() if sign is Sign.WRONG]
    assert text == (
        "It is a database of a newer Paperboy (revision 9999), and this version is too old for it → Update "
        "Paperboy, or name another database"
    )
    assert not await starts(path)


async def test_a_newer_file_that_this_version_can_work_with_is_fine_and_read(path: Path) -> None:
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    report = await check_database(f"sqlite+aiosqlite:///{path}")
    assert any("newer version's tables (revision 9999)" in finding.what for finding in report.findings)
    assert {finding.sign for finding in report.findings} == {Sign.FINE}
    assert report.contents is not None
    assert await starts(path)


async def test_another_programs_database_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    change(path, "CREATE TABLE notes (text)")
    found = await findings_of(path)
    assert any("another program" in one for one, sign in found.items() if sign is Sign.WRONG)
    assert not await starts(path)


@pytest.mark.parametrize("content", [b"hello " * 1000, b"SQLite format 3\0" + b"x" * 5000])
async def test_a_file_that_is_not_a_database_is_wrong(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "paperboy.db"
    path.write_bytes(content)
    assert Sign.WRONG in (await findings_of(path)).values()
    assert not await starts(path)
    assert path.read_bytes() == content


async def test_an_empty_file_is_fine_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "paperboy.db"
    path.touch()
    assert Sign.WRONG not in (await findings_of(path)).values()
    assert path.read_bytes() == b""


async def test_a_damaged_file_is_wrong_and_a_restore_is_advised(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-20_000:] = bytes(20_000)
    path.write_bytes(content)
    found = await findings_of(path)
    assert any("backup" in one for one, sign in found.items() if sign is Sign.WRONG), found


async def test_a_dangling_reference_is_wrong(path: Path) -> None:
    change(
        path,
        "INSERT INTO subscriptions (feed_id, text, canonical, compiled, rules_version, since, created_at)"
        " VALUES (77, 'a', 'a', 'a', 1, '2026-08-19', '2026-08-19T00:00:00.000000Z')",
    )
    found = await findings_of(path)
    assert any(
        "subscriptions refers to none of feeds" in one for one, sign in found.items() if sign is Sign.WRONG
    )


async def test_a_check_that_takes_too_long_is_a_warning(path: Path) -> None:
    report = await check_database(f"sqlite+aiosqlite:///{path}", timeout_seconds=-1)
    assert any(
        "could not be read completely" in finding.what
        for finding in report.findings
        if finding.sign is Sign.WARNING
    )


async def test_a_file_in_place_of_the_folder_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    path = tmp_path / "data" / "paperboy.db"
    assert any(
        "is not a directory" in one for one, sign in (await findings_of(path)).items() if sign is Sign.WRONG
    )
    assert not await starts(path)


@pytest.fixture
def _nobody() -> Iterator[None]:
    """Root may write everywhere, so these tests run as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.mark.usefixtures("_nobody")
@pytest.mark.skipif(
    os.access not in os.supports_effective_ids, reason="permissions are checked for the real user only"
)
async def test_a_folder_that_is_not_writable_is_wrong() -> None:
    path = Path("/paperboy.db")
    found = await findings_of(path)
    assert (
        found[
            "This user cannot write to the directory / → give this user write permission, or point DATABASE_URL to "
            "another directory"
        ]
        is Sign.WRONG
    )
    assert not await starts(path)
    assert not any("the first start creates it" in finding for finding in found)


def test_low_disk_space_is_reported_before_the_disk_is_full() -> None:
    assert judge_free_space(45_000_000_000).sign is Sign.FINE
    assert judge_free_space(400_000_000).sign is Sign.WARNING
    nearly_full = judge_free_space(40_000_000)
    assert (nearly_full.sign, nearly_full.what) == (Sign.WRONG, "40.0 MB of disk space is free")


async def test_files_that_others_can_read_are_reported_with_the_command_that_fixes_it(path: Path) -> None:
    closed = "Other users can read neither the database nor its directory"
    assert closed in await findings_of(path)
    old = path.with_name("paperboy-2026-01-01T090000Z.db")
    old.touch()
    for file in (path, old):
        file.chmod(0o644)
    path.parent.chmod(0o750)
    found = await findings_of(path)
    assert closed not in found
    assert found[f"Other users can read {old} (mode 0644), {path} (mode 0644) → chmod 600 {old} {path}"] is (
        Sign.WARNING
    )
    folder = path.parent
    assert (
        found[f"Other users can enter the directory {folder} (mode 0750) → chmod 700 {folder}"]
        is Sign.WARNING
    )
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (
        0o644,
        0o750,
    )  # it changes nothing
    for command in [line.partition(" → ")[2] for line, sign in found.items() if sign is Sign.WARNING]:
        run_remedy(command)
    assert closed in await findings_of(path)


async def test_for_a_shared_folder_another_one_is_advised(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    found = await findings_of(tmp_path / "paperboy.db")
    assert found[
        f"The directory {tmp_path} is shared by all users → point DATABASE_URL to a separate directory"
    ] is (Sign.WARNING)


async def test_a_path_that_is_not_a_file_prevents_the_start_and_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, line in (
        (tmp_path / "pipe", f"{tmp_path / 'pipe'}: it is a named pipe → name a file"),
        (
            tmp_path,
            f"{tmp_path}: it is a directory → did you mean sqlite+aiosqlite:///{tmp_path}/paperboy.db?",
        ),
    ):
        assert await findings_of(path) == {line: Sign.WRONG}
        assert not await starts(path)


async def test_another_program_is_not_called_a_bot(path: Path) -> None:
    with reading(path) as program:
        found = await findings_of(path)
        program.communicate()
    assert found[f"Another program has it open (process {program.pid})"] is Sign.FINE


async def test_a_symbolic_link_shows_what_the_bot_has_written(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    async with backend_of(f"sqlite+aiosqlite:///{path}").sole_use():
        async with database.write() as conn:
            await a_feed(conn)
        found = await findings_of(link)
    await database.close()
    assert any(finding.startswith("It is in use by a running bot") for finding in found), found
    assert Sign.WRONG not in found.values()
