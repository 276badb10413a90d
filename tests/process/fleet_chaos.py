"""Chaos of a fleet: processes killed, frozen and cut off from database and Discord while they deliver.

`make chaos` runs it at length; `test_fleet.py` runs a little of it with every test.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import Sandbox
from tests.process.disruptions import LOSES_LEASES_SECONDS, Disruption
from tests.process.fleet_records import (
    TAKES_OVER_WITHIN_SECONDS,
    End,
    Ownership,
    Requests,
    most_in_a_second,
    takeovers,
)
from tests.process.fleet_report import Report
from tests.process.members import Life, Members, members
from tests.process.spots import DISCORD_FAULTS, Spot, Spots, direct_spot, spot_in, subscribe

# After so long without a new message the bot has no pending posts left: it waits for no longer after a few
# failures in a row.
QUIET_SECONDS = 120.0
_STARTS_WITHIN_SECONDS = 90.0
_TAKES_OVER_SECONDS = 45.0  # and a healthy member does so, if it is left alone
_GUARDS_FOR_SECONDS = 60.0


@dataclass(kw_only=True)
class FleetChaos:
    """One run of it."""

    members: Members
    spots: Spots
    requests: Requests
    ownership: Ownership
    size: int  # how many processes; 1: alone
    shard_count: int
    papers: int  # at least
    disruptions: Sequence[Disruption]
    chance: random.Random
    tell: Callable[[str], object]
    before: str = ""  # code that each process runs first
    only_shared: bool = False  # whether each disruption waits until every process has shards
    living: dict[int, Life] = field(default_factory=dict[int, Life])
    disturbed: set[int] = field(default_factory=set[int])  # members that are not healthy
    guarded: dict[int, float] = field(
        default_factory=dict[int, float]
    )  # members that are left alone until then
    guard: tuple[int, float] = (0, float("-inf"))  # who is left alone now, and since when
    ends: list[End] = field(default_factory=list[End])
    faults: Counter[str] = field(default_factory=Counter[str])
    exit_codes: list[int] = field(default_factory=list[int])  # in the end

    async def run(self) -> None:
        """Disrupts as was asked for, then lets the fleet finish."""
        following = asyncio.create_task(self.ownership.follow())
        try:
            for number in range(1, self.size + 1):
                await self._start(number)
            await self._all_owned()
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                for number, disruption in enumerate(self.disruptions, 1):
                    assert not following.done(), following
                    await self._next(group, disruption)
                    if number % 10 == 0:
                        self.tell(
                            f"{time.monotonic() - began:.0f} s: {number} disruptions, "
                            f"{self.spots.posted()} of {self.spots.pending} posts"
                        )
            while self.spots.listed < self.papers:
                self.spots.list_paper()
            self.members.stage.discord.faults.clear()
            await self._quiet()
            await self._all_served()
            self.exit_codes = [await life.bot.stop() for life in self.living.values()]
        finally:
            following.cancel()

    async def _start(self, member: int) -> None:
        self.living[member] = await self.members.start(member, before=self.before, **self._settings)

    @property
    def _settings(self) -> dict[str, str]:
        return {"LOG_LEVEL": "INFO", "SHARD_COUNT": str(self.shard_count) if self.size > 1 else ""}

    async def _all_owned(self) -> None:
        if self.size == 1:
            await self.living[1].bot.says("Ready as")
            return
        owners = self.ownership.owners
        async with asyncio.timeout(_STARTS_WITHIN_SECONDS):
            while not self._is_shared(owners.values()):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.2)

    async def _all_served(self) -> None:
        """Waits until the last takeovers have come about, or had the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TAKES_OVER_WITHIN_SECONDS if self.ends else 0.0):
                while not all(life is self.living[life.member] for life in self.ownership.owners.values()):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.2)

    def _is_shared(self, owners: Collection[Life]) -> bool:
        sharing = {life.member for life in owners if life is self.living[life.member]}
        return len(owners) == self.shard_count and len(sharing) == self.size

    async def _next(self, group: asyncio.TaskGroup, disruption: Disruption) -> None:
        """Begins a disruption at a random moment while posts go out, when a member is healthy that may have it."""
        if self.only_shared:
            await self._all_owned()
        while not (members := self._disturbable()):  # noqa: ASYNC110 - time alone makes some of them so
            await asyncio.sleep(0.2)
        if self.spots.pending - self.spots.posted() <= len(self.spots.all) // 10:
            self.spots.list_paper()
        for _ in range(self.chance.randrange(2)):
            name, fault = self.chance.choice(DISCORD_FAULTS)
            self.faults[name] += 1
            self.members.stage.discord.faults.add(fault)
        await self._some_requests(self.chance.randrange(1, 6))
        await asyncio.sleep(self.chance.uniform(0.0, 0.2))
        member = self.chance.choice(members)
        if disruption.concerns_all:
            await disruption.act(self.members, self.living[member], disruption.draw(self.chance))
            await asyncio.sleep(self.chance.uniform(0.0, 3.0))
            return
        self.disturbed.add(member)
        self._keep_one_healthy()
        group.create_task(self._disrupt(member, disruption, disruption.draw(self.chance)))

    async def _disrupt(self, member: int, disruption: Disruption, seconds: float) -> None:
        life = self.living[member]
        if disruption.ends or (disruption.stops and seconds >= LOSES_LEASES_SECONDS):
            shards = self.ownership.of(life)
            at = time.monotonic()
            until = at + seconds if disruption.stops else None
            self.ends.append(End(life=life, at=at, shards=shards, why=disruption.name, until=until))
        await disruption.act(self.members, life, seconds)
        if disruption.ends:
            await self._start(member)
            await self._until_started(member)
        await asyncio.sleep(disruption.recovers_seconds)
        assert disruption.ends or life.bot.is_running, life.bot.log
        self.disturbed.discard(member)

    async def _until_started(self, member: int) -> None:
        """Waits until the process takes part; starts another one if it ended because there was no database."""
        if self.size == 1:
            return
        while not self.ownership.has_seen(life := self.living[member]):
            if not life.bot.is_running:
                self.faults["no database at startup"] += 1
                await self._start(member)
            await asyncio.sleep(0.2)

    def _disturbable(self) -> list[int]:
        now = time.monotonic()
        healthy = [member for member in self.living if member not in self.disturbed]
        if len(healthy) == 1 < self.size:
            return []
        return [member for member in healthy if self.guarded.get(member, now) <= now]

    def _keep_one_healthy(self) -> None:
        """Leaves one of the healthy members alone for as long as it may need to take over, each in its turn."""
        now = time.monotonic()
        member, since = self.guard
        others = [process for process in self.living if process not in self.disturbed and process != member]
        if others and (member in self.disturbed or now - since > _GUARDS_FOR_SECONDS):
            member = self.chance.choice(others)
            self.guard = (member, now)
        self.guarded[member] = now + _TAKES_OVER_SECONDS

    async def _some_requests(self, count: int) -> None:
        """Waits for so many more requests that send something, or a while where there is nothing to send."""
        wanted = self.requests.sends + count
        with suppress(TimeoutError):
            await self.members.stage.discord.until(
                lambda: self.requests.sends >= wanted, timeout_seconds=3.0, what="requests"
            )

    async def _quiet(self) -> None:
        """Waits until all is posted, or nothing more comes."""
        seen, since = -1, time.monotonic()
        while left := self.spots.open():
            if left != seen:
                seen, since = left, time.monotonic()
            elif time.monotonic() - since > QUIET_SECONDS:
                self.tell(f"quiet, but {left} are missing")
                return
            await asyncio.sleep(1.0)

    def report(self) -> Report:
        lost, twice = self.spots.report()
        discord = self.members.stage.discord
        identifies = discord.gateway.identifies.record
        asked = sorted(at for life in self.members.lives for at in life.rest.asked_at)
        found = takeovers(
            self.ends,
            ownership=self.ownership,
            discord=discord,
            requests=self.requests,
            shard_count=self.shard_count,
        )
        return Report(
            posts=self.spots.pending,
            places=len(self.spots.all),
            disruptions=Counter(disruption.name for disruption in self.disruptions),
            faults=self.faults.total(),
            lost=lost,
            twice=twice,
            most_asked=most_in_a_second(asked),
            most_arrived=most_in_a_second(self.requests.arrivals()),
            requests=len(self.requests.all),
            takeovers=[takeover.seconds for takeover in found],
            late=[
                f"shard {takeover.shard} after {takeover.end.why} of {takeover.end.life.name}: {takeover.seconds}"
                for takeover in found
                if takeover.seconds is None or takeover.seconds >= TAKES_OVER_WITHIN_SECONDS
            ],
            identifies=len(identifies),
            early_identifies=sum(not identify.is_accepted for identify in identifies),
            exit_codes=self.exit_codes,
            logs_with_bugs=[life.name for life in self.members.lives if "Traceback" in life.bot.log],
        )


