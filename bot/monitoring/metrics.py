"""Metrics: counts what happens and renders everything in Prometheus's text format."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

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
from prometheus_client.registry import Collector
from typing_extensions import override

from bot import __version__
from bot.core.runs import Outcome
from bot.errors import ProblemKind
from bot.monitoring.snapshot import Snapshot, SnapshotCollector
from bot.telemetry import AttemptOutcome, CommandOutcome, Endpoint, Telemetry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REQUEST_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RESPONSE_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3)  # Discord accepts no answer after three
_RUN_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_DELAY_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400)
# Problems that are not failures of the source.
_NOT_SOURCE_FAILURES = frozenset(
    {ProblemKind.NOT_OPEN, ProblemKind.NO_SUCH_PAPER, ProblemKind.DATABASE, ProblemKind.BUG}
)
_FOLLOW_UP_OUTCOMES = (
    AttemptOutcome.DONE,
    AttemptOutcome.POSTPONED,
    AttemptOutcome.REFUSED,
    AttemptOutcome.BUG,
)


class Metrics(Telemetry):
    """Telemetry that counts events in its own registry."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._snapshot = SnapshotCollector()
        registry.register(self._snapshot)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        build = Info("paperboy_build", "Versions of Paperboy, Python and discord.py.", registry=registry)
        build.info(
            {
                "version": __version__,
                "python": platform.python_version(),
                "discordpy": discord.__version__,
            }
        )
        self._add_run_metrics()
        self._add_post_metrics()
        self._add_request_metrics()

    def _add_run_metrics(self) -> None:
        self._runs = self._counter("paperboy_runs", "Runs, by outcome.", ["outcome"])
        for outcome in Outcome:
            self._runs.labels(outcome.value)  # so that the first increase from 0 is visible
        self._run_seconds = self._histogram(
            "paperboy_run_duration_seconds", "Duration of runs.", _RUN_SECONDS
        )
        self._feed_lateness = self._histogram(
            "paperboy_feed_lateness_seconds",
            "Time from when a feed was due to when its posts were planned.",
            _DELAY_SECONDS,
        )
        self._papers_read = self._counter(
            "paperboy_papers_read", "Papers read from lists, including those read again."
        )
        self._items_unreadable = self._counter(
            "paperboy_items_unreadable", "List items that could not be read, including those tried again."
        )
        self._papers_new = self._counter("paperboy_papers_new", "Papers seen for the first time.")

    def _add_post_metrics(self) -> None:
        self._posts_planned = self._counter("paperboy_posts_planned", "Posts planned by runs.")
        self._post_attempts = self._counter(
            "paperboy_post_attempts", "Attempts to send a post, by outcome.", ["outcome"]
        )
        self._follow_up_attempts = self._counter(
            "paperboy_follow_up_attempts",
            "Attempts to publish a message or open its thread, by outcome.",
            ["outcome"],
        )
        for outcome in AttemptOutcome:
            if outcome is not AttemptOutcome.DONE:
                self._post_attempts.labels(outcome.value)
        for outcome in _FOLLOW_UP_OUTCOMES:
            self._follow_up_attempts.labels(outcome.value)
        self._post_delay = self._histogram(
            "paperboy_post_delay_seconds",
            "Time from planning a post to its arrival in the channel.",
            _DELAY_SECONDS,
        )

    def _add_request_metrics(self) -> None:
        self._source_failures = self._counter(
            "paperboy_source_failures",
            "Lists and papers that could not be read completely, after all retries, by reason.",
            ["reason"],
        )
        for kind in ProblemKind:
            if kind not in _NOT_SOURCE_FAILURES:
                self._source_failures.labels(kind.value)
        self._source_seconds = self._histogram(
            "paperboy_source_request_duration_seconds",
            "Duration of requests to Hugging Face, by endpoint and status.",
            _REQUEST_SECONDS,
            ["endpoint", "status"],
        )
        self._discord_seconds = self._histogram(
            "paperboy_discord_request_duration_seconds",
            "Duration of requests to Discord's REST API, by status.",
            _REQUEST_SECONDS,
            ["status"],
        )
        self._gateway_losses = self._counter(
            "paperboy_gateway_disconnects", "Lost connections to Discord's gateway."
        )
        self._commands = self._counter(
            "paperboy_commands", "Slash commands, by command and outcome.", ["command", "outcome"]
        )
        self._command_seconds = self._histogram(
            "paperboy_command_response_seconds",
            "Time from receiving a slash command to its first answer.",
            _RESPONSE_SECONDS,
            ["command"],
        )

    def _counter(self, name: str, about: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, about, labels, registry=self._registry)

    def _histogram(
        self, name: str, about: str, buckets: Sequence[float], labels: Sequence[str] = ()
    ) -> Histogram:
        return Histogram(name, about, labels, buckets=buckets, registry=self._registry)

    @override
    def run_ended(self, outcome: Outcome, *, seconds: float, posts: int = 0) -> None:
        self._runs.labels(outcome.value).inc()
        self._run_seconds.observe(seconds)
        self._posts_planned.inc(posts)

    @override
    def feed_planned(self, *, late_seconds: float) -> None:
        self._feed_lateness.observe(late_seconds)

    @override
    def day_read(self, *, listed: int, new: int, unreadable: int) -> None:
        self._papers_read.inc(listed)
        self._items_unreadable.inc(unreadable)
        self._papers_new.inc(new)

    @override
    def source_answered(self, endpoint: Endpoint, *, status: int | None, seconds: float) -> None:
        self._source_seconds.labels(endpoint.value, _class_of(status)).observe(seconds)

    @override
    def source_failed(self, kind: ProblemKind) -> None:
        self._source_failures.labels(kind.value).inc()

    @override
    def post_attempted(self, outcome: AttemptOutcome, *, waited_seconds: float) -> None:
        self._post_attempts.labels(outcome.value).inc()
        if outcome in {AttemptOutcome.SENT, AttemptOutcome.ADOPTED}:
            self._post_delay.observe(waited_seconds)

    @override
    def follow_up_attempted(self, outcome: AttemptOutcome) -> None:
        self._follow_up_attempts.labels(outcome.value).inc()

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
    def command_ended(self, command: str, outcome: CommandOutcome) -> None:
        self._commands.labels(command, outcome.value).inc()

    def render(self, snapshot: Snapshot) -> bytes:
        """All metrics in Prometheus's text format."""
        self._snapshot.snapshot = snapshot
        return generate_latest(_WithoutCreated(self._registry))


def _class_of(status: int | None) -> str:
    """The status as a label: `none`, `2xx` to `5xx`, or `429`, which says that we send too much."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


class _WithoutCreated(Collector):
    """A registry without the `_created` series, which would double the output for no benefit."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    @override
    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
