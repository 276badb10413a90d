"""Chunks: the due feeds of a run, read, planned and stored so many subscriptions at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import last_check
from bot.core.feeds import Feed
from bot.core.ids import FeedId
from bot.core.plurals import count
from bot.core.schedules import Cadence, Schedule, next_run
from bot.core.shards import OwnedShards
from bot.errors import StoreError
from bot.services.context import ServiceContext
from bot.services.fleet.fleet import LeaseLostError
from bot.services.runs.garbage import no_cycle_search
from bot.services.runs.matches import NO_HITS
from bot.services.runs.planning import Planned, hits_of, quiet_feeds
from bot.services.runs.stored_plans import plan_feeds, posts_of, up_to_date, versions_of
from bot.services.runs.window import Window
from bot.store import due_feeds, feeds, posts, subscriptions
from bot.store.due_feeds import DueFeed
from bot.store.feed_versions import FeedVersion

_log = logging.getLogger(__name__)

# How many subscriptions are read, planned and stored at a time. Bounds the memory, and how long others wait.
CHUNK_SUBSCRIPTIONS = 4_000
# After so many posts of a run, and ten times as many and so on, the store's statistics are too old.
MANY_POSTS = 1_000
# A transaction has feeds locked for milliseconds, unless it is stuck.
_LOCKED_TRIES = 30
_AGAIN_SECONDS = 0.1

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Done:
    """What the chunks of a run stored so far."""

    feeds: int = 0
    posts: int = 0
    is_broken: bool = False  # whether a feed or a query of it could not be planned


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlannedChunk:
    due: Sequence[DueFeed]
    is_last: bool
    owned: OwnedShards  # when it was read
    planned: Planned
    versions: Mapping[FeedId, FeedVersion]


class Chunks:
    """Plans the feeds that are due, in chunks of owners, each stored in one transaction.

    A crash leaves whole chunks. Their feeds are no longer due, and the next run plans only the others.
    """

    def __init__(self, context: ServiceContext, *, wake: Callable[[], None]) -> None:
        """`wake` is called after each chunk, so that its posts are sent."""
        self._database = context.database
        self._fleet = context.fleet
        self._telemetry = context.telemetry
        self._wake = wake

    async def plan_due(self, window: Window, *, now: datetime, is_complete: bool, done: Done) -> None:
        """Plans the feeds that are due at `now`, and counts them in `done`; `is_complete`: the list is.

        While a chunk is stored, the next one is planned, and no more than that: it bounds the memory.
        """
        many = MANY_POSTS
        locked: list[_PlannedChunk] = []
        store = partial(self._store, window=window, now=now, is_complete=is_complete, done=done)
        try:
            with no_cycle_search():
                chunk = await self._next(window, now=now)
            while chunk is not None:
                with no_cycle_search():
                    async with _meanwhile(self._next(window, now=now, before=chunk)) as following:
                        locked += await store(chunk)
                        if done.posts >= many:
                            many = done.posts * 10
                            async with self._database.write() as conn:
                                await posts.refresh_statistics(conn)
                    chunk = await following
            await _until_none_left(locked, store)
        except LeaseLostError:
            # The feeds that are still ours are due, so another run follows at once.
            _log.info("The run ended early, because another process took over some of its servers")

    async def _next(
        self, window: Window, *, now: datetime, before: _PlannedChunk | None = None
    ) -> _PlannedChunk | None:
        """The first chunk, or the one behind `before`; None if no feed is left."""
        if before is not None and before.is_last:
            return None
        owned, after = self._fleet.owned, before and before.due[-1]
        async with self._database.read() as conn:
            due, is_last = await due_feeds.chunk(
                conn, now, after=after, at_most=CHUNK_SUBSCRIPTIONS, owned=owned
            )
            if not due:
                return None
            planned = await self._plan(conn, due, window)
            versions = await versions_of(conn, planned)
        return _PlannedChunk(due=due, is_last=is_last, owned=owned, planned=planned, versions=versions)

    async def _plan(self, conn: AsyncConnection, chunk: Sequence[DueFeed], window: Window) -> Planned:
        """Plans these feeds but those that reach further back than the window, which the next run plans."""
        covered = [feed for feed in chunk if feed.checked_at >= window.since]
        hits = await asyncio.to_thread(hits_of, covered, window)
        quiet = quiet_feeds(covered, window, hits=hits)
        others = [feed for feed in covered if feed.id not in quiet]
        # Of most feeds, only the subscriptions that match are read: the others change nothing.
        in_full = [feed.id for feed in others if feed.has_resumed or hits is None]
        in_part = [feed.id for feed in others if not feed.has_resumed and hits is not None]
        wanted = await subscriptions.of_feeds(conn, in_part, hits=hits)
        wanted |= await subscriptions.of_feeds(conn, in_full) if in_full else {}
        busy = [
            feed
            for feed in await feeds.by_ids(conn, [feed.id for feed in others])
            if last_check(feed, wanted.get(feed.id, ())) >= window.since
        ]
        planned = await plan_feeds(
            conn,
            busy,
            window,
            wanted=wanted,
            hits=NO_HITS if hits is None else hits,
            wanted_from={feed.id: feed.since for feed in others},
        )
        return replace(planned, figures=quiet | dict(planned.figures))

    async def _store(
        self, chunk: _PlannedChunk, *, window: Window, now: datetime, is_complete: bool, done: Done
    ) -> list[_PlannedChunk]:
        """Stores the posts of the feeds that were planned and moves their next runs, in one transaction.

        Those that changed since they were read are planned again. Returns what is left: the feeds that
        another transaction has locked. That one may be stuck, and the others do not wait for it.

        Raises:
            LeaseLostError: another process took over some of the shards, and plans their feeds itself.
        """
        next_run_of = cache(partial(next_run_after, now=now))
        async with self._database.write() as conn:
            if not chunk.owned.ids <= (await self._fleet.hold(conn)).ids:
                raise LeaseLostError
            feed_ids = {feed.id for feed in chunk.due}
            left = await _lock(conn, feed_ids)
            may_post = partial(Feed.is_due, now=now)
            planned = chunk.planned.without(left) if left else chunk.planned
            planned = await up_to_date(conn, planned, window, versions=chunk.versions, may_post=may_post)
            due = [feed for feed in chunk.due if feed.id in planned.figures or feed.id in planned.broken]
            # After an incomplete list, or a query that could not be evaluated, the next run catches up.
            incomplete = planned.broken if is_complete else feed_ids
            next_runs = [(feed.id, next_run_of(feed.schedule)) for feed in due]
            pending = await posts.add(conn, posts_of(planned), now=now)
            complete = [run for run in next_runs if run[0] not in incomplete]
            await due_feeds.finish_runs(conn, complete, now=now, figures=planned.figures)
            later = [run for run in next_runs if run[0] in incomplete]
            await due_feeds.finish_runs(conn, later, now=now, is_complete=False)
        done.feeds += len(due)
        done.posts += len(pending)
        done.is_broken |= bool(planned.broken)
        self._wake()
        for feed in due:
            if feed.schedule.cadence is not Cadence.LIVE:
                self._telemetry.feed_planned(late_seconds=max(0.0, (now - feed.next_run_at).total_seconds()))
        others = [feed for feed in chunk.due if feed.id in left]
        return [replace(chunk, due=others, planned=chunk.planned.without(feed_ids - left))] if left else []


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, _Result]) -> AsyncGenerator[asyncio.Task[_Result]]:
    """A task that does the work while the body runs. It is the caller's to await, unless the body fails."""
    task = asyncio.create_task(work)
    try:
        yield task
    except BaseException:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and not isinstance(error := task.exception(), StoreError | None):
            _log.warning("Meanwhile, the next chunk could not be planned: %r", error, exc_info=error)
        raise


