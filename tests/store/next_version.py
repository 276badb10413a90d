"""A version of Paperboy to come, as far as its tables go: this one's, and one revision more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import Connection

from bot.store import migration

_MIGRATIONS = Path(migration.__file__).with_name("migrations")
_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("additions", sa.Column("id", sa.Integer(), primary_key=True))
"""

# As it is done where SQLite cannot change a table: it is copied.
COPYING = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("papers", recreate="always") as batch:
        batch.add_column(sa.Column("addition", sa.Integer()))
"""


def use_next_version(folder: Path, monkeypatch: pytest.MonkeyPatch, *, revision: str = _REVISION) -> None:
    """Lets this process be a version whose revision 0002 makes the table `additions`, if nothing else is said."""
    shutil.copytree(_MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_additions.py").write_text(revision)

    def config(connection: Connection | None = None) -> Config:
        made = Config(attributes={"connection": connection})
        made.set_main_option("script_location", str(folder))
        made.set_main_option("path_separator", "os")
        return made

    monkeypatch.setattr(migration, "_config", config)
