"""The first tables: one function a table, as `bot/store/tables.py` has them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_list_days()
    _create_papers()
    _create_runs()
    _create_servers()
    _create_changes()
    _create_feeds()
    _create_list_day_papers()
    _create_notices()
    _create_posts()
    _create_subscriptions()
    _create_cancelled_papers()
    _create_post_papers()
    _create_follow_ups()


def _create_list_days() -> None:
    op.create_table(
        "list_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("read_at", sa.String(length=27), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.CheckConstraint("unreadable >= 0", name=op.f("ck_list_days_unreadable")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_list_days")),
    )


def _create_papers() -> None:
    op.create_table(
        "papers",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("first_seen_at", sa.String(length=27), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("published_at", sa.String(length=27), nullable=True),
        sa.Column("upvotes", sa.Integer(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("ai_summary", sa.Text(), nullable=True),
        sa.Column("ai_keywords", sa.Text(), nullable=False),
        sa.Column("github_repo", sa.Text(), nullable=True),
        sa.Column("github_stars", sa.Integer(), nullable=True),
        sa.Column("project_page", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("organization_login", sa.Text(), nullable=True),
        sa.Column("submitter", sa.Text(), nullable=True),
        sa.Column("submitter_login", sa.Text(), nullable=True),
        sa.Column("thumbnail", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_papers")),
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=False),
        sa.Column("finished_at", sa.String(length=27), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=True),
        sa.Column("new_papers", sa.Integer(), nullable=True),
        sa.Column("feeds", sa.Integer(), nullable=True),
        sa.Column("posts", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=30), nullable=True),
        sa.Column("problem_status", sa.Integer(), nullable=True),
        sa.Column("problem_day", sa.Date(), nullable=True),
        sa.CheckConstraint("outcome IN ('ok', 'source_failed', 'failed')", name=op.f("ck_runs_outcome")),
        sa.CheckConstraint(
            "problem IN ('rate_limited', 'server_error', 'token_refused', 'not_found', 'refused', 'unexpected', 'redirected', 'timed_out', 'unreachable', 'cut_off', 'unreadable', 'no_item_readable', 'most_items_unreadable', 'too_large', 'too_long', 'repeated', 'not_open', 'no_such_paper', 'database', 'bug')",
            name=op.f("ck_runs_problem"),
        ),
        sa.CheckConstraint("(finished_at IS NULL) = (outcome IS NULL)", name=op.f("ck_runs_finished")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )


def _create_servers() -> None:
    op.create_table(
        "servers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.Column("left_at", sa.String(length=27), nullable=True),
        sa.Column("notices_channel_id", _ID, nullable=True),
        sa.Column("welcomed_at", sa.String(length=27), nullable=True),
        sa.Column("default_time", sa.String(length=5), nullable=True),
        sa.Column("default_timezone", sa.String(length=64), nullable=True),
        sa.Column("default_weekdays", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
    )


def _create_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("server_id", _ID, nullable=False),
        sa.Column("channel_id", _ID, nullable=True),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_changes_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_changed_at"), "changes", ["changed_at"], unique=False)
    op.create_index(op.f("ix_changes_server_id_id"), "changes", ["server_id", "id"], unique=False)


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", _ID, nullable=False),
        sa.Column("server_id", _ID, nullable=True),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("channel_id", _ID, nullable=False),
        sa.Column("cadence", sa.String(length=10), nullable=False),
        sa.Column("post_time", sa.String(length=5), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="channel", nullable=False),
        sa.Column("style", sa.String(length=10), nullable=False),
        sa.Column("mention_role_id", _ID, nullable=True),
        sa.Column("publishes", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opens_threads", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("min_upvotes", sa.Integer(), nullable=False),
        sa.Column("max_papers", sa.Integer(), nullable=False),
        sa.Column("only_with_code", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("exclude_text", sa.Text(), nullable=True),
        sa.Column("exclude_canonical", sa.Text(), nullable=True),
        sa.Column("exclude_compiled", sa.Text(), nullable=True),
        sa.Column("exclude_rules_version", sa.Integer(), nullable=True),
        sa.Column("paused_at", sa.String(length=27), nullable=True),
        sa.Column("block_reason", sa.Text(), nullable=True),
        sa.Column("blocked_at", sa.String(length=27), nullable=True),
        sa.Column("recheck_at", sa.String(length=27), nullable=True),
        sa.Column("blocks_in_a_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gone_at", sa.String(length=27), nullable=True),
        sa.Column("next_run_at", sa.String(length=27), nullable=False),
        sa.Column("last_run_at", sa.String(length=27), nullable=True),
        sa.Column("last_new", sa.Integer(), nullable=True),
        sa.Column("last_matched", sa.Integer(), nullable=True),
        sa.Column("last_planned", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("created_by", _ID, nullable=False),
        sa.CheckConstraint("(user_id IS NOT NULL) = (kind = 'direct')", name=op.f("ck_feeds_direct")),
        sa.CheckConstraint("cadence IN ('live', 'daily', 'weekly')", name=op.f("ck_feeds_cadence")),
        sa.CheckConstraint("kind IN ('channel', 'thread', 'forum', 'direct')", name=op.f("ck_feeds_kind")),
        sa.CheckConstraint("style IN ('cards', 'digest')", name=op.f("ck_feeds_style")),
        sa.CheckConstraint(
            "(exclude_text IS NULL) = (exclude_compiled IS NULL)"
            " AND (exclude_text IS NULL) = (exclude_canonical IS NULL)"
            " AND (exclude_text IS NULL) = (exclude_rules_version IS NULL)",
            name=op.f("ck_feeds_exclude"),
        ),
        sa.CheckConstraint("(blocked_at IS NULL) = (block_reason IS NULL)", name=op.f("ck_feeds_block")),
        sa.CheckConstraint("(server_id IS NULL) = (user_id IS NOT NULL)", name=op.f("ck_feeds_owner")),
        sa.CheckConstraint("length(post_time) = 5", name=op.f("ck_feeds_post_time")),
        sa.CheckConstraint("max_papers >= 1", name=op.f("ck_feeds_max_papers")),
        sa.CheckConstraint("min_upvotes >= 0", name=op.f("ck_feeds_min_upvotes")),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_feeds_weekdays")),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_feeds_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_feeds_channel_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_feeds_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_feeds_next_run_at"), "feeds", ["next_run_at"], unique=False)
    op.create_index(op.f("ix_feeds_server_id"), "feeds", ["server_id"], unique=False)


def _create_list_day_papers() -> None:
    op.create_table(
        "list_day_papers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("paper_id", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_list_day_papers_paper_id")),
        sa.PrimaryKeyConstraint("day", "paper_id", name=op.f("pk_list_day_papers")),
    )
    op.create_index(
        op.f("ix_list_day_papers_paper_id_day"), "list_day_papers", ["paper_id", "day"], unique=False
    )


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _ID, nullable=False),
        sa.Column("server_id", _ID, nullable=False),
        sa.Column("feed_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("nonce", sa.String(length=25), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.String(length=27), nullable=False),
        sa.Column("channel_id", _ID, nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("notified_at", sa.String(length=27), nullable=True),
        sa.CheckConstraint("(kind = 'source') = (feed_id IS NULL)", name=op.f("ck_notices_feed_id")),
        sa.CheckConstraint(
            "(state = 'notified') = (notified_at IS NOT NULL)", name=op.f("ck_notices_notified_at")
        ),
        sa.CheckConstraint(
            "kind IN ('blocked', 'delayed', 'failed', 'source')", name=op.f("ck_notices_kind")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'notified', 'undeliverable')", name=op.f("ck_notices_state")
        ),
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


def _create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("channel_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("nonce", sa.String(length=25), nullable=False),
        sa.Column("mention_role_id", _ID, nullable=True),
        sa.Column("planned_at", sa.String(length=27), nullable=False),
        sa.Column("first_attempt_at", sa.String(length=27), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.String(length=27), nullable=False),
        sa.Column("unconfirmed_since", sa.String(length=27), nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("sent_at", sa.String(length=27), nullable=True),
        sa.Column("failed_at", sa.String(length=27), nullable=True),
        sa.Column("first_failed_at", sa.String(length=27), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("part_of", _ID, nullable=True),
        sa.Column("part", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "queue", _ID, sa.Computed("coalesce(part_of, id) * 1000 + part", persisted=True), nullable=True
        ),
        sa.CheckConstraint("(state = 'failed') = (failed_at IS NOT NULL)", name=op.f("ck_posts_failed_at")),
        sa.CheckConstraint("(state = 'sent') = (message_id IS NOT NULL)", name=op.f("ck_posts_message_id")),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_posts_sent_at")),
        sa.CheckConstraint(
            "unconfirmed_since IS NULL OR state = 'pending'", name=op.f("ck_posts_unconfirmed_since")
        ),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_posts_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_posts_attempts")),
        sa.CheckConstraint("length(nonce) BETWEEN 1 AND 25", name=op.f("ck_posts_nonce")),
        sa.CheckConstraint("part BETWEEN 0 AND 999", name=op.f("ck_posts_part")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_posts_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("nonce", name=op.f("uq_posts_nonce")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_posts_feed_id_state"), "posts", ["feed_id", "state"], unique=False)
    op.create_index(
        "ix_posts_part_of",
        "posts",
        ["part_of"],
        unique=False,
        sqlite_where=sa.text("part_of IS NOT NULL"),
        postgresql_where=sa.text("part_of IS NOT NULL"),
    )
    op.create_index(
        "ix_posts_pending_by_channel",
        "posts",
        ["channel_id", "queue"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_posts_pending_by_time",
        "posts",
        ["next_attempt_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("compiled", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("created_by", _ID, nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("ended_key", sa.String(length=16), nullable=True),
        sa.Column("resumed_at", sa.String(length=27), nullable=True),
        sa.Column("resumed_ran_at", sa.String(length=27), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_key IS NOT NULL", name=op.f("ck_subscriptions_ended_key")
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_subscriptions_feed_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("feed_id", "canonical", name=op.f("uq_subscriptions_feed_id_canonical")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_subscriptions_ended",
        "subscriptions",
        ["ended_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "ix_subscriptions_live",
        "subscriptions",
        ["feed_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_cancelled_papers() -> None:
    op.create_table(
        "cancelled_papers",
        sa.Column("subscription_id", _ID, autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.String(length=10), nullable=False),
        sa.Column("pings", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_cancelled_papers_paper_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_cancelled_papers_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "paper_id", name=op.f("pk_cancelled_papers")),
    )


def _create_post_papers() -> None:
    op.create_table(
        "post_papers",
        sa.Column("post_id", _ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("paper_id", sa.String(length=10), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("queries", sa.Text(), nullable=False),
        sa.CheckConstraint("form IN ('card', 'line')", name=op.f("ck_post_papers_form")),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_post_papers_feed_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_post_papers_paper_id")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_papers_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "position", name=op.f("pk_post_papers")),
        sa.UniqueConstraint("feed_id", "paper_id", name=op.f("uq_post_papers_feed_id_paper_id")),
    )
    op.create_index(
        op.f("ix_post_papers_paper_id_feed_id"), "post_papers", ["paper_id", "feed_id"], unique=False
    )


def _create_follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_follow_ups_ended_at")),
        sa.CheckConstraint("kind IN ('publish', 'thread')", name=op.f("ck_follow_ups_kind")),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name=op.f("ck_follow_ups_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_follow_ups_attempts")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_follow_ups_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint("post_id", "kind", name=op.f("uq_follow_ups_post_id_kind")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_follow_ups_pending",
        "follow_ups",
        ["next_attempt_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
