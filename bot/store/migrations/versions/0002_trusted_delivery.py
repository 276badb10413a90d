"""Kinds of feeds, mentions, publishing, threads; holds that end by themselves; steps; notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("servers") as servers:
        servers.add_column(sa.Column("left_at", sa.String(27), nullable=True))
        servers.add_column(sa.Column("notices_channel_id", _ID, nullable=True))
    _alter_feeds()
    _alter_posts()
    _create_post_steps()
    _create_notices()


def _alter_feeds() -> None:
    with op.batch_alter_table("feeds", table_kwargs={"sqlite_autoincrement": True}) as feeds:
        feeds.add_column(sa.Column("kind", sa.String(10), nullable=False, server_default="channel"))
        feeds.add_column(sa.Column("mention_role_id", _ID, nullable=True))
        feeds.add_column(sa.Column("publishes", sa.Boolean(), nullable=False, server_default=sa.false()))
        feeds.add_column(sa.Column("opens_threads", sa.Boolean(), nullable=False, server_default=sa.false()))
        feeds.add_column(sa.Column("hold_look_at", sa.String(27), nullable=True))
        feeds.add_column(sa.Column("holds_in_a_row", sa.Integer(), nullable=False, server_default="0"))
        feeds.add_column(sa.Column("gone_at", sa.String(27), nullable=True))
        feeds.add_column(sa.Column("last_new", sa.Integer(), nullable=True))
        feeds.add_column(sa.Column("last_matched", sa.Integer(), nullable=True))
        feeds.add_column(sa.Column("last_planned", sa.Integer(), nullable=True))
        feeds.create_check_constraint(op.f("ck_feeds_kind"), "kind IN ('channel', 'thread', 'forum')")


def _alter_posts() -> None:
    with op.batch_alter_table("posts", table_kwargs={"sqlite_autoincrement": True}) as posts:
        posts.add_column(sa.Column("mention_role_id", _ID, nullable=True))
        posts.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        posts.add_column(sa.Column("doubtful_since", sa.String(27), nullable=True))
        posts.create_check_constraint(
            op.f("ck_posts_doubtful_since"), "doubtful_since IS NULL OR state = 'pending'"
        )


def _create_post_steps() -> None:
    op.create_table(
        "post_steps",
        sa.Column("id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('publish', 'thread')", name=op.f("ck_post_steps_kind")),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name=op.f("ck_post_steps_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_post_steps_attempts")),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_post_steps_ended_at")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_steps_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_steps")),
        sa.UniqueConstraint("post_id", "kind", name=op.f("uq_post_steps_post_id_kind")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_post_steps_pending",
        "post_steps",
        ["next_attempt_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _ID, nullable=False),
        sa.Column("server_id", _ID, nullable=False),
        sa.Column("feed_id", _ID, nullable=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("nonce", sa.String(25), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.String(27), nullable=False),
        sa.Column("channel_id", _ID, nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("told_at", sa.String(27), nullable=True),
        sa.CheckConstraint("kind IN ('held', 'delayed', 'source')", name=op.f("ck_notices_kind")),
        sa.CheckConstraint("state IN ('pending', 'told', 'untold')", name=op.f("ck_notices_state")),
        sa.CheckConstraint("(kind = 'source') = (feed_id IS NULL)", name=op.f("ck_notices_feed_id")),
        sa.CheckConstraint("(state = 'told') = (told_at IS NOT NULL)", name=op.f("ck_notices_told_at")),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_notices_feed_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_notices_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("feed_id", "kind", name=op.f("uq_notices_feed_id_kind")),
        sa.UniqueConstraint("nonce", name=op.f("uq_notices_nonce")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notices_server_id"), "notices", ["server_id"], unique=False)
    op.create_index(
        "ix_notices_source",
        "notices",
        ["server_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'source'"),
        postgresql_where=sa.text("kind = 'source'"),
    )
