"""The run: fetch, decide, post. One pass over all that is due, and the same for one feed on request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.decisions import reach
from bot.core.feeds import Feed, Subscription
from bot.core.ids import PostId
from bot.core.list_days import open_list_day
from bot.core.runs import Outcome
from bot.core.schedules import next_run
from bot.services.clock import Clock
from bot.services.delivery import Delivery
from bot.services.planning import FeedPlan, plan, plan_older
from bot.services.polling import Polling
from bot.store import feeds, papers, posts, runs, subscriptions
from bot.store.database import Database

_log = logging.getLogger(__name__)

# A feed that falls due between two polls gets a fresh list, but the list is not read more often than this.
FRESH_FOR_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run in numbers."""

    listed: int
    new_papers: int
    feeds: int  # that were due
    posts: int  # that were planned
    problem: str | None


class Runs:
    """Owns the planning: one run at a time, and the transaction that makes posts owed."""

    def __init__(
        self,
        *,
        database: Database,
        polling: Polling,
        delivery: Delivery,
        clock: Clock,
        poll_interval_seconds: int,
        backfill_days: int,
    ) -> None:
        self._database = database
        self._polling = polling
        self._delivery = delivery
        self._clock = clock
        self._poll_interval = timedelta(seconds=poll_interval_seconds)
        self._fresh_for = timedelta(seconds=min(poll_interval_seconds, FRESH_FOR_SECONDS))
        self._backfill_days = backfill_days
        self._planning = asyncio.Lock()
        self._polled_at: datetime | None = None

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
        """One pass: reads the list where it is not fresh, and makes owed what due feeds want."""
        async with self._database.write() as conn:
            run_id = await runs.start(conn, now=self._clock())
        listed = new_papers = 0
        problem: str | None = None
        if self._needs_poll():
            result = await self._polling.poll()
            self._polled_at = self._clock()
            listed, new_papers, problem = result.listed, result.new, result.problem
        async with self._planning:
            now = self._clock()
            async with self._database.read() as conn:
                due = await feeds.due(conn, now)
            planned = await self._plan(due, now)
            async with self._database.write() as conn:
                owed = await posts.add(conn, [post for item in planned for post in item.posts], now=now)
                await feeds.finish_runs(
                    conn, [(feed.id, next_run(feed.schedule, after=now)) for feed in due], ran_at=now
                )
                await runs.finish(
                    conn,
                    run_id,
                    now=now,
                    outcome=Outcome.SOURCE_FAILED if problem else Outcome.OK,
                    listed=listed,
                    new_papers=new_papers,
                    feeds=len(due),
                    posts=len(owed),
                    problem=problem,
                )
        self._delivery.wake()
        _log.info(
            "Run: %d papers read, %d new; %d feeds due, %d posts planned%s",
            listed,
            new_papers,
            len(due),
            len(owed),
            "; the list could not be read whole" if problem else "",
        )
        return RunReport(
            listed=listed, new_papers=new_papers, feeds=len(due), posts=len(owed), problem=problem
        )

    async def deliver_now(self, feed: Feed) -> list[PostId]:
        """Makes owed whatever the feed would post now, whatever the hour; its schedule stays as it is."""
        async with self._planning:
            now = self._clock()
            return await self._owe(await self._plan([feed], now), now)

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
            return await self._owe([planned] if planned else [], now)

    async def _owe(self, planned: Sequence[FeedPlan], now: datetime) -> list[PostId]:
        async with self._database.write() as conn:
            owed = await posts.add(conn, [post for item in planned for post in item.posts], now=now)
        self._delivery.wake()
        return [post.id for post in owed]

    def _needs_poll(self) -> bool:
        if self._polled_at is None:
            return True
        age = self._clock() - self._polled_at
        return age >= self._fresh_for or age < timedelta()

    async def _plan(self, due: Sequence[Feed], now: datetime) -> list[FeedPlan]:
        if not due:
            return []
        first = min(reach(feed, now=now, backfill_days=self._backfill_days) for feed in due)
        ids = [feed.id for feed in due]
        async with self._database.read() as conn:
            window = await papers.between(conn, first, date.max)
            wanted = await subscriptions.of_feeds(conn, ids)
            posted = await posts.posted(conn, ids, since=first)
        return await asyncio.to_thread(
            plan,
            due,
            papers=window,
            subscriptions=wanted,
            posted=posted,
            now=now,
            backfill_days=self._backfill_days,
        )
