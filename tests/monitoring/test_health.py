"""Health checks against real parts, with a monotonic clock that the test moves."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import pytest
import pytest_asyncio

from bot.client import Client
from bot.core.shards import OwnedShards
from bot.discord.connection.errors import DiscordError
from bot.discord.connection.retries import Retries
from bot.discord.connection.shards import Shards
from bot.monitoring import health as healths
from bot.monitoring.health import (
    RECONNECTING_SECONDS,
    RUNS_GRACE_SECONDS,
    Health,
    Report,
    Status,
    starting_report,
)
from tests.services.bots import Bot, a_bot

POLL_SECONDS = 1800


@dataclass
class Patient:
    """A bot in which everything but the client is real, and its health."""

    bot: Bot
    shards: Shards
    health: Health
    now: float = 1_000.0

    async def report(self) -> Report:
        return await self.health.report()

    def close_sockets(self, *shard_ids: int) -> None:
        for shard_id, info in self.client.shards.items():
            info.is_closed.return_value = shard_id in shard_ids

    @property
    def client(self) -> Any:
        return self.shards._client


@cache
def any_client() -> Any:
    """One for all tests, as it takes 0.1 s to make; each sets what it says anew."""
    return create_autospec(Client, instance=True)


@pytest_asyncio.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Patient]:
    client = any_client()
    client.is_ready.return_value = True
    client.is_closed.return_value = False
    client.shards = {number: create_autospec(Shard, instance=True) for number in range(2)}
    client.latencies = [(0, 0.04), (1, float("inf"))]
    async with a_bot(tmp_path) as bot:
        made: Any = SimpleNamespace(now=0.0)

        def monotonic() -> float:
            return made.now

        bot.services.runs._monotonic = monotonic
        shards = Shards(client, retries=Retries(sleep=at_once), monotonic=monotonic)
        health = Health(
            shards=shards,
            runs=bot.services.runs,
            source=bot.sources[0],
            database=bot.database,
            poll_interval_seconds=POLL_SECONDS,
            monotonic=monotonic,
        )
        made = Patient(bot=bot, shards=shards, health=health)
        made.close_sockets()
        health._began = made.now
        try:
            yield made
        finally:
            await health.close()


@dataclass
class Leases:
    """What a process of a fleet says of its leases."""

    owned: OwnedShards
    seconds_since_renewal: float = 1.0
    takeovers: int = 0


async def at_once(_: float) -> None: ...


class Shard:
    """The part of discord.py's ShardInfo that is used."""

    def is_closed(self) -> bool: ...


async def test_a_working_bot_is_ok(patient: Patient) -> None:
    await patient.bot.run()
    report = await patient.report()
    assert report.status is Status.OK
    assert report.reason is None
    assert report.parts["gateway"].figures == {"shards": 2, "connected": 2, "latency_seconds": 0.04}


def test_before_anything_is_assembled_the_status_is_starting() -> None:
    assert starting_report().status is Status.STARTING
    assert not starting_report().status.is_healthy


async def test_until_discord_is_connected_the_status_is_starting(patient: Patient) -> None:
    patient.client.is_ready.return_value = False
    assert (await patient.report()).status is Status.STARTING


async def test_the_reason_says_what_the_bot_waits_for(patient: Patient) -> None:
    await patient.bot.run()
    patient.client.is_ready.return_value = False
    retries = patient.shards._retries
    await retries.wait(
        "The bot is not logged in", DiscordError("the connection to Discord was lost"), failures=3
    )
    report = await patient.report()
    answer = "The bot is not logged in: the connection to Discord was lost; trying again in 8 s"
    assert report.status is Status.STARTING
    assert report.reason == f"gateway: not connected to Discord yet. {answer}"
    patient.client.is_ready.return_value = True
    report = await patient.report()
    assert (report.status, report.reason) == (Status.DEGRADED, f"gateway: {answer}")
    retries.end("The bot is not logged in")
    assert (await patient.report()).status is Status.OK


async def test_a_lost_shard_fails_after_a_grace_period_and_until_its_session_is_back(
    patient: Patient,
) -> None:
    patient.close_sockets(1)
    assert (await patient.report()).parts["gateway"].status is Status.OK
    patient.now += RECONNECTING_SECONDS
    report = await patient.report()
    assert report.parts["gateway"].status is Status.OK
    assert report.parts["gateway"].reason == "1 of 2 shards not connected, for 60 s"
    patient.close_sockets()  # a socket is open; that is no session yet
    patient.now += 1
    assert (await patient.report()).reason == "gateway: 1 of 2 shards not connected, for 61 s"
    await patient.shards._on_back(1)
    assert (await patient.report()).status is Status.OK


async def test_a_closed_client_is_failing(patient: Patient) -> None:
    patient.client.is_closed.return_value = True
    assert (await patient.report()).parts["gateway"].status is Status.FAILING


