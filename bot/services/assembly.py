"""The use cases, built over one store, one source and one publisher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.schedules import Schedule
from bot.services.clock import Clock
from bot.services.delivery import Delivery
from bot.services.explaining import Explaining
from bot.services.feeds import Feeds
from bot.services.pace import ChannelPace
from bot.services.papers import Papers
from bot.services.polling import Polling
from bot.services.publishing import Publisher
from bot.services.results import Results
from bot.services.runs import Runs
from bot.services.searching import Searching
from bot.services.servers import Servers
from bot.services.setup import Setup
from bot.services.status import StatusReport
from bot.services.subscriptions import Subscriptions
from bot.sources.huggingface import HuggingFace
from bot.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every use case there is."""

    clock: Clock
    polling: Polling
    delivery: Delivery
    runs: Runs
    searching: Searching
    subscriptions: Subscriptions
    feeds: Feeds
    results: Results
    servers: Servers
    setup: Setup
    papers: Papers
    explaining: Explaining
    status: StatusReport


def assemble(
    *,
    database: Database,
    source: HuggingFace,
    publisher: Publisher,
    clock: Clock,
    default_schedule: Schedule,
    poll_interval_seconds: int,
    backfill_days: int,
    ring: Callable[[], None],
    pace: ChannelPace | None = None,
) -> Services:
    """Builds the use cases; nothing runs yet.

    Args:
        database: the store.
        source: Hugging Face.
        publisher: what puts messages into Discord.
        clock: what tells the time.
        default_schedule: of a feed that nobody configured.
        poll_interval_seconds: how often the list is read.
        backfill_days: how far back the archive and a run reach.
        ring: called when something else may be due first.
        pace: of each channel; Discord's, if left out.
    """
    delivery = Delivery(database=database, publisher=publisher, clock=clock, pace=pace)
    polling = Polling(database=database, source=source, clock=clock, backfill_days=backfill_days)
    runs = Runs(
        database=database,
        polling=polling,
        delivery=delivery,
        clock=clock,
        poll_interval_seconds=poll_interval_seconds,
        backfill_days=backfill_days,
    )
    searching = Searching(database=database, clock=clock)
    papers = Papers(database=database, source=source, polling=polling, clock=clock)
    subscriptions = Subscriptions(
        database=database,
        searching=searching,
        runs=runs,
        delivery=delivery,
        publisher=publisher,
        clock=clock,
        default_schedule=default_schedule,
        ring=ring,
    )
    servers = Servers(database=database, clock=clock, default_schedule=default_schedule)
    return Services(
        clock=clock,
        polling=polling,
        delivery=delivery,
        runs=runs,
        searching=searching,
        subscriptions=subscriptions,
        feeds=Feeds(
            database=database,
            runs=runs,
            delivery=delivery,
            publisher=publisher,
            clock=clock,
            default_schedule=default_schedule,
            ring=ring,
        ),
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
        status=StatusReport(database=database, source=source, runs=runs, publisher=publisher, clock=clock),
    )
