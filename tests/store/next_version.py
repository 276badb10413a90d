"""Versions of Paperboy to come, as far as their tables go: this one's, and some revisions more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import Connection

from bot.store import migration

_MIGRATIONS = Path(migration.__file__).with_name("migrations")
_HEAD = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
oldest_code = "{oldest_code}"


def upgrade() -> None:
"""


def revision(number: int, upgrade: str, *, oldest_code: int = 1) -> str:
    """The text of a revision file, whose `upgrade` is one statement."""
    head = _HEAD.format(revision=f"{number:04}", before=f"{number - 1:04}", oldest_code=f"{oldest_code:04}")
    return f"{head}    {upgrade}\n"


ADDITIONS = revision(2, 'op.create_table("additions", sa.Column("id", sa.Integer(), primary_key=True))')
# As it is done where SQLite cannot change a table: it is copied.
COPYING = revision(
    2,
    """with op.batch_alter_table("papers", recreate="always") as batch:
        batch.add_column(sa.Column("addition", sa.Integer()))""",
)
# Expand: code of the revision before goes on as it did.
EXPANDING = revision(
    2,
    'op.add_column("servers", sa.Column("greeted_at", sa.Text));'
    ' op.add_column("servers", sa.Column("rank", sa.Integer, nullable=False, server_default="7"))',
)
# Contract: what only code before the expansion needs is gone.
CONTRACTING = revision(3, 'op.drop_column("servers", "welcomed_at")', oldest_code=2)


def use_next_version(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, revisions: Sequence[str] = (ADDITIONS,)
) -> None:
    """Lets this process be a version that has these revisions more."""
    shutil.copytree(_MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for number, text in enumerate(revisions, start=2):
        (folder / "versions" / f"{number:04}_next.py").write_text(text)

    def config(connection: Connection | None = None) -> Config:
        made = Config(attributes={"connection": connection})
        made.set_main_option("script_location", str(folder))
        made.set_main_option("path_separator", "os")
        return made

    monkeypatch.setattr(migration, "_config", config)
