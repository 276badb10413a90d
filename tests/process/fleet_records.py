"""Records of a fleet's run: requests by second, who served which shard, and how long a takeover took."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg
from typing_extensions import override

from bot.core.ids import ServerId
from bot.core.shards import shard_of
from sandbox import RecordedRequest, Sandbox
from tests.process.members import Life, Members

TAKES_OVER_WITHIN_SECONDS = 60.0
_LOOKS_EVERY_SECONDS = 0.25
_NOTICES_WITHIN_SECONDS = 15.0
_UNCOUNTED = ("/interactions/", "/webhooks/")
_OWNERS = "SELECT DISTINCT ON (shard) shard, owner FROM shard_leases ORDER BY shard, term DESC"
_BACKENDS = (
    "SELECT application_name, client_port FROM pg_stat_activity WHERE application_name LIKE 'paperboy/%'"
)


@dataclass(frozen=True, slots=True)
class Request:
    at: float
    host: str
    method: str
    path: str


class Requests(deque[RecordedRequest]):
    """What the stand-in of Discord records, with the times of all requests."""

    def __init__(self) -> None:
        super().__init__(maxlen=5_000)
        self.all: list[Request] = []
        self.sends = 0  # attempts to post

    @override
    def append(self, item: RecordedRequest, /) -> None:
        super().append(item)
        self.all.append(Request(item.arrived_at, item.headers.get("Host", ""), item.method, item.path))
        self.sends += item.method == "POST" and item.path.startswith("/channels/")

    def arrivals(self) -> list[float]:
        return sorted(request.at for request in self.all if not request.path.startswith(_UNCOUNTED))


def most_in_a_second(times: Sequence[float]) -> int:
    """The most of these sorted times that lie in one second, wherever it begins."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A process stopped serving its shards."""

    life: Life
    at: float
    shards: frozenset[int]
    why: str
    until: float | None = None  # when a stopped process goes on, with the shards that are still its own


@dataclass(kw_only=True)
class Ownership:
    """Who owned which shard when, as the database said."""

    members: Members
    owners: dict[int, Life] = field(default_factory=dict[int, Life])
    changes: list[tuple[float, int, Life]] = field(default_factory=list[tuple[float, int, Life]])
    _lives: dict[str, Life] = field(default_factory=dict[str, Life])

    async def follow(self) -> None:
        """Looks until it is cancelled."""
        while True:
            with suppress(
                OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
            ):
                connection = await self.members.postgres.connection()
                try:
                    while True:
                        await self._look(connection)
                        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
                finally:
                    connection.terminate()
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)

    async def _look(self, connection: asyncpg.Connection) -> None:
        behind = {port: life for life in self.members.lives for port in life.database.ports_behind}
        for name, port in await connection.fetch(_BACKENDS):
            if port in behind:
                self._lives[name.removeprefix("paperboy/")] = behind[port]
        for shard, owner in await connection.fetch(_OWNERS):
            life = self._lives.get(owner)
            if life is not None and self.owners.get(shard) is not life:
                self.owners[shard] = life
                self.changes.append((time.monotonic(), shard, life))

    def has_seen(self, life: Life) -> bool:
        """Whether the process takes part."""
        return life in self._lives.values()

    def of(self, life: Life) -> frozenset[int]:
        return frozenset(shard for shard, owner in self.owners.items() if owner is life)


@dataclass(frozen=True, slots=True)
class Takeover:
    end: End
    shard: int
    seconds: float | None  # None: never


def takeovers(
    ends: Sequence[End], *, ownership: Ownership, discord: Sandbox, requests: Requests, shard_count: int
) -> list[Takeover]:
    """How long each shard of a process that ended was served by nobody.

    A shard is served again by the first request for it, the first session, or the first lease, of another process;
    if that process ends before, the time begins again. A process that was stopped serves it again when it goes on,
    if its lease is still its own a while later.
    """
    signs = sorted(_signs(ownership, discord, requests, shard_count))
    found: list[Takeover] = []
    for end in ends:
        for shard in end.shards:
            later = [other for other in ends if other.at > end.at and shard in other.shards]
            after = [
                at for at, its, hosts in signs if its == shard and at > end.at and hosts != end.life.hosts
            ]
            if later and (not after or after[0] > later[0].at):
                continue  # counted there
            again = after[:1]
            if end.until is not None and _kept(shard, end.at, end.until, ownership):
                again.append(end.until)
            found.append(Takeover(end, shard, min(again) - end.at if again else None))
    return found


def _kept(shard: int, since: float, until: float, ownership: Ownership) -> bool:
    """Whether nobody took the shard over in that time, nor soon after, when the process has noticed a loss."""
    known_at = until + _NOTICES_WITHIN_SECONDS
    return not any(since < at < known_at for at, its, _ in ownership.changes if its == shard)


def _signs(
    ownership: Ownership, discord: Sandbox, requests: Requests, shard_count: int
) -> Iterable[tuple[float, int, frozenset[str]]]:
    """When somebody showed that a shard is theirs, and the names of that process."""
    lives = {host: life.hosts for life in ownership.members.lives for host in life.hosts}
    for at, shard, life in ownership.changes:
        yield at, shard, life.hosts
    for identify in discord.gateway.identifies.record:
        if identify.is_accepted:
            yield identify.at, identify.shard_id, lives.get(identify.host, frozenset())
    channels = discord.world.backend.channels
    for request in requests.all:
        match request.path.strip("/").split("/"):
            case ["channels", channel_id, "messages" | "threads", *_] if request.method == "POST":
                channel = channels.get(int(channel_id))
                if channel is not None:
                    shard = (
                        0 if channel.guild_id is None else shard_of(ServerId(channel.guild_id), shard_count)
                    )
                    yield request.at, shard, lives.get(request.host, frozenset())
            case _:
                pass
