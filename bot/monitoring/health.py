"""Health: whether each part of the bot works, and what is wrong if it does not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Protocol

from bot.core.plurals import count
from bot.core.shards import OwnedShards
from bot.discord.connection.retries import duration
from bot.discord.connection.shards import Shard, Shards
from bot.services.runs.run import Runs
from bot.sources.huggingface import HuggingFace, SourceHealth
from bot.store.database import Database

_log = logging.getLogger(__name__)

# A lost gateway connection usually returns within seconds; until then it is not a failure.
RECONNECTING_SECONDS = 60.0
# Runs count as failing if none has succeeded for two poll intervals plus this: a poll of a slow Hugging Face
# takes minutes, and a failed run is retried after 15 minutes at most.
RUNS_GRACE_SECONDS = 900.0
# Other processes of a fleet take over the shards of one that has not renewed its leases for so long.
LEASES_EXPIRE_SECONDS = 30.0
# How long the result of a test write is used: after a success, and after a failure.
WRITE_FRESH_SECONDS = 20.0
WRITE_RETRY_SECONDS = 5.0
# How long a request waits for a test write before it uses the last result, and when a write counts as stuck.
CHECK_TIMEOUT_SECONDS = 1.0
STUCK_SECONDS = 10.0


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # something outside the bot is down; a restart would not fix it
    STARTING = "starting"
    FAILING = "failing"

    @property
    def is_healthy(self) -> bool:
        return self in {Status.OK, Status.DEGRADED}


_WORST_FIRST = (Status.FAILING, Status.STARTING, Status.DEGRADED, Status.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The health of one part; the reason contains no server names and no secrets."""

    status: Status = Status.OK
    reason: str | None = None
    figures: Mapping[str, int | float] = field(default_factory=dict[str, int | float])


