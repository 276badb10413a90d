"""The bot's status: the last run and its result, pending posts, blocked channels, and the source's health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.access import Access
from bot.core.archive import ArchiveExtent
from bot.core.feeds import Feed, LastRun
from bot.core.ids import ServerId
from bot.core.list_days import INCOMPLETE_DAYS, open_list_day
from bot.core.posts import FollowUp, Post
from bot.core.runs import Run
from bot.core.schedules import next_run
from bot.services.context import ServiceContext
from bot.services.delivery.pings import Pings, pings_of
from bot.services.runs.archive_reading import ArchiveReader
from bot.services.runs.run import Runs
from bot.services.visibility import Visible
from bot.sources.huggingface import SourceHealth
from bot.store import feeds, follow_ups, list_days, notices, outbox, papers, posts, runs, subscriptions
from bot.store.list_days import DayRead

_MAX_FAILED = 5
_MAX_FOLLOW_UPS = 5
_MAX_PAUSED = 10  # whose papers are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    feed: Feed
    access: Access
    pings: Pings
    subscriptions: int
    waiting: int  # pending posts, without the unconfirmed ones
    delayed: Post | None  # the next post, if an attempt to send it failed
    unconfirmed: tuple[Post, ...]
    failed: int  # papers that could not be posted
    coming: int  # papers that a paused channel would post now, beside the pending ones
    missed_run: Run | None  # a failed run at which it was due, until a later run succeeds

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left over from earlier runs."""
        return not (self.failed or self.waiting or self.unconfirmed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What /status shows about one server and the bot."""

    now: datetime
    last_run: Run | None
    ran: int  # how many of the feeds the last run completed
    result: LastRun | None  # of the last run, for those feeds together
    next_run_at: datetime
    feeds: tuple[FeedStatus, ...]
    failed: tuple[Post, ...]
    follow_ups: tuple[FollowUp, ...]  # that failed, or are pending after a failure
    undeliverable: int  # notices that no channel accepted
    papers: int
    archive: ArchiveExtent
    source: SourceHealth
    incomplete: tuple[DayRead, ...]  # recent lists with unreadable items, newest first

    @property
    def failed_papers(self) -> int:
        return sum(item.failed for item in self.feeds)

    @property
    def waiting(self) -> int:
        """Messages that are pending."""
        return sum(item.waiting + len(item.unconfirmed) for item in self.feeds)

    @property
    def can_be_checked(self) -> bool:
        """Whether a channel is blocked or a post unconfirmed, which a recheck may resolve."""
        return any(item.feed.block is not None or item.unconfirmed for item in self.feeds)


class StatusReport:
    """The use case of /status."""

    def __init__(self, context: ServiceContext, *, runs: Runs, archive: ArchiveReader) -> None:
        self._database = context.database
        self._runs = runs
        self._archive = archive
        self._publisher = context.publisher
        self._clock = context.clock

    async def of_server(self, server_id: ServerId, *, visible: Visible) -> Status:
        """The status of the channels that a person may see; the others are not counted anywhere in it."""
        next_at = await self._runs.next_at(server_id)
        first = open_list_day(self._clock()) - timedelta(days=INCOMPLETE_DAYS)
        async with self._database.read() as conn:
            server_feeds = await feeds.of_server(conn, server_id)
        seen = await visible(feed.channel_id for feed in server_feeds)
        shown = [feed for feed in server_feeds if feed.channel_id in seen]
        feed_ids = [feed.id for feed in shown]
        async with self._database.read() as conn:
            last_run = await runs.latest(conn, server_id)
            ran = _results_of(last_run, shown)
            failed = await posts.failed(conn, feed_ids, _MAX_FAILED)
            with_problems = await follow_ups.with_problems(conn, feed_ids, _MAX_FOLLOW_UPS)
            undeliverable = await notices.count_undeliverable(conn, server_id, feed_ids)
            paper_count = await papers.count(conn)
            incomplete = await list_days.incomplete(conn, first)
        return Status(
            now=self._clock(),
            last_run=last_run,
            ran=len(ran),
            result=_together(ran),
            next_run_at=next_at,
            feeds=await self._of_feeds(server_id, shown),
            failed=tuple(failed),
            follow_ups=tuple(with_problems),
            undeliverable=undeliverable,
            papers=paper_count,
            archive=await self._archive.extent(),
            source=await self._runs.source_health(),
            incomplete=tuple(incomplete),
        )

    async def _of_feeds(self, server_id: ServerId, shown: Sequence[Feed]) -> tuple[FeedStatus, ...]:
        access = [await self._publisher.access(feed.place) for feed in shown]
        async with self._database.read() as conn:
            subscriptions_of = await subscriptions.of_feeds(conn, [feed.id for feed in shown])
            waiting = await posts.waiting(conn, server_id)
            failed = await posts.failed_papers(conn, server_id)
            unconfirmed = await posts.unconfirmed(conn, server_id)
            delayed = {post.feed_id: post for post in await outbox.delayed(conn, server_id)}
            failed_run = await runs.latest_failed(conn, server_id)
        coming = {
            feed.id: (await self._runs.coming(feed, subscriptions_of[feed.id])).planned
            for feed in [feed for feed in shown if feed.settings.is_paused and feed.id in subscriptions_of][
                :_MAX_PAUSED
            ]
        }
        status: list[FeedStatus] = []
        for feed, allowed in zip(shown, access, strict=True):
            posts_of_feed = tuple(post for post in unconfirmed if post.feed_id == feed.id)
            status.append(
                FeedStatus(
                    feed=feed,
                    access=allowed,
                    pings=await pings_of(self._publisher, feed, subscriptions_of.get(feed.id, ())),
                    subscriptions=len(subscriptions_of.get(feed.id, ())),
                    waiting=waiting.get(feed.id, 0) - len(posts_of_feed),
                    delayed=delayed.get(feed.id),
                    unconfirmed=posts_of_feed,
                    failed=failed.get(feed.id, 0),
                    coming=coming.get(feed.id, 0),
                    missed_run=failed_run if failed_run and _missed(feed, failed_run) else None,
                )
            )
        return tuple(status)


def _results_of(run: Run | None, shown: Sequence[Feed]) -> list[LastRun]:
    return [
        feed.last_run
        for feed in shown
        if run and feed.last_run and feed.last_run_at and feed.last_run_at >= run.started_at
    ]


def _together(ran: Sequence[LastRun]) -> LastRun | None:
    """The result of a run for several feeds; a new paper is new to all of them, and counts once."""
    if not ran:
        return None
    return LastRun(
        new=max(result.new for result in ran),
        matched=sum(result.matched for result in ran),
        planned=sum(result.planned for result in ran),
    )


def _missed(feed: Feed, failed: Run) -> bool:
    """Whether the feed was due at that failed run, and has not completed a run since.

    Which feeds were due at a run is not stored, so this follows from the feed's current schedule.
    """
    ran_at = feed.last_run_at or feed.created_at
    return ran_at < failed.started_at and next_run(feed.settings.schedule, after=ran_at) <= failed.finished_at
