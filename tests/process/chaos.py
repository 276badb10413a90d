"""Chaos: the bot killed at random moments while it delivers, again and again, and each post counted after.

`make chaos` runs it at length; `test_chaos.py` runs a little of it with every test.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from simcord.builders import ChannelHandle

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.list_days import open_list_day
from bot.core.schedules import Cadence, Schedule
from bot.store import feeds, subscriptions
from bot.store.database import Database
from sandbox import Fault
from tests.fakes.feeds import store_settings
from tests.process.running import Stage, staged
from tests.queries import compiled

LIVE = Schedule(cadence=Cadence.LIVE, time=time(9, 0), weekdays=frozenset(range(7)), timezone="UTC")
# After so long without a new message the bot has no pending posts left: it waits for no longer after a few
# failures in a row.
QUIET_SECONDS = 45.0
_KEYWORDS = "world model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A channel that is subscribed, and what else is wanted there."""

    name: str
    channel: ChannelHandle
    kind: FeedKind = FeedKind.CHANNEL
    publishes: bool = False
    opens_threads: bool = False


@dataclass(kw_only=True)
class Chaos:
    """One run of it: lives of the bot, each ended by SIGKILL, between papers that are listed."""

    stage: Stage
    spots: list[Spot]
    papers: int  # at least
    kills: int  # at least
    chance: random.Random
    tell: Callable[[str], object]
    killed: int = 0
    listed: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])

    async def run(self) -> None:
        """Kills the bot until there were kills and posts enough, then lets it finish."""
        while self.killed < self.kills or self.listed < self.papers:
            if self.pending - self.posted() <= len(self.spots) // 10:  # so that each life has something to do
                self.listed += 1
                self.stage.list_paper(f"2611.{self.listed:05}", title=f"World model {self.listed}")
            await self._life()
            self.killed += 1
            if self.killed % 10 == 0:
                self.tell(f"{self.killed} kills, {self.posted()} of {self.pending} posts")
        self.stage.discord.faults.clear()
        bot = await self.stage.start(LOG_LEVEL="INFO")
        await self._quiet()
        code = await bot.stop()
        assert code == 0, bot.log
        assert "Traceback" not in bot.log, bot.log

    @property
    def pending(self) -> int:
        return self.listed * len(self.spots)

    async def _life(self) -> None:
        self.stage.discord.faults.clear()
        for _ in range(self.chance.randrange(3)):
            self._add_fault()
        bot = await self.stage.launch(LOG_LEVEL="INFO")
        try:
            if self.chance.random() < 0.3:
                await asyncio.sleep(self.chance.uniform(0.2, 4.0))  # a start may be cut off too
            else:
                await self._some_requests(self.chance.randrange(1, 5))
                await asyncio.sleep(self.chance.uniform(0.0, 0.15))
        finally:
            await bot.kill()

    async def _some_requests(self, count: int) -> None:
        """Waits for so many more requests that send something, or a while where there is nothing to send."""
        before = len(self._sends())
        with suppress(TimeoutError):
            await self.stage.discord.until(
                lambda: len(self._sends()) >= before + count, timeout_seconds=6.0, what="requests"
            )

    def _sends(self) -> list[Any]:
        return [
            one
            for one in self.stage.discord.requests
            if one.method == "POST" and one.path.startswith("/channels/")
        ]

    def _add_fault(self) -> None:
        name, fault = self.chance.choice(
            [
                ("reset after", Fault(method="POST", path="/channels/*", when="after", reset=True)),
                ("502 after", Fault(method="POST", path="/channels/*", when="after", status=502)),
                ("503 after", Fault(method="POST", path="/channels/*", when="after", status=503)),
                ("late", Fault(method="POST", path="/channels/*", when="after", delay_seconds=0.7)),
                ("500 before", Fault(method="POST", path="/channels/*", status=500)),
                ("reset before", Fault(method="POST", path="/channels/*", reset=True)),
                ("429", Fault.rate_limit(path="/channels/*", retry_after_seconds=0.3)),
                ("slow look", Fault(method="GET", path="/channels/*", delay_seconds=0.5)),
            ]
        )
        self.faults[name] += 1
        self.stage.discord.faults.add(fault)

    async def _quiet(self) -> None:
        """Waits until all is posted, or nothing more comes."""
        seen = -1
        while (now := self.posted() + self._followed()) != seen or now < self._wanted():
            if now == seen:
                self.tell(f"quiet with {now} of {self._wanted()}")
                return
            seen = now
            with suppress(TimeoutError):
                await self.stage.discord.until(
                    lambda: self.posted() + self._followed() >= self._wanted(),
                    timeout_seconds=QUIET_SECONDS,
                    what="the rest",
                )

    def _wanted(self) -> int:
        return self.pending + sum(self.listed * (spot.publishes + spot.opens_threads) for spot in self.spots)

    def posted(self) -> int:
        return sum(sum(self._in(spot).values()) for spot in self.spots)

    def _in(self, spot: Spot) -> Counter[str]:
        """How often each paper was posted in the spot."""
        if spot.kind is not FeedKind.FORUM:
            return Counter(self.stage.posted(spot.channel))
        found: Counter[str] = Counter()
        for thread in spot.channel.threads:
            found.update(self.stage.posted(thread))
        return found

    def _followed(self) -> int:
        return sum(self._published(spot) + self._threads(spot) for spot in self.spots)

    def _published(self, spot: Spot) -> int:
        messages = self.stage.discord.messages(spot.channel) if spot.publishes else []
        # SimCord marks a published message by the flag next to the one that Discord uses.
        return sum(message.flags.crossposted or message.flags.is_crossposted for message in messages)

    @staticmethod
    def _threads(spot: Spot) -> int:
        return len(spot.channel.threads) if spot.opens_threads else 0

    def report(self) -> tuple[list[str], list[str]]:
        """What was lost and what was posted twice, each as the spot and the paper."""
        lost: list[str] = []
        twice: list[str] = []
        for spot in self.spots:
            found = self._in(spot)
            for number in range(1, self.listed + 1):
                paper_id = f"2611.{number:05}"
                if not found[paper_id]:
                    lost.append(f"{spot.name} {paper_id}")
                if found[paper_id] > 1:
                    twice.append(f"{spot.name} {paper_id}")
            if spot.publishes and self._published(spot) < self.listed:
                lost.append(f"{spot.name}: {self.listed - self._published(spot)} not published")
            if spot.opens_threads and self._threads(spot) < self.listed:
                lost.append(f"{spot.name}: {self.listed - self._threads(spot)} without a thread")
        return lost, twice


