"""The database's files: only their owner can read them, and one bot alone has them, by whatever name."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.errors import BackupError, ConfigError
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.sqlite import backups, restores
from bot.store.sqlite.engine import advice
from bot.store.sqlite.files import NO_LOCKS
from tests.examples import thorough
from tests.fakes.database import make_migrated
from tests.store.samples import a_feed
from tests.store.sqlite.test_backups import LATER, names, restored
from tests.waiting import LIMIT_SECONDS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and links are those of POSIX")


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def address(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=[0o000, 0o277, thorough(0o022)])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
async def test_all_that_is_made_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "srv" / "data" / "paperboy.db"
    async with backend_of(address(path)).sole_use():
        database = await Database.open(address(path))
        async with database.write() as conn:
            await a_feed(conn)
        made = {file.name: mode(file) for file in path.parent.iterdir()}
        await database.close()
    assert made == dict.fromkeys(
        ["paperboy.db", "paperboy.db-shm", "paperboy.db-wal", "paperboy.db.lock"], "0600"
    )
    assert (mode(path.parent), mode(path.parent.parent)) == ("0700", "0700")
    copy = tmp_path / "srv" / "copy.db"
    backups.back_up(path, copy, replaces=False)
    done = await restored(copy, address(path))
    assert done.kept
    assert {mode(file) for file in (copy, path, done.kept)} == {"0600"}


async def test_what_others_could_read_is_closed_at_the_start_and_its_folder_stays(tmp_path: Path) -> None:
    path = tmp_path / "shared" / "paperboy.db"
    await make_migrated(path)
    path.parent.chmod(0o755)
    path.chmod(0o644)
    Path(f"{path}-wal").touch(mode=0o644)
    await (await Database.open(address(path))).close()
    assert (mode(path), mode(path.parent)) == ("0600", "0755")
    path.chmod(0o644)
    copy = tmp_path / "copy.db"
    backups.back_up(path, copy, replaces=False)
    done = await restored(copy, address(path))
    assert done.kept
    assert (mode(done.kept), mode(path)) == ("0600", "0600")


async def test_a_second_bot_is_refused_by_every_name_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite.locks._CLOSES_WITHIN_SECONDS", 0)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data" / "paperboy.db"
    async with backend_of(address(path)).sole_use():
        (tmp_path / "link.db").symlink_to(path)
        (tmp_path / "chain.db").symlink_to("link.db")
        (tmp_path / "folder").symlink_to("data")
        (tmp_path / "hard.db").hardlink_to(path)
        for name in (
            "data/paperboy.db",
            "data/../data/./paperboy.db",
            "link.db",
            "chain.db",
            "folder/paperboy.db",
            "hard.db",
        ):
            for url in (address(Path(name)), address(tmp_path / name)):
                with pytest.raises(ConfigError, match=r"DATABASE_URL.*another Paperboy runs"):
                    async with backend_of(url).sole_use():
                        pass
            with pytest.raises(BackupError, match="a bot runs on"):
                await restored(await backup_of(path), address(Path(name)))
    for name in ("hard.db", "chain.db"):
        async with backend_of(address(Path(name))).sole_use():
            pass
    assert names(path.parent) == ["paperboy.db"]


async def backup_of(path: Path) -> Path:
    copy = path.parent.parent / "copy.db"
    if not copy.exists():
        await (await Database.open(address(path))).close()
        backups.back_up(path, copy, replaces=False)
    return copy


async def test_a_symbolic_link_stays_one_over_a_start_a_backup_and_a_restore(tmp_path: Path) -> None:
    path, link = tmp_path / "disk" / "real.db", tmp_path / "paperboy.db"
    path.parent.mkdir()
    link.symlink_to(path)
    database = await Database.open(address(link))  # its target is not there yet
    async with database.write() as conn:
        await a_feed(conn)
    copy, copy_link = tmp_path / "copies" / "one.db", tmp_path / "newest.db"
    copy.parent.mkdir()
    copy_link.symlink_to(copy)
    backups.back_up(link, copy_link, replaces=False)
    backups.back_up(link, copy_link, replaces=True)
    await database.close()
    before = path.stat().st_ino
    done = await restored(copy_link, address(link))
    assert done.kept == path.with_name("real.db.before-restore-2026-08-21T103000Z")
    assert done.contents.feeds == 1
    assert (link.is_symlink(), copy_link.is_symlink()) == (True, True)
    assert path.stat().st_ino != before
    assert names(path.parent) == ["real.db", done.kept.name]
    assert names(tmp_path) == ["copies", "disk", "newest.db", "paperboy.db"]


async def test_no_part_of_the_database_is_overwritten_by_a_backup(url: str, tmp_path: Path) -> None:
    path = tmp_path / "data" / "paperboy.db"
    await make_migrated(path)
    async with backend_of(url).sole_use():
        database = await Database.open(url)
        for suffix in ("", "-wal", "-shm", ".lock"):
            with pytest.raises(BackupError, match="the database itself"):
                backups.back_up(path, Path(f"{path}{suffix}"), replaces=True)
        await database.close()


async def test_start_backup_and_restore_say_at_once_that_something_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, why in (
            (tmp_path / "pipe", "it is a named pipe"),
            (tmp_path / "socket", "it is a socket"),
            (
                tmp_path / "folder",
                f"it is a directory; did you mean sqlite+aiosqlite:///{tmp_path}/folder/paperboy.db",
            ),
            (Path("/dev/null"), "it is a device"),
            (tmp_path / ("x" * 300), "File name too long"),
        ):
            answer = rf"DATABASE_URL names .*but.* {re.escape(why)}"
            async with asyncio.timeout(LIMIT_SECONDS):
                with pytest.raises(ConfigError, match=answer):
                    await Database.open(address(path))
                with pytest.raises(ConfigError, match=answer):
                    async with backend_of(address(path)).sole_use():
                        pass
            with pytest.raises(ConfigError, match=re.escape(why)):
                backups.database_file(address(path))
            with pytest.raises(ConfigError, match=re.escape(why)):
                restores.restore(tmp_path / "any", address(path), now=LATER)


async def test_three_slashes_before_a_folder_of_the_root_are_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    below = tmp_path.relative_to("/")
    (tmp_path / below.parts[0]).touch()  # where the folder would be made
    with pytest.raises(ConfigError, match=rf"did you mean sqlite\+aiosqlite:///{tmp_path}/x.db\?"):
        await Database.open(address(below / "x.db"))


async def test_without_any_locks_the_start_ends_and_names_such_file_systems(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def knows_none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", knows_none)
    async with backend_of(url).sole_use():  # the other kind of lock does as well
        pass
    monkeypatch.setattr(fcntl, "lockf", knows_none)
    with pytest.raises(ConfigError, match=r"DATABASE_URL names .*without locks.*NFS, SMB.*local disk"):
        async with backend_of(url).sole_use():
            pass
    with pytest.raises(BackupError, match="NFS, SMB"):
        await restored(tmp_path / "data" / "paperboy.db", address(tmp_path / "y.db"))


@pytest.mark.parametrize(
    "name", ["SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_SHMOPEN", "SQLITE_PROTOCOL", "SQLITE_IOERR_LOCK"]
)
def test_errors_of_file_systems_without_locks_or_shared_memory_name_them(name: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name
    assert advice(error) == f"{NO_LOCKS} (disk I/O error)"


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """A folder that another user may enter, and that user, where this one may do everything."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for made, mode_of_it in (("readable", 0o755), ("closed", 0o700)):
            database = folder / made / "paperboy.db"
            database.parent.mkdir()
            database.touch()
            database.chmod(0o444)
            database.parent.chmod(mode_of_it)
        os.seteuid(65_534)
        yield folder
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    "name", ["readable/paperboy.db", "readable/new.db", "readable/new/x.db", "closed/paperboy.db"]
)
def test_what_this_user_cannot_write_is_refused_in_one_line(nobodys: Path, name: str) -> None:
    path = nobodys / name

    async def start() -> None:
        async with backend_of(address(path)).sole_use():
            await Database.open(address(path))

    with pytest.raises(ConfigError) as raised:
        asyncio.run(start())
    answer = str(raised.value)
    assert answer.startswith(f"DATABASE_URL names {path}, but ")
    assert answer.endswith(
        "Permission denied; give this user the right to read and write there, or name another file"
    )
