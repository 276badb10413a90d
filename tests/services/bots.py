"""The services on a real store and a loopback Hugging Face, with channels in memory instead of Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, text, update

from bot.core.feeds import Feed, FeedKind, Place
from bot.core.ids import ChannelId, ServerId, UserId
from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.list_days import open_list_day
from bot.core.posts import Post
from bot.core.query.compiled import compile_alternatives
from bot.core.runs import Run
from bot.core.schedules import Cadence, Schedule
from bot.matching.index import PaperIndex
from bot.services.container import Services, assemble
from bot.services.context import ServiceContext
from bot.services.delivery.content import read_content
from bot.services.delivery.pace import ChannelPace
from bot.services.progress import Progress, no_progress
from bot.services.runs.planning import plan_again
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from bot.sources.parse import parse_list
from bot.store import feeds, outbox, papers, posts, runs, subscriptions, tables
from bot.store.column_types import UtcDateTime
from bot.store.database import Database
from tests.fakes.board import FakeBoard
from tests.fakes.clock import FakeClock
from tests.fakes.feeds import store_settings
from tests.fakes.huggingface import FakeHuggingFace, RawItem, raw_item
from tests.fakes.publisher import FakePublisher
from tests.outbox import until_delivered
from tests.samples import NINE_ON_WEEKDAYS, NOW
from tests.stores import open_database
from tests.waiting import until

LIVE = replace(NINE_ON_WEEKDAYS, cadence=Cadence.LIVE)
WEEKLY = replace(NINE_ON_WEEKDAYS, cadence=Cadence.WEEKLY)
CHANNEL, OTHER = 1, 2
KINDS = tuple(kind for kind in FeedKind if kind is not FeedKind.DIRECT)  # of a server's feeds
SERVER = ServerId(9)
USER = UserId(8)


class _SubscribedError(Exception):
    """It is stored, and the answer is all that is missing."""


class _NoResults:
    async def of(self, *_: object) -> None:
        raise _SubscribedError


_NO_RESULTS = _NoResults()


@dataclass(kw_only=True)
class Bot:
    """What a test changes and reads."""

    clock: FakeClock
    hub: FakeHuggingFace
    database: Database
    publisher: FakePublisher
    board: FakeBoard
    services: Services
    delivery: asyncio.Task[None] | None = None
    sources: list[HuggingFace] = field(default_factory=list[HuggingFace])
    rings: list[datetime] = field(default_factory=list[datetime])

    @property
    def today(self) -> date:
        return open_list_day(self.clock())

    def list_paper(self, paper_id: str, *, day: date | None = None, **item: Any) -> RawItem:
        """Puts a paper on a list day, today's if left out."""
        day = day or self.today
        item = {"title": "Video"} | item
        raw = raw_item(id=paper_id, day=day, **item)
        self.hub.days.setdefault(day, []).append(raw)
        return raw

    async def subscribe(
        self,
        keywords: str = "video",
        *,
        channel: int = CHANNEL,
        schedule: Schedule | None = None,
        kind: FeedKind = FeedKind.CHANNEL,
        server: int = SERVER,
    ) -> Feed:
        """Subscribes a channel as a command does, without the answer, which takes as long as all else."""
        place = Place(server_id=ServerId(server), channel_id=ChannelId(channel), kind=kind)
        subscriptions = copy(self.services.subscriptions)
        subscriptions._results = _NO_RESULTS  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        with suppress(_SubscribedError):
            await subscriptions.subscribe(keywords, place=place, user_id=USER)
        feed = await self.feed(channel)
        if schedule is None:
            return feed
        async with self.database.write() as conn:
            await store_settings(conn, feed, schedule=schedule, next_run_at=self.clock(), now=self.clock())
        return await self.feed(channel)

    async def plan(
        self,
        keywords: str = "video",
        *,
        channel: int = CHANNEL,
        kind: FeedKind = FeedKind.CHANNEL,
        server: int = SERVER,
        **columns: object,
    ) -> None:
        """Stores what a run would: posts of today's papers for a live feed that wants them. Nothing is sent yet.

        The feed has these values in its columns. A run, with its subscription, takes several times as long.
        """
        now, today = self.clock(), self.today
        listed = parse_list(self.hub.days[today], asked_day=today).papers
        queries = compile_alternatives(keywords, DEFAULT_LIMITS)
        found = PaperIndex(listed).search_many([query.expression for query in queries])
        queries_of = {
            paper.id: tuple(query.canonical for query in queries if paper.id in found[query.expression])
            for paper in listed
        }
        place = Place(server_id=ServerId(server), channel_id=ChannelId(channel), kind=kind)
        async with self.database.write() as conn:
            feed = await feeds.ensure(conn, place=place, schedule=LIVE, next_run_at=now, now=now)
            if columns:
                of_feed = update(tables.feeds).where(tables.feeds.c.id == feed.id)
                await conn.execute(of_feed.values(columns))
                (feed,) = await feeds.by_ids(conn, [feed.id])
            for query in queries:
                await subscriptions.add(conn, feed_id=feed.id, query=query, since=today, now=now)
            await papers.upsert(conn, listed, seen_at=now, day=today)
            planned = plan_again(
                feed,
                [paper for paper in listed if queries_of[paper.id]],
                queries_of,
                close_to={},
                pings=feed.settings.mention_role_id is not None,
            )
            await posts.add(conn, planned, now=now)
        self.services.delivery.wake()

    async def feed(self, channel: int = CHANNEL) -> Feed:
        async with self.database.read() as conn:
            found = await feeds.by_channel(conn, ChannelId(channel))
        assert found is not None
        return found

    async def posts(self, channel: int = CHANNEL) -> list[Post]:
        async with self.database.read() as conn:
            ids = await conn.execute(text("SELECT id FROM posts WHERE channel_id = :id"), {"id": channel})
            return await posts.by_ids(conn, list(ids.scalars()))

    async def last_run(self) -> Run:
        async with self.database.read() as conn:
            found = await runs.latest(conn)
        assert found is not None
        return found

    async def execute(self, sql: str, **values: object) -> None:
        """Changes rows by SQL; a value that is a moment is stored as the tables store moments."""
        moments = [
            bindparam(name, type_=UtcDateTime())
            for name, value in values.items()
            if isinstance(value, datetime)
        ]
        async with self.database.write() as conn:
            await conn.execute(text(sql).bindparams(*moments), values)

    async def value(self, sql: str) -> Any:
        async with self.database.read() as conn:
            return (await conn.execute(text(sql))).scalar_one()

    async def run(self) -> None:
        """Does one run and delivers what can be delivered now."""
        await self.services.runs.run()
        await self.delivered()

    async def delivered(self) -> None:
        """Waits until nothing more can be sent now."""
        await self.begin_delivering()
        assert self.delivery is not None
        await until_delivered(self.services.delivery, self.delivery)

    async def attempt(self, post: Post) -> None:
        """Attempts a post as it was when it was claimed."""
        async with self.database.read() as conn:
            content = await read_content(conn, [post])
        await self.services.delivery._sending.attempt(post, content)  # pyright: ignore[reportPrivateUsage]

    async def release(self, channel: int = CHANNEL) -> None:
        """Unblocks the feed, as if its next recheck were due."""
        feed = await self.feed(channel)
        async with self.database.write() as conn:
            await feeds.release(conn, feed.id)
            await outbox.make_due(conn, feed.id, now=self.clock())

    async def begin_delivering(self) -> None:
        if self.delivery is None:
            self.delivery = asyncio.create_task(self.services.delivery.run())

    async def until_posted(self, channel: int) -> None:
        await until(lambda: bool(self.publisher.posted(channel)))

    def end_rest(self) -> None:
        """Ends a pause of all sending, which goes by the event loop's clock."""
        self.services.delivery._pause._until = 0.0  # pyright: ignore[reportPrivateUsage]

    async def stop_delivering(self) -> None:
        if self.delivery is not None:
            self.delivery.cancel()
            with suppress(asyncio.CancelledError):
                await self.delivery
            self.delivery = None

    async def restart(self, *, backfill_days: int = 30) -> None:
        """Stops the bot and starts a new one on the same store."""
        await self.stop_delivering()
        self.services = _services(self, backfill_days=backfill_days)


