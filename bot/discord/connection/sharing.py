"""Sharing: has the client, the pace and the delivery follow the shards that this process owns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bot.discord.connection.sharded_client import ShardedClient
from bot.services.delivery.outbox import Delivery
from bot.services.delivery.pace import RequestPace
from bot.services.fleet.membership import Membership

_log = logging.getLogger(__name__)

# Without a shard for so long after the start, a process says that it is a spare.
SPARE_AFTER_SECONDS: Final = 10.0


class Sharing:
    """Opens and closes shards as the process gains and loses them."""

    def __init__(
        self, membership: Membership, *, client: ShardedClient, pace: RequestPace, delivery: Delivery
    ) -> None:
        self._membership = membership
        self._client = client
        self._pace = pace
        self._delivery = delivery
        self._changed = asyncio.Event()
        self._has_owned = asyncio.Event()

    def follow(self, *, wake: Callable[[], None]) -> None:
        """Begins to follow; `wake` starts a run when the process has got other shards.

        Other processes may have planned posts, so delivery looks for them at each renewal.
        """
        self._update()
        owned = self._membership.owned

        def changed() -> None:
            nonlocal owned
            self._update()
            self._delivery.wake()
            if owned != self._membership.owned:
                owned = self._membership.owned
                wake()

        self._membership.follow(
            changed=changed, lost=self._delivery.drop_lost, finish=self._delivery.finish_lost
        )

    def _update(self) -> None:
        owned = self._membership.owned
        self._pace.share(len(owned.ids), owned.count)
        if owned.ids:
            self._has_owned.set()
        self._changed.set()

    async def until_owned(self) -> None:
        """Waits until the process owns a shard for the first time; logs if it is a spare one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SPARE_AFTER_SECONDS):
                await self._has_owned.wait()
        if not self._has_owned.is_set():
            _log.info("Other processes have all shards: this one is a spare, and waits until one is free")
        await self._has_owned.wait()

    async def run(self) -> None:
        """Opens and closes shards until cancelled; the client must be logged in."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            owned = self._membership.owned.ids
            for shard_id in self._client.opened - owned:
                await self._client.close_shard(shard_id)
            for shard_id in sorted(owned - self._client.opened):
                self._client.open_shard(shard_id)
