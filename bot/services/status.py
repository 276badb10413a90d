"""How the bot stands: the last run, what waits, what is held, and the source's health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.feeds import Feed
from bot.core.ids import FeedId, ServerId
from bot.core.posts import Post
from bot.core.runs import Run
from bot.services.clock import Clock
from bot.services.runs import Runs
from bot.sources.huggingface import HuggingFace, SourceHealth
from bot.store import feeds, papers, posts, runs, subscriptions
from bot.store.database import Database

_MOST_FAILED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    feed: Feed
    subscriptions: int
    waiting: int  # posts owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What /status tells of one server and of the bot."""

    now: datetime
    last_run: Run | None
    next_run_at: datetime
    feeds: tuple[FeedStatus, ...]
    failed: tuple[Post, ...]
    papers: int
    source: SourceHealth


class StatusReport:
    """Reads the state of things for one server."""

    def __init__(self, *, database: Database, source: HuggingFace, runs: Runs, clock: Clock) -> None:
        self._database = database
        self._source = source
        self._runs = runs
        self._clock = clock

    async def of_server(self, server_id: ServerId) -> Status:
        next_at = await self._runs.next_at()
        async with self._database.read() as conn:
            found = await feeds.of_server(conn, server_id)
            ids: list[FeedId] = [feed.id for feed in found]
            wanted = await subscriptions.of_feeds(conn, ids)
            waiting = await posts.waiting(conn, server_id)
            return Status(
                now=self._clock(),
                last_run=await runs.latest(conn),
                next_run_at=next_at,
                feeds=tuple(
                    FeedStatus(
                        feed=feed,
                        subscriptions=len(wanted.get(feed.id, ())),
                        waiting=waiting.get(feed.id, 0),
                    )
                    for feed in found
                ),
                failed=tuple(await posts.failed(conn, server_id, _MOST_FAILED)),
                papers=await papers.count(conn),
                source=self._source.health,
            )
