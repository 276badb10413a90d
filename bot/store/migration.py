"""Migration of a database to this code's schema; databases that this code cannot work with are refused.

Versions overlap while several processes are updated one by one. So each revision names the oldest code that
can work with its tables (`oldest_code`, a revision too), and the database keeps that next to its revision.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import ConfigError

log = logging.getLogger(__name__)
# Alembic tells its set-up at INFO on every start; what it did is logged below.
logging.getLogger("alembic").setLevel(logging.WARNING)


# The key of PostgreSQL's advisory lock that a migration holds; any number that no other program uses.
_MIGRATING = 7_065_726_251
_VERSION = text("SELECT version_num, oldest_code FROM alembic_version")
# How long a migration may wait for a table, while everybody else waits for the migration.
_LOCK_TIMEOUT = "2s"


def check(connection: Connection) -> None:
    """Check without changing anything, whatever the database is.

    Raises:
        ConfigError: the tables are too new for this code, or another program's.
    """
    revision = current(connection)
    if revision is not None:
        _check_workable(revision, oldest_code=_oldest_code(connection))
    elif inspect(connection).get_table_names():
        raise ConfigError(
            "DATABASE_URL names a database of another program: it has tables, and none are Paperboy's. "
            "Name another database."
        )


async def check_again(conn: AsyncConnection) -> None:
    """Check a database that this process migrated: another one may have done so since.

    It reads one row, while `check` asks for all that a database may be.

    Raises:
        ConfigError: the tables are too new for this code.
    """
    revision, oldest_code = (await conn.execute(_VERSION)).one()
    _check_workable(revision, oldest_code=oldest_code)


def _check_workable(revision: str, *, oldest_code: str | None) -> None:
    if not is_workable(revision, oldest_code=oldest_code):
        raise ConfigError(
            f"DATABASE_URL names a database of a newer Paperboy (revision {revision}), and this version is "
            "too old for it. Update Paperboy, or name another database."
        )


def is_workable(revision: str, *, oldest_code: str | None) -> bool:
    """Whether this code can work with tables of this revision, which name the oldest code that can."""
    return not {revision, oldest_code}.isdisjoint(known_revisions())


def current(connection: Connection) -> str | None:
    """The revision of the tables; None if there are none."""
    return min(MigrationContext.configure(connection).get_current_heads(), default=None)


def _oldest_code(connection: Connection) -> str | None:
    """The oldest code that can work with the tables; None if they don't say."""
    columns = {column["name"] for column in inspect(connection).get_columns("alembic_version")}
    if "oldest_code" not in columns:
        return None
    return connection.execute(text("SELECT oldest_code FROM alembic_version")).scalar_one()


def newest(connection: Connection) -> str:
    """The revision of this code's tables."""
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head


def known_revisions() -> frozenset[str]:
    """Every revision of the tables that this code knows, the newest and all before it."""
    return _revisions_in(str(_config().get_main_option("script_location")))


@cache  # a running process asks again and again
def _revisions_in(location: str) -> frozenset[str]:
    scripts = ScriptDirectory.from_config(_config_of(location))
    found = frozenset(script.revision for script in scripts.walk_revisions())
    if not found:  # Alembic passes over a directory that it cannot read
        next(Path(scripts.versions).iterdir(), None)  # raises why
        raise RuntimeError("there are no migrations")
    return found


def migrate(connection: Connection) -> str | None:
    """Run the missing revisions in the connection's transaction: all of them or, on an error, none.

    One process migrates, and others wait for it. A table that it waits for itself, because a transaction uses
    it, must be free soon, or the database's error ends the migration.

    Foreign keys must be off on this connection, because SQLite changes a table by copying and dropping it,
    and a drop would delete what refers to its rows; they are checked as a whole at the end.

    Returns:
        What to log once that is committed; None if nothing was missing.

    Raises:
        ConfigError: as `check`.
        OSError: this code's revisions cannot be read. They are read now, as later files may run out.
    """
    known = known_revisions()
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    check(connection)  # again: another process may have migrated
    before = current(connection)
    if before is not None and before not in known:
        return None
    command.upgrade(_config(connection), "head")
    after = current(connection)
    if before == after:
        return None
    if connection.dialect.name == "sqlite" and (
        broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    ):
        raise RuntimeError(f"migrating to {after} left {len(broken)} rows that refer to nothing")
    return f"The database is now at revision {after} (was: {before or 'empty'})"


def _config(connection: Connection | None = None) -> Config:
    config = _config_of("bot.store:migrations")
    config.attributes["connection"] = connection
    return config


def _config_of(location: str) -> Config:
    config = Config()
    config.set_main_option("script_location", location)
    config.set_main_option("path_separator", "os")
    return config
