"""The run: fetch, decide, post. One pass over all that is due, and the same for one feed on request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import Stage, reach
from bot.core.feeds import Feed, LastRun, Subscription
from bot.core.ids import FeedId, PostId, RunId
from bot.core.list_days import open_list_day
from bot.core.plurals import count
from bot.core.runs import Outcome
from bot.core.schedules import Cadence, Schedule, next_run
from bot.errors import Problem, ProblemKind, StoreError
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.runs.clock_correction import correct
from bot.services.runs.planning import FeedPlan, Planned, plan, plan_older
from bot.services.runs.polling import Polling, PollResult
from bot.store import feeds, papers, posts, runs, subscriptions

_log = logging.getLogger(__name__)

# A feed that falls due between two polls gets a fresh list, but the list is not read more often than this.
FRESH_FOR_SECONDS = 300
# /deliver posts what is listed at that moment: it reads the list where nobody did so just now, and goes on
# with what is known where Hugging Face takes too long for a person who waits.
FRESH_FOR_REQUEST = timedelta(seconds=5)
READING_FOR_REQUEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run in numbers."""

    listed: int = 0
    new_papers: int = 0
    feeds: int = 0  # that were due
    posts: int = 0  # that were planned
    outcome: Outcome = Outcome.OK
    problem: Problem | None = None
    problem_day: date | None = None  # the newest list day that could not be read

    @property
    def fields(self) -> dict[str, object]:
        """Its numbers and words, for the log."""
        return {
            "listed": self.listed,
            "new_papers": self.new_papers,
            "feeds": self.feeds,
            "posts": self.posts,
            "outcome": self.outcome.value,
            "problem": self.problem and self.problem.kind.value,
            "problem_day": self.problem_day and str(self.problem_day),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedRun:
    """What a run of one feed that a person asked for has planned, and what it could not establish."""

    post_ids: tuple[PostId, ...]
    since: date  # the oldest list day from which every subscription wanted papers, and was looked at
    filtered: Mapping[Stage, int]  # matching papers that the feed's filter stops for now or for good
    unreadable: int  # items of the list that could not be read
    list_problem: Problem | None  # why the list could not be read whole just now
    is_whole: bool  # whether every subscription could be evaluated


class Runs:
    """Owns the planning: one run at a time, and the transaction that makes posts owed."""

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
        self._polling = polling
        self._delivery = delivery
        self._blocked_channels = blocked_channels
        self._clock = context.clock
        self._poll_interval = timedelta(seconds=context.poll_interval_seconds)
        self._fresh_for = timedelta(seconds=min(context.poll_interval_seconds, FRESH_FOR_SECONDS))
        self._backfill_days = context.backfill_days
        self._telemetry = context.telemetry
        self._monotonic = monotonic
        self._went_through_at: float | None = None
        self._planning = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None  # when the list was last read, for a run or on request
        self._read_result = PollResult()  # what was read then
        self._polled_at: datetime | None = None
        self._saw_all = False  # whether that poll read every day that it wanted

    @property
    def seconds_since(self) -> float | None:
        """How long ago a run last went through, by a clock that nobody sets; None: not since the start.

        One that could not read the list went through all the same: nobody here can mend that.
        """
        at = self._went_through_at
        return None if at is None else self._monotonic() - at

    async def next_at(self) -> datetime:
        """When the bell should ring: the next poll or the next due feed, whichever is first."""
        now = self._clock()
        polled_at = self._polled_at
        # A clock that was set back must not silence the bell.
        poll_at = now if polled_at is None or polled_at > now else polled_at + self._poll_interval
        async with self._database.read() as conn:
            due_at = await feeds.next_due_at(conn)
        return min(poll_at, due_at) if due_at else poll_at

    async def run(self) -> RunReport:
        """One pass: reads the list where it is not fresh, and makes owed what due feeds want.

        Whatever ends it early is noted in the journal of runs, and raised.
        """
        began = self._monotonic()
        try:
            report = await self._run()
        except Exception:
            self._telemetry.run_ended(Outcome.FAILED, seconds=self._monotonic() - began)
            raise
        self._went_through_at = self._monotonic()
        seconds = self._went_through_at - began
        self._telemetry.run_ended(report.outcome, seconds=seconds, posts=report.posts)
        self._delivery.wake()
        _log.info(
            "Run: %s read, %d new; %s due, %s planned%s",
            count(report.listed, "paper"),
            report.new_papers,
            report.feeds,
            report.posts,
            f"; the list of {report.problem_day}: {report.problem}" if report.problem_day else "",
            extra={"fields": {**report.fields, "seconds": round(seconds, 3)}},
        )
        return report

    async def _run(self) -> RunReport:
        async with self._database.write() as conn:
            now = self._clock()
            await correct(conn, now=now, following=_following)
            run_id = await runs.start(conn, now=now)
        try:
            listing = await self._read_list()
            await self._blocked_channels.at_run()
            async with self._planning:
                return await self._run_due(run_id, listing)
        except Exception as error:
            await self._note_failure(run_id, error)
            raise

    async def _read_list(self) -> PollResult:
        if not self._needs_poll():
            return PollResult()
        result = await self._poll()
        # Only a run sets this: what is read on request must not put off the run that is live feeds' turn.
        self._polled_at = self._clock()
        self._saw_all = result.problem is None
        return result

    async def _poll(self) -> PollResult:
        async with self._reading:
            result = await self._polling.poll()
            self._read_at, self._read_result = self._clock(), result
        return result

    async def _read_on_request(self) -> PollResult:
        """Reads the list where nobody did so just now."""
        read_at, now = self._read_at, self._clock()
        if read_at is not None and timedelta() <= now - read_at < FRESH_FOR_REQUEST:
            return self._read_result
        try:
            async with asyncio.timeout(READING_FOR_REQUEST_SECONDS):
                return await self._poll()
        except TimeoutError:
            _log.warning("Hugging Face took too long for a request; it goes on with what is known")
            return PollResult(problem=Problem(ProblemKind.TIMED_OUT))

    async def _run_due(self, run_id: RunId, listing: PollResult) -> RunReport:
        """Plans the due feeds, and in one transaction makes owed what they post and moves their next run."""
        now = self._clock()
        async with self._database.read() as conn:
            due = await feeds.due(conn, now)
        planned = await self._plan(due, now)
        outcome, problem, problem_day = _outcome(listing.problem), listing.problem, listing.problem_day
        if planned.broken:  # the log has each
            outcome, problem, problem_day = Outcome.FAILED, Problem(ProblemKind.BUG), None
        next_runs = [(feed.id, _following(feed.schedule, now)) for feed in due]
        # A run that did not see the whole list, or a feed's every query, is made up for by the next one.
        whole = frozenset[FeedId]() if listing.problem else {feed.id for feed in due} - planned.broken
        async with self._database.write() as conn:
            pending = await posts.add(conn, [post for item in planned.plans for post in item.posts], now=now)
            await feeds.finish_runs(conn, [run for run in next_runs if run[0] in whole], ran_at=now)
            await feeds.finish_runs(conn, [run for run in next_runs if run[0] not in whole], ran_at=None)
            result = {feed_id: figures for feed_id, figures in planned.figures.items() if feed_id in whole}
            await feeds.note_figures(conn, result)
            report = RunReport(
                listed=listing.listed,
                new_papers=listing.new,
                feeds=len(due),
                posts=len(pending),
                outcome=outcome,
                problem=problem,
                problem_day=problem_day,
            )
            await _finish(conn, run_id, report, now=now)
        for feed in due:
            if feed.schedule.cadence is not Cadence.LIVE:
                self._telemetry.feed_planned(late_seconds=max(0.0, (now - feed.next_run_at).total_seconds()))
        return report

    async def _note_failure(self, run_id: RunId, error: Exception) -> None:
        kind = ProblemKind.DATABASE if isinstance(error, StoreError) else ProblemKind.BUG
        try:
            async with self._database.write() as conn:
                report = RunReport(outcome=Outcome.FAILED, problem=Problem(kind))
                await _finish(conn, run_id, report, now=self._clock())
        except StoreError:
            pass  # the database has logged it, once
        except Exception:  # noqa: BLE001 - the first error is the one to tell of; it is about to be raised
            _log.warning("That run %d failed could not be written down", run_id, exc_info=True)

    async def deliver_now(self, feed: Feed) -> RequestedRun:
        """Plans whatever the feed would post now, whatever the hour; its schedule stays as it is.

        The list is read first.
        """
        listing = await self._read_on_request()
        async with self._planning:
            now = self._clock()
            async with self._database.read() as conn:
                wanting = await subscriptions.of_feed(conn, feed.id)
            planned = await self._plan([feed], now, wanted={feed.id: wanting})
            if planned.broken and not planned.plans:
                raise RuntimeError(f"feed {feed.id} could not be planned")  # the log has why
            return RequestedRun(
                post_ids=tuple(await self._add(planned.plans, now)),
                since=max(
                    reach(feed, wanting, now=now, backfill_days=self._backfill_days),
                    *(subscription.since for subscription in wanting),
                ),
                filtered=planned.filtered.get(feed.id, {}),
                unreadable=listing.unreadable,
                list_problem=listing.problem,
                is_whole=not planned.broken,
            )

    async def deliver_older(self, feed: Feed, wanting: Sequence[Subscription], *, count: int) -> list[PostId]:
        """Makes owed the newest `count` matches from before these subscriptions of the feed began."""
        async with self._planning:
            now = self._clock()
            first = open_list_day(now) - timedelta(days=self._backfill_days)
            async with self._database.read() as conn:
                archive = await papers.between(conn, first, date.max)
                posted = await posts.posted(conn, [feed.id], since=first)
            planned = await asyncio.to_thread(
                plan_older, feed, papers=archive, subscriptions=wanting, posted=posted, count=count
            )
            return await self._add([planned] if planned else [], now)

    async def _add(self, planned: Sequence[FeedPlan], now: datetime) -> list[PostId]:
        async with self._database.write() as conn:
            pending = await posts.add(conn, [post for item in planned for post in item.posts], now=now)
        self._delivery.wake()
        return [post.id for post in pending]

    def _needs_poll(self) -> bool:
        if self._polled_at is None or not self._saw_all:
            return True
        age = self._clock() - self._polled_at
        return age >= self._fresh_for or age < timedelta()

    async def coming(self, feed: Feed, wanting: Sequence[Subscription]) -> LastRun:
        """What a run of the feed would come to now for these of its subscriptions; nothing is planned."""
        planned = await self._plan([feed], self._clock(), wanted={feed.id: wanting})
        return planned.figures.get(feed.id, LastRun(new=0, matched=0, planned=0))

    async def _plan(
        self,
        due: Sequence[Feed],
        now: datetime,
        *,
        wanted: Mapping[FeedId, Sequence[Subscription]] | None = None,
    ) -> Planned:
        """Plans the feeds, with all of their subscriptions or only those that are `wanted`."""
        if not due:
            return Planned(plans=(), figures={}, filtered={}, broken=frozenset())
        ids = [feed.id for feed in due]
        async with self._database.read() as conn:
            if wanted is None:
                wanted = await subscriptions.of_feeds(conn, ids)
            first = min(
                reach(feed, wanted.get(feed.id, ()), now=now, backfill_days=self._backfill_days)
                for feed in due
            )
            window = await papers.between(conn, first, date.max)
            posted = await posts.posted(conn, ids, since=first)
            ran_at = min(_last_runs(due, wanted), default=now)
            first_seen = await papers.first_seen_after(conn, ran_at, first=first)
        return await asyncio.to_thread(
            plan,
            due,
            papers=window,
            subscriptions=wanted,
            posted=posted,
            first_seen=first_seen,
            now=now,
            backfill_days=self._backfill_days,
        )


def _outcome(problem: Problem | None) -> Outcome:
    if problem is None:
        return Outcome.OK
    is_ours = problem.kind in {ProblemKind.BUG, ProblemKind.DATABASE}
    return Outcome.FAILED if is_ours else Outcome.SOURCE_FAILED


async def _finish(conn: AsyncConnection, run_id: RunId, report: RunReport, *, now: datetime) -> None:
    await runs.finish(
        conn,
        run_id,
        now=now,
        outcome=report.outcome,
        listed=report.listed,
        new_papers=report.new_papers,
        feeds=report.feeds,
        posts=report.posts,
        problem=report.problem,
        problem_day=report.problem_day,
    )


def _last_runs(due: Sequence[Feed], wanted: Mapping[FeedId, Sequence[Subscription]]) -> Iterator[datetime]:
    """When the feeds last ran, and did so for those of their subscriptions that were made again since."""
    for feed in due:
        resumed = (item for item in wanted.get(feed.id, ()) if item.resumed)
        for ran_at in (feed.last_run_at, *(item.last_run_at(feed) for item in resumed)):
            if ran_at is not None:
                yield ran_at


def _following(schedule: Schedule, now: datetime) -> datetime:
    """When it is due next; a bug with one schedule must neither stop the others nor leave its feeds due."""
    try:
        return next_run(schedule, after=now)
    except Exception:  # noqa: BLE001 - the guard of one schedule's part of the job
        _log.exception("The next run of a schedule could not be found because of a bug: %s", schedule)
        return now + timedelta(days=1)
