"""Backups: copying the database to a file while the bot runs."""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import BackupError, ConfigError
from bot.store.sqlite import files
from bot.store.sqlite.copies import Contents, EmptyError, backup_errors, check, copy, part_of, sync_folder
from bot.store.sqlite.engine import parse_url
from bot.store.sqlite.files import COMPANIONS, companion
from bot.store.sqlite.locks import lock_path


class NoDatabaseError(ConfigError):
    """The bot has not made its database yet."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"DATABASE_URL names {path}, and there is no database yet: the bot makes it when it starts. "
            "Run this where the bot runs, with the same settings."
        )


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
    with part_of(target) as (part, descriptor):
        try:
            copy(database, part, mode="mode=rw")
        except EmptyError as error:
            raise NoDatabaseError(named) from error
        contents = check(part, called=database)
        with backup_errors(target):
            os.fsync(descriptor)
            part.replace(target)
            sync_folder(target.parent)
    return contents
