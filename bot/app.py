"""The running bot: what exists, who owns it, and in which order it closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime

import aiohttp
import discord

from bot.client import Client, point_at
from bot.core.ids import ServerId
from bot.core.plurals import count
from bot.discord.notice_board import DiscordNoticeBoard
from bot.discord.publishing import DiscordPublisher
from bot.discord.shards import Shards
from bot.errors import ConfigError, StoreError
from bot.health import Health
from bot.monitoring import Monitor
from bot.scheduler import Scheduler
from bot.services.assembly import Services, assemble
from bot.services.progress import Progress, untold
from bot.settings import Settings
from bot.sources.huggingface import HuggingFace
from bot.store.database import Database
from bot.store.locking import sole_use
from bot.watching import UNWATCHED
from cogs import make_cogs

_log = logging.getLogger(__name__)

_BACKFILL_AGAIN_SECONDS = 1800.0  # after one that was not complete
_LOGIN_FIRST_WAIT_SECONDS = 1.0
_LOGIN_LONGEST_WAIT_SECONDS = 60.0
_TOKEN_REFUSED = 4004  # the gateway's close code
_REFUSED = "DISCORD_TOKEN was refused by Discord: copy the bot's token anew from the Developer Portal"


class App:
    """One bot in one process, from its settings."""

    def __init__(
        self, settings: Settings, *, clock: Callable[[], datetime], progress: Progress = untold
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._progress = progress  # of the archive's reading
        self._rung = asyncio.Event()
        self._running = asyncio.Lock()

    @property
    def between_runs(self) -> AbstractAsyncContextManager[None]:
        """Entered when no run is under way, and none begins inside: the time to move the clock.

        A run that the clock leaps in would take the list that it has read for the new day's.
        """
        return self._running

    def wake(self) -> None:
        """Has the bot look at once at what is due: whoever moves the clock says so here."""
        self._rung.set()

    async def run(self) -> None:
        """Runs until it is cancelled; whatever it opened is closed on the way out, in reverse.

        Raises:
            ConfigError: the token is refused, or the database or the port for health cannot be used.
        """
        settings = self._settings
        if settings.discord_token is None:
            raise ConfigError("DISCORD_TOKEN is not set")
        point_at(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(sole_use(settings.database_url))
            monitor = await self._monitor(stack)
            watcher = monitor.metrics if monitor else UNWATCHED
            database = await Database.open(settings.database_url)
            stack.push_async_callback(database.close)
            source = await stack.enter_async_context(
                HuggingFace(settings.hf_endpoint, token=settings.hf_token, clock=self._clock, watcher=watcher)
            )
            client = Client(gateway_url=settings.discord_gateway_url, watcher=watcher)
            services = assemble(
                database=database,
                source=source,
                publisher=DiscordPublisher(client),
                board=DiscordNoticeBoard(client),
                clock=self._clock,
                default_schedule=settings.default_schedule,
                poll_interval_seconds=settings.poll_interval_seconds,
                backfill_days=settings.backfill_days,
                ring=self._rung.set,
                limits=settings.limits,
                progress=self._progress,
                watcher=watcher,
            )
            if monitor is not None:
                health = Health(
                    shards=Shards(client, watcher=watcher),
                    runs=services.runs,
                    source=source,
                    database=database,
                    poll_interval_seconds=settings.poll_interval_seconds,
                )
                stack.push_async_callback(health.close)
                monitor.look_at(health, services.totals)
            scheduler = Scheduler(
                runs=services.runs, clock=self._clock, rung=self._rung, running=self._running
            )
            client.take(make_cogs(services))
            await services.subscriptions.recompile()
            stack.push_async_callback(client.close)
            await self._log_in(client, settings.discord_token.get_secret_value())
            async with asyncio.TaskGroup() as group:
                group.create_task(self._connect(client), name="gateway")
                # Lists are read while the gateway still connects: a command that comes early finds them.
                group.create_task(scheduler.run(), name="scheduler")
                group.create_task(self._backfill(services), name="backfill")
                group.create_task(self._deliver(client, services), name="delivery")

    async def _monitor(self, stack: AsyncExitStack) -> Monitor | None:
        """The port for health and numbers, where one is wanted: open before all else, and closed last."""
        host, port = self._settings.health_host, self._settings.health_port
        if port is None:
            return None
        return await stack.enter_async_context(Monitor(host=host, port=port, clock=self._clock))

    async def _log_in(self, client: Client, token: str) -> None:
        """Logs in, trying again where Discord cannot be reached: a machine may start before its network.

        Raises:
            ConfigError: the token is refused.
        """
        wait_seconds = _LOGIN_FIRST_WAIT_SECONDS
        while True:
            try:
                await client.login(token)
            except discord.LoginFailure as error:
                raise ConfigError(_REFUSED) from error
            except (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError) as error:
                _log.warning("Discord could not be reached: %s; trying again in %g s", error, wait_seconds)
            else:
                return
            await client.http.close()
            client.http.connector = (
                discord.utils.MISSING
            )  # it closed with the session; the next login makes one
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, _LOGIN_LONGEST_WAIT_SECONDS)

    async def _connect(self, client: Client) -> None:
        wait_seconds = _LOGIN_FIRST_WAIT_SECONDS
        while True:
            try:
                await client.connect()
            except discord.GatewayNotFound:
                _log.warning("Discord names no gateway; trying again in %g s", wait_seconds)
            except discord.ConnectionClosed as error:
                if error.code == _TOKEN_REFUSED:  # the token was changed while we ran
                    raise ConfigError(_REFUSED) from error
                raise
            else:
                return
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, _LOGIN_LONGEST_WAIT_SECONDS)

    async def _deliver(self, client: Client, services: Services) -> None:
        """Sends what is owed and heeds what Discord tells, once the client is there.

        Starts once, however often the gateway reconnects.
        """
        await client.wait_until_ready()
        _log.info("Ready as %s in %s", client.user, count(len(client.guilds), "server"))

        async def heed_servers() -> None:
            services.surroundings.connected(await _servers_of(client))

        # A session that begins anew, after an outage, tells nothing of what was left meanwhile.
        client.add_listener(heed_servers, "on_ready")
        await heed_servers()
        async with asyncio.TaskGroup() as group:
            group.create_task(services.delivery.run(), name="outbox")
            group.create_task(services.surroundings.run(), name="surroundings")
            group.create_task(services.notices.run(), name="notices")

    async def _backfill(self, services: Services) -> None:
        """Reads the archive, which previews are the better for; tried again until it is there."""
        while True:
            try:
                if await services.polling.backfill():
                    return
            except StoreError:
                pass  # logged once, by the database
            except Exception:  # noqa: BLE001 - a job guard; the runs go on without the archive
                _log.exception("The backfill failed because of a bug")
            await asyncio.sleep(_BACKFILL_AGAIN_SECONDS)


async def _servers_of(client: Client) -> set[ServerId]:
    """The servers that the bot is in.

    Over a new session discord.py keeps those that were left meanwhile, so Discord is asked for them too.
    """
    known = {ServerId(guild.id) for guild in client.guilds}
    try:
        return known & {ServerId(guild.id) async for guild in client.fetch_guilds(limit=None)}
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.warning("Discord does not say which servers the bot is in: %s", error)
        return known
