"""Posts: a feed's pending and sent messages, their papers, and the follow-ups on a message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, FeedId, FollowUpId, MessageId, PaperId, PostId, RoleId, ServerId


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
    PENDING = "pending"  # planned, perhaps tried, not known to be in the channel
    SENT = "sent"
    FAILED = "failed"  # Discord refused its content; shown by /status, tried again on request


class FollowUpKind(StrEnum):
    """What follows on a message that was sent; its failure never repeats the message."""

    PUBLISH = "publish"  # an announcement goes on to the servers that follow the channel
    THREAD = "thread"  # a thread is opened under the message


class FollowUpState(StrEnum):
    PENDING = "pending"  # to be done once the message stands
    DONE = "done"
    FAILED = "failed"  # Discord refuses it; told in /status, tried again on request


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A step of a post that was sent."""

    id: FollowUpId
    kind: FollowUpKind
    state: FollowUpState
    post_id: PostId
    feed_id: FeedId
    server_id: ServerId
    channel_id: ChannelId
    message_id: MessageId
    paper_ids: tuple[PaperId, ...]  # of the post
    attempts: int = 0
    next_attempt_at: datetime
    reason: str | None = None  # why the last attempt did not succeed
    code: int | None = None  # Discord's, of the last attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post as it is planned, before it is stored."""

    feed_id: FeedId
    place: Place
    nonce: str  # at most 25 characters (Discord's limit)
    entries: tuple[Entry, ...]
    mention_role_id: RoleId | None = None
    follow_ups: tuple[FollowUpKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    id: PostId
    feed_id: FeedId
    server_id: ServerId
    channel_id: ChannelId
    kind: FeedKind = FeedKind.CHANNEL
    state: PostState
    nonce: str
    entries: tuple[Entry, ...]
    mention_role_id: RoleId | None = None
    planned_at: datetime
    first_attempt_at: datetime | None = None
    attempts: int = 0
    failures: int = 0  # of these, those that failed; one that a crash cut off did not
    next_attempt_at: datetime
    # Held back since then: it may stand in the channel or not, and the bot may not look.
    unconfirmed_since: datetime | None = None
    message_id: MessageId | None = None  # in a forum also the id of its thread
    sent_at: datetime | None = None
    reason: str | None = None  # why the last attempt did not succeed
    code: int | None = None  # Discord's, of the last attempt
    refusal: str | None = None  # why Discord refused all of it; since then it is tried bare

    @property
    def is_bare(self) -> bool:
        """Whether only the paper's title and page are sent, for Discord refused the rest."""
        return self.refusal is not None

    @property
    def place(self) -> Place:
        return Place(server_id=self.server_id, channel_id=self.channel_id, kind=self.kind)


def split(entries: Sequence[Entry], *, suspects: Collection[int] = ()) -> tuple[tuple[Entry, ...], ...]:
    """The entries of a message that was refused, in order, as those of two messages or more.

    Where Discord named cards, each of these `suspects` (by its place among the cards) is alone in a message
    and its neighbours stay together; else there are two halves. A single entry cannot be split.
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
