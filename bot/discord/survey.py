"""The doctor's survey: who the bot is and what it may do where, by REST only."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Self

import aiohttp
import discord

from bot.core.access import Access
from bot.core.feeds import Place
from bot.core.ids import ChannelId, ServerId
from bot.discord.connection.errors import DiscordError, as_list, discord_errors
from bot.discord.connection.gateway import GatewayAddress, read_gateway
from bot.discord.connection.requests import gate, limit_time
from bot.discord.connection.server_list import list_servers
from bot.discord.permissions.bot_access import request_accesses
from bot.errors import PaperboyError
from bot.proxies import NO_PROXIES, Proxies
from bot.services.clock import Clock
from bot.services.delivery.pace import RequestPace
from bot.sources import rate_limits

_log = logging.getLogger(__name__)


class TokenRefusedError(PaperboyError):
    """Discord does not know the token."""


class NoAnswerError(PaperboyError):
    """Discord could not be reached, or returned no usable response; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the token is, and how its application is set up."""

    name: str
    application_id: int
    has_interactions_endpoint: bool  # if set, Discord sends commands there, and never to the bot
    needs_code_grant: bool  # if set, the invite link fails
    privileged: Sequence[str]  # the privileged intents that are switched on, by their names in the portal
    commands: int  # registered for all servers


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSurvey:
    """What the bot may do in some places of one server, in their order, and the channels' names."""

    accesses: Sequence[Access]
    channel_names: dict[ChannelId, str]


class Survey:
    """Reads and changes nothing. Use it as an async context manager, and log in first.

    `bot.client.point_at` sets the address that it asks.
    """

    def __init__(self, *, clock: Clock, proxies: Proxies = NO_PROXIES) -> None:
        self._clock = clock
        # Discord's time in its last answer, to the second, and ours at that moment.
        self.server_time: tuple[datetime, datetime] | None = None
        trace = gate(RequestPace())
        trace.on_request_end.append(self._note_time)
        # Not our own `Client`, which would sync its commands at login.
        self._client = discord.Client(
            intents=discord.Intents(guilds=True),
            max_ratelimit_timeout=30.0,
            http_trace=trace,
            connector=proxies.connector(),
        )
        limit_time(self._client.http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    @property
    def is_logged_in(self) -> bool:
        return self._client.application is not None

    async def _note_time(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        server_time = rate_limits.server_time(params.response.headers)
        if server_time is not None:
            self.server_time = server_time, self._clock()

    async def log_in(self, token: str) -> Identity:
        """Raises:
        TokenRefusedError: it is not, or no longer, the token of a bot.
        NoAnswerError: Discord returned no usable response.
        """
        with _answered():
            await self._client.login(token)
            user, application = self._client.user, self._client.application
            if user is None or application is None:
                raise NoAnswerError("Discord does not say which bot this token belongs to")
            flags = application.flags
            commands = as_list(await self._client.http.get_global_commands(application.id))
        intents = {
            "Message Content": flags.gateway_message_content or flags.gateway_message_content_limited,
            "Server Members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
            "Presence": flags.gateway_presence or flags.gateway_presence_limited,
        }
        return Identity(
            name=str(user),
            application_id=application.id,
            has_interactions_endpoint=bool(application.interactions_endpoint_url),
            needs_code_grant=application.bot_require_code_grant,
            privileged=[name for name, is_on in intents.items() if is_on],
            commands=len(commands),
        )

    async def gateway(self) -> GatewayAddress:
        """Raises:
        TokenRefusedError: it is not, or no longer, the token of a bot.
        NoAnswerError: Discord returned no usable response.
        """
        with _answered():
            return await read_gateway(self._client)

    async def servers(self) -> dict[ServerId, str]:
        """The servers that the bot is in, with their names.

        Raises:
            NoAnswerError: Discord returned no usable response.
        """
        with _answered():
            return await list_servers(self._client)

    async def accesses(self, server_id: ServerId, places: Sequence[Place]) -> ServerSurvey:
        """Raises:
        NoAnswerError: Discord returned no usable response.
        """
        with _answered():
            accesses, names = await request_accesses(self._client, server_id, places)
        return ServerSurvey(accesses=accesses, channel_names=names)


@contextmanager
def _answered() -> Generator[None]:
    try:
        with discord_errors():
            yield
    except DiscordError as error:
        _log.debug("Discord's answer was %r", error.__cause__)
        if error.is_token_refused:
            raise TokenRefusedError("DISCORD_TOKEN was refused by Discord") from error
        raise NoAnswerError(str(error)) from error
