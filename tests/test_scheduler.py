"""The scheduler: it runs when something is due, and continues after failures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import ConfigError
from bot.scheduler import CHECK_INTERVAL_SECONDS, Scheduler
from tests.samples import NOW
from tests.services.bots import Bot, a_bot
from tests.waiting import until


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with a_bot(tmp_path) as made:
        yield made


async def quiet() -> None:
    """Long enough for a loop that runs hot to show."""
    for _ in range(50):
        await asyncio.sleep(0.001)


class Event(asyncio.Event):
    """Notes in which threads it was set."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def set(self) -> None:
        self.threads.add(threading.get_ident())
        super().set()


class Counted:
    """Counts the runs, and has them fail."""

    def __init__(self, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.failures: list[Exception] = []
        self._run = bot.services.runs.run
        monkeypatch.setattr(bot.services.runs, "run", self.run)

    async def run(self) -> Any:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return await self._run()


@asynccontextmanager
async def scheduled(
    bot: Bot,
    woken: asyncio.Event | None = None,
    running: asyncio.Lock | None = None,
    check_seconds: float = CHECK_INTERVAL_SECONDS,
) -> AsyncIterator[Scheduler]:
    woken, running = woken or asyncio.Event(), running or asyncio.Lock()
    scheduler = Scheduler(
        runs=bot.services.runs,
        clock=bot.clock,
        woken=woken,
        running=running,
        check_seconds=check_seconds,
    )
    task = asyncio.create_task(scheduler.run())
    try:
        yield scheduler
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_it_runs_at_once_and_then_waits(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Counted(bot, monkeypatch)
    async with scheduled(bot) as scheduler:
        await until(lambda: scheduler._timer.get_job("wake") is not None)
        await quiet()
    assert runs.count == 1


async def test_setting_the_event_starts_a_run(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, woken = Counted(bot, monkeypatch), asyncio.Event()
    async with scheduled(bot, woken) as scheduler:
        await until(lambda: scheduler._timer.get_job("wake") is not None)
        woken.set()
        await until(lambda: runs.count == 2)


async def test_the_lock_waits_for_the_current_run_and_delays_the_next(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, woken, running = Counted(bot, monkeypatch), asyncio.Event(), asyncio.Lock()
    begun, may_end = asyncio.Event(), asyncio.Event()
    real_run = bot.services.runs.run

    async def slow_run() -> Any:
        begun.set()
        await may_end.wait()
        return await real_run()

    monkeypatch.setattr(bot.services.runs, "run", slow_run)
    async with scheduled(bot, woken, running):
        await begun.wait()
        assert running.locked()
        may_end.set()
        async with running:
            assert runs.count == 1
            woken.set()
            await quiet()
            assert runs.count == 1
        await until(lambda: runs.count == 2)


async def test_a_wake_up_during_a_run_is_not_lost(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = asyncio.Event()
    runs = Counted(bot, monkeypatch)
    whole = runs.run

    async def run() -> Any:
        report = await whole()
        if runs.count == 1:
            woken.set()
        return report

    monkeypatch.setattr(bot.services.runs, "run", run)
    async with scheduled(bot, woken):
        await until(lambda: runs.count == 2)
        await quiet()
    assert runs.count == 2


async def test_the_timer_wakes_in_this_thread_when_a_run_is_due(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Counted(bot, monkeypatch)
    waits = [timedelta(milliseconds=20), timedelta(hours=1)]

    async def next_at() -> Any:
        return bot.clock() + (waits.pop(0) if waits else timedelta(hours=1))

    monkeypatch.setattr(bot.services.runs, "next_at", next_at)
    woken = Event()
    async with scheduled(bot, woken):
        await until(lambda: runs.count == 2)
    assert woken.threads == {threading.get_ident()}


@pytest.mark.parametrize("jump", [timedelta(hours=-5), timedelta(hours=5)])
async def test_a_clock_that_jumps_does_not_stop_the_runs(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    waits: list[timedelta] = []
    monkeypatch.setattr(Scheduler, "_wake_in", lambda _, wait: waits.append(wait))  # the timer never wakes it
    runs = Counted(bot, monkeypatch)
    async with scheduled(bot, check_seconds=0.01):
        await until(lambda: len(waits) > 0)
        bot.clock.now += jump
        await until(lambda: runs.count == 2)
        await quiet()
    assert runs.count == 2


async def test_after_failures_it_retries_with_growing_waits(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs = Counted(bot, monkeypatch)
    runs.failures = [OSError("database is locked"), OSError("disk is full"), RuntimeError()]
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds >= 1:
            waits.append(seconds)
        await real(min(seconds, 0.001))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    woken = asyncio.Event()
    async with scheduled(bot, woken) as scheduler:
        await until(lambda: scheduler._timer.get_job("wake") is not None)
        await quiet()
        assert waits == [5, 10, 20]
        assert runs.count == 4
        runs.failures = [OSError("database is locked")]
        woken.set()
        await until(lambda: runs.count == 6)
        assert waits == [5, 10, 20, 5]
    assert sum("The run failed" in record.message for record in caplog.records) == 4


async def test_a_store_that_cannot_be_read_does_not_stop_the_scheduler(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Counted(bot, monkeypatch)

    async def broken() -> None:
        raise OSError("disk I/O error")

    monkeypatch.setattr(bot.services.runs, "next_at", broken)
    async with scheduled(bot):
        await until(lambda: runs.count == 1)
        await quiet()
    assert runs.count == 1  # the next one is seconds away


async def test_a_version_that_is_too_old_for_the_database_by_now_ends(bot: Bot) -> None:
    async with bot.database.write() as conn:
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0009', oldest_code = '0009'")
    with pytest.raises(ConfigError, match="this version is too old for it"):
        async with asyncio.timeout(60):
            await Scheduler(
                runs=bot.services.runs, clock=bot.clock, woken=asyncio.Event(), running=asyncio.Lock()
            ).run()


async def test_after_a_run_the_next_one_is_in_the_future(bot: Bot) -> None:
    await bot.subscribe()
    bot.clock.now = NOW + timedelta(days=3)
    await bot.services.runs.run()
    assert await bot.services.runs.next_at() > bot.clock()
