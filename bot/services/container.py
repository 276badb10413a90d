"""The use cases, built over one store, one source and one publisher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.schedules import Schedule
from bot.services.blocks.blocked_channels import Holds
from bot.services.blocks.guild_events import Surroundings
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
from bot.services.progress import Progress, untold
from bot.services.publisher import Publisher
from bot.services.queries.explain import Explaining
from bot.services.queries.papers import Papers
from bot.services.queries.results import Results
from bot.services.queries.search import Searching
from bot.services.queries.status import StatusReport
from bot.services.queries.totals import CurrentTotals
from bot.services.runs.polling import Polling
from bot.services.runs.run import Runs
from bot.services.transfer.transfer import Moving
from bot.sources.huggingface import HuggingFace
from bot.store.database import Database
from bot.telemetry import UNWATCHED, Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every use case there is."""

    clock: Clock
    polling: Polling
    delivery: Delivery
    holds: Holds
    surroundings: Surroundings
    notices: Notices
    runs: Runs
    searching: Searching
    subscriptions: Subscriptions
    feeds: Feeds
    filters: Filters
    moving: Moving
    changes: Changes
    results: Results
    servers: Servers
    setup: Setup
    papers: Papers
    explaining: Explaining
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
    ring: Callable[[], None],
    pace: ChannelPace | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = untold,
    watcher: Watcher = UNWATCHED,
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
        ring: called when something else may be due first.
        pace: of each channel; Discord's, if left out.
        limits: how much one server may ask for.
        progress: shows how far the archive is read.
        watcher: told of what happens.
    """
    delivery = Delivery(database=database, publisher=publisher, clock=clock, pace=pace, watcher=watcher)
    holds = Holds(database=database, publisher=publisher, delivery=delivery, clock=clock, ring=ring)
    polling = Polling(
        database=database,
        source=source,
        clock=clock,
        backfill_days=backfill_days,
        progress=progress,
        watcher=watcher,
    )
    runs = Runs(
        database=database,
        polling=polling,
        delivery=delivery,
        holds=holds,
        clock=clock,
        poll_interval_seconds=poll_interval_seconds,
        backfill_days=backfill_days,
        watcher=watcher,
    )
    searching = Searching(database=database, clock=clock, limits=limits)
    feeds = Feeds(
        database=database,
        runs=runs,
        delivery=delivery,
        publisher=publisher,
        clock=clock,
        default_schedule=default_schedule,
        limits=limits,
        ring=ring,
    )
    papers = Papers(database=database, source=source, polling=polling, clock=clock)
    subscriptions = Subscriptions(
        database=database,
        searching=searching,
        runs=runs,
        delivery=delivery,
        publisher=publisher,
        clock=clock,
        default_schedule=default_schedule,
        limits=limits,
        ring=ring,
    )
    servers = Servers(database=database, clock=clock, default_schedule=default_schedule)
    return Services(
        clock=clock,
        polling=polling,
        delivery=delivery,
        holds=holds,
        surroundings=Surroundings(holds=holds),
        notices=Notices(database=database, publisher=publisher, board=board, clock=clock),
        runs=runs,
        searching=searching,
        subscriptions=subscriptions,
        feeds=feeds,
        filters=Filters(
            database=database,
            feeds=feeds,
            searching=searching,
            clock=clock,
            default_schedule=default_schedule,
            limits=limits,
        ),
        moving=Moving(
            database=database,
            delivery=delivery,
            clock=clock,
            default_schedule=default_schedule,
            limits=limits,
            ring=ring,
        ),
        changes=Changes(database=database, clock=clock),
        results=Results(database=database, clock=clock),
        servers=servers,
        setup=Setup(
            servers=servers,
            subscriptions=subscriptions,
            searching=searching,
            publisher=publisher,
            clock=clock,
        ),
        papers=papers,
        explaining=Explaining(database=database, papers=papers, clock=clock, backfill_days=backfill_days),
        totals=CurrentTotals(database=database),
        status=StatusReport(database=database, source=source, runs=runs, publisher=publisher, clock=clock),
    )
