"""Notices: problems that a server is notified of once, where its admins will see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.feeds import Feed
from bot.core.ids import ChannelId, FeedId, NoticeId, PaperId, ServerId
from bot.core.runs import SourceFailure


class NoticeKind(StrEnum):
    BLOCKED = "blocked"  # a feed is blocked
    DELAYED = "delayed"  # a feed's messages have not got through for a while
    FAILED = "failed"  # papers of a feed could not be posted
    SOURCE = "source"  # Hugging Face's list could not be read for a while


class NoticeState(StrEnum):
    PENDING = "pending"
    NOTIFIED = "notified"
    UNDELIVERABLE = "undeliverable"  # no channel accepts it; /status and the next answer to an admin show it


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One problem of a server. It is kept until the problem is over, so that the server is notified once."""

    id: NoticeId
    server_id: ServerId
    kind: NoticeKind
    feed_id: FeedId | None  # None for what concerns the whole server
    state: NoticeState
    nonce: str
    created_at: datetime
    attempts: int = 0
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A feed whose messages do not get through."""

    feed: Feed
    reason: str  # of the last attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Papers of a feed that could not be posted."""

    feed: Feed
    paper_ids: tuple[PaperId, ...]
    reason: str  # of the last of them


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """The problems that one message reports to a server."""

    server_id: ServerId
    blocked: tuple[Feed, ...] = ()
    delayed: tuple[Delay, ...] = ()
    failed: tuple[Failure, ...] = ()
    source: SourceFailure | None = None
    unnamed: tuple[Feed, ...] = ()  # with a problem, in channels that the readers cannot see

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds with problems, without the unnamed ones."""
        of_posts = (problem.feed for problem in (*self.delayed, *self.failed))
        return tuple(dict.fromkeys((*self.blocked, *of_posts)))

    def naming(self, channel_ids: Collection[ChannelId]) -> ProblemReport:
        """The report for readers who can only see these channels."""
        return replace(
            self,
            blocked=tuple(feed for feed in self.blocked if feed.channel_id in channel_ids),
            delayed=tuple(delay for delay in self.delayed if delay.feed.channel_id in channel_ids),
            failed=tuple(failure for failure in self.failed if failure.feed.channel_id in channel_ids),
            unnamed=tuple(feed for feed in self.feeds if feed.channel_id not in channel_ids),
        )
