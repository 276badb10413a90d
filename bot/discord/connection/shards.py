"""Shards: which of them stand in connection with Discord's gateway, and since when those that do not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from discord.ext import commands

from bot.discord.connection.outages import Patience
from bot.telemetry import NO_TELEMETRY, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    id: int
    lost_seconds: float | None = None  # for how long it has been without a session; None: it has one
    latency_seconds: float | None = None  # of its last heartbeat that was answered; None before the first


class Shards:
    """Follows the client's shards; discord.py brings a lost connection back by itself.

    A shard counts as lost from the end of its connection until its session stands again, not only until a
    socket is open: one that connects and is turned away again and again is lost all the time.
    """

    def __init__(
        self,
        client: commands.AutoShardedBot,
        *,
        patience: Patience | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._patience = patience or Patience()
        self._telemetry = telemetry
        self._monotonic = monotonic
        self._lost_at: dict[int, float] = {}
        client.add_listener(self._on_lost, "on_shard_disconnect")
        client.add_listener(self._on_back, "on_shard_ready")
        client.add_listener(self._on_back, "on_shard_resumed")

    @property
    def are_ready(self) -> bool:
        """Whether all of them have been connected since the start, whatever became of them later."""
        return self._client.is_ready()

    @property
    def are_closed(self) -> bool:
        """Whether the client has been closed, and will not connect again."""
        return self._client.is_closed()

    @property
    def waiting(self) -> str | None:
        """What of Discord is waited for, and why; None where nothing is."""
        return self._patience.waiting

    def look(self) -> tuple[Shard, ...]:
        """Every shard that was started, as it stands now."""
        for shard_id, info in self._client.shards.items():
            if info.is_closed():  # discord.py tells of one at a time, and later of the others
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
