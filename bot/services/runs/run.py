"""Runs: fetch, decide, plan posts. One pass over all due feeds, and the same for one feed on request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import Stage, last_check, reach
from bot.core.feeds import Feed, LastRun, Subscription
from bot.core.ids import FeedId, PostId, RunId, ServerId, SubscriptionId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.polls import PollResult
from bot.core.posts import NewPost
from bot.core.runs import Outcome, RunReport, outcome_of
from bot.core.shards import OwnedShards, shard_of
from bot.errors import Problem, ProblemKind, StoreError
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.runs.chunks import Chunks, Done, next_run_after
from bot.services.runs.clock_correction import correct
from bot.services.runs.freshness import FreshList
from bot.services.runs.pauses import end_pauses
from bot.services.runs.planning import Planned, plan_older
from bot.services.runs.polling import Polling
from bot.services.runs.stored_plans import plan_feeds, posts_of, read_window, up_to_date, versions_of
from bot.services.runs.window import Window
from bot.sources.huggingface import SourceHealth
from bot.store import due_feeds, feed_versions, feeds, migration, papers, posts, runs, subscriptions

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedRun:
    """The result of a run of one feed that a person asked for."""

    post_ids: tuple[PostId, ...]
    since: date  # the oldest list day that was checked for every subscription
    filtered: Mapping[Stage, int]  # matching papers that the feed's filter stops, temporarily or not
    unreadable: int  # items of the list that could not be read
    list_problem: Problem | None  # why the list could not be read completely just now
    is_whole: bool  # whether every subscription could be evaluated


class Runs:
    """Plans one run at a time, and stores its posts as pending."""

    def __init__(
        self,
        context: ServiceContext,
        *,
        polling: Polling,
        delivery: Delivery,
        blocked_channels: BlockedChannels,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = context.database
        self._source = context.source
        self._list = FreshList(
            polling,
            database=context.database,
            turns=context.turns,
            clock=context.clock,
            poll_interval=timedelta(seconds=context.poll_interval_seconds),
        )
        self._delivery = delivery
        self._blocked_channels = blocked_channels
        self._clock = context.clock
        self._fleet = context.fleet
        self._backfill_days = context.backfill_days
        self._telemetry = context.telemetry
        self._monotonic = monotonic
        self._finished_at: float | None = None
        self._chunks = Chunks(context, wake=delivery.wake)
        self._planning = asyncio.Lock()

    @property
    def seconds_since(self) -> float | None:
        """How long ago the last run finished, by a monotonic clock; None if none has since startup.

        A run that could not read the list counts, because that is not ours to fix.
        """
        at = self._finished_at
        return None if at is None else self._monotonic() - at

    async def source_health(self) -> SourceHealth:
        """Hugging Face's health, whichever process last read the list."""
        return await self._list.health(self._source.health)

    async def next_at(self, server_id: ServerId | None = None) -> datetime:
        """When the next run should start: at the next poll, due feed or end of a pause.

        That is a run of this process, or of another one, to which the server belongs.
        """
        owned = self._fleet.owned
        if server_id is not None and not owned.has(server_id):
            owned = OwnedShards(owned.count, frozenset({shard_of(server_id, owned.count)}))
        async with self._database.read() as conn:
            poll_at = await self._list.next_poll_at(conn)
            due_at = await due_feeds.next_due_at(conn, owned=owned)
            resumes_at = await feeds.next_resumption(conn, owned=owned)
        return min(filter(None, (poll_at, due_at, resumes_at)))

    async def run(self) -> RunReport:
        """One pass: reads the list if it is not fresh, and plans the posts of due feeds.

        An error that ends it early is recorded with the run, and raised.

        Raises:
            ConfigError: this version is too old for the database now; the process must end.
        """
        began = self._monotonic()
        try:
            report = await self._run()
        except Exception:
            self._telemetry.run_ended(Outcome.FAILED, seconds=self._monotonic() - began)
            raise
        self._finished_at = self._monotonic()
        seconds = self._finished_at - began
        self._telemetry.run_ended(report.outcome, seconds=seconds, posts=report.posts)
        self._delivery.wake()
        _log.info(
            "Run: %s read, %d new; %s due, %s planned%s",
            count(report.listed, "paper"),
            report.new_papers,
            count(report.feeds, "feed"),
            count(report.posts, "post"),
            f"; the list of {report.problem_day}: {report.problem}" if report.problem_day else "",
            extra={"fields": {**_fields(report), "seconds": round(seconds, 3)}},
        )
        return report

    async def _run(self) -> RunReport:
        async with self._database.write() as conn:
            await migration.check_again(conn)
            now = self._clock()
            held = await self._fleet.hold(conn)
            if held.has_first:
                latest = now + self._fleet.clocks_differ_by
                await correct(conn, now=latest, next_run_after=next_run_after)
            await end_pauses(conn, now=now, owned=held)
            run_id = await runs.start(conn, now=now, shards=held)
        done = Done()
        try:
            listing = await self._list.for_run()
            await self._blocked_channels.at_run()
            async with self._planning:
                return await self._run_due(run_id, listing, done)
        except Exception as error:
            await self._record_failure(run_id, error, done)
            raise

    async def _run_due(self, run_id: RunId, listing: PollResult, done: Done) -> RunReport:
        now = self._clock()
        async with self._database.read() as conn:
            since = await due_feeds.last_check(conn, now, owned=self._fleet.owned)
            window = None if since is None else await self._window(conn, now, since)
        if window is not None:
            await self._chunks.plan_due(window, now=now, is_complete=listing.problem is None, done=done)
        outcome, problem, problem_day = outcome_of(listing.problem), listing.problem, listing.problem_day
        if done.is_broken:  # the log has each
            outcome, problem, problem_day = Outcome.FAILED, Problem(ProblemKind.BUG), None
        report = RunReport(
            listed=listing.listed,
            new_papers=listing.new,
            feeds=done.feeds,
            posts=done.posts,
            outcome=outcome,
            problem=problem,
            problem_day=problem_day,
        )
        async with self._database.write() as conn:
            await runs.finish(conn, run_id, report, now=now)
        return report

    async def _record_failure(self, run_id: RunId, error: Exception, done: Done) -> None:
        kind = ProblemKind.DATABASE if isinstance(error, StoreError) else ProblemKind.BUG
        try:
            async with self._database.write() as conn:
                report = RunReport(
                    feeds=done.feeds, posts=done.posts, outcome=Outcome.FAILED, problem=Problem(kind)
                )
                await runs.finish(conn, run_id, report, now=self._clock())
        except StoreError:
            pass  # the database has logged it once
        except Exception:  # noqa: BLE001 - the first error matters more, and is raised next
            _log.warning("The failure of run %d could not be recorded", run_id, exc_info=True)

    async def deliver_now(self, feed: Feed) -> RequestedRun:
        """Reads the list and plans everything that the feed would post now; its schedule does not change."""
        listing = await self._list.for_request()
        async with self._planning:
            now = self._clock()
            async with self._database.read() as conn:
                feed = await feeds.get(conn, feed.id) or feed  # it may have changed while the list was read
                wanting = await subscriptions.of_feed(conn, feed.id)
                window = await self._window(conn, now, last_check(feed, wanting))
                planned = await plan_feeds(conn, [feed], window, wanted={feed.id: wanting})
                versions = await versions_of(conn, planned)
            if planned.broken and not planned.plans:
                raise RuntimeError(f"feed {feed.id} could not be planned")  # the log has why
            async with self._database.write() as conn:
                await feeds.lock(conn, [feed.id])
                planned = await up_to_date(conn, planned, window, versions=versions)
                pending = await posts.add(conn, posts_of(planned), now=now)
            self._delivery.wake()
            return RequestedRun(
                post_ids=tuple(pending),
                since=max(
                    [
                        reach(feed, wanting, now=now, backfill_days=self._backfill_days),
                        *(subscription.since for subscription in wanting),
                    ]
                ),
                filtered=Counter(decision.stage for decision in planned.filtered.get(feed.id, {}).values()),
                unreadable=listing.unreadable,
                list_problem=listing.problem,
                is_whole=not planned.broken,
            )

    async def deliver_older(self, feed: Feed, wanting: Sequence[Subscription], *, count: int) -> list[PostId]:
        """Plans the newest `count` matches from before these subscriptions of the feed began."""
        async with self._planning:
            now = self._clock()
            first = open_list_day(now) - timedelta(days=self._backfill_days)
            ids = {subscription.id for subscription in wanting}
            async with self._database.read() as conn:
                archive = await papers.between(conn, first, date.max)
                plan = partial(_older, feed_id=feed.id, ids=ids, archive=archive, first=first, count=count)
                planned = await plan(conn)
                version = await feed_versions.read(conn, [feed.id])
            async with self._database.write() as conn:
                await feeds.lock(conn, [feed.id])
                if await feed_versions.read(conn, [feed.id]) != version:
                    planned = await plan(conn)
                pending = await posts.add(conn, planned, now=now)
            self._delivery.wake()
            return list(pending)

    async def coming(self, feed: Feed, wanting: Sequence[Subscription]) -> LastRun:
        """The figures of a run of the feed now, for these of its subscriptions; plans nothing."""
        planned = await self.planned_now(feed, wanting)
        return planned.figures.get(feed.id, LastRun(new=0, matched=0, planned=0))

    async def planned_now(self, feed: Feed, wanting: Sequence[Subscription]) -> Planned:
        """What a run of the feed would plan now for these of its subscriptions; stores nothing."""
        return await self._plan_one(feed, wanting, self._clock())

    async def _plan_one(self, feed: Feed, wanting: Sequence[Subscription], now: datetime) -> Planned:
        async with self._database.read() as conn:
            window = await self._window(conn, now, last_check(feed, wanting))
            return await plan_feeds(conn, [feed], window, wanted={feed.id: wanting})

    async def _window(self, conn: AsyncConnection, now: datetime, since: datetime) -> Window:
        return await read_window(conn, now, since=since, backfill_days=self._backfill_days)


async def _older(
    conn: AsyncConnection,
    *,
    feed_id: FeedId,
    ids: Collection[SubscriptionId],
    archive: Sequence[Paper],
    first: date,
    count: int,
) -> tuple[NewPost, ...]:
    """The posts of older matches of those of the subscriptions that the feed still has."""
    feed = await feeds.get(conn, feed_id)
    wanted = [item for item in await subscriptions.of_feed(conn, feed_id) if item.id in ids]
    if feed is None or not wanted:
        return ()
    posted = await posts.posted(conn, [feed_id], since=first)
    planned = await asyncio.to_thread(
        plan_older, feed, papers=archive, subscriptions=wanted, posted=posted, count=count
    )
    return planned.posts if planned else ()


def _fields(report: RunReport) -> Mapping[str, object]:
    """The fields of the log line."""
    problem, day = report.problem, report.problem_day
    return asdict(report) | {"problem": problem and problem.kind.value, "problem_day": day and str(day)}
