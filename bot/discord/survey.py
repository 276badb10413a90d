"""Surveying: Discord asked by REST alone, beside a bot that runs: who we are, and what we may do where."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp
import discord

from bot.core.access import Access
from bot.core.feeds import Place
from bot.core.ids import ChannelId, ServerId
from bot.discord.connection.gateway import read_gateway
from bot.discord.connection.outages import UNUSABLE, as_list, read_outage
from bot.discord.connection.requests import gate, limit_time
from bot.discord.connection.server_list import list_servers
from bot.discord.permissions.access import surveyed
from bot.errors import PaperboyError
from bot.proxies import NO_PROXIES, Proxies
from bot.services.clock import Clock
from bot.services.delivery.pace import RequestPace
from bot.sources.rate_limits import server_time

_log = logging.getLogger(__name__)


class TokenRefusedError(PaperboyError):
    """Discord does not know the token."""


class NoAnswerError(PaperboyError):
    """Discord could not be reached, or gave no usable answer; the text says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the token is, and how its application is set up."""

    name: str
    application_id: int
    has_interactions_endpoint: bool  # then commands go there, and never to the bot
    needs_code_grant: bool  # then the invite link fails
    privileged: Sequence[str]  # the privileged intents that are switched on, as the portal calls them
    commands: int  # registered for all servers


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarts:
    """How often the bot may still connect anew."""

    left: int
    of: int
    resets_in_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSurvey:
    """What the bot may do in some places of one server, in their order, and what people call them."""

    accesses: Sequence[Access]
    channel_names: dict[ChannelId, str]


class Survey:
    """Asks and changes nothing; use it as an async context manager, and log in first.

    `bot.client.point_at` decides whom it asks.
    """

    def __init__(self, *, clock: Clock, proxies: Proxies = NO_PROXIES) -> None:
        self._clock = clock
        self._heard: tuple[datetime, datetime] | None = None
        trace = gate(RequestPace())
        trace.on_request_end.append(self._hear)
        # Not our own client: at its login that one would sync its commands.
        self._client = discord.Client(
            intents=discord.Intents(guilds=True),
            max_ratelimit_timeout=30.0,
            http_trace=trace,
            connector=proxies.connector(),
        )
        limit_time(self._client.http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.close()

    @property
    def is_logged_in(self) -> bool:
        return self._client.application is not None

    @property
    def heard(self) -> tuple[datetime, datetime] | None:
        """The time that Discord's last answer told, to the second, and ours at that moment."""
        return self._heard

    async def _hear(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        theirs = server_time(params.response.headers)
        if theirs is not None:
            self._heard = theirs, self._clock()

    async def log_in(self, token: str) -> Identity:
        """Raises:
        TokenRefusedError: it is not, or no longer, the token of a bot.
        NoAnswerError: nobody knows.
        """
        with _answered():
            await self._client.login(token)
            user, application = self._client.user, self._client.application
            if user is None or application is None:
                raise NoAnswerError("it does not say whose token this is")
            flags = application.flags
            commands = as_list(await self._client.http.get_global_commands(application.id))
        on = {
            "Message Content": flags.gateway_message_content or flags.gateway_message_content_limited,
            "Server Members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
            "Presence": flags.gateway_presence or flags.gateway_presence_limited,
        }
        return Identity(
            name=str(user),
            application_id=application.id,
            has_interactions_endpoint=bool(application.interactions_endpoint_url),
            needs_code_grant=application.bot_require_code_grant,
            privileged=[name for name, is_on in on.items() if is_on],
            commands=len(commands),
        )

    async def session_starts(self) -> SessionStarts:
        """Raises:
        TokenRefusedError: it is not, or no longer, the token of a bot.
        NoAnswerError: the gateway is not named.
        """
        with _answered():
            gateway = await read_gateway(self._client)
        return SessionStarts(
            left=gateway.sessions_left, of=gateway.sessions, resets_in_seconds=gateway.resets_in_seconds
        )

    async def servers(self) -> dict[ServerId, str]:
        """The servers that the bot is in, with their names.

        Raises:
            NoAnswerError: they cannot be listed.
        """
        with _answered():
            return await list_servers(self._client)

    async def look_into(self, server_id: ServerId, places: Sequence[Place]) -> ServerSurvey:
        """Raises:
        NoAnswerError: the server cannot be looked at.
        """
        with _answered():
            accesses, names = await surveyed(self._client, server_id, places)
        return ServerSurvey(accesses=accesses, channel_names=names)


@contextmanager
def _answered() -> Generator[None]:
    try:
        yield
    except UNUSABLE as error:
        outage = read_outage(error)
        _log.debug("Discord's answer was %r", error)
        if outage.is_token_refused:
            raise TokenRefusedError("DISCORD_TOKEN was refused by Discord") from error
        raise NoAnswerError(outage.reason) from error
