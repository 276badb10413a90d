"""Members: processes on one database, each behind networks of its own that can fail."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from tests.fakes.link import Link
from tests.fakes.restartable_postgres import RestartablePostgres
from tests.process.running import BotProcess, Stage, staged


@dataclass(kw_only=True)
class Life:
    """One process of a member, from its start to its end."""

    member: int
    bot: BotProcess
    database: Link
    rest: Link
    gateway: Link
    began_at: float = field(default_factory=time.monotonic)  # by `time.monotonic`
    ended_at: float | None = None

    @property
    def name(self) -> str:
        return f"process {self.member} ({self.bot.pid})"

    @property
    def hosts(self) -> frozenset[str]:
        """By which the stand-in of Discord knows its requests and its sessions."""
        return frozenset(f"127.0.0.1:{link.port}" for link in (self.rest, self.gateway))

    def freeze(self) -> None:
        os.kill(self.bot.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.bot.pid, signal.SIGCONT)

    async def kill(self) -> None:
        self.ended_at = time.monotonic()
        await self.bot.kill()


@dataclass(kw_only=True)
class Members:
    """All of them, and what they run between."""

    stage: Stage
    postgres: RestartablePostgres
    lives: list[Life] = field(default_factory=list[Life])
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self, member: int, *, before: str = "", **settings: str) -> Life:
        """Starts a process, which runs the code `before` first; it need not be ready yet."""
        database, rest, gateway = [
            await self._exits.enter_async_context(Link(port))
            for port in (
                self.postgres.port,
                URL(self.stage.discord.api_url).port or 0,
                URL(self.stage.discord.gateway_url).port or 0,
            )
        ]
        bot = await self.stage.launch(
            DATABASE_URL=self.postgres.url(database.port),
            DISCORD_API_URL=str(URL(self.stage.discord.api_url).with_port(rest.port)),
            DISCORD_GATEWAY_URL=str(URL(self.stage.discord.gateway_url).with_port(gateway.port)),
            before=before,
            **settings,
        )
        life = Life(member=member, bot=bot, database=database, rest=rest, gateway=gateway)
        self.lives.append(life)
        return life


@asynccontextmanager
async def members(folder: Path) -> AsyncGenerator[Members]:
    """A stage for processes on a PostgreSQL server that can be restarted; the folder is empty."""
    async with (
        _open_to_all() as place,
        RestartablePostgres(place / "postgres") as postgres,
        staged(folder, database_url=postgres.url()) as stage,
        AsyncExitStack() as exits,
    ):
        yield Members(stage=stage, postgres=postgres, _exits=exits)


@asynccontextmanager
async def _open_to_all() -> AsyncGenerator[Path]:
    """A folder for the server, which may run as another user."""
    with tempfile.TemporaryDirectory(prefix="paperboy-postgres-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
