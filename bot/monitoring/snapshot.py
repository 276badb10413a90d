"""How things stand when somebody asks for the numbers, as gauges of Prometheus."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from bot.core.totals import Totals
from bot.monitoring.health import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How things stand when somebody asks for the numbers."""

    now: datetime
    health: Report
    totals: Totals | None = None  # None: they could not be read


class SnapshotCollector(Collector):
    """How things stand, as gauges. What is not known has no sample, for 0 would be a lie."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None

    @override
    def collect(self) -> Generator[Metric]:
        snapshot = self.snapshot
        yield from _of_health(snapshot)
        yield from _of_gateway(snapshot)
        yield from _of_source(snapshot)
        yield from _of_totals(snapshot)


def _of_health(snapshot: Snapshot | None) -> Generator[Metric]:
    healthy = GaugeMetricFamily("paperboy_healthy", "Whether /healthz says that the bot is well: 1 or 0.")
    parts = GaugeMetricFamily(
        "paperboy_part_healthy",
        "Whether a part of the bot is well: 1 or 0. A part that starts is not.",
        labels=["part"],
    )
    last_run = GaugeMetricFamily(
        "paperboy_last_run_timestamp_seconds",
        "When a run last went through, in seconds since 1970; absent until the first one has.",
    )
    if snapshot is not None:
        health = snapshot.health
        healthy.add_metric([], float(health.status.is_healthy))
        for name, part in health.parts.items():
            parts.add_metric([name], float(part.status.is_healthy))
        if health.seconds_since_run is not None:
            last_run.add_metric([], snapshot.now.timestamp() - health.seconds_since_run)
    yield from (healthy, parts, last_run)


def _of_gateway(snapshot: Snapshot | None) -> Generator[Metric]:
    connected = GaugeMetricFamily(
        "paperboy_gateway_connected",
        "Whether a shard has its connection to Discord's gateway: 1 or 0.",
        labels=["shard"],
    )
    latency = GaugeMetricFamily(
        "paperboy_gateway_latency_seconds",
        "How long a shard's last heartbeat took to be answered.",
        labels=["shard"],
    )
    for shard in snapshot.health.shards if snapshot else ():
        connected.add_metric([str(shard.id)], float(shard.lost_seconds is None))
        if shard.latency_seconds is not None:
            latency.add_metric([str(shard.id)], shard.latency_seconds)
    yield from (connected, latency)


def _of_source(snapshot: Snapshot | None) -> Generator[Metric]:
    up = GaugeMetricFamily(
        "paperboy_source_up",
        "Whether Hugging Face's last answer was usable: 1 or 0; absent before.",
    )
    success = GaugeMetricFamily(
        "paperboy_source_last_success_timestamp_seconds",
        "When Hugging Face last gave a usable answer, in seconds since 1970; absent until it has.",
    )
    if snapshot is not None:
        source = snapshot.health.source
        if source.last_success_at or source.last_failure_at:
            up.add_metric([], float(not source.is_failing))
        if source.last_success_at:
            success.add_metric([], source.last_success_at.timestamp())
    yield from (up, success)


def _of_totals(snapshot: Snapshot | None) -> Generator[Metric]:
    feeds = GaugeMetricFamily(
        "paperboy_feeds", "Channels with subscriptions, by whether they are posted to.", labels=["state"]
    )
    posts = GaugeMetricFamily(
        "paperboy_posts_pending", "Posts that are owed, by what becomes of them now.", labels=["state"]
    )
    oldest = GaugeMetricFamily(
        "paperboy_oldest_waiting_post_age_seconds",
        "How long the longest waiting post has been owed; 0 where none waits.",
    )
    servers = GaugeMetricFamily("paperboy_servers", "Servers that use the bot.")
    subscriptions = GaugeMetricFamily("paperboy_subscriptions", "Subscriptions of all channels.")
    papers = GaugeMetricFamily("paperboy_papers", "Papers in the database.")
    unreadable = GaugeMetricFamily(
        "paperboy_items_missing", "Items of all lists that could not be read when their list was read last."
    )
    if snapshot is not None and (totals := snapshot.totals) is not None:
        feeds.add_metric(["active"], totals.feeds_active)
        feeds.add_metric(["paused"], totals.feeds_paused)
        feeds.add_metric(["blocked"], totals.feeds_blocked)
        posts.add_metric(["waiting"], totals.posts_waiting)
        posts.add_metric(["stopped"], totals.posts_blocked)
        posts.add_metric(["unconfirmed"], totals.posts_unconfirmed)
        since = totals.oldest_waiting_at
        oldest.add_metric([], max(0.0, (snapshot.now - since).total_seconds()) if since else 0.0)
        servers.add_metric([], totals.servers)
        subscriptions.add_metric([], totals.subscriptions)
        papers.add_metric([], totals.papers)
        unreadable.add_metric([], totals.items_unreadable)
    yield from (feeds, posts, oldest, servers, subscriptions, papers, unreadable)
