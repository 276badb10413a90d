"""Dumps: the lines with which PostgreSQL's own programs back up and restore the database."""

from __future__ import annotations

import shlex

from sqlalchemy import URL

from bot.store.postgres.address import database_url

FILE = "paperboy.dump"


def instead_of_backup(address: str) -> str:
    """The error of `paperboy backup` on this database."""
    line = dump_line(database_url(address))
    return f"this command copies SQLite files; PostgreSQL has its own program for that: {line}"


def instead_of_restore(address: str) -> str:
    """The error of `paperboy restore` on this database."""
    line = restore_line(database_url(address))
    return (
        f"this command restores SQLite files; stop the bot, then use PostgreSQL's own program: {line} "
        "and then paperboy restore --after-pg-restore"
    )


def dump_line(url: URL) -> str:
    """Writes the database to one file, while the bot runs."""
    return shlex.join(["pg_dump", "--format=custom", f"--file={FILE}", *_target(url)])


def restore_line(url: URL, file: str = FILE) -> str:
    """Replaces what is in the database with a dump, or leaves it as it is."""
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
    return shlex.join(["pg_restore", *options, *_target(url), file])


def _target(url: URL) -> list[str]:
    """Where, without the password: both programs ask for it, or read PGPASSWORD."""
    host = url.host or str(url.query.get("host", ""))
    parts = {"host": host, "port": url.port, "username": url.username, "dbname": url.database}
    return [f"--{name}={value}" for name, value in parts.items() if value]
