"""Guild events: Discord's events about servers and channels, batched briefly and handled by one task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection
from contextlib import suppress
from dataclasses import dataclass, field

from bot.core.ids import ChannelId, ServerId
from bot.errors import StoreError
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.delivery.pace import growing_wait

_log = logging.getLogger(__name__)

GATHERED_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class _Noted:
    connected: frozenset[ServerId] | None = None
    memberships: dict[ServerId, bool] = field(default_factory=dict[ServerId, bool])
    gone: set[ChannelId] = field(default_factory=set[ChannelId])
    changed: set[ServerId] = field(default_factory=set[ServerId])


class GuildEvents:
    """A burst of events causes one recheck per server. What could not be handled is tried again."""

    def __init__(self, *, blocked_channels: BlockedChannels) -> None:
        self._blocked_channels = blocked_channels
        self._noted = _Noted()
        self._awake = asyncio.Event()

    def connected(self, server_ids: Collection[ServerId]) -> None:
        """The bot is in these servers only."""
        self._noted.connected = frozenset(server_ids)
        self._noted.memberships.clear()
        self._awake.set()

    def server_joined(self, server_id: ServerId) -> None:
        self._noted.memberships[server_id] = True
        self._awake.set()

    def server_left(self, server_id: ServerId) -> None:
        self._noted.memberships[server_id] = False
        self._awake.set()

    def channel_gone(self, channel_id: ChannelId) -> None:
        self._noted.gone.add(channel_id)
        self._awake.set()

    def server_changed(self, server_id: ServerId) -> None:
        """Something changed that may affect what the bot may do in the server: a channel, a role."""
        self._noted.changed.add(server_id)
        self._awake.set()

    async def run(self) -> None:
        """Handles events until it is cancelled."""
        failures = 0
        while True:
            wait_seconds = growing_wait(failures - 1).total_seconds() if failures else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._awake.wait()
            await asyncio.sleep(GATHERED_SECONDS)
            failures = 0 if await self.act() else failures + 1

    async def act(self) -> bool:
        """Handles the noted events; returns whether all succeeded. Those that failed stay noted."""
        self._awake.clear()
        noted, self._noted = self._noted, _Noted()
        if noted.connected is not None and not await _went_well(
            self._blocked_channels.connected(noted.connected)
        ):
            self._keep(noted)
            return False
        failed = _Noted()
        for server_id, is_in in noted.memberships.items():
            work = self._blocked_channels.server_joined if is_in else self._blocked_channels.server_left
            if not await _went_well(work(server_id)):
                failed.memberships[server_id] = is_in
        for channel_id in noted.gone:
            if not await _went_well(self._blocked_channels.channel_gone(channel_id)):
                failed.gone.add(channel_id)
        for server_id in noted.changed - noted.memberships.keys():
            if not await _went_well(self._blocked_channels.recheck(server_id, has_changed=True)):
                failed.changed.add(server_id)
        self._keep(failed)
        return failed == _Noted()

    def _keep(self, noted: _Noted) -> None:
        """Notes failed events again; events that arrived meanwhile take precedence."""
        if self._noted.connected is None:
            self._noted.connected = noted.connected
            self._noted.memberships = noted.memberships | self._noted.memberships
        self._noted.gone |= noted.gone
        self._noted.changed |= noted.changed


async def _went_well(work: Awaitable[object]) -> bool:
    try:
        await work
    except StoreError:  # logged once, by the database
        return False
    except Exception:  # noqa: BLE001 - the guard of one change
        _log.exception("An event from Discord could not be handled; it is tried again")
        return False
    return True
