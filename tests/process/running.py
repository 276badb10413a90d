"""The bot as a separate process, between a loopback Discord and a loopback Hugging Face."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from simcord.builders import ChannelHandle

from bot.core.list_days import open_list_day
from sandbox import Answer, RecordedRequest, Sandbox
from tests.fakes import discord_openapi
from tests.fakes.database import make_migrated
from tests.fakes.discord_limits import assert_within_limits
from tests.fakes.huggingface import FakeHuggingFace, raw_item
from tests.process import forked
from tests.process.forked import ForkedProcess
from tests.waiting import LIMIT_SECONDS
from tests.world import paper_ids

ROOT = Path(__file__).parents[2]
LONG_SECONDS = LIMIT_SECONDS
ENDS_WITHIN_SECONDS = 5.0  # promised to the person who stops the bot
# Code with which a bot reads older lists one right after the other.
WITHOUT_PAUSES = "import bot.services.runs.archive_reading as reading; reading.PAUSE_SECONDS = 0.0"
_MESSAGES = "/messages"


class BotProcess:
    """One run of the bot; its log is read as it comes."""

    def __init__(self, process: asyncio.subprocess.Process | ForkedProcess) -> None:
        self._process = process
        self._lines: list[str] = []
        self._grown = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    @property
    def log(self) -> str:
        return "".join(self._lines)

    async def says(self, text: str, *, times: int = 1) -> None:
        """Wait until so many lines of the log hold the text.

        Raises:
            AssertionError: the process ended before, or it took too long.
        """
        try:
            async with asyncio.timeout(LONG_SECONDS), self._grown:
                while sum(text in line for line in self._lines) < times:
                    assert not self._reader.done(), f"ended before it said {text!r}:\n{self.log}"
                    await self._grown.wait()
        except TimeoutError:
            raise AssertionError(f"never said {text!r}:\n{self.log}") from None

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, as a supervisor does, and give the exit code; -9 if it needed longer than promised."""
        self._process.send_signal(number)
        return await self.ended(within_seconds=ENDS_WITHIN_SECONDS)

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self.ended()

    async def ended(self, *, within_seconds: float = LONG_SECONDS) -> int:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
        code = await self._process.wait()
        await self._reader
        return code

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._grown:
                self._lines.append(line.decode())
                self._grown.notify_all()
        async with self._grown:
            self._grown.notify_all()


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The result of a command that ends on its own."""

    code: int
    out: str
    err: str


async def finished(*arguments: str, folder: Path, env: Mapping[str, str], before: str = "") -> Finished:
    """Runs a command until it has ended; `before` is code that the process runs first."""
    process = await forked.start(arguments, folder=folder, env=env, before=before)
    async with asyncio.timeout(LONG_SECONDS):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Finished(code=process.returncode, out=out.decode(), err=err.decode())


@dataclass(kw_only=True)
class Stage:
    """What a test has: Discord, Hugging Face, a folder that outlives the runs, and runs of the bot."""

    folder: Path
    discord: Sandbox
    hub: FakeHuggingFace
    database_url: str = ""  # where it is not in the folder
    started: list[BotProcess] = field(default_factory=list[BotProcess])
    _seen: dict[int, tuple[int, list[str]]] = field(default_factory=dict[int, tuple[int, list[str]]])

    @property
    def today(self) -> date:
        return open_list_day(datetime.now(UTC))

    def list_paper(self, paper_id: str, *, day: date | None = None, **item: Any) -> None:
        """Put a paper on a list day (today's, if left out)."""
        day = day or self.today
        self.hub.days.setdefault(day, []).append(raw_item(id=paper_id, day=day, **item))

    async def launch(self, *, before: str = "", plain: bool = False, **settings: str) -> BotProcess:
        """Start the bot with these settings over the usual ones; an empty one is left out.

        Args:
            before: code that the process runs first, such as one that makes a long limit a short one.
            plain: start it as `python -m bot`, not forked, in a folder where nothing was prepared.
        """
        env = self.environment(settings)
        if plain:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot"),
                cwd=self.folder,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=1 << 24,  # a debug line can hold a whole server
            )
        else:
            database = self.folder / "data" / "paperboy.db"
            if "DATABASE_URL" not in env and not database.exists():
                await make_migrated(database)
            process = await forked.start((), folder=self.folder, env=env, before=before, joined=True)
        bot = BotProcess(process)
        self.started.append(bot)
        return bot

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        usual = {
            "DISCORD_TOKEN": self.discord.token,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "HF_ENDPOINT": self.hub.url,
            "POLL_INTERVAL_SECONDS": "1",
            "BACKFILL_DAYS": "2",
            "ARCHIVE_SINCE": "9999-12-31",  # no further
            "LOG_LEVEL": "DEBUG",
            "DATABASE_URL": self.database_url,
        }
        # What a process needs to be found and measured; nothing else of this machine reaches the bot.
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COV")}
        chosen = {name: value for name, value in (usual | settings).items() if value}
        return {**kept, "PYTHONPATH": str(ROOT), **chosen}

    async def start(self, *, before: str = "", plain: bool = False, **settings: str) -> BotProcess:
        """Start the bot and wait until it is ready for runs and commands."""
        bot = await self.launch(before=before, plain=plain, **settings)
        await bot.says("Ready as")
        return bot

    async def finished(self, *arguments: str, **settings: str) -> Finished:
        """Run a command that ends on its own, with these settings over the usual ones."""
        return await finished(
            *arguments, folder=self.folder, env=self.environment({"LOG_LEVEL": ""} | settings)
        )

    async def command(self, name: str, channel: ChannelHandle | None = None, /, **options: Any) -> str:
        """The text of the answer to the admin's command, typed in #papers if nothing else is said."""
        return (await self.asked(name, channel, **options)).text

    async def asked(self, name: str, channel: ChannelHandle | None = None, /, **options: Any) -> Answer:
        return await self.discord.run_command(
            self.discord.admin, channel or self.discord.channel, name, **options
        )

    async def live(self, keywords: str, channel: ChannelHandle | None = None) -> str:
        """Have the channel get papers as soon as they are seen, and subscribe it; what /subscribe says."""
        await self.command("config schedule", channel, cadence="live")
        return await self.command("subscribe", channel, keywords=keywords)

    def posted(self, channel: ChannelHandle | None = None) -> list[str]:
        """The ids of the papers that stand in the channel, as often as they do, in the order of posting."""
        channel = channel or self.discord.channel
        stored = len(self.discord.world.backend.messages.get(channel.id, ()))
        if self._seen.get(channel.id, (0, []))[0] != stored:  # asked at each change of anything
            shown = self.discord.messages(channel)
            ids = [paper_id for message in shown for paper_id in paper_ids(message)]  # pyright: ignore[reportArgumentType]
            self._seen[channel.id] = (stored, ids)
        return list(self._seen.get(channel.id, (0, []))[1])

    async def until(self, claim: Callable[[], bool], what: str) -> None:
        try:
            await self.discord.until(claim, timeout_seconds=LONG_SECONDS, what=what)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.started[-1].log if self.started else ''}") from None

    async def until_posted(self, *ids: str, channel: ChannelHandle | None = None) -> None:
        """Wait until exactly these papers stand in the channel, each once."""
        wanted = sorted(ids)
        await self.until(lambda: sorted(self.posted(channel)) == wanted, f"the posts {wanted}")

    async def two_more_runs(self, bot: BotProcess) -> None:
        """Wait until a run has begun and ended after now: whatever is due has been decided since."""
        done = bot.log.count("Run: ")
        await bot.says("Run: ", times=done + 2)

    def sends(self, channel: ChannelHandle | None = None) -> list[RecordedRequest]:
        """The attempts to post in the channel."""
        path = f"/channels/{(channel or self.discord.channel).id}{_MESSAGES}"
        return [
            request for request in self.discord.requests if request.method == "POST" and request.path == path
        ]

    def calls(self, method: str, part: str) -> list[RecordedRequest]:
        return [
            request for request in self.discord.requests if request.method == method and part in request.path
        ]

    def check_requests(self) -> None:
        """Fail unless every request to Discord keeps to its limits and, where it is there, its OpenAPI file."""
        for request in self.discord.requests:
            if request.method == "POST" and request.path.endswith(_MESSAGES):
                assert_within_limits(request.json)
        if discord_openapi.is_required_or_there():
            rules = discord_openapi.discord_openapi()
            problems = [problem for request in self.discord.requests for problem in rules.problems(request)]
            assert not problems, "\n".join(problems)


@asynccontextmanager
async def staged(folder: Path, *, database_url: str = "") -> AsyncGenerator[Stage]:
    """A stage, whose bots are ended and whose requests are checked at the end."""
    async with FakeHuggingFace() as hub, Sandbox(page_port=None) as discord:
        stage = Stage(folder=folder, discord=discord, hub=hub, database_url=database_url)
        hub.open_day = stage.today
        try:
            yield stage
            stage.check_requests()
            for bot in stage.started:
                assert discord.token not in bot.log
        finally:
            for bot in stage.started:
                await bot.kill()
