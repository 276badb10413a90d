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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.process.disruptions import deck
from tests.process.fleet_chaos import fleet_chaos
from tests.process.running import Stage, staged
from tests.process.spots import DISCORD_FAULTS, Spots, spot_in, subscribe

# After so long without a new message the bot has no pending posts left: it waits for no longer after a few
# failures in a row.
QUIET_SECONDS = 45.0
_POSTS = 500
_POSTS_OF_FLEET = 1_200


@dataclass(kw_only=True)
class Chaos:
    """One run of it: lives of the bot, each ended by SIGKILL, between papers that are listed."""

    stage: Stage
    spots: Spots
    papers: int  # at least
    kills: int  # at least
    chance: random.Random
    tell: Callable[[str], object]
    killed: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])

    async def run(self) -> None:
        """Kills the bot until there were kills and posts enough, then lets it finish."""
        while self.killed < self.kills or self.spots.listed < self.papers:
            few = len(self.spots.all) // 10
            if self.spots.pending - self.spots.posted() <= few:  # so that each life has something to do
                self.spots.list_paper()
            await self._life()
            self.killed += 1
            if self.killed % 10 == 0:
                self.tell(f"{self.killed} kills, {self.spots.posted()} of {self.spots.pending} posts")
        self.stage.discord.faults.clear()
        bot = await self.stage.start(LOG_LEVEL="INFO")
        await self._quiet()
        code = await bot.stop()
        assert code == 0, bot.log
        assert "Traceback" not in bot.log, bot.log

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
            request
            for request in self.stage.discord.requests
            if request.method == "POST" and request.path.startswith("/channels/")
        ]

    def _add_fault(self) -> None:
        name, fault = self.chance.choice(DISCORD_FAULTS)
        self.faults[name] += 1
        self.stage.discord.faults.add(fault)

    async def _quiet(self) -> None:
        """Waits until all is posted, or nothing more comes."""
        seen = -1
        while (left := self.spots.open()) != seen and left:
            seen = left
            with suppress(TimeoutError):
                await self.stage.discord.until(
                    lambda: not self.spots.open(), timeout_seconds=QUIET_SECONDS, what="the rest"
                )
        if left:
            self.tell(f"quiet, but {left} are missing")


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
        made = [spot_in(stage.discord.guild, number, stage=stage) for number in range(spots)]
        await subscribe(f"sqlite+aiosqlite:///{folder / 'data' / 'paperboy.db'}", made)
        yield Chaos(
            stage=stage,
            spots=Spots(stage=stage, all=made),
            papers=papers,
            kills=kills,
            chance=random.Random(seed),
            tell=tell,
        )


async def _one(arguments: argparse.Namespace) -> bool:
    """One process on SQLite, killed again and again; whether every promise was kept."""
    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="paperboy-chaos-") as folder:
        async with chaos(
            Path(folder),
            spots=arguments.channels,
            papers=-(-(arguments.posts or _POSTS) // arguments.channels),
            kills=arguments.kills,
            seed=arguments.seed,
            tell=_tell,
        ) as run:
            await run.run()
            lost, twice = run.spots.report()
            took = datetime.now(UTC) - began
            _tell(
                f"{run.spots.pending} posts in {len(run.spots.all)} channels, {run.killed} kills, "
                f"{run.faults.total()} other faults, {took.total_seconds():.0f} s, seed {arguments.seed}: "
                f"{len(lost)} lost, {len(twice)} twice"
            )
            for line in (*lost, *twice):
                _tell(line)
            if lost or twice:
                _tell(run.stage.started[-1].log)
            return not lost and not twice


async def _fleet(arguments: argparse.Namespace) -> bool:
    """Three processes on PostgreSQL; whether every promise was kept."""
    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="paperboy-chaos-") as folder:
        async with fleet_chaos(
            Path(folder),
            spots=arguments.places,
            papers=-(-(arguments.posts or _POSTS_OF_FLEET) // arguments.places),
            disruptions=deck(arguments.kills, random.Random(arguments.seed)),
            seed=arguments.seed,
            size=arguments.processes,
            tell=_tell,
        ) as run:
            try:
                await run.run()
            finally:
                if arguments.logs:
                    for number, life in enumerate(run.members.lives):
                        (arguments.logs / f"{number:03}-{life.member}.log").write_text(life.bot.log)
            report = run.report()
            took = datetime.now(UTC) - began
            _tell(f"{arguments.processes} processes, {took.total_seconds():.0f} s, seed {arguments.seed}")
            for line in report.lines():
                _tell(line)
            return not report.broken


def _tell(text: str) -> None:
    print(text, flush=True)


async def _main(arguments: argparse.Namespace) -> int:
    return 0 if await (_fleet if arguments.fleet else _one)(arguments) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--fleet", action="store_true", help="several processes on PostgreSQL, not one on SQLite"
    )
    parser.add_argument("--kills", type=int, default=200, help="with --fleet, disruptions of every kind")
    parser.add_argument("--posts", type=int, help=f"at least; {_POSTS}, with --fleet {_POSTS_OF_FLEET}")
    parser.add_argument("--channels", type=int, default=50, help="without --fleet")
    parser.add_argument(
        "--places", type=int, default=25, help="channels, threads, forums and people, with --fleet"
    )
    parser.add_argument("--processes", type=int, default=3, help="with --fleet; 1 is a bot without a fleet")
    parser.add_argument("--logs", type=Path, help="a folder for the log of every process, with --fleet")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    sys.exit(asyncio.run(_main(parser.parse_args())))