@asynccontextmanager
async def fleet_chaos(
    folder: Path,
    *,
    spots: int,
    papers: int,
    disruptions: Sequence[Disruption],
    seed: int,
    size: int = 3,
    shard_count: int = 6,
    latency_seconds: float = 0.1,
    before: str = "",
    only_shared: bool = False,
    tell: Callable[[str], object] = lambda _: None,
) -> AsyncGenerator[FleetChaos]:
    """So many subscribed places, of every kind in turn, on every shard, and one person's direct messages."""
    async with members(folder) as made:
        discord = made.stage.discord
        discord.limit_crossposts(None)
        discord.limit_active_threads(None)
        if size > 1:
            discord.limit_identifies(max_concurrency=1)
        discord.limit_rates(latency_seconds=latency_seconds)
        requests = Requests()
        discord._server.rest.requests = requests
        places = _places(discord, made, count=spots, shard_count=shard_count)
        await subscribe(made.stage.database_url, places)
        yield FleetChaos(
            members=made,
            spots=Spots(stage=made.stage, all=places),
            requests=requests,
            ownership=Ownership(members=made),
            size=size,
            shard_count=shard_count,
            papers=papers,
            disruptions=disruptions,
            chance=random.Random(seed),
            tell=tell,
            before=before,
            only_shared=only_shared,
        )


def _places(discord: Sandbox, made: Members, *, count: int, shard_count: int) -> list[Spot]:
    """The places in a server for each shard, the person's being the last one."""
    first = discord.guild.id >> 22
    guilds = [
        discord.world.create_guild(
            f"Server {number}", id=(first - 1_000 - number) << 22, owner=discord.club.users[0]
        )
        for number in range(1, shard_count + 1)
    ]
    spots = [
        spot_in(guilds[number % shard_count], number // shard_count + number, stage=made.stage)
        for number in range(count - 1)
    ]
    return [*spots, direct_spot(discord.club.users[1])]