async def _lock(conn: AsyncConnection, feed_ids: set[FeedId]) -> set[FeedId]:
    """Locks these feeds; returns those that another transaction has locked."""
    left = feed_ids - await feeds.lock(conn, feed_ids, waits=False)
    return {feed.id for feed in await feeds.by_ids(conn, left)} if left else left  # not those that are gone


async def _until_none_left(
    left: list[_PlannedChunk], store: Callable[[_PlannedChunk], Awaitable[list[_PlannedChunk]]]
) -> None:
    """Stores what was left because its feeds were locked, as soon as they are not.

    Raises:
        StoreError: some still are. They stay due.
    """
    for _ in range(_LOCKED_TRIES):
        if not left:
            return
        await asyncio.sleep(_AGAIN_SECONDS)
        left = [still for chunk in left for still in await store(chunk)]
    if left:
        number = count(sum(len(chunk.due) for chunk in left), "feed")
        advice = f"another transaction keeps {number} locked; if it is stuck, end it"
        _log.warning("The run left some feeds to the next one: %s", advice)
        raise StoreError(advice, reason="another program has locked my database", is_write=True)


def next_run_after(schedule: Schedule, now: datetime) -> datetime:
    """When the schedule is due next; a bug in one must neither stop the others nor leave its feeds due."""
    try:
        return next_run(schedule, after=now)
    except Exception:  # noqa: BLE001 - the guard of one schedule's part of the job
        _log.exception("The next run of a schedule could not be computed because of a bug: %s", schedule)
        return now + timedelta(days=1)
