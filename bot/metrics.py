"""Metrics: what happens counted, and how things stand, in the text format of Prometheus."""

from __future__ import annotations

import platform
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

import discord
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    Metric,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from bot import __version__
from bot.core.runs import Outcome
from bot.core.totals import Totals
from bot.health import Report
from bot.watching import Answered, Endpoint, Tried, Watcher

# The format that every Prometheus reads.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REQUEST_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_ANSWER_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3)  # after three Discord takes none
_RUN_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_LATE_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand when somebody asks for the numbers."""

    now: datetime
    health: Report
    totals: Totals | None = None  # None: they could not be read


class Metrics(Watcher):
    """Counts what it is told of, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._standing = _StandingCollector()
        registry.register(self._standing)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        build = Info("paperboy_build", "Which Paperboy this is, and what it runs on.", registry=registry)
        build.info(
            {
                "version": __version__,
                "python": platform.python_version(),
                "discordpy": discord.__version__,
            }
        )
        self._make_of_runs(registry)
        self._make_of_posts(registry)
        self._make_of_requests(registry)

    def _make_of_runs(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "paperboy_runs", "Runs that ended, by how they ended.", ["outcome"], registry=registry
        )
        for outcome in Outcome:
            self._runs.labels(outcome.value)  # a series that is there from the start shows its first step
        self._run_seconds = Histogram(
            "paperboy_run_duration_seconds", "How long runs took.", buckets=_RUN_SECONDS, registry=registry
        )
        self._feed_lateness = Histogram(
            "paperboy_feed_lateness_seconds",
            "How long after their time feeds with a schedule were planned.",
            buckets=_LATE_SECONDS,
            registry=registry,
        )
        self._papers_read = Counter(
            "paperboy_papers_read", "Papers on the list days that were read, again or not.", registry=registry
        )
        self._papers_new = Counter(
            "paperboy_papers_new", "Papers that were seen for the first time.", registry=registry
        )

    def _make_of_posts(self, registry: CollectorRegistry) -> None:
        self._posts_planned = Counter("paperboy_posts_planned", "Posts that runs planned.", registry=registry)
        self._post_attempts = Counter(
            "paperboy_post_attempts",
            "Attempts at posting a message, by what came of them.",
            ["outcome"],
            registry=registry,
        )
        self._step_attempts = Counter(
            "paperboy_step_attempts",
            "Attempts at publishing a message or opening its thread, by what came of them.",
            ["outcome"],
            registry=registry,
        )
        for tried in Tried:
            if tried is not Tried.DONE:
                self._post_attempts.labels(tried.value)
        for tried in (Tried.DONE, Tried.POSTPONED, Tried.REFUSED, Tried.BUG):
            self._step_attempts.labels(tried.value)
        self._post_delay = Histogram(
            "paperboy_post_delay_seconds",
            "How long after they were planned posts stood in their channel.",
            buckets=_LATE_SECONDS,
            registry=registry,
        )

    def _make_of_requests(self, registry: CollectorRegistry) -> None:
        self._source_seconds = Histogram(
            "paperboy_source_request_duration_seconds",
            "How long requests to Hugging Face took, by what was asked for and the answer's status.",
            ["endpoint", "status"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self._discord_seconds = Histogram(
            "paperboy_discord_request_duration_seconds",
            "How long requests to Discord's REST API took, by the answer's status.",
            ["status"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self._gateway_losses = Counter(
            "paperboy_gateway_disconnects",
            "Connections to Discord's gateway that were lost; discord.py brings them back.",
            registry=registry,
        )
        self._commands = Counter(
            "paperboy_commands",
            "Slash commands that ended, by how they ended.",
            ["command", "outcome"],
            registry=registry,
        )
        self._command_seconds = Histogram(
            "paperboy_command_first_answer_seconds",
            "How long after it got here Discord had the first answer to a slash command.",
            ["command"],
            buckets=_ANSWER_SECONDS,
            registry=registry,
        )

    @override
    def run_ended(self, outcome: Outcome, *, seconds: float, posts: int = 0) -> None:
        self._runs.labels(outcome.value).inc()
        self._run_seconds.observe(seconds)
        self._posts_planned.inc(posts)

    @override
    def feed_ran(self, *, late_seconds: float) -> None:
        self._feed_lateness.observe(late_seconds)

    @override
    def day_read(self, *, listed: int, new: int) -> None:
        self._papers_read.inc(listed)
        self._papers_new.inc(new)

    @override
    def source_answered(self, endpoint: Endpoint, *, status: int | None, seconds: float) -> None:
        self._source_seconds.labels(endpoint.value, _class_of(status)).observe(seconds)

    @override
    def post_tried(self, tried: Tried, *, waited_seconds: float) -> None:
        self._post_attempts.labels(tried.value).inc()
        if tried in {Tried.SENT, Tried.ADOPTED}:
            self._post_delay.observe(waited_seconds)

    @override
    def step_tried(self, tried: Tried) -> None:
        self._step_attempts.labels(tried.value).inc()

    @override
    def discord_answered(self, *, status: int | None, seconds: float) -> None:
        self._discord_seconds.labels(_class_of(status)).observe(seconds)

    @override
    def gateway_lost(self) -> None:
        self._gateway_losses.inc()

    @override
    def command_answered(self, command: str, *, seconds: float) -> None:
        self._command_seconds.labels(command).observe(seconds)

    @override
    def command_ended(self, command: str, answered: Answered) -> None:
        self._commands.labels(command, answered.value).inc()

    def render(self, standing: Standing) -> bytes:
        """All numbers, in Prometheus's text format."""
        self._standing.standing = standing
        return generate_latest(_Lean(self.registry))


def _class_of(status: int | None) -> str:
    """The status in one of six values; 429 is one of its own, for it says that we ask too often."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


class _Lean(Collector):
    """A registry without the `_created` of each series, which doubles them and which Prometheus can tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    @override
    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [one for one in metric.samples if not one.name.endswith("_created")]
            yield metric


class _StandingCollector(Collector):
    """How things stand, as gauges. What is not known has no sample, for 0 would be a lie."""

    def __init__(self) -> None:
        self.standing: Standing | None = None

    @override
    def collect(self) -> Generator[Metric]:
        standing = self.standing
        yield from _of_health(standing)
        yield from _of_gateway(standing)
        yield from _of_source(standing)
        yield from _of_totals(standing)


def _of_health(standing: Standing | None) -> Generator[Metric]:
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
    if standing is not None:
        health = standing.health
        healthy.add_metric([], float(health.status.is_healthy))
        for name, part in health.parts.items():
            parts.add_metric([name], float(part.status.is_healthy))
        if health.seconds_since_run is not None:
            last_run.add_metric([], standing.now.timestamp() - health.seconds_since_run)
    yield from (healthy, parts, last_run)


def _of_gateway(standing: Standing | None) -> Generator[Metric]:
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
    for shard in standing.health.shards if standing else ():
        connected.add_metric([str(shard.id)], float(shard.lost_seconds is None))
        if shard.latency_seconds is not None:
            latency.add_metric([str(shard.id)], shard.latency_seconds)
    yield from (connected, latency)


def _of_source(standing: Standing | None) -> Generator[Metric]:
    up = GaugeMetricFamily(
        "paperboy_source_up",
        "Whether Hugging Face's last answer was usable: 1 or 0; absent before.",
    )
    success = GaugeMetricFamily(
        "paperboy_source_last_success_timestamp_seconds",
        "When Hugging Face last gave a usable answer, in seconds since 1970; absent until it has.",
    )
    if standing is not None:
        source = standing.health.source
        if source.last_success_at or source.last_failure_at:
            up.add_metric([], float(not source.is_failing))
        if source.last_success_at:
            success.add_metric([], source.last_success_at.timestamp())
    yield from (up, success)


def _of_totals(standing: Standing | None) -> Generator[Metric]:
    feeds = GaugeMetricFamily(
        "paperboy_feeds", "Channels with subscriptions, by whether they are posted to.", labels=["state"]
    )
    posts = GaugeMetricFamily(
        "paperboy_posts_owed", "Posts that are owed, by what becomes of them now.", labels=["state"]
    )
    oldest = GaugeMetricFamily(
        "paperboy_oldest_waiting_post_age_seconds",
        "How long the longest waiting post has been owed; 0 where none waits.",
    )
    servers = GaugeMetricFamily("paperboy_servers", "Servers that use the bot.")
    subscriptions = GaugeMetricFamily("paperboy_subscriptions", "Subscriptions of all channels.")
    papers = GaugeMetricFamily("paperboy_papers", "Papers in the database.")
    if standing is not None and (totals := standing.totals) is not None:
        feeds.add_metric(["active"], totals.feeds_active)
        feeds.add_metric(["paused"], totals.feeds_paused)
        feeds.add_metric(["held"], totals.feeds_held)
        posts.add_metric(["waiting"], totals.posts_waiting)
        posts.add_metric(["stopped"], totals.posts_stopped)
        posts.add_metric(["in_doubt"], totals.posts_in_doubt)
        since = totals.oldest_waiting_at
        oldest.add_metric([], max(0.0, (standing.now - since).total_seconds()) if since else 0.0)
        servers.add_metric([], totals.servers)
        subscriptions.add_metric([], totals.subscriptions)
        papers.add_metric([], totals.papers)
    yield from (feeds, posts, oldest, servers, subscriptions, papers)
