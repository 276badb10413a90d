"""A clock that only naps move, and the fake server with a client on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from tests.fakes.huggingface import FakeHuggingFace


class Naps:
    """A clock and a sleep: sleeping takes no time, and moves the clock."""

    def __init__(self) -> None:
        self.now = datetime(2026, 8, 19, 12, tzinfo=UTC)
        self.taken: list[float] = []

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def server() -> AsyncIterator[FakeHuggingFace]:
    async with FakeHuggingFace() as fake:
        yield fake


@pytest.fixture
async def client(server: FakeHuggingFace, naps: Naps) -> AsyncIterator[HuggingFace]:
    limits = FetchLimits(largest_answer_bytes=1024 * 1024)
    async with HuggingFace(server.url, clock=naps.clock, sleep=naps.sleep, limits=limits) as made:
        yield made
