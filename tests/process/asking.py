"""Requests to the health and metrics port of a running bot."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.process.running import LONG_SECONDS, BotProcess


@dataclass(frozen=True, kw_only=True)
class Port:
    session: aiohttp.ClientSession
    url: str

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.session.get(f"{self.url}/healthz") as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    async def until(self, claim: Callable[[int, dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a health of which that is so."""
        health: tuple[int, dict[str, Any]] | None = None
        try:
            async with asyncio.timeout(LONG_SECONDS):
                while True:
                    health = await self.health()
                    if claim(*health):
                        return health[1]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"never so; at the end: {health}") from None

    async def numbers(self) -> Numbers:
        async with self.session.get(f"{self.url}/metrics") as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            return Numbers(await response.text())


class Numbers:
    """What /metrics says."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def of(self, name: str, **labels: str) -> float | None:
        return self._samples.get((name, frozenset(labels.items())))

    def __getitem__(self, name: str) -> float:
        return self._samples[name, frozenset()]


@asynccontextmanager
async def port_of(bot: BotProcess) -> AsyncIterator[Port]:
    """The port that the bot opened, once it has."""
    await bot.says("Health and metrics")
    found = re.search(r"Health and metrics: (http://[\w.:]+)/healthz", bot.log)
    assert found
    async with aiohttp.ClientSession() as session:
        yield Port(session=session, url=found[1])
