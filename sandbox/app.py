"""The whole sandbox: builds its parts, and closes them in reverse order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from sandbox.calendar import Calendar, machine_time
from sandbox.discord import DiscordServer
from sandbox.driver import Answer
from sandbox.faults import Faults, RecordedRequest
from sandbox.gateway import Gateway
from sandbox.huggingface import HuggingFace, sample_calendar
from sandbox.identifies import Identifies
from sandbox.live_lists import LiveLists
from sandbox.moderator import Moderator
from sandbox.rate_limits import RateLimits
from sandbox.suggestion import Suggestion
from sandbox.world import PaperClub, World

_log = logging.getLogger(__name__)

PAGE_PORT: Final = 8765  # the first port to try; see `page_port`
_MAX_READING_SECONDS: Final = 10.0
_STORING_SECONDS: Final = 0.3  # time for the bot to store what it read, which the sandbox can't observe


@dataclass(frozen=True, slots=True)
class SeedCommand:
    """A slash command that the admin types once the bot is connected, for example "config show"."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Sandbox(Moderator):
    """Discord and Hugging Face on loopback, with one server, two people, and a page for the browser.

    Args:
        port: the port of the simulated Discord; 0 for any free port.
        page_port: the page uses the first free port from this one on; 0 for any, None for no page.
        seed: the commands that `seed()` types.
        bot_name: the name of the bot's user.
        shards: the number of shards that the gateway recommends.
        live: the real lists of today and the days before; None for the bundled sample lists.
        machine: the machine's clock.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        page_port: int | None = 0,
        seed: Sequence[SeedCommand] = (),
        bot_name: str = "Paperboy",
        shards: int = 1,
        live: LiveLists | None = None,
        machine: Callable[[], datetime] = machine_time,
    ) -> None:
        self.calendar = sample_calendar(machine) if live is None else Calendar.live(machine=machine)
        self.world = World(bot_name=bot_name, now=self.calendar.now)
        self.club = PaperClub(self.world)
        self.huggingface = HuggingFace(calendar=self.calendar, live=live, changes=self.world.changes)
        self._server = DiscordServer(self.world)
        self._server.rest.shards = shards
        super().__init__(self.world, self._server, home=self.club.guild)
        self._port = port
        self._page_port = page_port
        self._seed = tuple(seed)
        self._page_url: str | None = None
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            await self._server.start(port=self._port)
            exits.push_async_callback(self._server.close)
            await self.huggingface.start()
            exits.push_async_callback(self.huggingface.close)
            if self._page_port is not None:
                # Imported here because the page's libraries are slow to load, and most tests don't need it.
                from sandbox.page import Page  # noqa: PLC0415
                from sandbox.thumbnails import Thumbnails  # noqa: PLC0415

                pictures = Thumbnails()
                for items in self.huggingface.days.values():
                    pictures.note(items)
                subscribed = [str(value) for command in self._seed for value in command.options.values()]
                suggestion = Suggestion(without=subscribed)

                def listed(items: Sequence[Mapping[str, Any]]) -> None:
                    pictures.note(items)
                    suggestion.note(items)

                self.huggingface.listed = listed
                page = Page(
                    self.world,
                    self.club,
                    pictures=pictures,
                    calendar=self.calendar,
                    suggestion=suggestion,
                    is_bot_online=lambda: self.gateway.is_connected(self.guild.id),
                )
                await page.start(port=self._page_port)
                exits.push_async_callback(page.close)
                self._page_url = page.url
            self._exits = exits.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    @property
    def token(self) -> str:
        """The token that the simulated Discord accepts. It is not a real one."""
        return self._server.token

    @property
    def api_url(self) -> str:
        return self._server.api_url

    @property
    def gateway_url(self) -> str:
        return self.gateway.url

    @property
    def huggingface_url(self) -> str:
        return self.huggingface.url

    @property
    def page_url(self) -> str | None:
        """The URL to open in a browser on this machine; None without a page."""
        return self._page_url

    @property
    def gateway(self) -> Gateway:
        """The gateway, with `drop()`, `ask_to_reconnect()` and `forget_sessions()`."""
        return self._server.gateway

    @property
    def faults(self) -> Faults:
        """Failures to inject into Discord's REST API."""
        return self._server.rest.faults

    @property
    def limits(self) -> RateLimits | None:
        """Discord's rate limits; None after `lift_limits`."""
        return self._server.rest.limits

    def limit_rates(self, *, latency_seconds: float = 0.0) -> RateLimits:
        """Reset the rate limits, and delay each request by `latency_seconds` from now on."""
        self._server.rest.latency_seconds = latency_seconds
        self._server.rest.limits = RateLimits()
        return self._server.rest.limits

    def limit_identifies(self, *, max_concurrency: int = 1) -> Identifies:
        """From now on accept a limited number of shards in five seconds, over all of the bot's processes."""
        self._server.rest.max_concurrency = max_concurrency
        self.gateway.identifies = Identifies(max_concurrency=max_concurrency)
        return self.gateway.identifies

    def lift_limits(self) -> None:
        """Remove the rate limits, for measurements without Discord's waits."""
        self._server.rest.limits = None

    @property
    def requests(self) -> deque[RecordedRequest]:
        """The bot's requests to Discord's REST API, oldest first."""
        return self._server.rest.requests

    @property
    def guild(self) -> GuildHandle:
        return self.club.guild

    @property
    def channel(self) -> ChannelHandle:
        """The text channel where the seed commands are typed."""
        return self.club.papers

    @property
    def admin(self) -> MemberActor:
        return self.club.admin

    @property
    def member(self) -> MemberActor:
        return self.club.member

    async def seed(self) -> list[Answer]:
        """Type the seed commands as the admin, once the bot is connected and has read the lists.

        Continues after ten seconds if the bot has not read all of them.

        Raises:
            TimeoutError: the bot didn't connect, or didn't answer.
        """
        await self.wait_for_bot(self.guild.id, commands=[command.name for command in self._seed])
        with suppress(TimeoutError):
            await self.until(
                lambda: self.huggingface.is_read,
                timeout_seconds=_MAX_READING_SECONDS,
                what="the bot to read the lists",
            )
        await asyncio.sleep(_STORING_SECONDS)
        answers: list[Answer] = []
        for command in self._seed:
            answer = await self.run_command(self.admin, self.channel, command.name, **command.options)
            _log.debug("/%s answered: %s", command.name, answer.text)
            answers.append(answer)
        return answers
