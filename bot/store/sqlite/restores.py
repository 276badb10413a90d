"""Restores: putting a backup in the place of the database, which is kept under another name."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.errors import BackupError, ConfigError
from bot.store import deletions
from bot.store.database import Database
from bot.store.deletions import Deletion
from bot.store.restored import look_before_sending
from bot.store.sqlite import files
from bot.store.sqlite.address import address_of
from bot.store.sqlite.copies import (
    Contents,
    backup_errors,
    check,
    copy,
    part_of,
    remove_companions,
    stamp,
    sync_folder,
)
from bot.store.sqlite.engine import advice, parse_url
from bot.store.sqlite.files import COMPANIONS, companion
from bot.store.sqlite.locks import exclusive_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of a restore: the new contents, and where the previous database was kept."""

    contents: Contents
    kept: Path | None
    forgotten: int | None  # people who deleted their data since; None if the previous database is unreadable


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
    with backup_errors(database):
        files.make_folder(database.parent)
    with _alone(database, called=named), part_of(database) as (part, descriptor):
        # As it is, and nothing is created next to it: a backup's folder may be read-only.
        is_plain = not companion(files.real(file), "-wal").exists()
        copy(file, part, mode="mode=ro&immutable=1" if is_plain else "mode=rw")
        check(part, called=file)
        later = _deletions(database)
        forgotten = asyncio.run(_make_ready(address_of(part), later or []))
        contents = check(part, called=file)
        with backup_errors(database):
            _own_like(database, descriptor)
            os.fsync(descriptor)
            kept = _set_aside(database, now) if database.exists() else None
            part.replace(database)
            sync_folder(database.parent)
    if kept and files.real(named.parent) == kept.parent:
        kept = named.parent / kept.name  # as the operator names it
    return Restored(contents=contents, kept=kept, forgotten=None if later is None else forgotten)


@contextmanager
def _alone(database: Path, *, called: Path) -> Generator[None]:
    """Keep every bot away from the database.

    Raises:
        BackupError: one runs on it.
    """
    running = f"a bot runs on {called}: stop it, then restore"
    with backup_errors(database, busy=running), exclusive_lock(database):
        yield


def _settle(database: Path) -> bool:
    """Move what is in the WAL into the file, so that the file alone is the database; False if it is damaged.

    SQLite does that only for a sole user of the file: the lock of a bot on a file system that keeps none,
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
            remove_companions(kept)
    remove_companions(database)
    return kept


def _deletions(database: Path) -> list[Deletion] | None:
    """Who deleted their data in the present database; None if it cannot be read.

    It is read as it is, and not changed: that an older one has no such table means that nobody did.
    """
    if not database.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT digest, key, deleted_at FROM deletions").fetchall()
    except sqlite3.OperationalError as error:
        return [] if "no such table" in str(error) else None
    except sqlite3.DatabaseError:
        return None
    return [
        Deletion(digest=digest, key=key, deleted_at=datetime.fromisoformat(at)) for digest, key, at in rows
    ]


async def _make_ready(url: str, later: list[Deletion]) -> int:
    """Bring the copy up to this code's tables, and have it look before it sends pending posts.

    Deletions of the present database are applied to it; returns how many people it forgot by them.
    """
    database = await Database.open(url)
    try:
        await look_before_sending(database)
        async with database.write() as conn:
            forgotten = await deletions.apply_again(conn, later)
            is_to_erase = bool(await deletions.to_erase(conn))
        if is_to_erase:
            await database.erase_deleted()
    except DBAPIError as error:
        if reason := advice(error.orig):
            raise BackupError(f"the copy next to the database: {reason}") from error
        raise
    finally:
        await database.close()
    return forgotten


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
