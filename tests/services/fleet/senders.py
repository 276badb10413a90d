"""Two processes of a fleet in one test process: each with its own store, leases and clocks, on one Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.core.access import Access
from bot.core.feeds import Place
from bot.core.ids import ChannelId, MessageId, RoleId, UserId
from bot.core.messages import Message
from bot.core.notices import ProblemReport
from bot.services.container import assemble
from bot.services.delivery.pace import ChannelPace
from bot.services.fleet.fleet import LeaseLostError
from bot.services.fleet.membership import Membership
from bot.services.fleet.timing import Timing
from bot.store.address import backend_of
from bot.store.postgres.leases import LeaseSession
from tests.fakes import postgres
from tests.fakes.board import FakeBoard
from tests.fakes.clock import FakeClock
from tests.fakes.publisher import FakePublisher
from tests.services.bots import Bot, a_bot, context_of
from tests.waiting import until

Answer = TypeVar("Answer")


@dataclass(kw_only=True)
class Network:
    """Between a process and Discord: a request can be stopped before it leaves, on its way, and on the way back."""

    before: asyncio.Event = field(default_factory=asyncio.Event)
    there: asyncio.Event = field(default_factory=asyncio.Event)
    back: asyncio.Event = field(default_factory=asyncio.Event)
    passed: list[str] = field(default_factory=list[str])  # where requests have come to

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        for place in (self.before, self.there, self.back):
            place.set()

    def stop(self, place: str) -> None:
        """Requests come there, and no further: `before`, `there` or `back`."""
        self.passed.clear()
        getattr(self, place).clear()

    async def carry(
        self, request: Callable[[], Coroutine[Any, Any, Answer]], may_send: Callable[[], bool]
    ) -> Answer:
        """As the real gate does it: the last look at the leases is right before the request leaves."""
        self.passed.append("before")
        await self.before.wait()
        if not may_send():
            raise LeaseLostError
        self.passed.append("there")
        await self.there.wait()
        answer = await request()
        self.passed.append("back")
        await self.back.wait()
        return answer


@dataclass(kw_only=True)
class Sender:
    """A process's way to Discord: obeys the protocols of `Publisher` and `NoticeBoard`."""

    discord: FakePublisher
    board: FakeBoard
    network: Network
    may_send: Callable[[], bool]

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        return await self.network.carry(
            lambda: self.discord.publish(place, message, nonce=nonce), self.may_send
        )

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        return await self.discord.find(place, page_urls, since=since)

    async def open_direct(self, user_id: UserId) -> ChannelId:
        return await self.discord.open_direct(user_id)

    async def greet(self, place: Place, *, nonce: str) -> MessageId:
        return await self.discord.greet(place, nonce=nonce)

    async def crosspost(self, channel_id: ChannelId, message_id: MessageId) -> None:
        await self.network.carry(lambda: self.discord.crosspost(channel_id, message_id), self.may_send)

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, *, name: str) -> None:
        await self.network.carry(
            lambda: self.discord.open_thread(channel_id, message_id, name=name), self.may_send
        )

    async def ping_obstacle(self, place: Place, role_id: RoleId) -> str | None:
        return None

    async def access(self, place: Place) -> Access:
        return await self.discord.access(place)

    async def channels(self, server_id: int) -> list[ChannelId]:
        return [ChannelId(channel) for channel in self.board.own_channels]

    async def post(
        self, channel_id: ChannelId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> MessageId:
        return await self.network.carry(
            lambda: self.board.post(channel_id, report, nonce=nonce, may_have_arrived=may_have_arrived),
            self.may_send,
        )


@dataclass(kw_only=True)
class Process:
    """One process. It takes part in the fleet when the test says so; otherwise it is as if frozen there."""

    bot: Bot
    membership: Membership
    network: Network
    seconds: list[float]  # of the clock that its leases go by

    async def reached(self, place: str) -> None:
        """Waits until one of its requests has come there."""
        await until(lambda: place in self.network.passed, f"a request {place}")

    async def settled(self) -> None:
        """Waits until nothing of it is under way any more, after its network is open again."""
        self.network.open()
        await until(lambda: not self.bot.services.delivery.in_flight, "no request under way")


@dataclass(kw_only=True)
class Two:
    """The first one owns the only shard until the second one takes over."""

    first: Process
    second: Process
    discord: FakePublisher
    board: FakeBoard
    time: FakeClock  # Discord's own

    def advance(self, seconds: float) -> None:
        """Lets time pass everywhere."""
        self.time.advance(seconds=seconds)
        for process in (self.first, self.second):
            process.bot.clock.advance(seconds=seconds)
            process.seconds[0] += seconds

    async def take_over(self) -> None:
        """The first one does not renew its lease any more, and the second one notices."""
        await self.second.membership.step()
        for _ in range(7):
            self.advance(9)
            await self.second.membership.step()
        assert self.second.membership.owned.has_first

    async def noticed(self) -> None:
        """The first one looks at its leases again."""
        await self.first.membership.step()
        await self.first.membership.step()  # its connection was ended
        assert not self.first.membership.owned.has_first


@asynccontextmanager
async def two_processes(folder: Path, *, second_clock: timedelta = timedelta()) -> AsyncGenerator[Two]:
    """Two processes, of which the first has everything; the second one's clock may be wrong."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(a_bot(folder))
        time = FakeClock(bot.clock.now)
        discord, board = FakePublisher(clock=time), FakeBoard()
        first, second = [
            await _process(
                stack, folder, bot, name=name, clock=bot.clock.now + wrong, discord=discord, board=board
            )
            for name, wrong in (("first", timedelta()), ("second", second_clock))
        ]
        two = Two(first=first, second=second, discord=discord, board=board, time=time)
        await first.membership.step()
        two.advance(Timing().settle)
        await first.membership.step()
        assert first.membership.owned.has_first
        yield two


async def _process(
    stack: AsyncExitStack,
    folder: Path,
    like: Bot,
    *,
    name: str,
    clock: datetime,
    discord: FakePublisher,
    board: FakeBoard,
) -> Process:
    address = await postgres.address_of(folder / "paperboy.db")
    engine = backend_of(address, process_id=name).migrator()
    stack.push_async_callback(engine.dispose)
    seconds = [1_000.0]
    membership = Membership(
        lambda: LeaseSession(engine, process_id=name, shard_count=1),
        process_id=name,
        shard_count=1,
        shards_per_process=1,
        clock=lambda: seconds[0],
    )
    await membership.join()
    stack.push_async_callback(membership.leave)
    database = await postgres.open_database(folder / "paperboy.db", process_id=name)
    stack.push_async_callback(database.close)
    network = Network()
    bot = replace(
        like, clock=FakeClock(clock), database=database, publisher=discord, board=board, delivery=None
    )
    sender = Sender(discord=discord, board=board, network=network, may_send=membership.may_send)
    context = replace(context_of(bot, backfill_days=30), publisher=sender, fleet=membership)
    bot.services = assemble(context, board=sender, pace=ChannelPace(10_000))
    delivery = bot.services.delivery
    membership.follow(changed=delivery.wake, lost=delivery.drop_lost, finish=delivery.finish_lost)
    stack.push_async_callback(bot.stop_delivering)
    return Process(bot=bot, membership=membership, network=network, seconds=seconds)
