"""Metrics: their names, their documentation, and what changes them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.core.runs import Outcome
from bot.core.shards import OwnedShards
from bot.core.totals import Totals
from bot.discord.connection.shards import Shard
from bot.errors import DeliveryError, DeliveryErrorKind, ProblemKind
from bot.monitoring.health import FleetHealth, Part, Report, Status
from bot.monitoring.metrics import Metrics
from bot.monitoring.snapshot import Snapshot
from bot.services.container import Services
from bot.services.context import ServiceContext
from bot.sources.huggingface import SourceHealth
from bot.telemetry import AttemptOutcome, CommandOutcome, Endpoint
from tests.cases import each
from tests.examples import first
from tests.fakes.publisher import Fault
from tests.process.asking import Numbers
from tests.samples import NOW
from tests.services import bots
from tests.services.bots import a_bot

ROOT = Path(__file__).parents[2]
TOTALS = Totals(
    servers=1,
    feeds_active=2,
    feeds_paused=3,
    feeds_blocked=4,
    subscriptions=5,
    papers=6,
    posts_waiting=7,
    posts_blocked=8,
    posts_unconfirmed=9,
    oldest_waiting_at=NOW - timedelta(minutes=5),
    items_unreadable=10,
)
SNAPSHOT = Snapshot(
    now=NOW,
    health=Report(
        parts={"gateway": Part(), "database": Part(status=Status.FAILING, reason="full")},
        shards=(Shard(id=0, latency_seconds=0.04), Shard(id=1, lost_seconds=3.0)),
        source=SourceHealth(last_success_at=NOW),
        seconds_since_run=60.0,
        fleet=FleetHealth(
            owned=OwnedShards(16, frozenset({0, 3, 4})), seconds_since_renewal=2.5, takeovers=1
        ),
    ),
    totals=TOTALS,
)


def used() -> str:
    """The output after every event has happened once."""
    metrics = Metrics()
    metrics.run_ended(Outcome.OK, seconds=1.0, posts=2)
    metrics.feed_planned(late_seconds=1.0)
    metrics.day_read(listed=3, new=1, unreadable=2)
    metrics.source_failed(ProblemKind.TIMED_OUT)
    metrics.source_answered(Endpoint.LIST, status=None, seconds=1.0)
    metrics.post_attempted(AttemptOutcome.SENT, waited_seconds=1.0)
    metrics.follow_up_attempted(AttemptOutcome.DONE)
    metrics.discord_answered(status=429, seconds=1.0)
    metrics.gateway_lost()
    metrics.command_answered("help", seconds=1.0)
    metrics.command_ended("help", CommandOutcome.OK)
    return metrics.render(SNAPSHOT).decode()


def ours() -> dict[str, tuple[str, str, set[str]]]:
    """Type, help and labels of each of our metrics, by full name."""
    found: dict[str, tuple[str, str, set[str]]] = {}
    for family in text_string_to_metric_families(used()):
        if not family.name.startswith("paperboy_"):
            continue
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, family.documentation, labels)
    return found


@each("name", sorted(ours()))
def test_every_metric_follows_the_naming_conventions_and_has_a_help_text(name: str) -> None:
    kind, documentation, labels = ours()[name]
    assert re.fullmatch(r"paperboy(_[a-z]+)+", name)
    assert documentation.endswith(".")
    assert len(documentation.split()) > 2
    assert name.endswith("_total") == (kind == "counter")
    assert not re.search(r"_(ms|milliseconds|minutes|hours|percent|count|sum|bucket|created)$", name)
    if kind == "histogram":
        assert name.endswith("_seconds")
    assert all(re.fullmatch(r"[a-z]+", label) for label in labels)
    assert not labels & {"server", "guild", "channel", "user", "url", "query", "paper"}


def test_the_documentation_lists_every_metric_with_its_type_and_labels() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(paperboy_\w+)` \| (\w+) \|([^|]*)\|", page, re.MULTILINE)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert documented == {name: (kind, labels) for name, (kind, _, labels) in ours().items()}


def test_the_documented_alerts_use_existing_metrics() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    asked = [line for line in page.splitlines() if line.strip().startswith("expr:")]
    assert len(asked) >= 4
    there = set(re.findall(r"^(\w+)[{ ]", used(), re.MULTILINE))
    for line in asked:
        assert set(re.findall(r"paperboy_\w+", line)) <= there, line


def test_process_metrics_are_included_and_created_series_are_not() -> None:
    text = used()
    for name in ("process_resident_memory_bytes", "process_start_time_seconds", "python_info"):
        assert name in text
    assert "_created" not in text


def test_gauges_show_the_snapshot() -> None:
    numbers = Numbers(used())
    assert numbers["paperboy_healthy"] == 0
    assert numbers.of("paperboy_part_healthy", part="gateway") == 1
    assert numbers.of("paperboy_part_healthy", part="database") == 0
    assert numbers["paperboy_last_run_timestamp_seconds"] == NOW.timestamp() - 60
    assert numbers.of("paperboy_gateway_connected", shard="0") == 1
    assert numbers.of("paperboy_gateway_connected", shard="1") == 0
    assert numbers.of("paperboy_gateway_latency_seconds", shard="0") == 0.04
    assert numbers.of("paperboy_gateway_latency_seconds", shard="1") is None
    assert numbers["paperboy_shards_owned"] == 3
    assert numbers["paperboy_shard_takeovers_total"] == 1
    assert numbers["paperboy_lease_renewal_age_seconds"] == 2.5
    assert numbers["paperboy_source_up"] == 1
    assert [numbers.of("paperboy_feeds", state=state) for state in ("active", "paused", "blocked")] == [
        2,
        3,
        4,
    ]
    states = ("waiting", "blocked", "unconfirmed")
    assert [numbers.of("paperboy_posts_pending", state=state) for state in states] == [7, 8, 9]
    assert numbers["paperboy_oldest_waiting_post_age_seconds"] == 300
    assert numbers["paperboy_list_items_unreadable"] == 10
    assert numbers["paperboy_items_unreadable_total"] == 2
    assert numbers.of("paperboy_source_failures_total", reason="timed_out") == 1
    assert numbers.of("paperboy_source_failures_total", reason="no_item_readable") == 0
    assert numbers.of("paperboy_discord_request_duration_seconds_count", status="429") == 1
    source = numbers.of("paperboy_source_request_duration_seconds_count", endpoint="list", status="none")
    assert source == 1


def test_unknown_values_have_no_sample() -> None:
    starting = Snapshot(now=NOW, health=Report(parts={"database": Part(status=Status.STARTING)}))
    numbers = Numbers(Metrics().render(starting).decode())
    assert numbers["paperboy_healthy"] == 0
    names = ("last_run_timestamp_seconds", "source_up", "servers", "oldest_waiting_post_age_seconds")
    for name in (*names, "shards_owned", "shard_takeovers_total", "lease_renewal_age_seconds"):
        assert numbers.of(f"paperboy_{name}") is None


def test_every_outcome_has_a_series_from_the_start() -> None:
    numbers = Numbers(Metrics().render(SNAPSHOT).decode())
    for outcome in Outcome:
        assert numbers.of("paperboy_runs_total", outcome=outcome.value) == 0
    for tried in set(AttemptOutcome) - {AttemptOutcome.DONE}:
        assert numbers.of("paperboy_post_attempts_total", outcome=tried.value) == 0


@pytest.mark.parametrize(
    ("error", "outcome"),
    first(
        2,
        [
            (DeliveryError("no", kind=DeliveryErrorKind.CONTENT_REFUSED), "refused"),
            (DeliveryError("no", kind=DeliveryErrorKind.CHANNEL_REFUSED), "blocked"),
            (DeliveryError("no"), "postponed"),
            (DeliveryError("no", kind=DeliveryErrorKind.UNCONFIRMED), "unconfirmed"),
            (ZeroDivisionError(), "bug"),
            (None, "sent"),
        ],
    ),
)
async def test_every_attempt_is_counted_once_by_its_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, outcome: str
) -> None:
    metrics = Metrics()
    assemble = bots.assemble

    def watched(context: ServiceContext, **parts: object) -> Services:
        return assemble(replace(context, telemetry=metrics), **parts)  # type: ignore[arg-type]

    monkeypatch.setattr(bots, "assemble", watched)
    async with a_bot(tmp_path) as bot:
        bot.list_paper("2608.00001")
        await bot.subscribe()
        bot.clock.advance(hours=2)
        if error is not None:
            # A refused post is retried with only title and link.
            bot.publisher.fail(1, *[Fault(error=error)] * (2 if outcome == "refused" else 1))
        await bot.run()
        numbers = Numbers(metrics.render(SNAPSHOT).decode())
    counted = {
        tried.value: numbers.of("paperboy_post_attempts_total", outcome=tried.value)
        for tried in AttemptOutcome
        if tried is not AttemptOutcome.DONE
    }
    assert counted == dict.fromkeys(counted, 0) | {outcome: 2 if outcome == "refused" else 1}
    assert numbers["paperboy_post_delay_seconds_count"] == (outcome == "sent")
    assert numbers["paperboy_feed_lateness_seconds_sum"] == 3600  # due at nine, planned at ten
    assert numbers["paperboy_posts_planned_total"] == 1
