"""Backups: copying the database to a file while the bot runs, and restoring such a file."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from bot.core.notices import NoticeState
from bot.core.posts import PostState
from bot.errors import BackupError, ConfigError
from bot.store import tables
from bot.store.database import Database
from bot.store.migration import known_revisions
from bot.store.sqlite import files
from bot.store.sqlite.address import address_of
from bot.store.sqlite.engine import advice, parse_url
from bot.store.sqlite.files import COMPANIONS, companion
from bot.store.sqlite.locks import NoLocksError, exclusive_lock, lock_path, locked_file

_PAGES = 256  # copied at a time: a MiB
_PAUSE_SECONDS = 0.002  # between steps, so that the bot can use the disk too
_WAIT_SECONDS = 5.0  # for a lock on the database


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database contains, so that a person can recognize it."""

    feeds: int
    subscriptions: int
    posts: int
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of a restore: the new contents, and where the previous database was kept."""

    contents: Contents
    kept: Path | None


class NoDatabaseError(ConfigError):
    """The bot has not made its database yet."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"DATABASE_URL names {path}, and there is no database yet: the bot makes it when it starts. "
            "Run this where the bot runs, with the same settings."
        )


class _EmptyError(BackupError):
    """The file is a database without tables."""


def database_file(url: str) -> Path:
    """The file that the URL names.

    Raises:
        NoDatabaseError: there is none yet.
        ConfigError: the URL is wrong, or names what is no file.
    """
    path = parse_url(url)
    if why := files.obstacle(path):
        raise ConfigError(f"DATABASE_URL names {path}, but {why}")
    if not path.exists():
        raise NoDatabaseError(path)
    return path


def back_up(database: Path, target: Path, *, replaces: bool) -> Contents:
    """Copy the database, as it is at one moment, into `target`: one file, whole or not there at all.

    Raises:
        NoDatabaseError: the bot is making it just now.
        BackupError: it cannot be done; what was at `target` is as it was.
    """
    named = database
    database, target = files.real(database), files.real(target)  # a symbolic link stays one
    if target in {database, lock_path(database), *(companion(database, suffix) for suffix in COMPANIONS)}:
        raise BackupError(f"{target} is the database itself, or a part of it: name another file")
    if target.exists():
        if target.samefile(database):
            raise BackupError(f"{target} is the database itself: name another file")
        if not target.is_file():
            raise BackupError(f"{target} is not a file: name another")
        if not replaces:
            raise BackupError(f"{target} already exists: name another file, or use --force to replace it")
    with _part_of(target) as (part, descriptor):
        try:
            _copy(database, part, mode="mode=rw")
        except _EmptyError as error:
            raise NoDatabaseError(named) from error
        contents = _check(part, called=database)
        with _backup_errors(target):
            os.fsync(descriptor)
            part.replace(target)
            _sync_folder(target.parent)
    return contents


def restore(file: Path, url: str, *, now: datetime) -> Restored:
    """Put the backup in the place of the database, which is kept under another name.

    Posts that are pending in the backup are looked for in their channels before they are sent: they may have
    been sent after it was made.

    Raises:
        BackupError: it cannot be done, or a program has the database open; all is as it was.
        ConfigError: the URL is wrong.
    """
    named = parse_url(url)
    if why := files.obstacle(named):
        raise ConfigError(f"DATABASE_URL names {named}, but {why}")
    database = files.real(named)  # a symbolic link stays one
    if not file.is_file():
        raise BackupError(f"{file} does not exist: name a file that `paperboy backup` wrote")
    if database.exists() and file.samefile(database):
        raise BackupError(f"{file} is the database itself: name a backup of it")
    with _backup_errors(database):
        files.make_folder(database.parent)
    with _alone(database, called=named), _part_of(database) as (part, descriptor):
        # As it is, and nothing is created next to it: a backup's folder may be read-only.
        is_plain = not companion(files.real(file), "-wal").exists()
        _copy(file, part, mode="mode=ro&immutable=1" if is_plain else "mode=rw")
        _check(part, called=file)
        asyncio.run(_make_ready(address_of(part)))
        contents = _check(part, called=file)
        with _backup_errors(database):
            _own_like(database, descriptor)
            os.fsync(descriptor)
            kept = _set_aside(database, now) if database.exists() else None
            part.replace(database)
            _sync_folder(database.parent)
    if kept and files.real(named.parent) == kept.parent:
        kept = named.parent / kept.name  # as the operator names it
    return Restored(contents=contents, kept=kept)


# Copying.


@contextmanager
def _part_of(target: Path) -> Generator[tuple[Path, int]]:
    """An empty file next to `target` to write to, with its descriptor; removed if it does not become it."""
    part = target.with_name(f"{target.name}.part")
    if not target.parent.is_dir():
        raise BackupError(f"the folder {target.parent} does not exist: create it, or name another")
    with (
        _backup_errors(target, busy="another backup or restore is running there; wait until it has finished"),
        locked_file(part) as descriptor,
    ):
        os.ftruncate(descriptor, 0)  # one that was cut off before
        _remove_companions(part)
        try:
            yield part, descriptor
        finally:
            _remove_companions(part)


def _copy(source: Path, part: Path, *, mode: str) -> None:
    """Copy a database, with what its WAL holds.

    Raises:
        BackupError: the source is no database of Paperboy's, or a newer one; or the copy cannot be written.
    """
    with _backup_errors(source), closing(_connect(source, mode)) as reading:
        # One moment for the whole copy: else SQLite starts over whenever the bot writes.
        reading.execute("BEGIN")
        _check_revision(reading, source)
        with _backup_errors(part), closing(sqlite3.connect(part, isolation_level=None)) as writing:
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF"):
                writing.execute(f"PRAGMA {pragma}")
            try:
                reading.backup(writing, pages=_PAGES, progress=_pause)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorname", "") in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
                    raise BackupError(f"{source} is damaged ({error}); use an older backup") from error
                raise
            writing.execute("PRAGMA journal_mode = DELETE")  # a file that needs no other file


