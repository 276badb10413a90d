"""The running bot: builds its parts, and closes them in reverse order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from functools import partial
from uuid import uuid4

from bot.client import Client, point_at
from bot.core.plurals import count
from bot.core.shards import OwnedShards
from bot.discord.connection.retries import Retries
from bot.discord.connection.sharded_client import IDENTIFY_SECONDS
from bot.discord.connection.shards import Shards
from bot.discord.connection.sharing import Sharing
from bot.discord.delivery.notice_board import DiscordNoticeBoard
from bot.discord.delivery.publisher import DiscordPublisher
from bot.errors import ConfigError
from bot.monitoring.health import Health
from bot.monitoring.port import Monitor
from bot.scheduler import CHECK_INTERVAL_SECONDS, FLEET_CHECK_SECONDS, Scheduler
from bot.services.container import Services, assemble
from bot.services.context import ServiceContext
from bot.services.delivery.pace import RequestPace
from bot.services.fleet.fleet import ALONE
from bot.services.fleet.membership import Membership, end_fleet
from bot.services.fleet.turns import Turns
from bot.services.fleet.version import until_too_old
from bot.services.progress import Progress, no_progress
from bot.settings import Settings
from bot.sources.huggingface import HuggingFace
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.postgres.address import database_url
from bot.store.postgres.backend import PostgresBackend
from bot.store.postgres.leases import LeaseSession
from bot.telemetry import NO_TELEMETRY, Telemetry
from cogs import make_cogs

_log = logging.getLogger(__name__)


class App:
    """One bot, built from its settings."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        progress: Progress = no_progress,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep  # between attempts to reach Discord
        self._progress = progress  # of reading the archive
        self._woken = asyncio.Event()
        self._running = asyncio.Lock()

    @property
    def between_runs(self) -> AbstractAsyncContextManager[None]:
        """A context during which no run is in progress: the clock may be moved in it.

        If the clock jumped during a run, the run would assign the list that it has read to the new day.
        """
        return self._running

    def wake(self) -> None:
        """Check at once what is due; call it after moving the clock."""
        self._woken.set()

    async def run(self) -> None:
        """Run until cancelled; everything that was opened is closed in reverse order.

        Raises:
            ConfigError: Discord rejects the bot for good, or the database or the monitoring port cannot be
                used. It is inside an exception group if the tasks had started.
        """
        settings = self._settings
        if settings.discord_token is None:
            raise ConfigError("DISCORD_TOKEN is not set")
        point_at(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)
        async with AsyncExitStack() as stack:
            process_id = None if settings.shard_count is None else uuid4().hex[:12]
            keep_alone = None
            if process_id is None:
                keep_alone = await stack.enter_async_context(backend_of(settings.database_url).sole_use())
            monitor = await self._monitor(stack)
            telemetry = monitor.metrics if monitor else NO_TELEMETRY
            database = await Database.open(settings.database_url, process_id=process_id)
            stack.push_async_callback(database.close)
            pace = RequestPace()
            membership = None if process_id is None else await self._join(stack, database, process_id)
            if membership is None:
                await end_fleet(database, sleep=self._sleep)
            source = await stack.enter_async_context(
                HuggingFace(
                    settings.hf_endpoint,
                    token=settings.hf_token,
                    clock=self._clock,
                    telemetry=telemetry,
                    proxies=settings.proxies,
                )
            )
            client = self._client(database, membership, pace=pace, telemetry=telemetry)
            context = self._context(database, source, client, membership, telemetry=telemetry)
            services = assemble(context, board=DiscordNoticeBoard(client))
            if monitor is not None:
                health = Health(
                    shards=Shards(client, retries=client.retries, telemetry=telemetry),
                    runs=services.runs,
                    source=source,
                    database=database,
                    poll_interval_seconds=settings.poll_interval_seconds,
                    leases=membership,
                )
                stack.push_async_callback(health.close)
                monitor.attach(health, services.totals)
            client.use(services, make_cogs(services, mentions=client.command_mentions))
            _follow_servers(client, services)
            with database.refusals():  # for damage that opening the file did not detect
                await services.recompiling.run()
            stack.push_async_callback(client.close)
            async with asyncio.TaskGroup() as group:
                if keep_alone is not None:
                    group.create_task(keep_alone(), name="sole use")
                sharing: Sharing | None = None
                if membership is not None:
                    sharing = Sharing(membership, client=client, pace=pace, delivery=services.delivery)
                    sharing.follow(wake=self._woken.set)
                    group.create_task(_take_part(membership, database), name="membership")
                    await sharing.until_owned()
                # Read lists while Discord connects, so that early commands find them.
                scheduler = Scheduler(
                    runs=services.runs,
                    clock=self._clock,
                    woken=self._woken,
                    running=self._running,
                    check_seconds=CHECK_INTERVAL_SECONDS if membership is None else FLEET_CHECK_SECONDS,
                )
                group.create_task(scheduler.run(), name="scheduler")
                group.create_task(services.background.run(), name="background")
                token = settings.discord_token.get_secret_value()
                await client.retries.until_answered(
                    "The bot is not logged in to Discord", lambda: client.login(token)
                )
                group.create_task(client.connect(), name="gateway")
                if sharing is not None:
                    group.create_task(sharing.run(), name="shards")
                group.create_task(client.sync_commands(), name="commands")
                group.create_task(self._deliver(client, services), name="delivery")

    def _client(
        self, database: Database, membership: Membership | None, *, pace: RequestPace, telemetry: Telemetry
    ) -> Client:
        settings = self._settings
        return Client(
            gateway_url=settings.discord_gateway_url,
            shard_count=settings.shard_count,
            shard_ids=None if membership is None else [],
            identify_turn=None if membership is None else partial(_identify_turn, database),
            pace=pace,
            may_send=(membership or ALONE).may_send,
            telemetry=telemetry,
            proxies=settings.proxies,
            retries=Retries(sleep=self._sleep),
        )

    def _context(
        self,
        database: Database,
        source: HuggingFace,
        client: Client,
        membership: Membership | None,
        *,
        telemetry: Telemetry,
    ) -> ServiceContext:
        settings = self._settings
        return ServiceContext(
            database=database,
            source=source,
            publisher=DiscordPublisher(client),
            clock=self._clock,
            default_schedule=settings.default_schedule,
            poll_interval_seconds=settings.poll_interval_seconds,
            backfill_days=settings.backfill_days,
            archive_since=settings.archive_since,
            wake=self._woken.set,
            limits=settings.limits,
            progress=self._progress,
            telemetry=telemetry,
            fleet=membership or ALONE,
            turns=None if membership is None else Turns(database),
        )

    async def _monitor(self, stack: AsyncExitStack) -> Monitor | None:
        """The monitoring port, if one is set: opened before everything else, and closed last."""
        host, ports = self._settings.health_host, self._settings.health_ports
        if not ports:
            return None
        monitor = Monitor(host=host, port=ports[0], tries=len(ports), clock=self._clock)
        return await stack.enter_async_context(monitor)

    async def _join(self, stack: AsyncExitStack, database: Database, process_id: str) -> Membership:
        """Takes part in the fleet until the end."""
        settings = self._settings
        engine = PostgresBackend(database_url(settings.database_url), process_id=process_id).leases()
        stack.push_async_callback(engine.dispose)
        shard_count = settings.shard_count or 1
        membership = Membership(
            lambda: LeaseSession(engine, process_id=process_id, shard_count=shard_count),
            process_id=process_id,
            shard_count=shard_count,
            shards_per_process=settings.shards_per_process,
        )
        with database.refusals():
            await membership.join()
        stack.push_async_callback(membership.leave)
        return membership

    async def _deliver(self, client: Client, services: Services) -> None:
        """Send posts and handle events once the client is ready, however often the gateway reconnects."""
        await client.wait_until_ready()
        servers = "" if client.shard_ids == [] else f" in {count(len(client.guilds), 'server')}"
        _log.info("Ready as %s%s", client.user, servers)  # a process of a fleet opens its shards later

        async with asyncio.TaskGroup() as group:
            group.create_task(services.delivery.run(), name="outbox")
            group.create_task(services.guild_events.run(), name="guild events")
            group.create_task(services.notices.run(), name="notices")


async def _take_part(membership: Membership, database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(membership.run(), name="leases")
        group.create_task(until_too_old(database), name="version")


def _identify_turn(database: Database, bucket: int) -> AbstractAsyncContextManager[None]:
    # Turns of its own, because those of one holder do not wait for each other.
    return Turns(database).spaced(f"identify {bucket}", seconds=IDENTIFY_SECONDS)


def _follow_servers(client: Client, services: Services) -> None:
    """Have what the bot's servers are compared with the store at each new session of a shard.

    It does not report the servers that the bot has left since the one before.
    """

    async def on_shard_ready(shard_id: int) -> None:
        shards = OwnedShards(client.shard_count, frozenset({shard_id}))
        if (server_ids := client.servers_of(shard_id)) is not None:
            services.guild_events.connected(shards, server_ids)

    client.add_listener(on_shard_ready)