class Leases(Protocol):
    """What a process of a fleet says of its leases."""

    takeovers: int  # of shards whose process had ended, since startup

    @property
    def owned(self) -> OwnedShards: ...

    @property
    def seconds_since_renewal(self) -> float: ...  # infinity before the first one


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetHealth:
    """The shards of one process of a fleet."""

    owned: OwnedShards
    seconds_since_renewal: float | None  # None before the first one
    takeovers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The health of the bot at one moment."""

    parts: Mapping[str, Part]
    shards: tuple[Shard, ...] = ()
    source: SourceHealth = field(default_factory=SourceHealth)
    seconds_since_run: float | None = None  # since the last successful one
    fleet: FleetHealth | None = None  # None: a single process

    @property
    def status(self) -> Status:
        statuses = {part.status for part in self.parts.values()}
        return next(status for status in _WORST_FIRST if status in statuses)

    @property
    def reason(self) -> str | None:
        """What is wrong and in which part, or None."""
        reasons = [
            f"{name}: {part.reason}" for name, part in self.parts.items() if part.status is not Status.OK
        ]
        return "; ".join(reasons) or None


def starting_report() -> Report:
    """The report before there is anything to check."""
    opening = Part(status=Status.STARTING, reason="the database is being opened")
    return Report(parts={"database": opening})


class Health:
    """Checks the running bot. A check costs nothing but an occasional small write."""

    def __init__(
        self,
        *,
        shards: Shards,
        runs: Runs,
        source: HuggingFace,
        database: Database,
        poll_interval_seconds: int,
        leases: Leases | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shards = shards
        self._runs = runs
        self._source = source
        self._leases = leases
        self._runs_within_seconds = 2 * poll_interval_seconds + RUNS_GRACE_SECONDS
        self._monotonic = monotonic
        self._began = monotonic()
        self._write_check = _WriteCheck(database, monotonic)
        self._was_failing = False

    async def report(self) -> Report:
        """Check all parts; takes about a second at most."""
        shards = self._shards.snapshot()
        fleet = None if self._leases is None else _fleet_health(self._leases)
        is_spare = fleet is not None and not fleet.owned.ids
        if is_spare:
            self._began = self._monotonic()  # it has nothing to connect and to run until it gets a shard
        report = Report(
            parts={
                "gateway": Part() if is_spare else self._gateway_part(shards),
                "runs": Part() if is_spare else self._run_part(),
                "source": self._source_part(),
                "database": await self._write_check.part(),
                **({} if fleet is None else {"fleet": _fleet_part(fleet)}),
            },
            shards=shards,
            source=self._source.health,
            seconds_since_run=self._runs.seconds_since,
            fleet=fleet,
        )
        self._log_change(report)
        return report

    async def close(self) -> None:
        await self._write_check.close()

    def _log_change(self, report: Report) -> None:
        """Log each change, because it may be over by the time somebody looks."""
        is_failing = report.status is Status.FAILING
        if is_failing and not self._was_failing:
            _log.warning("Not healthy: %s", report.reason)
        elif self._was_failing and not is_failing:
            _log.info("Healthy again")
        self._was_failing = is_failing

    def _gateway_part(self, shards: tuple[Shard, ...]) -> Part:
        lost = [shard.lost_seconds for shard in shards if shard.lost_seconds is not None]
        figures: dict[str, int | float] = {"shards": len(shards), "connected": len(shards) - len(lost)}
        latencies = [shard.latency_seconds for shard in shards if shard.latency_seconds is not None]
        if latencies:
            figures["latency_seconds"] = round(max(latencies), 3)
        if self._shards.are_closed:
            return Part(status=Status.FAILING, reason="the connection is closed", figures=figures)
        waiting = self._shards.waiting
        if not self._shards.are_ready:
            reason = "not connected to Discord yet"
            return Part(
                status=Status.STARTING, reason=f"{reason}. {waiting}" if waiting else reason, figures=figures
            )
        if waiting and not lost:  # such as command sync; posting works without it
            return Part(status=Status.DEGRADED, reason=waiting, figures=figures)
        if not lost:
            return Part(figures=figures)
        longest = max(lost)
        return Part(
            status=Status.FAILING if longest > RECONNECTING_SECONDS else Status.OK,
            reason=f"{len(lost)} of {count(len(shards), 'shard')} not connected, for {duration(longest)}",
            figures=figures,
        )

    def _run_part(self) -> Part:
        since = self._runs.seconds_since
        elapsed = self._monotonic() - self._began if since is None else since
        if elapsed > self._runs_within_seconds:
            status, reason = Status.FAILING, f"no run has succeeded for {duration(elapsed)}; the log says why"
        else:
            status, reason = Status.OK, "the first run is in progress" if since is None else None
        figures = {} if since is None else {"last_run_seconds_ago": round(since, 1)}
        return Part(status=status, reason=reason, figures=figures)

    def _source_part(self) -> Part:
        health = self._source.health
        if health.is_failing:
            return Part(
                status=Status.DEGRADED,
                reason=f"the list could not be read, because {health.last_failure}; sending continues",
            )
        return Part()


def _fleet_health(leases: Leases) -> FleetHealth:
    seconds = leases.seconds_since_renewal
    return FleetHealth(
        owned=leases.owned,
        seconds_since_renewal=seconds if isfinite(seconds) else None,
        takeovers=leases.takeovers,
    )


def _fleet_part(fleet: FleetHealth) -> Part:
    seconds = fleet.seconds_since_renewal
    figures: dict[str, int | float] = {"shards": len(fleet.owned.ids), "of": fleet.owned.count}
    if seconds is None:
        return Part(status=Status.STARTING, reason="waiting to join the other processes", figures=figures)
    figures["last_renewal_seconds_ago"] = round(seconds, 1)
    if seconds > LEASES_EXPIRE_SECONDS:
        reason = (
            f"the leases of its shards have not been renewed for {duration(seconds)}, so it sends nothing"
        )
        return Part(status=Status.FAILING, reason=reason, figures=figures)
    spare = "a spare: other processes have all shards; it takes over when one of them stops"
    return Part(reason=None if fleet.owned.ids else spare, figures=figures)


class _WriteCheck:
    """Checks with a real write whether the database is writable, one check at a time.

    The check is a separate task: a blocked write must not block the request that asks for it.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._task: asyncio.Task[str | None] | None = None
        self._began_at = 0.0
        self._last: Part | None = None
        self._last_at = 0.0

    async def part(self) -> Part:
        if self._task is None and self._is_stale:
            self._began_at = self._monotonic()
            self._task = asyncio.create_task(self._database.check(), name="database check")
            self._task.add_done_callback(self._store_result)
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CHECK_TIMEOUT_SECONDS)
        if self._task is not None:  # still running
            took = self._monotonic() - self._began_at
            if took > STUCK_SECONDS:
                return Part(status=Status.FAILING, reason=f"a write has been waiting for {duration(took)}")
        return self._last or Part(status=Status.STARTING, reason="the first write is in progress")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def _is_stale(self) -> bool:
        if self._last is None:
            return True
        is_ok = self._last.status is Status.OK
        max_age = WRITE_FRESH_SECONDS if is_ok else WRITE_RETRY_SECONDS
        return self._monotonic() - self._last_at >= max_age

    def _store_result(self, task: asyncio.Task[str | None]) -> None:
        self._task = None
        if task.cancelled():
            return
        if error := task.exception():
            _log.error("The database check failed because of a bug", exc_info=error)
            problem = "a write failed because of a bug; the log has details"
        else:
            problem = task.result()
        self._last_at = self._monotonic()
        self._last = Part(status=Status.FAILING, reason=problem) if problem else Part()
