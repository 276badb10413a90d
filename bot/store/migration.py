"""Migration of a database to this code's schema; newer databases and those of other programs are refused."""

from __future__ import annotations

import logging

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.errors import ConfigError

log = logging.getLogger(__name__)
# Alembic tells its set-up at INFO on every start; what it did is logged below.
logging.getLogger("alembic").setLevel(logging.WARNING)


def check(connection: Connection) -> None:
    """Check without changing anything.

    Raises:
        ConfigError: the database was made by a newer Paperboy, or by another program.
    """
    revisions = MigrationContext.configure(connection).get_current_heads()
    if newer := set(revisions) - known_revisions():
        raise ConfigError(
            f"DATABASE_URL names a database of a newer Paperboy (revision {', '.join(sorted(newer))}). "
            "Use the version that made it, or name another file."
        )
    if not revisions and inspect(connection).get_table_names():
        raise ConfigError(
            "DATABASE_URL names a database of another program: it has tables, and none are Paperboy's. "
            "Name another file."
        )


def current(connection: Connection) -> str | None:
    """The revision of the file's tables; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def newest(connection: Connection) -> str:
    """The revision of this code's tables."""
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head


def known_revisions() -> set[str]:
    """Every revision of the tables that this code knows, the newest and all before it."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def migrate(connection: Connection) -> str | None:
    """Run the missing revisions in the connection's transaction: all of them or, on an error, none.

    Foreign keys must be off on this connection, because SQLite changes a table by copying and dropping it,
    and a drop would delete what refers to its rows; they are checked as a whole at the end.

    Returns:
        What to log once that is committed; None where nothing was missing.
    """
    before = current(connection)
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
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
