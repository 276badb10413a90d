"""The use cases, built over one store, one source and one publisher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.schedules import Schedule
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.blocks.guild_events import GuildEvents
from bot.services.blocks.notices import NoticeBoard, Notices
from bot.services.changes import Changes
from bot.services.clock import Clock
from bot.services.delivery.outbox import Delivery
from bot.services.delivery.pace import ChannelPace
from bot.services.feeds.feeds import Feeds
from bot.services.feeds.filters import Filters
from bot.services.feeds.servers import Servers
from bot.services.feeds.setup import Setup
from bot.services.feeds.subscriptions import Subscriptions
from bot.services.progress import Progress, no_progress
from bot.services.publisher import Publisher
from bot.services.queries.explain import Explanations
from bot.services.queries.papers import Papers
from bot.services.queries.results import Results
from bot.services.queries.search import Search
from bot.services.queries.status import StatusReport
from bot.services.queries.totals import CurrentTotals
from bot.services.runs.polling import Polling
from bot.services.runs.run import Runs
from bot.services.transfer.transfer import Transfer
from bot.sources.huggingface import HuggingFace
from bot.store.database import Database
from bot.telemetry import NO_TELEMETRY, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every use case there is."""

    clock: Clock
    polling: Polling
    delivery: Delivery
    blocked_channels: BlockedChannels
    guild_events: GuildEvents
    notices: Notices
    runs: Runs
    search: Search
    subscriptions: Subscriptions
    feeds: Feeds
    filters: Filters
    transfer: Transfer
    changes: Changes
    results: Results
    servers: Servers
    setup: Setup
    papers: Papers
    explanations: Explanations
    status: StatusReport
    totals: CurrentTotals


def assemble(
    *,
    database: Database,
    source: HuggingFace,
    publisher: Publisher,
    board: NoticeBoard,
    clock: Clock,
    default_schedule: Schedule,
    poll_interval_seconds: int,
    backfill_days: int,
    wake: Callable[[], None],
    pace: ChannelPace | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = no_progress,
    telemetry: Telemetry = NO_TELEMETRY,
) -> Services:
    """Builds the use cases; nothing runs yet.

    Args:
        database: the store.
        source: Hugging Face.
        publisher: what puts messages into Discord.
        board: what brings notices to a server's people.
        clock: what tells the time.
        default_schedule: of a feed that nobody configured.
        poll_interval_seconds: how often the list is read.
        backfill_days: how far back the archive and a run reach.
        wake: called when something else may be due first.
        pace: of each channel; Discord's, if left out.
        limits: how much one server may ask for.
        progress: shows how far the archive is read.
        telemetry: what counts happenings.
    """
    delivery = Delivery(database=database, publisher=publisher, clock=clock, pace=pace, telemetry=telemetry)
    blocked_channels = BlockedChannels(
        database=database, publisher=publisher, delivery=delivery, clock=clock, wake=wake
    )
    polling = Polling(
        database=database,
        source=source,
        clock=clock,
        backfill_days=backfill_days,
        progress=progress,
        telemetry=telemetry,
    )
    runs = Runs(
        database=database,
        polling=polling,
        delivery=delivery,
        blocked_channels=blocked_channels,
        clock=clock,
        poll_interval_seconds=poll_interval_seconds,
        backfill_days=backfill_days,
        telemetry=telemetry,
    )
    search = Search(database=database, clock=clock, limits=limits)
    feeds = Feeds(
        database=database,
        runs=runs,
        delivery=delivery,
        publisher=publisher,
        clock=clock,
        default_schedule=default_schedule,
        limits=limits,
        wake=wake,
    )
    papers = Papers(database=database, source=source, polling=polling, clock=clock)
    subscriptions = Subscriptions(
        database=database,
        search=search,
        runs=runs,
        delivery=delivery,
        publisher=publisher,
        clock=clock,
        default_schedule=default_schedule,
        limits=limits,
        wake=wake,
    )
    servers = Servers(database=database, clock=clock, default_schedule=default_schedule)
    return Services(
        clock=clock,
        polling=polling,
        delivery=delivery,
        blocked_channels=blocked_channels,
        guild_events=GuildEvents(blocked_channels=blocked_channels),
        notices=Notices(database=database, publisher=publisher, board=board, clock=clock),
        runs=runs,
        search=search,
        subscriptions=subscriptions,
        feeds=feeds,
        filters=Filters(
            database=database,
            feeds=feeds,
            search=search,
            clock=clock,
            default_schedule=default_schedule,
            limits=limits,
        ),
        transfer=Transfer(
            database=database,
            delivery=delivery,
            clock=clock,
            default_schedule=default_schedule,
            limits=limits,
            wake=wake,
        ),
        changes=Changes(database=database, clock=clock),
        results=Results(database=database, clock=clock),
        servers=servers,
        setup=Setup(
            servers=servers,
            subscriptions=subscriptions,
            search=search,
            publisher=publisher,
            clock=clock,
            limits=limits,
        ),
        papers=papers,
        explanations=Explanations(database=database, papers=papers, clock=clock, backfill_days=backfill_days),
        totals=CurrentTotals(database=database),
        status=StatusReport(database=database, source=source, runs=runs, publisher=publisher, clock=clock),
    )
