"""Filters of feeds, what a server's new feeds begin with, the welcome, and who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("servers") as servers:
        servers.add_column(sa.Column("welcomed_at", sa.String(27), nullable=True))
        servers.add_column(sa.Column("default_time", sa.String(5), nullable=True))
        servers.add_column(sa.Column("default_timezone", sa.String(64), nullable=True))
        servers.add_column(sa.Column("default_weekdays", sa.Integer(), nullable=True))
    with op.batch_alter_table("feeds", table_kwargs={"sqlite_autoincrement": True}) as feeds:
        feeds.add_column(sa.Column("only_with_code", sa.Boolean(), nullable=False, server_default=sa.false()))
        feeds.add_column(sa.Column("exclude_text", sa.Text(), nullable=True))
        feeds.add_column(sa.Column("exclude_canonical", sa.Text(), nullable=True))
        feeds.add_column(sa.Column("exclude_compiled", sa.Text(), nullable=True))
        feeds.add_column(sa.Column("exclude_rules_version", sa.Integer(), nullable=True))
        feeds.create_check_constraint(
            op.f("ck_feeds_exclude"),
            "(exclude_text IS NULL) = (exclude_compiled IS NULL)"
            " AND (exclude_text IS NULL) = (exclude_canonical IS NULL)"
            " AND (exclude_text IS NULL) = (exclude_rules_version IS NULL)",
        )
    op.create_table(
        "changes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("server_id", _ID, nullable=False),
        sa.Column("channel_id", _ID, nullable=True),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_changes_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_server_id_id"), "changes", ["server_id", "id"], unique=False)
    op.create_index(op.f("ix_changes_changed_at"), "changes", ["changed_at"], unique=False)
