"""Feeds and subscriptions: where papers go, how, and what was asked for there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.core.ids import ChannelId, FeedId, RoleId, ServerId, SubscriptionId, UserId
from bot.core.query.compiled import CompiledQuery
from bot.core.schedules import Schedule

# A removed subscription is kept for so long, and continues if it is made again in that time.
REMOVED_KEPT = timedelta(days=30)
DEFAULT_MAX_PAPERS = 10  # cards a post; what exceeds them is folded into a list
MAX_CARDS = 50  # that a post may be given
MAX_MIN_UPVOTES = 1_000  # that a filter may ask for


class FeedKind(StrEnum):
    """What a feed's channel takes. Discord turns none of these into another.

    A feed that is `direct` belongs to a person and to no server; nothing makes one yet.
    """

    CHANNEL = "channel"  # messages: text, announcement, voice and stage channels
    THREAD = "thread"  # messages too
    FORUM = "forum"  # posts, each a thread of its own: forum and media channels
    DIRECT = "direct"  # messages to one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where posts go."""

    server_id: ServerId
    channel_id: ChannelId
    kind: FeedKind


class Style(StrEnum):
    CARDS = "cards"  # an embed a paper
    DIGEST = "digest"  # a line a paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Discord refuses this feed's channel; nothing is sent there until that is mended."""

    reason: str  # in words, with what to do
    since: datetime
    # When it is tried again though nothing is seen to be wrong; None where the channel's permissions tell.
    recheck_at: datetime | None = None
    is_gone: bool = False  # the channel was deleted, or the server left


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """What a feed's last run came to, in papers."""

    new: int  # first seen since the run before
    matched: int  # that a subscription wants and the feed did not have
    planned: int  # that became owed; the others were kept out by the feed's filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    id: FeedId
    server_id: ServerId
    channel_id: ChannelId
    kind: FeedKind = FeedKind.CHANNEL
    schedule: Schedule
    style: Style = Style.CARDS
    mention_role_id: RoleId | None = None  # pinged by the first message of each run
    publishes: bool = False  # messages in an announcement channel go on to the servers that follow it
    opens_threads: bool = False  # each card is a message of its own, with a thread under it
    min_upvotes: int = 0
    max_papers: int = DEFAULT_MAX_PAPERS
    only_with_code: bool = False  # papers without a code repository stay out
    exclude: CompiledQuery | None = None  # what it matches is filtered out
    paused_at: datetime | None = None
    block: Block | None = None
    next_run_at: datetime  # when it is due; in the past means now
    last_run_at: datetime | None = None  # its last finished run
    last_run: LastRun | None = None
    created_at: datetime
    created_by: UserId

    @property
    def place(self) -> Place:
        return Place(server_id=self.server_id, channel_id=self.channel_id, kind=self.kind)

    @property
    def is_filtered(self) -> bool:
        """Whether papers that match may be kept out."""
        return self.min_upvotes > 0 or self.only_with_code or self.exclude is not None

    @property
    def is_active(self) -> bool:
        return self.paused_at is None and self.block is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """That a subscription was removed and made again: it goes on where it was."""

    at: datetime
    ran_at: datetime | None  # the feed's last run for it before it was removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    id: SubscriptionId
    feed_id: FeedId
    query: CompiledQuery
    since: date  # wants papers of this list day or later
    created_at: datetime
    created_by: UserId
    resumed: Resumption | None = None

    def last_run_at(self, feed: Feed) -> datetime | None:
        """The last finished run of the feed, whose it is, that had this subscription."""
        resumed, ran_at = self.resumed, feed.last_run_at
        if resumed is None or (ran_at is not None and resumed.at < ran_at):
            return ran_at
        return resumed.ran_at
