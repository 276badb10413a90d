"""Metrics: what happens, counted as it happens, and all numbers in the text format of Prometheus."""

from __future__ import annotations

import platform
from collections.abc import Iterator

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

# The format that every Prometheus reads.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REQUEST_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_ANSWER_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3)  # after three Discord takes none
_RUN_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_LATE_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400)
# These are never the reason of one.
_NO_FAILURES = frozenset(
    {ProblemKind.NOT_OPEN, ProblemKind.NO_SUCH_PAPER, ProblemKind.DATABASE, ProblemKind.BUG}
)
_FOLLOW_UP_OUTCOMES = (
    AttemptOutcome.DONE,
    AttemptOutcome.POSTPONED,
    AttemptOutcome.REFUSED,
    AttemptOutcome.BUG,
)


class Metrics(Telemetry):
    """Counts what it is told of, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._snapshot = SnapshotCollector()
        registry.register(self._snapshot)
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
        self._items_unreadable = Counter(
            "paperboy_items_unreadable",
            "Items on the list days that were read, again or not, that could not be read.",
            registry=registry,
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
        self._follow_up_attempts = Counter(
            "paperboy_follow_up_attempts",
            "Attempts at publishing a message or opening its thread, by what came of them.",
            ["outcome"],
            registry=registry,
        )
        for outcome in AttemptOutcome:
            if outcome is not AttemptOutcome.DONE:
                self._post_attempts.labels(outcome.value)
        for outcome in _FOLLOW_UP_OUTCOMES:
            self._follow_up_attempts.labels(outcome.value)
        self._post_delay = Histogram(
            "paperboy_post_delay_seconds",
            "How long after they were planned posts stood in their channel.",
            buckets=_LATE_SECONDS,
            registry=registry,
        )

    def _make_of_requests(self, registry: CollectorRegistry) -> None:
        self._source_failures = Counter(
            "paperboy_source_failures",
            "Lists and papers that could not be read completely, after all repetitions, by the reason.",
            ["reason"],
            registry=registry,
        )
        for kind in ProblemKind:
            if kind not in _NO_FAILURES:
                self._source_failures.labels(kind.value)
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
    def post_attempted(self, tried: AttemptOutcome, *, waited_seconds: float) -> None:
        self._post_attempts.labels(tried.value).inc()
        if tried in {AttemptOutcome.SENT, AttemptOutcome.ADOPTED}:
            self._post_delay.observe(waited_seconds)

    @override
    def follow_up_attempted(self, tried: AttemptOutcome) -> None:
        self._follow_up_attempts.labels(tried.value).inc()

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
    def command_ended(self, command: str, answered: CommandOutcome) -> None:
        self._commands.labels(command, answered.value).inc()

    def render(self, snapshot: Snapshot) -> bytes:
        """All numbers, in Prometheus's text format."""
        self._snapshot.snapshot = snapshot
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
