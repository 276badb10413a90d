"""The Discord client: its intents, its connection, its command tree and the syncing of commands."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from typing_extensions import override

from bot.discord.command_mentions import CommandMentions
from bot.discord.connection.errors import as_list
from bot.discord.connection.registration import are_same
from bot.discord.connection.requests import gate, limit_time, on_answer
from bot.discord.connection.retries import Retries
from bot.discord.connection.sharded_client import IdentifyTurn, ShardedClient
from bot.discord.ui.error_handler import AutocompleteFailures, answer_failure
from bot.discord.ui.error_texts import failure_of
from bot.discord.ui.option_check import bad_option
from bot.discord.ui.persistent_items import PERSISTENT_ITEMS
from bot.discord.ui.sessions import Sessions
from bot.proxies import NO_PROXIES, Proxies
from bot.services.container import Services
from bot.services.delivery.pace import RequestPace
from bot.telemetry import NO_TELEMETRY, CommandOutcome, Telemetry

_log = logging.getLogger(__name__)
_AUTOCOMPLETE = AutocompleteFailures()

# How long to wait for the next server until the client counts as ready. Sending needs no server, so that
# discord.py's default of two seconds would only cost time.
_SERVERS_SECONDS = 0.5

# Discord may refuse a command permanently, so syncing is not retried every minute.
_MAX_SYNC_WAIT_SECONDS = 900.0

# The permissions that the invite link asks for; the README explains each.
INVITE_PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    read_message_history=True,
)


class Tree(app_commands.CommandTree["Client"]):
    """The command tree: one error handler, and a sync that calls Discord only if something differs."""

    @override
    async def interaction_check(self, interaction: discord.Interaction[Client], /) -> bool:
        """Refuses options that this version does not accept; starts timing the first answer."""
        if interaction.type is discord.InteractionType.application_command:
            began = time.monotonic()
            telemetry = self.client.telemetry
            on_answer(
                lambda: telemetry.command_answered(_name(interaction), seconds=time.monotonic() - began)
            )
            if refused := bad_option(interaction):
                telemetry.command_ended(_name(interaction), await answer_failure(interaction, refused))
                return False
        return True

    @override
    async def on_error(
        self, interaction: discord.Interaction[Client], error: app_commands.AppCommandError, /
    ) -> None:
        answered = await answer_failure(interaction, error)
        if interaction.type is discord.InteractionType.application_command:
            self.client.telemetry.command_ended(_name(interaction), answered)

    async def sync_if_changed(self) -> bool:
        """Syncs the commands if Discord's copy differs; returns whether it did."""
        application_id = self.client.application_id
        if application_id is None:
            raise app_commands.MissingApplicationID
        local = [command.to_dict(self) for command in self.get_commands()]
        registered = as_list(await self.client.http.get_global_commands(application_id))
        if are_same(local, registered):
            self._learn((str(command["name"]), int(command["id"])) for command in registered)
            return False
        synced = await self.sync()
        if len(synced) != len(local):
            raise ValueError("the answer does not list the same commands")
        self._learn((command.name, command.id) for command in synced)
        return True

    def _learn(self, ids: Iterable[tuple[str, int]]) -> None:
        """Lets answers mention the commands from now on."""
        self.client.command_mentions.learn(dict(ids), self.walk_commands())


