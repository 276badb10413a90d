"""Disruptions: what happens to a process of a fleet, or to its networks, and how that ends."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.process.members import Life, Members

# A process that cannot renew its leases for so long has lost them: 30 s, and what it takes to notice.
LOSES_LEASES_SECONDS = 38.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disruption:
    """One kind of it; a process that it `stops` for long, or `ends`, loses its shards to others."""

    name: str
    weight: int
    seconds: tuple[float, float]  # how long it lasts
    act: Callable[[Members, Life, float], Awaitable[None]]
    recovers_seconds: float = 3.0  # until the process counts as healthy again
    stops: bool = False
    ends: bool = False  # another process is started in its place
    concerns_all: bool = False

    def draw(self, chance: random.Random) -> float:
        return chance.uniform(*self.seconds)


async def kill(members: Members, life: Life, seconds: float) -> None:
    await life.kill()
    await asyncio.sleep(seconds)


async def _stop(members: Members, life: Life, seconds: float) -> None:
    life.ended_at = time.monotonic()
    assert await life.bot.stop() == 0, life.bot.log
    await asyncio.sleep(seconds)


async def freeze(members: Members, life: Life, seconds: float) -> None:
    life.freeze()
    await asyncio.sleep(seconds)
    life.thaw()


async def _terminate_backends(members: Members, life: Life, seconds: float) -> None:
    await members.postgres.cut(life.database.ports_behind)


async def _reset_database(members: Members, life: Life, seconds: float) -> None:
    life.database.reset()


async def _forget_database(members: Members, life: Life, seconds: float) -> None:
    life.database.forget()


async def _restart_fast(members: Members, life: Life, seconds: float) -> None:
    await members.postgres.restart(is_immediate=False, down_seconds=seconds)


async def crash(members: Members, life: Life, seconds: float) -> None:
    await members.postgres.restart(is_immediate=True, down_seconds=seconds)


async def _freeze_server(members: Members, life: Life, seconds: float) -> None:
    await members.postgres.freeze(seconds)


async def _freeze_connections(members: Members, life: Life, seconds: float) -> None:
    await members.postgres.freeze_connections(life.database.ports_behind, seconds)


async def _close_database(members: Members, life: Life, seconds: float) -> None:
    await members.postgres.close(seconds)


async def _hold_database(members: Members, life: Life, seconds: float) -> None:
    """Nothing gets through. What was under way arrives in the end, as with TCP."""
    life.database.hold()
    await asyncio.sleep(seconds)
    life.database.restore()


async def _lose_database(members: Members, life: Life, seconds: float) -> None:
    """The same, but the connections are lost with it."""
    life.database.hold()
    await asyncio.sleep(seconds)
    life.database.reset()
    life.database.restore()


async def _lose_database_answers(members: Members, life: Life, seconds: float) -> None:
    life.database.hold(up=False)
    await asyncio.sleep(seconds)
    life.database.reset()
    life.database.restore()


async def _refuse_database(members: Members, life: Life, seconds: float) -> None:
    life.database.refuse()
    await asyncio.sleep(seconds)
    life.database.restore()


async def _slow_database(members: Members, life: Life, seconds: float) -> None:
    life.database.slow(0.2)
    await asyncio.sleep(seconds)
    life.database.restore()


async def _hold_discord(members: Members, life: Life, seconds: float) -> None:
    for link in (life.rest, life.gateway):
        link.hold()
    await asyncio.sleep(seconds)
    for link in (life.rest, life.gateway):
        link.reset()
        link.restore()


async def _lose_answers_of_discord(members: Members, life: Life, seconds: float) -> None:
    for link in (life.rest, life.gateway):
        link.hold(up=False)
    await asyncio.sleep(seconds)
    for link in (life.rest, life.gateway):
        link.reset()
        link.restore()


async def _refuse_discord(members: Members, life: Life, seconds: float) -> None:
    for link in (life.rest, life.gateway):
        link.refuse()
    await asyncio.sleep(seconds)
    for link in (life.rest, life.gateway):
        link.restore()


async def _slow_discord(members: Members, life: Life, seconds: float) -> None:
    life.rest.slow(0.3)
    await asyncio.sleep(seconds)
    life.rest.restore()


DISRUPTIONS = (
    Disruption(name="SIGKILL", weight=40, seconds=(0.0, 25.0), act=kill, ends=True),
    Disruption(name="SIGTERM", weight=8, seconds=(0.0, 10.0), act=_stop, ends=True),
    Disruption(name="SIGSTOP 20 s", weight=9, seconds=(20.0, 20.0), act=freeze),
    Disruption(name="SIGSTOP 40 s", weight=9, seconds=(40.0, 40.0), act=freeze, stops=True),
    Disruption(name="SIGSTOP 90 s", weight=8, seconds=(90.0, 90.0), act=freeze, stops=True),
    Disruption(
        name="connections ended by the server", weight=24, seconds=(0.0, 0.0), act=_terminate_backends
    ),
    Disruption(name="connections reset", weight=18, seconds=(0.0, 0.0), act=_reset_database),
    Disruption(
        name="connections forgotten",
        weight=6,
        seconds=(0.0, 0.0),
        act=_forget_database,
        recovers_seconds=45.0,
    ),
    Disruption(
        name="PostgreSQL restarted", weight=15, seconds=(0.0, 4.0), act=_restart_fast, concerns_all=True
    ),
    Disruption(name="PostgreSQL crashed", weight=15, seconds=(0.0, 4.0), act=crash, concerns_all=True),
    Disruption(name="PostgreSQL frozen", weight=5, seconds=(1.0, 8.0), act=_freeze_server, concerns_all=True),
    Disruption(
        name="connections frozen",
        weight=6,
        seconds=(5.0, 60.0),
        act=_freeze_connections,
        recovers_seconds=45.0,
    ),
    Disruption(
        name="database: no connections", weight=5, seconds=(1.0, 8.0), act=_close_database, concerns_all=True
    ),
    Disruption(name="database: held up", weight=7, seconds=(5.0, 45.0), act=_hold_database, stops=True),
    Disruption(name="database: black hole", weight=7, seconds=(5.0, 45.0), act=_lose_database, stops=True),
    Disruption(
        name="database: answers lost", weight=7, seconds=(5.0, 45.0), act=_lose_database_answers, stops=True
    ),
    Disruption(name="database: refused", weight=6, seconds=(5.0, 45.0), act=_refuse_database, stops=True),
    Disruption(name="database: slow", weight=5, seconds=(5.0, 20.0), act=_slow_database),
    Disruption(name="Discord: black hole", weight=6, seconds=(5.0, 20.0), act=_hold_discord),
    Disruption(name="Discord: answers lost", weight=6, seconds=(5.0, 20.0), act=_lose_answers_of_discord),
    Disruption(name="Discord: refused", weight=6, seconds=(5.0, 20.0), act=_refuse_discord),
    Disruption(name="Discord: slow", weight=6, seconds=(5.0, 20.0), act=_slow_discord),
)


def deck(count: int, chance: random.Random) -> list[Disruption]:
    """So many of them in a random order, each as often as its weight says."""
    total = sum(disruption.weight for disruption in DISRUPTIONS)
    cards = [disruption for disruption in DISRUPTIONS for _ in range(-(-disruption.weight * count // total))]
    chance.shuffle(cards)
    return cards[:count]
