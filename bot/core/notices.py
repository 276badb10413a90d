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
    DELAYED = "delayed"  # a feed's message does not get through, and that lasts
    FAILED = "failed"  # papers of a feed could not be posted
    SOURCE = "source"  # Hugging Face's list cannot be read, and that lasts


class NoticeState(StrEnum):
    PENDING = "pending"
    NOTIFIED = "notified"
    UNDELIVERABLE = "undeliverable"  # nobody could be notified; /status shows it nevertheless


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
    reason: str  # what was last heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Papers of a feed that could not be posted."""

    feed: Feed
    paper_ids: tuple[PaperId, ...]
    reason: str  # why the last of them could not


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """The problems that one message reports to a server."""

    server_id: ServerId
    blocked: tuple[Feed, ...] = ()
    delayed: tuple[Delay, ...] = ()
    failed: tuple[Failure, ...] = ()
    source: SourceFailure | None = None
    unnamed: tuple[Feed, ...] = ()  # with a problem, in channels that may not be named where this is read

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds that it is about, but for those whose channels may not be named."""
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