@asynccontextmanager
async def chaos(
    folder: Path,
    *,
    spots: int,
    papers: int,
    kills: int,
    seed: int,
    tell: Callable[[str], object] = lambda _: None,
) -> AsyncGenerator[Chaos]:
    """A stage with so many subscribed channels, of every kind in turn."""
    async with staged(folder) as stage:
        # A long run has more papers than a channel may publish in an hour.
        stage.discord.limit_crossposts(None)
        made = [_spot(stage, number) for number in range(spots)]
        await _subscribe(folder, stage, made)
        yield Chaos(
            stage=stage, spots=made, papers=papers, kills=kills, chance=random.Random(seed), tell=tell
        )


def _spot(stage: Stage, number: int) -> Spot:  # noqa: PLR0911 - a kind a case
    guild, name = stage.discord.guild, f"spot-{number}"
    match number % 8:
        case 1:
            return Spot(name=f"{name} news", channel=guild.create_news_channel(name), publishes=True)
        case 2:
            return Spot(name=f"{name} threads", channel=guild.create_text_channel(name), opens_threads=True)
        case 3:
            parent = guild.create_text_channel(name)
            stage.discord.world.backend.create_thread(parent.id, name, stage.discord.admin.id)
            return Spot(name=f"{name} thread", channel=parent.threads[0], kind=FeedKind.THREAD)
        case 4:
            return Spot(name=f"{name} forum", channel=guild.create_forum_channel(name), kind=FeedKind.FORUM)
        case 5:
            return Spot(name=f"{name} voice", channel=guild.create_voice_channel(name))
        case 6:
            return Spot(name=f"{name} stage", channel=guild.create_stage_channel(name))
        case _:
            return Spot(name=f"{name} text", channel=guild.create_text_channel(name))


async def _subscribe(folder: Path, stage: Stage, spots: list[Spot]) -> None:
    """Subscribes the spots in the store: by command each would take a second."""
    now = datetime.now(UTC)
    query = compiled(_KEYWORDS)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'data' / 'paperboy.db'}")
    async with database.write() as conn:
        for spot in spots:
            place = Place(
                server_id=ServerId(stage.discord.guild.id),
                channel_id=ChannelId(spot.channel.id),
                kind=spot.kind,
            )
            feed = await feeds.ensure(conn, place=place, schedule=LIVE, next_run_at=now, now=now)
            await store_settings(
                conn, feed, publishes=spot.publishes, opens_threads=spot.opens_threads, now=now
            )
            await subscriptions.add(
                conn,
                feed_id=feed.id,
                query=query,
                since=open_list_day(now),
                now=now,
            )
    await database.close()


async def _main(arguments: argparse.Namespace) -> int:
    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="paperboy-chaos-") as folder:
        async with chaos(
            Path(folder),
            spots=arguments.channels,
            papers=-(-arguments.posts // arguments.channels),
            kills=arguments.kills,
            seed=arguments.seed,
            tell=lambda text: print(text, flush=True),
        ) as run:
            await run.run()
            lost, twice = run.report()
            took = datetime.now(UTC) - began
            print(
                f"{run.pending} posts in {len(run.spots)} channels, {run.killed} kills, "
                f"{run.faults.total()} other faults, {took.total_seconds():.0f} s, seed {arguments.seed}: "
                f"{len(lost)} lost, {len(twice)} twice"
            )
            for line in (*lost, *twice):
                print(line)
            if lost or twice:
                print(run.stage.started[-1].log)
            return 1 if lost or twice else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    sys.exit(asyncio.run(_main(parser.parse_args())))
