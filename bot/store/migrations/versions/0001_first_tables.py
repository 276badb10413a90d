"""The first tables, as bot/store/tables.py describes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest_code = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _index(name: str, table: str, *columns: str, unique: bool = False, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name, table, list(columns), unique=unique, sqlite_where=condition, postgresql_where=condition
    )


def upgrade() -> None:
    # Next to the revision, so that both are read as of one moment: see bot/store/migration.py.
    op.add_column("alembic_version", sa.Column("oldest_code", sa.String(32)))
    op.create_table(
        "deletions",
        sa.Column("digest", sa.String(64)),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("deleted_at", _MOMENT, nullable=False),
        sa.Column("erased_at", _MOMENT),
        sa.PrimaryKeyConstraint("digest", name="pk_deletions"),
    )
    op.create_table(
        "drafts",
        sa.Column("key", sa.String(32)),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("draft", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_drafts"),
    )
    _index("ix_drafts_saved_at", "drafts", "saved_at")
    op.create_table(
        "list_days",
        sa.Column("day", sa.Date),
        sa.Column("read_at", _MOMENT, nullable=False),
        sa.Column("unreadable", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_list_days"),
        sa.CheckConstraint("unreadable >= 0", name=op.f("ck_list_days_unreadable")),
    )
    op.create_table(
        "paper_words",
        sa.Column("number", sa.Integer),
        sa.Column("word", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_paper_words"),
        sa.UniqueConstraint("word", name="uq_paper_words_word"),
    )
    op.create_table(
        "word_forms",
        sa.Column("form", _WORD),
        sa.Column("number", sa.Integer),
        sa.PrimaryKeyConstraint("form", "number", name="pk_word_forms"),
        sa.ForeignKeyConstraint(["number"], ["paper_words.number"], name="fk_word_forms_number"),
    )
    op.create_table(
        "papers",
        sa.Column("id", sa.String(10)),
        sa.Column("first_seen_at", _MOMENT),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("abstract", sa.Text, nullable=False),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("published_at", _MOMENT),
        sa.Column("upvotes", sa.Integer, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("ai_summary", sa.Text),
        sa.Column("ai_keywords", sa.Text, nullable=False),
        sa.Column("github_repo", sa.Text),
        sa.Column("github_stars", sa.Integer),
        sa.Column("project_page", sa.Text),
        sa.Column("organization", sa.Text),
        sa.Column("organization_login", sa.Text),
        sa.Column("organization_avatar", sa.Text),
        sa.Column("submitter", sa.Text),
        sa.Column("submitter_login", sa.Text),
        sa.Column("thumbnail", sa.Text),
        sa.Column("media", sa.Text),
        sa.Column("withdrawn_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_papers"),
    )
    op.create_table(
        "polls",
        sa.Column("purpose", sa.String(10)),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("days_read", sa.Integer, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
        sa.Column("unreadable", sa.Integer, nullable=False),
        sa.Column("problem", sa.String(30)),
        sa.Column("problem_status", sa.Integer),
        sa.Column("problem_day", sa.Date),
        sa.PrimaryKeyConstraint("purpose", name="pk_polls"),
        sa.CheckConstraint(
            "problem IN ('rate_limited', 'server_error', 'token_refused', 'not_found', 'refused', 'unexpected', 'redirected', 'timed_out', 'unreachable', 'cut_off', 'unreadable', 'no_item_readable', 'most_items_unreadable', 'too_large', 'too_long', 'repeated', 'not_open', 'no_such_paper', 'database', 'bug')",
            name=op.f("ck_polls_problem"),
        ),
        sa.CheckConstraint("purpose IN ('run', 'request')", name=op.f("ck_polls_purpose")),
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.String(40)),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("renewals", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
    )
    op.create_table(
        "runs",
        sa.Column("id", _ID),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("shards", sa.Text),
        sa.Column("outcome", sa.String(20)),
        sa.Column("listed", sa.Integer),
        sa.Column("new_papers", sa.Integer),
        sa.Column("feeds", sa.Integer),
        sa.Column("posts", sa.Integer),
        sa.Column("problem", sa.String(30)),
        sa.Column("problem_status", sa.Integer),
        sa.Column("problem_day", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.CheckConstraint("(finished_at IS NULL) = (outcome IS NULL)", name=op.f("ck_runs_finished")),
        sa.CheckConstraint("outcome IN ('ok', 'source_failed', 'failed')", name=op.f("ck_runs_outcome")),
        sa.CheckConstraint(
            "problem IN ('rate_limited', 'server_error', 'token_refused', 'not_found', 'refused', 'unexpected', 'redirected', 'timed_out', 'unreachable', 'cut_off', 'unreadable', 'no_item_readable', 'most_items_unreadable', 'too_large', 'too_long', 'repeated', 'not_open', 'no_such_paper', 'database', 'bug')",
            name=op.f("ck_runs_problem"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "servers",
        sa.Column("id", _ID, autoincrement=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("left_at", _MOMENT),
        sa.Column("notices_channel_id", _ID),
        sa.Column("welcomed_at", _MOMENT),
        sa.Column("default_time", sa.String(5)),
        sa.Column("default_timezone", sa.String(64)),
        sa.Column("default_weekdays", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_servers"),
    )
    op.create_table(
        "shard_leases",
        sa.Column("shard", sa.Integer, autoincrement=False),
        sa.Column("term", sa.Integer, nullable=False, server_default="0", autoincrement=False),
        sa.Column("shard_count", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(40)),
        sa.Column("renewals", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("shard", "term", name="pk_shard_leases"),
    )
    _index("ix_shard_leases_owner", "shard_leases", "owner")
    op.create_table(
        "turns",
        sa.Column("name", sa.String(40)),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_turns"),
    )
    op.create_table(
        "changes",
        sa.Column("id", _ID),
        sa.Column("server_id", _ID, nullable=False),
        sa.Column("channel_id", _ID),
        sa.Column("user_id", _ID),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("revision", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], ondelete="CASCADE", name="fk_changes_server_id"
        ),
        sqlite_autoincrement=True,
    )
    _index("ix_changes_changed_at", "changes", "changed_at")
    _index("ix_changes_server_id_id", "changes", "server_id", "id")
    op.create_table(
        "feeds",
        sa.Column("id", _ID),
        sa.Column("server_id", _ID),
        sa.Column("user_id", _ID),
        sa.Column("owner_id", _ID, sa.Computed("coalesce(server_id, user_id)", persisted=True)),
        sa.Column("channel_id", _ID, nullable=False),
        sa.Column("cadence", sa.String(10), nullable=False),
        sa.Column("post_time", sa.String(5), nullable=False),
        sa.Column("weekdays", sa.Integer, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False, server_default="channel"),
        sa.Column("style", sa.String(10), nullable=False),
        sa.Column("mention_role_id", _ID),
        sa.Column("is_silent", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("publishes", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("opens_threads", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("min_upvotes", sa.Integer, nullable=False),
        sa.Column("max_papers", sa.Integer, nullable=False),
        sa.Column("only_with_code", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("exclude_text", sa.Text),
        sa.Column("exclude_canonical", sa.Text),
        sa.Column("exclude_compiled", sa.Text),
        sa.Column("exclude_rules_version", sa.Integer),
        sa.Column("paused_at", _MOMENT),
        sa.Column("paused_until", sa.Date),
        sa.Column("resumes_at", _MOMENT),
        sa.Column("block_reason", sa.Text),
        sa.Column("blocked_at", _MOMENT),
        sa.Column("recheck_at", _MOMENT),
        sa.Column("blocks_in_a_row", sa.Integer, nullable=False, server_default="0"),
        sa.Column("gone_at", _MOMENT),
        sa.Column("next_run_at", _MOMENT, nullable=False),
        sa.Column("last_run_at", _MOMENT),
        sa.Column("last_new", sa.Integer),
        sa.Column("last_matched", sa.Integer),
        sa.Column("last_planned", sa.Integer),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], ondelete="CASCADE", name="fk_feeds_server_id"),
        sa.UniqueConstraint("channel_id", name="uq_feeds_channel_id"),
        sa.UniqueConstraint("user_id", name="uq_feeds_user_id"),
        sa.CheckConstraint("(blocked_at IS NULL) = (block_reason IS NULL)", name=op.f("ck_feeds_block")),
        sa.CheckConstraint("cadence IN ('live', 'daily', 'weekly')", name=op.f("ck_feeds_cadence")),
        sa.CheckConstraint("(user_id IS NOT NULL) = (kind = 'direct')", name=op.f("ck_feeds_direct")),
        sa.CheckConstraint(
            "(exclude_text IS NULL) = (exclude_compiled IS NULL) AND (exclude_text IS NULL) = (exclude_canonical IS NULL) AND (exclude_text IS NULL) = (exclude_rules_version IS NULL)",
            name=op.f("ck_feeds_exclude"),
        ),
        sa.CheckConstraint("kind IN ('channel', 'thread', 'forum', 'direct')", name=op.f("ck_feeds_kind")),
        sa.CheckConstraint("max_papers >= 1", name=op.f("ck_feeds_max_papers")),
        sa.CheckConstraint("min_upvotes >= 0", name=op.f("ck_feeds_min_upvotes")),
        sa.CheckConstraint("(server_id IS NULL) = (user_id IS NOT NULL)", name=op.f("ck_feeds_owner")),
        sa.CheckConstraint("length(post_time) = 5", name=op.f("ck_feeds_post_time")),
        sa.CheckConstraint("(paused_until IS NULL) = (resumes_at IS NULL)", name=op.f("ck_feeds_resumes_at")),
        sa.CheckConstraint("style IN ('cards', 'digest')", name=op.f("ck_feeds_style")),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_feeds_weekdays")),
        sqlite_autoincrement=True,
    )
    _index("ix_feeds_next_run_at", "feeds", "next_run_at")
    _index("ix_feeds_owner_id", "feeds", "owner_id")
    _index("ix_feeds_resumes_at", "feeds", "resumes_at", where="resumes_at IS NOT NULL")
    _index("ix_feeds_server_id", "feeds", "server_id")
    op.create_table(
        "list_day_papers",
        sa.Column("day", sa.Date),
        sa.Column("paper_id", sa.String(10)),
        sa.PrimaryKeyConstraint("day", "paper_id", name="pk_list_day_papers"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_list_day_papers_paper_id"),
    )
    _index("ix_list_day_papers_paper_id_day", "list_day_papers", "paper_id", "day")
    op.create_table(
        "paper_texts",
        sa.Column("number", sa.Integer),
        sa.Column("paper_id", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("other_words", sa.Text, nullable=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_paper_texts"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_paper_texts_paper_id"),
        sa.UniqueConstraint("paper_id", name="uq_paper_texts_paper_id"),
    )
    op.create_table(
        "saved_papers",
        sa.Column("user_id", _ID, autoincrement=False),
        sa.Column("paper_id", sa.String(10)),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("citation_key", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "paper_id", name="pk_saved_papers"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_saved_papers_paper_id"),
        sa.UniqueConstraint("user_id", "citation_key", name="uq_saved_papers_user_id_citation_key"),
        sa.CheckConstraint(
            "length(citation_key) BETWEEN 1 AND 80", name=op.f("ck_saved_papers_citation_key")
        ),
    )
    op.create_table(
        "notices",
        sa.Column("id", _ID),
        sa.Column("server_id", _ID, nullable=False),
        sa.Column("feed_id", _ID),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(13), nullable=False),
        sa.Column("nonce", sa.String(25), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", _MOMENT, nullable=False),
        sa.Column("channel_id", _ID),
        sa.Column("message_id", _ID),
        sa.Column("notified_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], ondelete="CASCADE", name="fk_notices_feed_id"),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], ondelete="CASCADE", name="fk_notices_server_id"
        ),
        sa.UniqueConstraint("feed_id", "kind", name="uq_notices_feed_id_kind"),
        sa.UniqueConstraint("nonce", name="uq_notices_nonce"),
        sa.CheckConstraint("(kind = 'source') = (feed_id IS NULL)", name=op.f("ck_notices_feed_id")),
        sa.CheckConstraint(
            "kind IN ('blocked', 'delayed', 'failed', 'source')", name=op.f("ck_notices_kind")
        ),
        sa.CheckConstraint(
            "(state = 'notified') = (notified_at IS NOT NULL)", name=op.f("ck_notices_notified_at")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'notified', 'undeliverable')", name=op.f("ck_notices_state")
        ),
        sqlite_autoincrement=True,
    )
    _index("ix_notices_server_id", "notices", "server_id")
    _index("ix_notices_source", "notices", "server_id", unique=True, where="kind = 'source'")
    op.create_table(
        "posts",
        sa.Column("id", _ID),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("channel_id", _ID, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("nonce", sa.String(25), nullable=False),
        sa.Column("mention_role_id", _ID),
        sa.Column("planned_at", _MOMENT, nullable=False),
        sa.Column("first_attempt_at", _MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt_at", _MOMENT, nullable=False),
        sa.Column("unconfirmed_since", _MOMENT),
        sa.Column("message_id", _ID),
        sa.Column("sent_at", _MOMENT),
        sa.Column("failed_at", _MOMENT),
        sa.Column("first_failed_at", _MOMENT),
        sa.Column("reason", sa.Text),
        sa.Column("code", sa.Integer),
        sa.Column("refusal", sa.Text),
        sa.Column("part_of", _ID),
        sa.Column("part", sa.Integer, nullable=False, server_default="0"),
        sa.Column("queue", _ID, sa.Computed("coalesce(part_of, id) * 1000 + part", persisted=True)),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], ondelete="CASCADE", name="fk_posts_feed_id"),
        sa.UniqueConstraint("nonce", name="uq_posts_nonce"),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_posts_attempts")),
        sa.CheckConstraint("(state = 'failed') = (failed_at IS NOT NULL)", name=op.f("ck_posts_failed_at")),
        sa.CheckConstraint("(state = 'sent') = (message_id IS NOT NULL)", name=op.f("ck_posts_message_id")),
        sa.CheckConstraint("length(nonce) BETWEEN 1 AND 25", name=op.f("ck_posts_nonce")),
        sa.CheckConstraint("part BETWEEN 0 AND 999", name=op.f("ck_posts_part")),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_posts_sent_at")),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_posts_state")),
        sa.CheckConstraint(
            "unconfirmed_since IS NULL OR state = 'pending'", name=op.f("ck_posts_unconfirmed_since")
        ),
        sqlite_autoincrement=True,
    )
    _index("ix_posts_feed_id_state", "posts", "feed_id", "state")
    _index("ix_posts_part_of", "posts", "part_of", where="part_of IS NOT NULL")
    _index("ix_posts_pending_by_channel", "posts", "channel_id", "queue", where="state = 'pending'")
    _index("ix_posts_pending_by_time", "posts", "next_attempt_at", "id", where="state = 'pending'")
    op.create_table(
        "quoted_texts",
        sa.Column("number", sa.Integer),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("other_words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_quoted_texts"),
        sa.ForeignKeyConstraint(["number"], ["paper_texts.number"], name="fk_quoted_texts_number"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", _ID),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("canonical", sa.Text, nullable=False),
        sa.Column("compiled", sa.Text, nullable=False),
        sa.Column("rules_version", sa.Integer, nullable=False),
        sa.Column("focus", sa.String(10), nullable=False, server_default="exact"),
        sa.Column("focus_terms", sa.Text),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("mention_role_id", _ID),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_key", sa.String(16)),
        sa.Column("resumed_at", _MOMENT),
        sa.Column("resumed_ran_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], ondelete="CASCADE", name="fk_subscriptions_feed_id"
        ),
        sa.UniqueConstraint("feed_id", "canonical", name="uq_subscriptions_feed_id_canonical"),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_key IS NOT NULL", name=op.f("ck_subscriptions_ended_key")
        ),
        sa.CheckConstraint(
            "focus IN ('exact', 'strict', 'balanced', 'broad')", name=op.f("ck_subscriptions_focus")
        ),
        sqlite_autoincrement=True,
    )
    _index("ix_subscriptions_ended", "subscriptions", "ended_at", where="ended_at IS NOT NULL")
    _index("ix_subscriptions_live", "subscriptions", "feed_id", where="ended_at IS NULL")
    _index("ix_subscriptions_resumed", "subscriptions", "feed_id", where="resumed_at IS NOT NULL")
    op.create_table(
        "cancelled_papers",
        sa.Column("subscription_id", _ID, autoincrement=False),
        sa.Column("paper_id", sa.String(10)),
        sa.Column("pings", sa.Boolean, nullable=False),
        sa.Column("close_words", sa.Text),
        sa.PrimaryKeyConstraint("subscription_id", "paper_id", name="pk_cancelled_papers"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_cancelled_papers_paper_id"),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            ondelete="CASCADE",
            name="fk_cancelled_papers_subscription_id",
        ),
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", _ID),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("reason", sa.Text),
        sa.Column("code", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE", name="fk_follow_ups_post_id"),
        sa.UniqueConstraint("post_id", "kind", name="uq_follow_ups_post_id_kind"),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_follow_ups_attempts")),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_follow_ups_ended_at")),
        sa.CheckConstraint("kind IN ('publish', 'thread')", name=op.f("ck_follow_ups_kind")),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name=op.f("ck_follow_ups_state")),
        sqlite_autoincrement=True,
    )
    _index("ix_follow_ups_pending", "follow_ups", "next_attempt_at", "id", where="state = 'pending'")
    op.create_table(
        "post_papers",
        sa.Column("post_id", _ID, autoincrement=False),
        sa.Column("position", sa.Integer, autoincrement=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("paper_id", sa.String(10), nullable=False),
        sa.Column("form", sa.String(10), nullable=False),
        sa.Column("queries", sa.Text, nullable=False),
        sa.Column("close_to", sa.Text),
        sa.Column("close_words", sa.Text),
        sa.PrimaryKeyConstraint("post_id", "position", name="pk_post_papers"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_post_papers_paper_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE", name="fk_post_papers_post_id"),
        sa.UniqueConstraint("feed_id", "paper_id", name="uq_post_papers_feed_id_paper_id"),
        sa.CheckConstraint(
            "(close_to IS NULL) = (close_words IS NULL)", name=op.f("ck_post_papers_close_to")
        ),
        sa.CheckConstraint("form IN ('card', 'line', 'more')", name=op.f("ck_post_papers_form")),
    )
