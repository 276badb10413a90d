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
from statistics import median

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
from tests.process.members import Life, Members, members
from tests.process.spots import DISCORD_FAULTS, Spot, Spots, direct_spot, spot_in, subscribe

# After so long without a new message the bot has no pending posts left: it waits for no longer after a few
# failures in a row.
QUIET_SECONDS = 120.0
_MOST_REQUESTS_A_SECOND = 50
_STARTS_WITHIN_SECONDS = 90.0


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
    living: dict[int, Life] = field(default_factory=dict[int, Life])
    disturbed: set[int] = field(default_factory=set[int])  # members that are not healthy
    ends: list[End] = field(default_factory=list[End])
    faults: Counter[str] = field(default_factory=Counter[str])
    _recovered: asyncio.Condition = field(default_factory=asyncio.Condition)

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
            for life in self.living.values():
                code = await life.bot.stop()
                assert code == 0, life.bot.log
        finally:
            following.cancel()

    async def _start(self, member: int) -> None:
        self.living[member] = await self.members.start(member, **self._settings)

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

    def _is_shared(self, owners: Collection[Life]) -> bool:
        return len(owners) == self.shard_count and len({life.member for life in owners}) == self.size

    async def _next(self, group: asyncio.TaskGroup, disruption: Disruption) -> None:
        """Begins a disruption at a random moment while posts go out, when a member is healthy that may have it."""
        keeps_healthy = 1 if self.size > 1 else 0
        async with self._recovered:
            await self._recovered.wait_for(lambda: len(self.disturbed) < self.size - keeps_healthy)
        if self.spots.pending - self.spots.posted() <= len(self.spots.all) // 10:
            self.spots.list_paper()
        for _ in range(self.chance.randrange(2)):
            name, fault = self.chance.choice(DISCORD_FAULTS)
            self.faults[name] += 1
            self.members.stage.discord.faults.add(fault)
        await self._some_requests(self.chance.randrange(1, 6))
        await asyncio.sleep(self.chance.uniform(0.0, 0.2))
        member = self.chance.choice([each for each in self.living if each not in self.disturbed])
        if disruption.concerns_all:
            await disruption.act(self.members, self.living[member], disruption.draw(self.chance))
            await asyncio.sleep(self.chance.uniform(0.0, 3.0))
            return
        self.disturbed.add(member)
        group.create_task(self._disrupt(member, disruption, disruption.draw(self.chance)))

    async def _disrupt(self, member: int, disruption: Disruption, seconds: float) -> None:
        life = self.living[member]
        is_killed = disruption.name == "SIGKILL"
        if disruption.stops and (is_killed or seconds >= LOSES_LEASES_SECONDS):
            shards = self.ownership.of(life)
            self.ends.append(End(life=life, at=time.monotonic(), shards=shards, why=disruption.name))
        await disruption.act(self.members, life, seconds)
        if is_killed:
            await self._start(member)
        await asyncio.sleep(disruption.recovers_seconds)
        assert is_killed or life.bot.is_running, life.bot.log
        async with self._recovered:
            self.disturbed.discard(member)
            self._recovered.notify_all()

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
            disruptions=Counter(each.name for each in self.disruptions),
            faults=self.faults.total(),
            lost=lost,
            twice=twice,
            most_asked=most_in_a_second(asked),
            most_arrived=most_in_a_second(self.requests.arrivals()),
            requests=len(self.requests.all),
            takeovers=[each.seconds for each in found],
            late=[
                f"shard {each.shard} after {each.end.why} of {each.end.life.name}: {each.seconds}"
                for each in found
                if each.seconds is None or each.seconds >= TAKES_OVER_WITHIN_SECONDS
            ],
            identifies=len(identifies),
            early_identifies=sum(not each.is_accepted for each in identifies),
            logs_with_bugs=[life.name for life in self.members.lives if "Traceback" in life.bot.log],
        )


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of it."""

    posts: int
    places: int
    disruptions: Counter[str]
    faults: int
    lost: list[str]
    twice: list[str]
    most_asked: int
    most_arrived: int
    requests: int
    takeovers: list[float | None]
    late: list[str]
    identifies: int
    early_identifies: int
    logs_with_bugs: list[str]

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept."""
        claims = {
            "lost": not self.lost,
            "twice": not self.twice,
            "requests in a second": self.most_asked <= _MOST_REQUESTS_A_SECOND,
            "takeover": not self.late,
            "identifies": not self.early_identifies,
            "bugs in the log": not self.logs_with_bugs,
        }
        return [name for name, is_kept in claims.items() if not is_kept]

    def lines(self) -> list[str]:
        known = sorted(seconds for seconds in self.takeovers if seconds is not None)
        rows = {
            "posts": f"{self.posts} in {self.places} places",
            **{name: str(count) for name, count in sorted(self.disruptions.items())},
            "other faults of Discord": str(self.faults),
            "lost": str(len(self.lost)),
            "twice": str(len(self.twice)),
            "requests": str(self.requests),
            "most requests in a second": f"{self.most_asked} sent, {self.most_arrived} arrived",
            "takeovers of a shard": str(len(self.takeovers)),
            "seconds to take over": f"median {median(known):.1f}, most {known[-1]:.1f}" if known else "-",
            "took too long": str(len(self.late)),
            "sessions begun": f"{self.identifies}, {self.early_identifies} too soon",
            "processes with a bug in the log": str(len(self.logs_with_bugs)),
        }
        return [
            *(f"{name:36}{value}" for name, value in rows.items()),
            *self.lost,
            *self.twice,
            *self.late,
            *self.logs_with_bugs,
            f"broken: {', '.join(self.broken) or 'nothing'}",
        ]


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
        )


def _places(discord: Sandbox, made: Members, *, count: int, shard_count: int) -> list[Spot]:
    """The places in a server for each shard, the person's being the last one."""
    first = discord.guild.id >> 22
    guilds = [
        discord.world.create_guild(f"Server {number}", id=(first - number) << 22, owner=discord.club.users[0])
        for number in range(1, shard_count + 1)
    ]
    spots = [
        spot_in(guilds[number % shard_count], number // shard_count + number, stage=made.stage)
        for number in range(count - 1)
    ]
    return [*spots, direct_spot(discord.club.users[1])]
