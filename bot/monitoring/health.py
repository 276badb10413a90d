"""Health: whether the bot does its work, part by part, and what is wrong where it does not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.plurals import count
from bot.discord.connection.shards import Shard, Shards
from bot.services.runs.run import Runs
from bot.sources.huggingface import HuggingFace, SourceHealth
from bot.store.database import Database

_log = logging.getLogger(__name__)

# A lost connection comes back within seconds, mostly; so long it is nothing to worry about.
RECONNECTING_SECONDS = 60.0
# No run for two intervals of the polls and this long is one too few. A poll of a slow Hugging Face takes
# minutes, and a run that failed is tried again after 15 of them at most.
RUNS_GRACE_SECONDS = 900.0
# A write that went through is believed in for so long, and one that failed is made again this soon.
WRITABLE_FOR_SECONDS = 20.0
CHECK_AGAIN_SECONDS = 5.0
# Whoever asks waits so long for a check; then the last one counts, until no write went through for ten.
CHECK_TIMEOUT_SECONDS = 1.0
STUCK_SECONDS = 10.0


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # something outside is down, and nothing here would mend it
    STARTING = "starting"
    FAILING = "failing"

    @property
    def is_healthy(self) -> bool:
        return self in {Status.OK, Status.DEGRADED}


_WORST_FIRST = (Status.FAILING, Status.STARTING, Status.DEGRADED, Status.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one part is; the reason is in words, without names of servers and without secrets."""

    status: Status = Status.OK
    reason: str | None = None
    figures: Mapping[str, int | float] = field(default_factory=dict[str, int | float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the bot is at one moment."""

    parts: Mapping[str, Part]
    shards: tuple[Shard, ...] = ()
    source: SourceHealth = field(default_factory=SourceHealth)
    seconds_since_run: float | None = None  # that went through

    @property
    def status(self) -> Status:
        found = {part.status for part in self.parts.values()}
        return next(status for status in _WORST_FIRST if status in found)

    @property
    def reason(self) -> str | None:
        """What is wrong, with the part that it is wrong with; None where all is well."""
        wrong = [
            f"{name}: {part.reason}" for name, part in self.parts.items() if part.status is not Status.OK
        ]
        return "; ".join(wrong) or None


def starting_report() -> Report:
    """How the bot is before there is anything to look at."""
    opening = Part(status=Status.STARTING, reason="the database is being opened")
    return Report(parts={"database": opening})


class Health:
    """Looks at the running bot. Looking costs nothing but, now and then, a small write."""

    def __init__(
        self,
        *,
        shards: Shards,
        runs: Runs,
        source: HuggingFace,
        database: Database,
        poll_interval_seconds: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shards = shards
        self._runs = runs
        self._source = source
        self._runs_within_seconds = 2 * poll_interval_seconds + RUNS_GRACE_SECONDS
        self._monotonic = monotonic
        self._began = monotonic()
        self._writing = _Writing(database, monotonic)
        self._was_failing = False

    async def report(self) -> Report:
        """How the bot is; takes a second at most."""
        shards = self._shards.look()
        report = Report(
            parts={
                "gateway": self._gateway(shards),
                "runs": self._of_runs(),
                "source": self._of_source(),
                "database": await self._writing.part(),
            },
            shards=shards,
            source=self._source.health,
            seconds_since_run=self._runs.seconds_since,
        )
        self._note(report)
        return report

    async def close(self) -> None:
        """Ends the check that is under way."""
        await self._writing.close()

    def _note(self, report: Report) -> None:
        """Logs each change, for it may be over when someone looks."""
        is_failing = report.status is Status.FAILING
        if is_failing and not self._was_failing:
            _log.warning("Not healthy: %s", report.reason)
        elif self._was_failing and not is_failing:
            _log.info("Healthy again")
        self._was_failing = is_failing

    def _gateway(self, shards: tuple[Shard, ...]) -> Part:
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
        if waiting and not lost:  # such as the sync of the commands: posts go on without it
            return Part(status=Status.DEGRADED, reason=waiting, figures=figures)
        if not lost:
            return Part(figures=figures)
        longest = max(lost)
        return Part(
            status=Status.FAILING if longest > RECONNECTING_SECONDS else Status.OK,
            reason=f"{len(lost)} of {count(len(shards), 'shard')} not connected, for {_span(longest)}",
            figures=figures,
        )

    def _of_runs(self) -> Part:
        since = self._runs.seconds_since
        elapsed = self._monotonic() - self._began if since is None else since
        if elapsed > self._runs_within_seconds:
            status, reason = Status.FAILING, f"no run has gone through for {_span(elapsed)}; the log has why"
        else:
            status, reason = Status.OK, "the first run is under way" if since is None else None
        figures = {} if since is None else {"last_run_seconds_ago": round(since, 1)}
        return Part(status=status, reason=reason, figures=figures)

    def _of_source(self) -> Part:
        health = self._source.health
        if health.is_failing:
            return Part(
                status=Status.DEGRADED,
                reason=f"the list could not be read, because {health.last_failure}; posts go on without it",
            )
        return Part()


class _Writing:
    """Whether the database takes a write: tried by a real one, in a task, one at a time.

    A check is never cut off by who asks: what blocks it would block them.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._checking: asyncio.Task[str | None] | None = None
        self._began_at = 0.0
        self._last: Part | None = None
        self._last_at = 0.0

    async def part(self) -> Part:
        if self._checking is None and self._is_stale:
            self._began_at = self._monotonic()
            self._checking = asyncio.create_task(self._database.check(), name="check of the database")
            self._checking.add_done_callback(self._keep)
        if self._checking is not None:
            await asyncio.wait({self._checking}, timeout=CHECK_TIMEOUT_SECONDS)
        if self._checking is not None:  # still
            took = self._monotonic() - self._began_at
            if took > STUCK_SECONDS:
                return Part(
                    status=Status.FAILING, reason=f"a write has been waiting for its turn for {_span(took)}"
                )
        return self._last or Part(status=Status.STARTING, reason="the first write is under way")

    async def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            with suppress(asyncio.CancelledError):
                await self._checking

    @property
    def _is_stale(self) -> bool:
        if self._last is None:
            return True
        is_ok = self._last.status is Status.OK
        good_for = WRITABLE_FOR_SECONDS if is_ok else CHECK_AGAIN_SECONDS
        return self._monotonic() - self._last_at >= good_for

    def _keep(self, task: asyncio.Task[str | None]) -> None:
        self._checking = None
        if task.cancelled():
            return
        if error := task.exception():
            _log.error("The database could not be checked because of a bug", exc_info=error)
            wrong = "a write failed because of a bug; the log has it"
        else:
            wrong = task.result()
        self._last_at = self._monotonic()
        self._last = Part(status=Status.FAILING, reason=wrong) if wrong else Part()


def _span(seconds: float) -> str:
    """So long, in the unit that fits."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h"