class Client(ShardedClient):
    """The bot as Discord sees it. It needs no privileged intent and keeps no members."""

    tree: Tree  # pyright: ignore[reportIncompatibleMethodOverride, reportIncompatibleVariableOverride]

    def __init__(
        self,
        *,
        gateway_url: str | None = None,
        shard_count: int | None = None,
        shard_ids: list[int] | None = None,
        identify_turn: IdentifyTurn | None = None,
        pace: RequestPace | None = None,
        may_send: Callable[[], bool] = lambda: True,
        telemetry: Telemetry = NO_TELEMETRY,
        proxies: Proxies = NO_PROXIES,
        retries: Retries | None = None,
    ) -> None:
        super().__init__(
            gateway_url=gateway_url,
            retries=retries,
            identify_turn=identify_turn,
            command_prefix=(),
            help_command=None,
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=_SERVERS_SECONDS,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True),
            tree_cls=Tree,
            shard_count=shard_count,
            shard_ids=shard_ids,
            http_trace=gate(pace or RequestPace(), telemetry, may_send=may_send),
            # For a longer wait discord.py raises RateLimited, so that the caller can plan it.
            max_ratelimit_timeout=30.0,
        )
        self.telemetry = telemetry
        self._proxies = proxies
        self.sessions = Sessions()
        self.command_mentions = CommandMentions()
        self._services: Services | None = None
        self._cogs: tuple[commands.Cog, ...] = ()
        limit_time(self.http)

    @override
    async def login(self, token: str) -> None:
        """Logs in; may be retried, because it closes what a failed login left open."""
        await self.http.close()
        self.http.connector = self._proxies.connector()
        await super().login(token)

    @property
    def services(self) -> Services:
        """The use cases behind buttons and forms.

        Raises:
            RuntimeError: `use` was not called yet.
        """
        if self._services is None:
            raise RuntimeError("the client has no services yet")
        return self._services

    @property
    def privacy_policy_url(self) -> str | None:
        """As the operator set it for the application at Discord; None if they set none."""
        return self.application.privacy_policy_url if self.application else None

    def use(self, services: Services, cogs: Iterable[commands.Cog]) -> None:
        """Sets the services, and the cogs to add at login."""
        self._services = services
        self._cogs = tuple(cogs)

    @override
    async def setup_hook(self) -> None:
        logging.getLogger("discord.app_commands.tree").addFilter(_AUTOCOMPLETE)
        self.add_dynamic_items(*PERSISTENT_ITEMS)
        for cog in self._cogs:
            await self.add_cog(cog)
            for command in getattr(cog, "message_commands", ()):
                self.tree.add_command(command)
        if self.application_id is not None:
            link = discord.utils.oauth_url(
                self.application_id, permissions=INVITE_PERMISSIONS, scopes=("bot", "applications.commands")
            )
            _log.info("Invite link: %s", link)

    async def sync_commands(self) -> None:
        """Syncs the commands, however long it takes; until then Discord keeps those it has.

        Raises:
            ConfigError: the token is refused.
        """
        synced = await self.retries.until_answered(
            "Commands could not be synced", self.tree.sync_if_changed, max_wait_seconds=_MAX_SYNC_WAIT_SECONDS
        )
        _log.info("Commands: %s", "synced" if synced else "unchanged")

    @override
    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Logs what an event's listener raised, with a traceback only if it is a bug."""
        error = sys.exc_info()[1]
        problem = failure_of(error, has_begun=True) if isinstance(error, Exception) else None
        if problem is None:
            await super().on_error(event_method, *args, **kwargs)
        elif problem.warning:
            _log.warning("The event %s could not be handled: %s", event_method, problem.warning)

    @override
    async def on_message(self, message: discord.Message, /) -> None:
        """Ignores messages: the bot has no prefix commands."""

    async def on_shard_close(self, _: int) -> None:
        """Called when a shard was closed, so that another process may open it."""
        self.sessions.forget_stored()

    async def on_app_command_completion(
        self, _: discord.Interaction, command: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu
    ) -> None:
        """Called by discord.py for a command that ended without an error."""
        self.telemetry.command_ended(command.qualified_name, CommandOutcome.OK)


def _name(interaction: discord.Interaction[Client]) -> str:
    """The command's name for telemetry; `unknown` for a command that does not exist."""
    return interaction.command.qualified_name if interaction.command else "unknown"


def point_at(*, api_url: str, gateway_url: str | None) -> None:
    """Points discord.py at a REST address and, if one is given, at a gateway, for this process.

    discord.py keeps both in its classes; this is the only place that writes them. The operator's gateway
    wins over the one that Discord names, also for resuming. The warnings about missing voice libraries are
    turned off.
    """
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    Route.BASE = api_url
    if gateway_url is not None:
        fixed = yarl.URL(gateway_url)
        DiscordWebSocket.DEFAULT_GATEWAY = fixed
        DiscordWebSocket.gateway = property(lambda _: fixed, lambda _, __: None)  # pyright: ignore[reportAttributeAccessIssue]
