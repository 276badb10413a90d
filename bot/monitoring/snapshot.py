"""Gauges: the state of the bot at the time of a scrape."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from bot.core.totals import Totals
from bot.monitoring.health import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    now: datetime
    health: Report
    totals: Totals | None = None  # None if they could not be read


class SnapshotCollector(Collector):
    """Reports the snapshot as gauges. An unknown value has no sample, because 0 would be wrong."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None

    @override
    def collect(self) -> Generator[Metric]:
        snapshot = self.snapshot
        yield from _health_gauges(snapshot)
        yield from _gateway_gauges(snapshot)
        yield from _fleet_metrics(snapshot)
        yield from _source_gauges(snapshot)
        yield from _total_gauges(snapshot)


def _health_gauges(snapshot: Snapshot | None) -> Generator[Metric]:
    healthy = GaugeMetricFamily("paperboy_healthy", "1 if /healthz reports the bot as healthy, else 0.")
    parts = GaugeMetricFamily(
        "paperboy_part_healthy",
        "1 if this part of the bot is healthy, else 0; also 0 while it starts.",
        labels=["part"],
    )
    last_run = GaugeMetricFamily(
        "paperboy_last_run_timestamp_seconds",
        "Unix time of the last successful run; absent before the first one.",
    )
    if snapshot is not None:
        health = snapshot.health
        healthy.add_metric([], float(health.status.is_healthy))
        for name, part in health.parts.items():
            parts.add_metric([name], float(part.status.is_healthy))
        if health.seconds_since_run is not None:
            last_run.add_metric([], snapshot.now.timestamp() - health.seconds_since_run)
    yield from (healthy, parts, last_run)


def _gateway_gauges(snapshot: Snapshot | None) -> Generator[Metric]:
    connected = GaugeMetricFamily(
        "paperboy_gateway_connected",
        "1 if the shard is connected to Discord's gateway, else 0.",
        labels=["shard"],
    )
    latency = GaugeMetricFamily(
        "paperboy_gateway_latency_seconds",
        "Time that Discord took to answer the shard's last heartbeat.",
        labels=["shard"],
    )
    for shard in snapshot.health.shards if snapshot else ():
        connected.add_metric([str(shard.id)], float(shard.lost_seconds is None))
        if shard.latency_seconds is not None:
            latency.add_metric([str(shard.id)], shard.latency_seconds)
    yield from (connected, latency)


def _fleet_metrics(snapshot: Snapshot | None) -> Generator[Metric]:
    if snapshot is None or (fleet := snapshot.health.fleet) is None:
        return
    yield GaugeMetricFamily(
        "paperboy_shards_owned", "Shards that this process owns.", value=len(fleet.owned.ids)
    )
    yield CounterMetricFamily(
        "paperboy_shard_takeovers",
        "Shards taken over from a process that had ended or did not answer.",
        value=fleet.takeovers,
    )
    if fleet.seconds_since_renewal is not None:
        yield GaugeMetricFamily(
            "paperboy_lease_renewal_age_seconds",
            "Time since this process last renewed the leases of its shards.",
            value=fleet.seconds_since_renewal,
        )


def _source_gauges(snapshot: Snapshot | None) -> Generator[Metric]:
    up = GaugeMetricFamily(
        "paperboy_source_up",
        "1 if the last response from Hugging Face was usable, else 0; absent before the first response.",
    )
    success = GaugeMetricFamily(
        "paperboy_source_last_success_timestamp_seconds",
        "Unix time of the last usable response from Hugging Face; absent before the first one.",
    )
    if snapshot is not None:
        source = snapshot.health.source
        if source.last_success_at or source.last_failure_at:
            up.add_metric([], float(not source.is_failing))
        if source.last_success_at:
            success.add_metric([], source.last_success_at.timestamp())
    yield from (up, success)


def _total_gauges(snapshot: Snapshot | None) -> Generator[Metric]:
    feeds = GaugeMetricFamily("paperboy_feeds", "Channels with subscriptions, by state.", labels=["state"])
    posts = GaugeMetricFamily(
        "paperboy_posts_pending", "Posts that are not sent yet, by state.", labels=["state"]
    )
    oldest = GaugeMetricFamily(
        "paperboy_oldest_waiting_post_age_seconds",
        "Age of the oldest post that waits to be sent; 0 if none waits.",
    )
    servers = GaugeMetricFamily("paperboy_servers", "Servers that use the bot.")
    subscriptions = GaugeMetricFamily("paperboy_subscriptions", "Subscriptions in all channels.")
    papers = GaugeMetricFamily("paperboy_papers", "Papers in the database.")
    unreadable = GaugeMetricFamily(
        "paperboy_list_items_unreadable",
        "Items on all lists that could not be read when the list was last read.",
    )
    if snapshot is not None and (totals := snapshot.totals) is not None:
        feeds.add_metric(["active"], totals.feeds_active)
        feeds.add_metric(["paused"], totals.feeds_paused)
        feeds.add_metric(["blocked"], totals.feeds_blocked)
        posts.add_metric(["waiting"], totals.posts_waiting)
        posts.add_metric(["blocked"], totals.posts_blocked)
        posts.add_metric(["unconfirmed"], totals.posts_unconfirmed)
        since = totals.oldest_waiting_at
        oldest.add_metric([], max(0.0, (snapshot.now - since).total_seconds()) if since else 0.0)
        servers.add_metric([], totals.servers)
        subscriptions.add_metric([], totals.subscriptions)
        papers.add_metric([], totals.papers)
        unreadable.add_metric([], totals.items_unreadable)
    yield from (feeds, posts, oldest, servers, subscriptions, papers, unreadable)
