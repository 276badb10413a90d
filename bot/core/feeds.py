"""Feeds and subscriptions: where papers are posted, how, and which ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.core.focus import Focus
from bot.core.ids import ChannelId, FeedId, RoleId, ServerId, SubscriptionId, UserId
from bot.core.query.compiled import CompiledQuery
from bot.core.schedules import Cadence, Schedule, day_begins

# How long a removed subscription is kept. If it is added again in that time, it continues.
REMOVED_KEPT = timedelta(days=30)
DEFAULT_MAX_PAPERS = 10  # cards in a post; further papers are folded into a list
MAX_CARDS = 50  # the most that a feed may choose
MAX_MIN_UPVOTES = 1_000  # the most that a filter may require


class FeedKind(StrEnum):
    """What a feed's channel accepts. Discord never turns one kind into another.

    A `direct` feed belongs to a person and not to a server.
    """

    CHANNEL = "channel"  # messages: text, announcement, voice and stage channels
    THREAD = "thread"  # messages too
    FORUM = "forum"  # posts, each a separate thread: forum and media channels
    DIRECT = "direct"  # messages to one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where posts go: a channel of a server, or a person's direct messages."""

    server_id: ServerId | None = None  # None for direct messages
    user_id: UserId | None = None  # whose direct messages
    channel_id: ChannelId
    kind: FeedKind

    @property
    def is_opened(self) -> bool:
        """Whether the channel is known. Until direct messages are opened, the person's id stands for it.

        No two of Discord's ids are the same.
        """
        return self.channel_id != self.user_id

    @property
    def in_server(self) -> ServerId:
        """Its server, for what only concerns channels of servers.

        Raises:
            LookupError: these are a person's direct messages.
        """
        if self.server_id is None:
            raise LookupError(f"channel {self.channel_id} is in no server")
        return self.server_id


class Style(StrEnum):
    CARDS = "cards"  # an embed per paper
    DIGEST = "digest"  # a line per paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Discord refuses messages in this feed's channel. Nothing is sent there until that is fixed."""

    reason: str  # a text that says what to do
    since: datetime
    # When it is retried if the permissions show nothing wrong; None if they show when it is fixed.
    recheck_at: datetime | None = None
    is_gone: bool = False  # the channel was deleted, or the server left


class LastRun(NamedTuple):
    """The result of a feed's last run, in numbers of papers."""

    new: int  # first seen since the run before
    matched: int  # that a subscription wants and the feed did not have
    planned: int  # that became pending; the others were filtered out


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """What people choose for a feed."""

    schedule: Schedule
    style: Style = Style.CARDS
    min_upvotes: int = 0
    max_papers: int = DEFAULT_MAX_PAPERS  # cards per post
    only_with_code: bool = False
    exclude: CompiledQuery | None = None  # papers that match it are filtered out
    mention_role_id: RoleId | None = None  # pinged by the first message of each run
    is_silent: bool = False  # messages are sent without a push notification
    opens_threads: bool = False  # each card is a separate message, with a thread under it
    publishes: bool = False  # messages in an announcement channel are published to its followers
    is_paused: bool = False
    paused_until: date | None = None  # the day, in its zone, on which a pause ends automatically

    @property
    def resumes_at(self) -> datetime | None:
        """When the pause ends automatically, in UTC; None if it does not, or there is none."""
        if self.paused_until is None or not self.is_paused:
            return None
        return day_begins(self.paused_until, timezone=self.schedule.timezone)

    @property
    def is_filtered(self) -> bool:
        """Whether papers that match may be filtered out."""
        return self.min_upvotes > 0 or self.only_with_code or self.exclude is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    id: FeedId
    server_id: ServerId | None = None  # None for a person's
    user_id: UserId | None = None  # whose feed it is, where it is a person's
    channel_id: ChannelId
    kind: FeedKind = FeedKind.CHANNEL
    settings: FeedSettings
    paused_at: datetime | None = None  # since when it is paused
    block: Block | None = None
    next_run_at: datetime  # when it is due; in the past means now
    last_run_at: datetime | None = None  # its last finished run
    last_run: LastRun | None = None
    created_at: datetime

    @property
    def place(self) -> Place:
        return Place(
            server_id=self.server_id, user_id=self.user_id, channel_id=self.channel_id, kind=self.kind
        )

    @property
    def is_active(self) -> bool:
        return not self.settings.is_paused and self.block is None

    def is_due(self, now: datetime) -> bool:
        """Whether a run at `now` plans it; a live one is due at each."""
        is_live = self.settings.schedule.cadence is Cadence.LIVE
        return self.is_active and (is_live or self.next_run_at <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """When a removed subscription was added again, and continued where it was."""

    at: datetime
    ran_at: datetime | None  # the feed's last run before it was removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    id: SubscriptionId
    feed_id: FeedId
    query: CompiledQuery
    since: date  # the first list day whose papers it wants
    created_at: datetime
    resumed: Resumption | None = None
    mention_role_id: RoleId | None = None  # pinged by each message that has papers for it
    focus: Focus = Focus.EXACT
    focus_terms: str | None = None  # what is compared with papers; None if they are not compared

    def last_run_at(self, feed: Feed) -> datetime | None:
        """The last finished run of its feed that had this subscription."""
        resumed, ran_at = self.resumed, feed.last_run_at
        if resumed is None or (ran_at is not None and resumed.at < ran_at):
            return ran_at
        return resumed.ran_at
