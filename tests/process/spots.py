"""Spots: subscribed places of every kind, and which papers were posted in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from simcord.builders import ChannelHandle, GuildHandle, UserHandle

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId, UserId
from bot.core.list_days import open_list_day
from bot.core.schedules import Cadence, Schedule
from bot.store import feeds, subscriptions
from bot.store.database import Database
from sandbox import Fault
from tests.fakes.feeds import store_settings
from tests.process.running import Stage
from tests.queries import compiled

# Lost answers, failures and waits of Discord, for one request each, by what a report calls them.
DISCORD_FAULTS = (
    ("reset after", Fault(method="POST", path="/channels/*", when="after", reset=True)),
    ("502 after", Fault(method="POST", path="/channels/*", when="after", status=502)),
    ("503 after", Fault(method="POST", path="/channels/*", when="after", status=503)),
    ("late", Fault(method="POST", path="/channels/*", when="after", delay_seconds=0.7)),
    ("500 before", Fault(method="POST", path="/channels/*", status=500)),
    ("reset before", Fault(method="POST", path="/channels/*", reset=True)),
    ("429", Fault.rate_limit(path="/channels/*", retry_after_seconds=0.3)),
    ("slow look", Fault(method="GET", path="/channels/*", delay_seconds=0.5)),
)
_LIVE = Schedule(cadence=Cadence.LIVE, time=time(9, 0), weekdays=frozenset(range(7)), timezone="UTC")
_KEYWORDS = "world model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place that is subscribed, and what else is wanted there."""

    name: str
    channel: ChannelHandle
    kind: FeedKind = FeedKind.CHANNEL
    publishes: bool = False
    opens_threads: bool = False
    server_id: int | None = None
    user_id: int | None = None  # of direct messages

    @property
    def place(self) -> Place:
        return Place(
            server_id=None if self.server_id is None else ServerId(self.server_id),
            user_id=None if self.user_id is None else UserId(self.user_id),
            channel_id=ChannelId(self.channel.id),
            kind=self.kind,
        )


@dataclass(kw_only=True)
class Spots:
    """All of them, with the papers that were listed for them."""

    stage: Stage
    all: Sequence[Spot]
    listed: int = 0

    def list_paper(self) -> None:
        """Lists one more paper, which every spot wants."""
        self.listed += 1
        self.stage.list_paper(f"2611.{self.listed:05}", title=f"World model {self.listed}")

    @property
    def pending(self) -> int:
        """How many posts were to be made so far."""
        return self.listed * len(self.all)

    def open(self) -> int:
        """How many posts, published messages and threads are still to come."""
        missing = self.pending - sum(len(self._in(spot)) for spot in self.all)
        return missing + sum(self._unpublished(spot) + self._without_thread(spot) for spot in self.all)

    def posted(self) -> int:
        return sum(sum(self._in(spot).values()) for spot in self.all)

    def _in(self, spot: Spot) -> Counter[str]:
        """How often each paper was posted in the spot."""
        if spot.kind is not FeedKind.FORUM:
            return Counter(self.stage.posted(spot.channel))
        found: Counter[str] = Counter()
        for thread in spot.channel.threads:
            found.update(self.stage.posted(thread))
        return found

    def _unpublished(self, spot: Spot) -> int:
        """How many messages are to be published; papers that were listed at once are in one message."""
        messages = self.stage.discord.messages(spot.channel) if spot.publishes else []
        # SimCord marks a published message by the flag next to the one that Discord uses.
        return sum(not (message.flags.crossposted or message.flags.is_crossposted) for message in messages)

    def _without_thread(self, spot: Spot) -> int:
        if not spot.opens_threads:
            return 0
        return len(self.stage.discord.messages(spot.channel)) - len(spot.channel.threads)

    def report(self) -> tuple[list[str], list[str]]:
        """What was lost and what was posted twice, each as the spot and the paper."""
        lost: list[str] = []
        twice: list[str] = []
        for spot in self.all:
            found = self._in(spot)
            for number in range(1, self.listed + 1):
                paper_id = f"2611.{number:05}"
                if not found[paper_id]:
                    lost.append(f"{spot.name} {paper_id}")
                if found[paper_id] > 1:
                    twice.append(f"{spot.name} {paper_id}")
            if count := self._unpublished(spot):
                lost.append(f"{spot.name}: {count} not published")
            if count := self._without_thread(spot):
                lost.append(f"{spot.name}: {count} without a thread")
        return lost, twice


def spot_in(guild: GuildHandle, number: int, *, stage: Stage) -> Spot:  # noqa: PLR0911 - a kind a case
    """A new channel of the server, of every kind in turn."""
    name = f"spot-{number}"
    server_id = guild.id
    match number % 8:
        case 1:
            channel = guild.create_news_channel(name)
            return Spot(name=f"{name} news", channel=channel, server_id=server_id, publishes=True)
        case 2:
            channel = guild.create_text_channel(name)
            return Spot(name=f"{name} threads", channel=channel, server_id=server_id, opens_threads=True)
        case 3:
            parent = guild.create_text_channel(name)
            stage.discord.world.backend.create_thread(parent.id, name, stage.discord.admin.id)
            thread = parent.threads[0]
            return Spot(name=f"{name} thread", channel=thread, server_id=server_id, kind=FeedKind.THREAD)
        case 4:
            channel = guild.create_forum_channel(name)
            return Spot(name=f"{name} forum", channel=channel, server_id=server_id, kind=FeedKind.FORUM)
        case 5:
            return Spot(name=f"{name} voice", channel=guild.create_voice_channel(name), server_id=server_id)
        case 6:
            return Spot(name=f"{name} stage", channel=guild.create_stage_channel(name), server_id=server_id)
        case _:
            return Spot(name=f"{name} text", channel=guild.create_text_channel(name), server_id=server_id)


def direct_spot(user: UserHandle) -> Spot:
    """A person who follows the keywords."""
    return Spot(name=f"{user.name} direct", channel=user.dm_channel, user_id=user.id, kind=FeedKind.DIRECT)


async def subscribe(database_url: str, spots: Sequence[Spot]) -> None:
    """Subscribes the spots in the store: by command each would take a second."""
    now = datetime.now(UTC)
    query = compiled(_KEYWORDS)
    database = await Database.open(database_url)
    async with database.write() as conn:
        for spot in spots:
            feed = await feeds.ensure(conn, place=spot.place, schedule=_LIVE, next_run_at=now, now=now)
            await store_settings(
                conn, feed, publishes=spot.publishes, opens_threads=spot.opens_threads, now=now
            )
            since = open_list_day(now)
            await subscriptions.add(conn, feed_id=feed.id, query=query, since=since, now=now)
    await database.close()
