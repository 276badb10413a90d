"""Posts: a feed's pending and sent messages, their papers, and the follow-ups on a message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, FeedId, FollowUpId, MessageId, PaperId, PostId, RoleId, ServerId, UserId


class Form(StrEnum):
    CARD = "card"  # its own embed
    LINE = "line"  # one line of a digest
    MORE = "more"  # one line of a list that follows cards


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTo:
    """What a paper is close to without matching it."""

    queries: tuple[str, ...]  # canonical forms
    words: tuple[str, ...]  # of the paper, that say it otherwise


class Entry(NamedTuple):
    """One paper of a post: how it is shown, and the canonical queries that it is posted for."""

    paper_id: PaperId
    form: Form
    queries: tuple[str, ...]
    close_to: CloseTo | None = None  # those of the queries that it doesn't match

    @property
    def matched(self) -> tuple[str, ...]:
        """Those of the queries that it matches."""
        close = self.close_to.queries if self.close_to else ()
        return tuple(query for query in self.queries if query not in close)


class PostState(StrEnum):
    PENDING = "pending"  # planned, perhaps tried, not known to be in the channel
    SENT = "sent"
    FAILED = "failed"  # Discord refused its content; shown by /status, retried on request


class FollowUpKind(StrEnum):
    """What is done to a sent message. If it fails, the message is not sent again."""

    PUBLISH = "publish"  # an announcement is published to the servers that follow the channel
    THREAD = "thread"  # a thread is opened under the message


class FollowUpState(StrEnum):
    PENDING = "pending"  # to be done once the message is sent
    DONE = "done"
    FAILED = "failed"  # Discord refused it; shown by /status, retried on request


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A follow-up of a sent post."""

    id: FollowUpId
    kind: FollowUpKind
    state: FollowUpState
    post_id: PostId
    feed_id: FeedId
    server_id: ServerId | None = None
    user_id: UserId | None = None
    channel_id: ChannelId
    message_id: MessageId
    paper_ids: tuple[PaperId, ...]  # of the post
    attempts: int = 0
    next_attempt_at: datetime
    reason: str | None = None  # why the last attempt did not succeed
    code: int | None = None  # Discord's, of the last attempt

    @property
    def owner_id(self) -> int:
        """As a post's."""
        return self.server_id or self.user_id or self.channel_id


class NewPost(NamedTuple):  # a run makes many
    """A post as it is planned, before it is stored."""

    feed_id: FeedId
    channel_id: ChannelId
    nonce: str  # at most 25 characters (Discord's limit)
    entries: tuple[Entry, ...]
    mention_role_id: RoleId | None = None
    follow_ups: tuple[FollowUpKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    id: PostId
    feed_id: FeedId
    server_id: ServerId | None = None
    user_id: UserId | None = None
    channel_id: ChannelId
    kind: FeedKind = FeedKind.CHANNEL
    is_silent: bool = False  # as its feed is now
    state: PostState
    nonce: str
    entries: tuple[Entry, ...]
    mention_role_id: RoleId | None = None
    planned_at: datetime
    first_attempt_at: datetime | None = None
    attempts: int = 0
    failures: int = 0  # attempts that failed; one that a crash interrupted did not
    next_attempt_at: datetime
    # Not retried since then: it may or may not be in the channel, and the bot may not read the history.
    unconfirmed_since: datetime | None = None
    message_id: MessageId | None = None  # in a forum, also the id of its thread
    sent_at: datetime | None = None
    reason: str | None = None  # why the last attempt did not succeed
    code: int | None = None  # Discord's, of the last attempt
    refusal: str | None = None  # why Discord refused the whole of it; it is then sent bare

    @property
    def is_bare(self) -> bool:
        """Whether only the paper's title and page are sent, because Discord refused the rest."""
        return self.refusal is not None

    @property
    def owner_id(self) -> int:
        """Whose turn it uses: its server's, or the person's. No two of Discord's ids are the same."""
        return self.server_id or self.user_id or self.channel_id

    @property
    def place(self) -> Place:
        return Place(
            server_id=self.server_id, user_id=self.user_id, channel_id=self.channel_id, kind=self.kind
        )


def split(entries: Sequence[Entry], *, suspects: Collection[int] = ()) -> tuple[tuple[Entry, ...], ...]:
    """Split the entries of a refused message, in order, into those of two or more messages.

    If Discord named cards (`suspects`, by their position among the cards), each of them gets its
    own message and its neighbors stay together; otherwise there are two halves. A single entry cannot be
    split.
    """
    cards = [position for position, entry in enumerate(entries) if entry.form is Form.CARD]
    alone = {cards[number] for number in suspects if number < len(cards)}
    if not alone:
        middle = (len(entries) + 1) // 2
        return tuple(part for part in (tuple(entries[:middle]), tuple(entries[middle:])) if part)
    parts: list[list[Entry]] = []
    for position, entry in enumerate(entries):
        if parts and position not in alone and position - 1 not in alone:
            parts[-1].append(entry)
        else:
            parts.append([entry])
    return tuple(tuple(part) for part in parts)
