"""Posts: the messages a feed owes or has sent, and how decided papers are laid out over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.ids import ChannelId, FeedId, MessageId, PaperId, PostId


class Form(StrEnum):
    CARD = "card"  # an embed of its own
    LINE = "line"  # one line of a compact list


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paper of a post: how it is shown, and the canonical queries that brought it."""

    paper_id: PaperId
    form: Form
    queries: tuple[str, ...]


class PostState(StrEnum):
    PENDING = "pending"  # owed: planned, perhaps tried, not known to be in the channel
    SENT = "sent"
    FAILED = "failed"  # Discord refused this very message; told in /status, tried again on request


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post as it is planned, before it is stored."""

    feed_id: FeedId
    channel_id: ChannelId
    nonce: str  # at most 25 characters (Discord's limit)
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    id: PostId
    feed_id: FeedId
    channel_id: ChannelId
    state: PostState
    nonce: str
    entries: tuple[Entry, ...]
    planned_at: datetime
    first_attempt_at: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime
    message_id: MessageId | None = None
    sent_at: datetime | None = None
    reason: str | None = None  # why the last attempt did not succeed
    code: int | None = None  # Discord's, of the last attempt
