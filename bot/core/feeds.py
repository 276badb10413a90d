"""Feeds and subscriptions: where papers go, how, and what was asked for there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.ids import ChannelId, FeedId, ServerId, SubscriptionId, UserId
from bot.core.schedules import Schedule

MAX_SUBSCRIPTIONS = 50  # a feed
DEFAULT_MAX_PAPERS = 10  # cards a post; what exceeds them is folded into a list


class Style(StrEnum):
    CARDS = "cards"  # an embed a paper
    DIGEST = "digest"  # a line a paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Discord refuses this feed's channel for good; nothing is sent there until someone resumes it."""

    reason: str  # in words, with what to do
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    id: FeedId
    server_id: ServerId
    channel_id: ChannelId
    schedule: Schedule
    style: Style = Style.CARDS
    min_upvotes: int = 0
    max_papers: int = DEFAULT_MAX_PAPERS
    paused_at: datetime | None = None
    hold: Hold | None = None
    next_run_at: datetime  # when it is due; in the past means now
    last_run_at: datetime | None = None  # its last finished run
    created_at: datetime
    created_by: UserId

    @property
    def is_active(self) -> bool:
        return self.paused_at is None and self.hold is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    id: SubscriptionId
    feed_id: FeedId
    text: str  # as the person typed it, white space collapsed
    canonical: str  # two queries with the same canonical form are one
    compiled: str  # the expression that the index runs
    rules_version: int  # of the language's rules that `canonical` and `compiled` were made under
    since: date  # wants papers of this list day or later
    created_at: datetime
    created_by: UserId
