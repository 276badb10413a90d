"""The schema of the store, in one long file because tables refer to one another; `migrations/` creates it.

A test keeps the two equal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal,
)

from bot.core.citation_keys import MAX_KEY_LENGTH
from bot.core.feeds import FeedKind, Style
from bot.core.focus import Focus
from bot.core.notices import NoticeKind, NoticeState
from bot.core.polls import Purpose
from bot.core.posts import FollowUpKind, FollowUpState, Form, PostState
from bot.core.runs import Outcome
from bot.core.schedules import Cadence
from bot.errors import ProblemKind
from bot.store.column_types import Id, TextTuple, TimeOfDay, UtcDateTime, Weekdays, Word
from bot.store.statements import partial_index

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Marks a column with a person's id at Discord: what is kept of a person is found by it, and deleted.
PERSON: Final = {"is_person": True}

# Part of the statement, not a bound parameter, so that the partial indexes on pending rows are used.
PENDING = literal("pending", literal_execute=True)
_IS_PENDING = "state = 'pending'"


def _values_of(choices: type[StrEnum]) -> list[str]:
    return [choice.value for choice in choices]


def _choice(name: str, choices: type[StrEnum], length: int = 10, **options: Any) -> Column[Any]:
    """A column for one of these values, stored as text, with a CHECK of the same name."""
    kind = Enum(
        choices,
        name=name,
        length=length,
        native_enum=False,
        create_constraint=True,
        values_callable=_values_of,
    )
    return Column(name, kind, **options)


papers = Table(
    "papers",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("first_seen_at", UtcDateTime),  # on a list; NULL for those that were only opened
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("authors", TextTuple, nullable=False),
    Column("published_at", UtcDateTime),
    Column("upvotes", Integer, nullable=False),
    Column("comments", Integer, nullable=False),
    Column("ai_summary", Text),
    Column("ai_keywords", TextTuple, nullable=False),
    Column("github_repo", Text),
    Column("github_stars", Integer),
    Column("project_page", Text),
    Column("organization", Text),
    Column("organization_login", Text),
    Column("organization_avatar", Text),
    Column("submitter", Text),
    Column("submitter_login", Text),
    Column("thumbnail", Text),
    Column("media", Text),
    Column("withdrawn_at", UtcDateTime),
)

# What archive searches read. Apart from the papers, so that a search reads nothing else, and runs not these.
paper_texts = Table(
    "paper_texts",
    metadata,
    Column("number", Integer, primary_key=True),  # searches read texts in this order
    Column("paper_id", String(10), ForeignKey("papers.id"), nullable=False),
    Column("version", Integer, nullable=False),  # of the rules that made the text
    # In the words' place stand their numbers, a character each.
    Column("words", Text, nullable=False),
    Column("other_words", Text, nullable=False),
    Column("names", Text, nullable=False),
    UniqueConstraint("paper_id"),
)

# The same texts as quotes read them, in a separate table, because most searches have no quote.
quoted_texts = Table(
    "quoted_texts",
    metadata,
    Column("number", Integer, ForeignKey("paper_texts.number"), primary_key=True),
    Column("words", Text, nullable=False),
    Column("other_words", Text, nullable=False),
)

paper_words = Table(
    "paper_words",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("word", Word, nullable=False),
    UniqueConstraint("word"),
)

# What a word is found by, in lower case.
word_forms = Table(
    "word_forms",
    metadata,
    Column("form", Word, primary_key=True),
    Column("number", Integer, ForeignKey("paper_words.number"), primary_key=True),
)

list_days = Table(
    "list_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("read_at", UtcDateTime, nullable=False),
    Column("unreadable", Integer, nullable=False),
    CheckConstraint("unreadable >= 0", name="unreadable"),
)

# A paper can stand on several list days. Rows are never deleted: what was listed once was listed.
list_day_papers = Table(
    "list_day_papers",
    metadata,
    Column("day", Date, primary_key=True),
    Column("paper_id", String(10), ForeignKey("papers.id"), primary_key=True),
    Index(None, "paper_id", "day"),
)

servers = Table(
    "servers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("notices_channel_id", Id),
    Column("welcomed_at", UtcDateTime),
    # The schedule of the server's new feeds; if a part is missing, the operator's setting applies.
    Column("default_time", TimeOfDay),
    Column("default_timezone", String(64)),
    Column("default_weekdays", Weekdays),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    # A feed is a server's, or one person's: their direct messages.
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), index=True),
    Column("user_id", Id, unique=True, info=PERSON),
    # Whichever it is. Discord's ids are unique, so a person's is never a server's.
    Column("owner_id", Id, Computed("coalesce(server_id, user_id)", persisted=True), index=True),
    Column("channel_id", Id, nullable=False, unique=True),
    _choice("cadence", Cadence, nullable=False),
    Column("post_time", TimeOfDay, nullable=False),
    Column("weekdays", Weekdays, nullable=False),
    Column("timezone", String(64), nullable=False),
    _choice("kind", FeedKind, nullable=False, server_default=FeedKind.CHANNEL.value),
    _choice("style", Style, nullable=False),
    Column("mention_role_id", Id),
    Column("is_silent", Boolean, nullable=False, server_default=false()),
    Column("publishes", Boolean, nullable=False, server_default=false()),
    Column("opens_threads", Boolean, nullable=False, server_default=false()),
    Column("min_upvotes", Integer, nullable=False),
    Column("max_papers", Integer, nullable=False),
    Column("only_with_code", Boolean, nullable=False, server_default=false()),
    Column("exclude_text", Text),
    Column("exclude_canonical", Text),
    Column("exclude_compiled", Text),
    Column("exclude_rules_version", Integer),
    Column("paused_at", UtcDateTime),
    Column("paused_until", Date),  # in the feed's zone
    Column("resumes_at", UtcDateTime),  # when that day begins
    Column("block_reason", Text),
    Column("blocked_at", UtcDateTime),
    Column("recheck_at", UtcDateTime),
    Column("blocks_in_a_row", Integer, nullable=False, server_default="0"),  # none of its posts sent between
    Column("gone_at", UtcDateTime),
    Column("next_run_at", UtcDateTime, nullable=False, index=True),
    Column("last_run_at", UtcDateTime),
    Column("last_new", Integer),
    Column("last_matched", Integer),
    Column("last_planned", Integer),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("length(post_time) = 5", name="post_time"),
    CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
    CheckConstraint("min_upvotes >= 0", name="min_upvotes"),
    CheckConstraint("max_papers >= 1", name="max_papers"),
    CheckConstraint("(server_id IS NULL) = (user_id IS NOT NULL)", name="owner"),
    CheckConstraint("(user_id IS NOT NULL) = (kind = 'direct')", name="direct"),
    CheckConstraint(
        "(exclude_text IS NULL) = (exclude_compiled IS NULL)"
        " AND (exclude_text IS NULL) = (exclude_canonical IS NULL)"
        " AND (exclude_text IS NULL) = (exclude_rules_version IS NULL)",
        name="exclude",
    ),
    CheckConstraint("(blocked_at IS NULL) = (block_reason IS NULL)", name="block"),
    CheckConstraint("(paused_until IS NULL) = (resumes_at IS NULL)", name="resumes_at"),
    partial_index("ix_feeds_resumes_at", "resumes_at", where="resumes_at IS NOT NULL"),
    sqlite_autoincrement=True,  # an id is never given twice: buttons in old messages carry it
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("compiled", Text, nullable=False),
    Column("rules_version", Integer, nullable=False),
    _choice("focus", Focus, nullable=False, server_default=Focus.EXACT.value),
    Column("focus_terms", Text),  # compiled too; none where the focus is exact
    Column("since", Date, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("mention_role_id", Id),  # pinged by each message that has papers for it
    # A removed subscription is kept for a while: it continues if it is added again.
    Column("ended_at", UtcDateTime),
    Column("ended_key", String(16)),  # of its last removal
    Column("resumed_at", UtcDateTime),
    Column("resumed_ran_at", UtcDateTime),  # the feed's last run for it before that removal
    CheckConstraint("ended_at IS NULL OR ended_key IS NOT NULL", name="ended_key"),
    UniqueConstraint("feed_id", "canonical"),
    partial_index("ix_subscriptions_live", "feed_id", where="ended_at IS NULL"),
    # A run asks which of the due feeds have any, and few have.
    partial_index("ix_subscriptions_resumed", "feed_id", where="resumed_at IS NOT NULL"),
    partial_index("ix_subscriptions_ended", "ended_at", where="ended_at IS NOT NULL"),
    sqlite_autoincrement=True,
)

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Id, nullable=False),
    _choice("state", PostState, nullable=False),
    Column("nonce", String(25), nullable=False),
    Column("mention_role_id", Id),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("first_attempt_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),  # attempts whose failure was recorded
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("unconfirmed_since", UtcDateTime),
    Column("message_id", Id),
    Column("sent_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("first_failed_at", UtcDateTime),  # kept when it is tried again
    Column("reason", Text),
    Column("code", Integer),
    Column("refusal", Text),  # of the full message; since then it is sent bare
    # Of a post that was split: the post that it was part of, and where its first paper stood in that.
    Column("part_of", Id),
    Column("part", Integer, nullable=False, server_default="0"),
    # The order of a channel's posts: as planned, and the parts of one where it was.
    Column("queue", Id, Computed("coalesce(part_of, id) * 1000 + part", persisted=True)),
    CheckConstraint("length(nonce) BETWEEN 1 AND 25", name="nonce"),
    CheckConstraint("part BETWEEN 0 AND 999", name="part"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("(state = 'sent') = (message_id IS NOT NULL)", name="message_id"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
    CheckConstraint("(state = 'failed') = (failed_at IS NOT NULL)", name="failed_at"),
    CheckConstraint("unconfirmed_since IS NULL OR state = 'pending'", name="unconfirmed_since"),
    UniqueConstraint("nonce"),
    Index(None, "feed_id", "state"),
    # The outbox keeps asking for pending posts, and nearly every row is sent.
    partial_index("ix_posts_pending_by_time", "next_attempt_at", "id", where=_IS_PENDING),
    partial_index("ix_posts_pending_by_channel", "channel_id", "queue", where=_IS_PENDING),
    partial_index("ix_posts_part_of", "part_of", where="part_of IS NOT NULL"),
    sqlite_autoincrement=True,
)

post_papers = Table(
    "post_papers",
    metadata,
    Column("post_id", Id, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("feed_id", Id, nullable=False),  # its post's, which is checked: PostgreSQL looks up each reference
    Column("paper_id", String(10), ForeignKey("papers.id"), nullable=False),
    _choice("form", Form, nullable=False),
    Column("queries", TextTuple, nullable=False),
    # Those of the queries that the paper does not match but is close to, and its words that say it otherwise.
    Column("close_to", TextTuple),
    Column("close_words", TextTuple),
    CheckConstraint("(close_to IS NULL) = (close_words IS NULL)", name="close_to"),
    UniqueConstraint("feed_id", "paper_id"),  # guarantees that a paper is posted once per feed
)

# Papers that a subscription had pending when it was removed; pending again if it is added again.
cancelled_papers = Table(
    "cancelled_papers",
    metadata,
    Column(
        "subscription_id",
        Id,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("paper_id", String(10), ForeignKey("papers.id"), primary_key=True),
    Column("pings", Boolean, nullable=False),  # whether its post was to ping the feed's role
    Column("close_words", TextTuple),  # where the paper was only close to the query: what says it otherwise
)

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    _choice("kind", FollowUpKind, nullable=False),
    _choice("state", FollowUpState, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("reason", Text),
    Column("code", Integer),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended_at"),
    UniqueConstraint("post_id", "kind"),
    partial_index("ix_follow_ups_pending", "next_attempt_at", "id", where=_IS_PENDING),
    sqlite_autoincrement=True,
)

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE")),
    _choice("kind", NoticeKind, nullable=False),
    _choice("state", NoticeState, 13, nullable=False),
    Column("nonce", String(25), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("channel_id", Id),  # where the notice was sent
    Column("message_id", Id),
    Column("notified_at", UtcDateTime),
    CheckConstraint("(kind = 'source') = (feed_id IS NULL)", name="feed_id"),
    CheckConstraint("(state = 'notified') = (notified_at IS NOT NULL)", name="notified_at"),
    UniqueConstraint("nonce"),
    UniqueConstraint("feed_id", "kind"),  # the promise: a server is notified of one problem once
    partial_index("ix_notices_source", "server_id", unique=True, where="kind = 'source'"),
    sqlite_autoincrement=True,
)

changes = Table(
    "changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Id),  # None for what concerns the whole server
    Column("user_id", Id, info=PERSON),  # None once that person deleted their data
    Column("changed_at", UtcDateTime, nullable=False),
    Column("what", Text, nullable=False),  # in words
    Column("revision", Text),  # what was changed, as JSON; missing where it cannot be undone
    Index(None, "server_id", "id"),
    Index(None, "changed_at"),
    sqlite_autoincrement=True,
)

# The /setup panels that are open, so that a restart does not end them. Each is deleted when it is closed.
drafts = Table(
    "drafts",
    metadata,
    Column("key", String(32), primary_key=True),  # in the custom ids of its buttons
    Column("user_id", Id, nullable=False, info=PERSON),
    Column("saved_at", UtcDateTime, nullable=False, index=True),
    Column("draft", Text, nullable=False),  # as JSON
)

# Each person's own library.
saved_papers = Table(
    "saved_papers",
    metadata,
    Column("user_id", Id, primary_key=True, autoincrement=False, info=PERSON),
    Column("paper_id", String(10), ForeignKey("papers.id"), primary_key=True),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("citation_key", String(MAX_KEY_LENGTH), nullable=False),  # in every export the same
    CheckConstraint(f"length(citation_key) BETWEEN 1 AND {MAX_KEY_LENGTH}", name="citation_key"),
    UniqueConstraint("user_id", "citation_key"),
)

# Who deleted their data, so that a restored backup forgets them again: see `store/deletions.py`.
deletions = Table(
    "deletions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("key", String(64), nullable=False),
    Column("deleted_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),  # from the database's files, too
)

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("shards", Text),  # of the process, in a fleet
    _choice("outcome", Outcome, 20),
    Column("listed", Integer),
    Column("new_papers", Integer),
    Column("feeds", Integer),
    Column("posts", Integer),
    _choice("problem", ProblemKind, 30),
    Column("problem_status", Integer),
    Column("problem_day", Date),
    CheckConstraint("(finished_at IS NULL) = (outcome IS NULL)", name="finished"),
    sqlite_autoincrement=True,
)

# The last poll of the list for each purpose, by any process.
polls = Table(
    "polls",
    metadata,
    _choice("purpose", Purpose, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("days_read", Integer, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    _choice("problem", ProblemKind, 30),
    Column("problem_status", Integer),
    Column("problem_day", Date),
)

# What one process does at a time: see `store/turns.py`.
# The processes of a fleet. Clocks differ, so a process counts as running while its `renewals` go up.
processes = Table(
    "processes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),  # by the clock of the database
    Column("renewals", Integer, nullable=False),
)

# Which process owns which of Discord's shards.
# A shard's lease is its row with the highest term. Another row is added only where a connection that does not
# end keeps that one locked.
shard_leases = Table(
    "shard_leases",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("term", Integer, primary_key=True, autoincrement=False, server_default="0"),
    Column("shard_count", Integer, nullable=False),
    Column("owner", String(40), index=True),  # a process; None if it gave the shard back
    Column("renewals", Integer, nullable=False, server_default="0"),  # it stands still if the owner does
)

turns = Table(
    "turns",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("until", UtcDateTime, nullable=False),  # by the clock of the database
)
