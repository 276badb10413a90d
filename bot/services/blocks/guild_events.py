"""Guild events: what Discord reports about servers and channels, batched and handled by one task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection
from contextlib import suppress
from dataclasses import dataclass, field

from bot.core.ids import ChannelId, ServerId
from bot.core.shards import OwnedShards
from bot.errors import StoreError
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.delivery.pace import growing_wait

_log = logging.getLogger(__name__)

BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Connected:
    """The servers of these shards; the bot has left the others of the same shards."""

    shards: OwnedShards
    servers: frozenset[ServerId]

    def then(self, later: _Connected) -> _Connected:
        """Both as one; what is later counts."""
        if later.shards.count != self.shards.count:
            return later
        kept = frozenset(server_id for server_id in self.servers if not later.shards.has(server_id))
        shards = OwnedShards(later.shards.count, self.shards.ids | later.shards.ids)
        return _Connected(shards, kept | later.servers)


@dataclass(slots=True, kw_only=True)
class _Events:
    connected: _Connected | None = None
    memberships: dict[ServerId, bool] = field(default_factory=dict[ServerId, bool])
    gone: set[ChannelId] = field(default_factory=set[ChannelId])
    changed: set[ServerId] = field(default_factory=set[ServerId])


class GuildEvents:
    """Handles a burst of events with one recheck per server. Events that could not be handled are retried."""

    def __init__(self, *, blocked_channels: BlockedChannels) -> None:
        self._blocked_channels = blocked_channels
        self._events = _Events()
        self._awake = asyncio.Event()

    def connected(self, shards: OwnedShards, server_ids: Collection[ServerId]) -> None:
        """Of all servers of these shards, the bot is in these and no others."""
        later = _Connected(shards, frozenset(server_ids))
        earlier = self._events.connected
        self._events.connected = earlier.then(later) if earlier else later
        for server_id in [guild_id for guild_id in self._events.memberships if shards.has(guild_id)]:
            del self._events.memberships[server_id]
        self._awake.set()

    def server_joined(self, server_id: ServerId) -> None:
        self._events.memberships[server_id] = True
        self._awake.set()

    def server_left(self, server_id: ServerId) -> None:
        self._events.memberships[server_id] = False
        self._awake.set()

    def channel_gone(self, channel_id: ChannelId) -> None:
        self._events.gone.add(channel_id)
        self._awake.set()

    def server_changed(self, server_id: ServerId) -> None:
        """A channel or role changed, which may affect what the bot may do in the server."""
        self._events.changed.add(server_id)
        self._awake.set()

    async def run(self) -> None:
        """Handles events until it is cancelled."""
        failures = 0
        while True:
            wait_seconds = growing_wait(failures - 1).total_seconds() if failures else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._awake.wait()
            await asyncio.sleep(BATCH_SECONDS)
            failures = 0 if await self.handle() else failures + 1

    async def handle(self) -> bool:
        """Handles the batch; returns whether all of it succeeded. Events that failed are kept for a retry."""
        self._awake.clear()
        events, self._events = self._events, _Events()
        connected = events.connected
        if connected is not None and not await _succeeds(
            self._blocked_channels.connected(connected.shards, connected.servers)
        ):
            self._keep(events)
            return False
        failed = _Events()
        for server_id, is_in in events.memberships.items():
            work = self._blocked_channels.server_joined if is_in else self._blocked_channels.server_left
            if not await _succeeds(work(server_id)):
                failed.memberships[server_id] = is_in
        for channel_id in events.gone:
            if not await _succeeds(self._blocked_channels.channel_gone(channel_id)):
                failed.gone.add(channel_id)
        for server_id in events.changed - events.memberships.keys():
            if not await _succeeds(self._blocked_channels.recheck(server_id, has_changed=True)):
                failed.changed.add(server_id)
        self._keep(failed)
        return failed == _Events()

    def _keep(self, events: _Events) -> None:
        """Keeps events that could not be handled; those that arrived in the meantime take precedence."""
        later = self._events.connected
        if earlier := events.connected:
            self._events.connected = earlier.then(later) if later else earlier
        for server_id, is_in in events.memberships.items():
            if not (later and later.shards.has(server_id)):
                self._events.memberships.setdefault(server_id, is_in)
        self._events.gone |= events.gone
        self._events.changed |= events.changed


async def _succeeds(work: Awaitable[object]) -> bool:
    try:
        await work
    except StoreError:  # logged once, by the database
        return False
    except Exception:  # noqa: BLE001 - the guard of one change
        _log.exception("An event from Discord could not be handled because of a bug; trying again")
        return False
    return True
