"""One shard: its connection and session, and reconnecting with growing waits until it is closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from discord.gateway import ReconnectWebSocket

from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.connection.gateway import CLOSE_SECONDS, GatewaySocket, final_error
from bot.discord.connection.interaction_answers import check_answers
from bot.discord.connection.retries import Retries

SESSION_SECONDS = 120.0  # timeout from an open connection to a session
# After a connection that lasted this long, the next one begins at once. Others begin after a wait.
STABLE_SECONDS = 60.0
_RESUME_TRIES = 5  # then a new session begins, in case the address to resume at is gone


class GatewayClient(Protocol):
    """What a shard needs of its client."""

    retries: Retries

    async def open_socket(self, shard_id: int, *, resume: GatewaySocket | None = None) -> GatewaySocket: ...

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None: ...


class GatewayShard:
    """Takes the place of discord.py's own shard, which stops for good at most of what can go wrong.

    The client reads `id` and `ws`, and calls `close`.
    """

    ws: GatewaySocket  # the latest connection; from the first call of `on_connected` on

    def __init__(
        self, shard_id: int, client: GatewayClient, *, on_connected: Callable[[GatewayShard], None]
    ) -> None:
        self.id = shard_id
        self._client = client
        self._on_connected = on_connected
        self._problem = f"Shard {shard_id} is not connected to Discord"
        self._has_connected = False
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    def launch(self, on_end: Callable[[asyncio.Task[None]], None]) -> None:
        """Connects, and stays connected until `close`; `on_end` is called with the task when it is done."""
        self._task = asyncio.create_task(self._run(), name=f"shard {self.id}")
        self._task.add_done_callback(on_end)

    def stop(self) -> None:
        """From now on it reads no event; `close` has to follow."""
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Ends the session, or the attempt to begin one."""
        self.stop()
        if self._task is not None:
            await asyncio.wait({self._task})
        if self._has_connected:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.ws.close(code=1000)

    async def _run(self) -> None:
        """Raises:
        ConfigError: Discord rejects the bot permanently.
        """
        check_answers()
        try:
            while True:
                try:
                    with discord_errors():
                        socket = await self._client.open_socket(self.id, resume=self._resumable)
                    self._connected(socket)
                    await self._read()
                except DiscordError as error:
                    await self._wait_after(error)
        finally:
            self._client.retries.end(self._problem)

    @property
    def _resumable(self) -> GatewaySocket | None:
        """The connection whose session can be resumed."""
        if not self._has_connected or self.ws.session_id is None or self._failures > _RESUME_TRIES + 1:
            return None
        return self.ws

    def _connected(self, socket: GatewaySocket) -> None:
        self.ws = socket
        if not self._has_connected:
            self._has_connected = True
            self._failures = 0
            self._client.retries.end(self._problem)
        self._on_connected(self)

    async def _read(self) -> None:
        """Reads events until the connection ends.

        Raises:
            DiscordError: it has ended.
        """
        launched_at, sequence = time.monotonic(), self.ws.sequence
        has_session = False
        try:
            while True:
                with discord_errors():
                    await self.ws.poll_event()
                if has_session:
                    continue
                has_session = self.ws.session_id is not None and self.ws.sequence != sequence
                if has_session:
                    self._client.retries.end(self._problem)
                elif time.monotonic() - launched_at > SESSION_SECONDS:
                    raise DiscordError("Discord did not answer in time")  # noqa: TRY301 - as any lost connection
        except DiscordError:
            if has_session and time.monotonic() - launched_at > STABLE_SECONDS:
                self._failures = 0
            await self.ws.abandon()
            self._client.dispatch("disconnect")
            self._client.dispatch("shard_disconnect", self.id)
            raise

    async def _wait_after(self, error: DiscordError) -> None:
        """Waits before the next connection, which follows a good one at once.

        Raises:
            ConfigError: Discord rejects the bot permanently.
        """
        if final := final_error(error):
            raise final from error
        failures, self._failures = self._failures, self._failures + 1
        if self._has_connected and not failures and isinstance(error.__cause__, ReconnectWebSocket):
            return
        if self._has_connected:
            failures = max(0, failures - 1)
        await self._client.retries.wait(self._problem, error, failures=failures)
