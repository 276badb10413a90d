"""Copies of a database file: written next to where they belong, and verified."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import BackupError
from bot.store.migration import is_workable
from bot.store.sqlite import files
from bot.store.sqlite.engine import advice
from bot.store.sqlite.files import COMPANIONS, companion
from bot.store.sqlite.locks import NoLocksError, locked_file

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


class EmptyError(BackupError):
    """The file is a database without tables."""


@contextmanager
def part_of(target: Path) -> Generator[tuple[Path, int]]:
    """An empty file next to `target` to write to, with its descriptor; removed if it does not become it."""
    part = target.with_name(f"{target.name}.part")
    if not target.parent.is_dir():
        raise BackupError(f"the directory {target.parent} does not exist: create it, or name another")
    with (
        backup_errors(target, busy="another backup or restore is running there; wait until it has finished"),
        locked_file(part) as descriptor,
    ):
        os.ftruncate(descriptor, 0)  # one that was cut off before
        remove_companions(part)
        try:
            yield part, descriptor
        finally:
            remove_companions(part)


def copy(source: Path, part: Path, *, mode: str) -> None:
    """Copy a database, with what its WAL holds.

    Raises:
        BackupError: the source is no database of Paperboy's, or a newer one; or the copy cannot be written.
    """
    with backup_errors(source), closing(_connect(source, mode)) as reading:
        # One moment for the whole copy: else SQLite starts over whenever the bot writes.
        reading.execute("BEGIN")
        _check_revision(reading, source)
        with backup_errors(part), closing(sqlite3.connect(part, isolation_level=None)) as writing:
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
        kind = BackupError if tables_there else EmptyError
        raise kind(f"{path} is not a Paperboy database: name another file")
    ((revision, oldest_code),) = connection.execute("SELECT version_num, oldest_code FROM alembic_version")
    if not is_workable(revision, oldest_code=oldest_code):
        raise BackupError(
            f"{path} was written by a newer Paperboy (revision {revision}), and this version is too old "
            "for it: use the version that made it, or a later one"
        )


def check(part: Path, *, called: Path) -> Contents:
    """What is in the copy, once it is seen to be whole.

    Raises:
        BackupError: it is damaged, and so is what it was copied from.
    """
    with backup_errors(part), closing(sqlite3.connect(part, isolation_level=None)) as connection:
        try:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        if verdict != "ok":
            raise BackupError(f"{called} is damaged ({' '.join(verdict.split())}); use an older backup")
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


def remove_companions(path: Path) -> None:
    for suffix in COMPANIONS:
        companion(path, suffix).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the new name on the disk too."""
    if os.name != "posix":  # Windows opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def backup_errors(path: Path, *, busy: str | None = None) -> Generator[None]:
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


def stamp(moment: datetime) -> str:
    """A moment in UTC as file names have it: it sorts, and no file system minds it."""
    return f"{moment:%Y-%m-%dT%H%M%SZ}"
