"""What one process of a fleet does for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from bot.services.fleet.first_shard import while_first
from tests.waiting import until


class Job:
    """Runs until it is cancelled, or told to end."""

    def __init__(self) -> None:
        self.began = self.running = 0
        self.end = asyncio.Event()

    async def run(self) -> None:
        self.began += 1
        self.running += 1
        try:
            await self.end.wait()
        finally:
            self.running -= 1


@asynccontextmanager
async def doing(job: Job, is_first: Callable[[], bool], *, again_seconds: float) -> AsyncIterator[None]:
    task = asyncio.create_task(
        while_first(job.run, is_first=is_first, check_seconds=0.001, again_seconds=again_seconds)
    )
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert job.running == 0


async def test_a_job_runs_where_shard_0_is_owned_and_stops_when_it_moves() -> None:
    job, owned = Job(), [False]
    async with doing(job, lambda: owned[0], again_seconds=600):
        for times in (1, 2):
            owned[0] = True
            await until(lambda: job.running)
            owned[0] = False
            await until(lambda: not job.running)
            assert job.began == times


async def test_a_job_that_ended_is_done_again_later() -> None:
    job = Job()
    job.end.set()
    async with doing(job, lambda: True, again_seconds=0.001):
        await until(lambda: job.began >= 2)


async def test_a_job_that_ended_is_done_again_at_once_where_the_shard_comes_back() -> None:
    job, owned, looks = Job(), [True], list[bool]()

    def is_first() -> bool:
        looks.append(owned[0])
        return owned[0]

    job.end.set()
    async with doing(job, is_first, again_seconds=600):
        await until(lambda: job.began == 1 and not job.running)
        owned[0] = False
        await until(lambda: not looks[-1])
        owned[0] = True
        await until(lambda: job.began == 2)


async def test_a_bug_in_a_job_ends_the_bot_as_elsewhere() -> None:
    async def job() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await while_first(job, is_first=lambda: True)
