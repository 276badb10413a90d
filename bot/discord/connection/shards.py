"""Shards: which of them are connected to Discord's gateway, and for how long the others have not been."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from discord.ext import commands

from bot.discord.connection.retries import Retries
from bot.telemetry import NO_TELEMETRY, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    id: int
    lost_seconds: float | None = None  # time without a session; None: it has one
    latency_seconds: float | None = None  # of its last answered heartbeat; None before the first


class Shards:
    """Follows the client's shards; lost ones are reconnected automatically.

    A shard is lost until it has a session again. An open socket is not enough: a shard that connects and is
    turned away again and again is lost all the time.
    """

    def __init__(
        self,
        client: commands.AutoShardedBot,
        *,
        retries: Retries | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._retries = retries or Retries()
        self._telemetry = telemetry
        self._monotonic = monotonic
        self._lost_at: dict[int, float] = {}
        client.add_listener(self._on_lost, "on_shard_disconnect")
        client.add_listener(self._on_back, "on_shard_ready")
        client.add_listener(self._on_back, "on_shard_resumed")
        client.add_listener(self._on_back, "on_shard_close")  # it is no longer ours

    @property
    def are_ready(self) -> bool:
        """Whether every shard has been connected once since startup."""
        return self._client.is_ready()

    @property
    def are_closed(self) -> bool:
        """Whether the client is closed and will not connect again."""
        return self._client.is_closed()

    @property
    def waiting(self) -> str | None:
        """What the bot waits for Discord to do, and why; None if it waits for nothing."""
        return self._retries.waiting

    def snapshot(self) -> tuple[Shard, ...]:
        """The current state of every shard that has been connected since it was opened."""
        for shard_id, info in self._client.shards.items():
            if info.is_closed():
                self._lose(shard_id)
        now = self._monotonic()
        return tuple(
            Shard(
                id=shard_id,
                lost_seconds=now - self._lost_at[shard_id] if shard_id in self._lost_at else None,
                latency_seconds=latency if math.isfinite(latency) else None,
            )
            for shard_id, latency in sorted(self._client.latencies)
        )

    async def _on_lost(self, shard_id: int) -> None:
        self._lose(shard_id)

    async def _on_back(self, shard_id: int) -> None:
        self._lost_at.pop(shard_id, None)

    def _lose(self, shard_id: int) -> None:
        if shard_id not in self._lost_at:
            self._lost_at[shard_id] = self._monotonic()
            self._telemetry.gateway_lost()