def _pause(_status: int, _remaining: int, _total: int) -> None:
    time.sleep(_PAUSE_SECONDS)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _check_revision(connection: sqlite3.Connection, path: Path) -> None:
    """Look whose database it is.

    Raises:
        BackupError: another program's, or a newer Paperboy's.
    """
    tables_there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not {"alembic_version", "feeds", "subscriptions", "posts", "runs"} <= tables_there:
        kind = BackupError if tables_there else _EmptyError
        raise kind(f"{path} is not a database of Paperboy's: name another file")
    revisions = {revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")}
    if newer := revisions - known_revisions():
        raise BackupError(
            f"{path} is of a newer Paperboy (revision {', '.join(sorted(newer))}): "
            "use the version that made it, or a later one"
        )


def _check(part: Path, *, called: Path) -> Contents:
    """What is in the copy, once it is seen to be whole.

    Raises:
        BackupError: it is damaged, and so is what it was copied from.
    """
    with _backup_errors(part), closing(sqlite3.connect(part, isolation_level=None)) as connection:
        try:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            raise BackupError(f"{called} is damaged ({' '.join(found.split())}); use an older backup")
        feeds, subscriptions, posts, last_run_at = connection.execute(
            "SELECT (SELECT count(*) FROM feeds),"
            " (SELECT count(*) FROM subscriptions WHERE ended_at IS NULL),"
            " (SELECT count(*) FROM posts), (SELECT max(finished_at) FROM runs)"
        ).fetchone()
    return Contents(
        feeds=feeds,
        subscriptions=subscriptions,
        posts=posts,
        last_run_at=None if last_run_at is None else datetime.fromisoformat(last_run_at),
    )


# Putting in place.


@contextmanager
def _alone(database: Path, *, called: Path) -> Generator[None]:
    """Keep every bot away from the database.

    Raises:
        BackupError: one runs on it.
    """
    running = f"a bot runs on {called}: stop it, then restore"
    with _backup_errors(database, busy=running), exclusive_lock(database):
        yield


def _settle(database: Path) -> bool:
    """Move what is in the WAL into the file, so that the file alone is the database; False if it is damaged.

    SQLite does that only for who has the file alone: the lock of a bot on a file system that keeps none,
    another command and a shell are found out.

    Raises:
        BackupError: a program has it open.
    """
    try:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise BackupError(
                f"a program has {database} open: stop it (the bot, or another program), then restore"
            ) from error
        return False  # which may be why it is replaced
    return True


def _set_aside(database: Path, now: datetime) -> Path:
    """Keep the database under another name, where it is too; which that is.

    Raises:
        BackupError: a program has it open.
    """
    kept = database.with_name(f"{database.name}.before-restore-{stamp(now)}")
    is_settled = True
    try:
        for suffix in COMPANIONS:  # before SQLite throws away what it cannot use
            with suppress(FileNotFoundError):
                os.link(companion(database, suffix), companion(kept, suffix))
        is_settled = _settle(database)
        os.link(database, kept)  # at no moment is there no database
        files.tighten(kept)
    finally:
        if is_settled:
            _remove_companions(kept)
    _remove_companions(database)
    return kept


async def _make_ready(url: str) -> None:
    """Bring the copy up to this code's tables, and have it look before it sends pending posts."""
    database = await Database.open(url)
    try:
        async with database.write() as conn:
            pending, notices = tables.posts, tables.notices
            await conn.execute(
                update(pending)
                .where(pending.c.state == PostState.PENDING.value, pending.c.first_attempt_at.is_(None))
                .values(first_attempt_at=pending.c.planned_at)
            )
            await conn.execute(
                update(notices)
                .where(notices.c.state == NoticeState.PENDING.value, notices.c.attempts == 0)
                .values(attempts=1)
            )
    except DBAPIError as error:
        if reason := advice(error.orig):
            raise BackupError(f"the copy next to the database: {reason}") from error
        raise
    finally:
        await database.close()


def _own_like(database: Path, descriptor: int) -> None:
    """Give the new file the owner of the old one: who restores may be root, who runs it not.

    Where that cannot be, the new file keeps the modes by which the owner of the old one could share it.
    """
    if os.name != "posix":
        return
    like = (database if database.exists() else database.parent).stat()
    if os.geteuid() == 0:
        os.fchown(descriptor, like.st_uid, like.st_gid)
    elif database.exists() and like.st_uid != os.geteuid():
        os.fchmod(descriptor, like.st_mode & 0o660)


# Files.


def stamp(moment: datetime) -> str:
    """A moment in UTC as file names have it: it sorts, and no file system minds it."""
    return f"{moment:%Y-%m-%dT%H%M%SZ}"


def _remove_companions(path: Path) -> None:
    for suffix in COMPANIONS:
        companion(path, suffix).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk too."""
    if os.name != "posix":  # Windows opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _backup_errors(path: Path, *, busy: str | None = None) -> Generator[None]:
    """Errors of the system and of SQLite as one line about this file.

    Raises:
        BackupError: in their place.
    """
    try:
        yield
    except BlockingIOError as error:
        raise BackupError(busy or f"{path}: {error.strerror}") from error
    except NoLocksError as error:
        raise BackupError(f"{path} cannot be written: {files.NO_LOCKS}") from error
    except OSError as error:
        raise BackupError(f"{files.unwritable(path, error)}; then try again") from error
    except sqlite3.Error as error:
        if (reason := advice(error)) is None:
            raise
        raise BackupError(f"{path}: {reason}") from error