async def test_runs_are_failing_after_two_polls_and_the_grace_period(patient: Patient) -> None:
    within = 2 * POLL_SECONDS + RUNS_GRACE_SECONDS
    patient.now += within
    assert (await patient.report()).parts["runs"].status is Status.OK
    patient.now += 1
    assert (await patient.report()).parts["runs"].status is Status.FAILING
    await patient.bot.run()
    assert (await patient.report()).parts["runs"].status is Status.OK
    patient.now += within + 1
    assert (await patient.report()).reason == "runs: no run has succeeded for 75 min; the log says why"


async def test_neither_a_failed_run_nor_a_clock_set_forward_counts_as_a_run(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await patient.bot.run()
    patient.bot.clock.advance(days=30)
    assert (await patient.report()).parts["runs"].status is Status.OK
    monkeypatch.setattr(patient.bot.services.polling, "poll", failing)
    patient.now += 2 * POLL_SECONDS + RUNS_GRACE_SECONDS + 1
    with pytest.raises(ZeroDivisionError):
        await patient.bot.services.runs.run()
    assert (await patient.report()).parts["runs"].status is Status.FAILING


async def failing() -> None:
    raise ZeroDivisionError


async def test_a_failing_source_is_degraded_but_healthy(patient: Patient) -> None:
    patient.bot.hub.token = "needed"
    await patient.bot.services.runs.run()
    report = await patient.report()
    assert report.status is Status.DEGRADED
    assert report.status.is_healthy
    assert (
        report.reason
        == "source: the list could not be read, because Hugging Face refused access (401); sending continues"
    )


async def test_frequent_requests_share_one_test_write(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, check = 0, patient.bot.database.check

    async def counted() -> str | None:
        nonlocal count
        count += 1
        return await check()

    monkeypatch.setattr(patient.bot.database, "check", counted)
    await asyncio.gather(*(patient.report() for _ in range(20)))
    patient.now += healths.WRITE_FRESH_SECONDS - 1
    await patient.report()
    assert count == 1
    patient.now += 1
    await patient.report()
    assert count == 2


async def test_the_database_check_writes_to_disk(patient: Patient) -> None:
    wal = Path(f"{patient.bot.database._writer.url.database}-wal")
    assert await patient.bot.database.check() is None  # opens the connection
    before = wal.stat().st_mtime_ns, wal.read_bytes()
    assert await patient.bot.database.check() is None
    assert (wal.stat().st_mtime_ns, wal.read_bytes()) != before


async def test_a_slow_write_is_tolerated_and_a_stuck_one_is_failing(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await patient.report()).parts["database"].status is Status.OK
    monkeypatch.setattr(healths, "CHECK_TIMEOUT_SECONDS", 0.01)
    async with patient.bot.database.write():
        patient.now += healths.WRITE_FRESH_SECONDS
        assert (await patient.report()).parts["database"].status is Status.OK
        patient.now += healths.STUCK_SECONDS + 1
        report = await patient.report()
        assert report.parts["database"].reason == "a write has been waiting for 11 s"
    monkeypatch.setattr(healths, "CHECK_TIMEOUT_SECONDS", 10.0)
    assert (await patient.report()).parts["database"].status is Status.OK


async def test_a_bug_in_the_check_is_failing_and_logged(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(patient.bot.database, "check", failing)
    assert (await patient.report()).parts["database"].status is Status.FAILING
    assert "ZeroDivisionError" in caplog.text
    assert caplog.text.count("Not healthy: database") == 1


async def test_a_process_without_shards_is_healthy_and_says_that_it_is_a_spare(patient: Patient) -> None:
    patient.client.is_ready.return_value = False
    leases = Leases(OwnedShards(16, frozenset()), seconds_since_renewal=math.inf)
    patient.health._leases = leases
    report = await patient.report()
    assert (report.status, report.parts["fleet"].status) == (Status.STARTING, Status.STARTING)

    leases.seconds_since_renewal = 4.0
    patient.now += 10 * POLL_SECONDS  # it does no runs
    report = await patient.report()
    assert (report.status, report.reason) == (Status.OK, None)
    assert str(report.parts["fleet"].reason).startswith("a spare: other processes have all shards")
    assert report.parts["fleet"].figures == {"shards": 0, "of": 16, "last_renewal_seconds_ago": 4.0}

    leases.owned = OwnedShards(16, frozenset({3}))
    report = await patient.report()
    assert (report.status, report.parts["gateway"].status) == (Status.STARTING, Status.STARTING)
    assert report.parts["runs"].status is Status.OK


async def test_a_process_whose_leases_are_not_renewed_is_failing(patient: Patient) -> None:
    patient.health._leases = Leases(OwnedShards(2, frozenset({0})), seconds_since_renewal=31.0)
    report = await patient.report()
    assert report.status is Status.FAILING
    reason = "fleet: the leases of its shards have not been renewed for 31 s, so it sends nothing"
    assert report.reason == reason