def _services(bot: Bot, *, backfill_days: int) -> Services:
    source = HuggingFace(bot.hub.url, clock=bot.clock, sleep=_at_once, limits=FetchLimits(tries=1))
    bot.sources.append(source)
    context = context_of(bot, backfill_days=backfill_days)
    return assemble(context, board=bot.board, pace=ChannelPace(10_000))


def context_of(
    bot: Bot, *, backfill_days: int, archive_since: date = date.max, progress: Progress = no_progress
) -> ServiceContext:
    return ServiceContext(
        database=bot.database,
        source=bot.sources[-1],
        publisher=bot.publisher,
        clock=bot.clock,
        default_schedule=NINE_ON_WEEKDAYS,
        poll_interval_seconds=1800,
        backfill_days=backfill_days,
        archive_since=archive_since,
        wake=lambda: bot.rings.append(bot.clock()),
        limits=Limits(feeds=10_000),
        progress=progress,
    )


async def _at_once(seconds: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def a_bot(folder: Path, *, now: datetime = NOW, backfill_days: int = 30) -> AsyncGenerator[Bot]:
    """The services, ready. Posts are sent once `run` or `delivered` is called."""
    clock = FakeClock(now)
    async with FakeHuggingFace() as hub:
        database = await open_database(folder / "paperboy.db")
        bot = Bot(
            clock=clock,
            hub=hub,
            database=database,
            publisher=FakePublisher(clock=clock),
            board=FakeBoard(),
            services=None,  # pyright: ignore[reportArgumentType] - made in the next line
        )
        bot.services = _services(bot, backfill_days=backfill_days)
        try:
            yield bot
        finally:
            await bot.stop_delivering()
            for source in bot.sources:
                await source.close()
            await database.close()


async def everything(channel_ids: Iterable[ChannelId]) -> list[ChannelId]:
    """What a person sees, or manages, who may everything."""
    return list(channel_ids)
