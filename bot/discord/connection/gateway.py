"""The gateway: its address, one connection per shard, and reconnecting with backoff."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, cast

import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.shard import EventItem, EventType, Shard
from typing_extensions import override

from bot.discord.connection.errors import MAX_RETRY_AFTER_SECONDS, DiscordError, discord_errors
from bot.discord.connection.patience import TOKEN_REFUSED, Patience
from bot.errors import ConfigError

HELLO_SECONDS = 20.0  # timeout from an open socket to the gateway's HELLO
CONNECT_SECONDS = 60.0  # timeout until a socket has identified itself
SESSION_SECONDS = 120.0  # timeout from there to a session
CLOSE_SECONDS = 2.0
# After a connection that lasted this long, the next one begins at once. Others begin after a wait.
STABLE_SECONDS = 60.0

_SHARDS = "; start Paperboy again: it asks Discord at each start how many shards there should be"
# The close codes that end the process: https://discord.com/developers/docs/topics/opcodes-and-status-codes
_FINAL: Mapping[int, str] = {
    4004: TOKEN_REFUSED,
    4010: f"Discord's gateway does not know this shard (4010){_SHARDS}",
    4011: f"Discord's gateway requires more shards (4011){_SHARDS}",
    4012: "Discord's gateway no longer serves this version of its API (4012): update Paperboy",
    4013: "Discord's gateway does not know the intents that Paperboy asks for (4013): update Paperboy",
    4014: "Discord's gateway does not allow the intents that Paperboy asks for (4014), of which none is "
    "privileged: update Paperboy, and check DISCORD_GATEWAY_URL where it is set",
}
_RESUME_TRIES = 5  # then a new session begins, in case the address to resume at is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAddress:
    """What Discord says about its gateway."""

    url: yarl.URL
    shards: int
    sessions: int
    sessions_left: int
    resets_in_seconds: float


async def read_gateway(client: discord.Client) -> GatewayAddress:
    """Asks Discord where the gateway is, and how often the bot may connect.

    Raises:
        DiscordError: Discord gave no usable answer.
    """
    with discord_errors():
        shards, url, limit = await client.http.get_bot_gateway()
        address = yarl.URL(url)
        if address.scheme not in {"ws", "wss"} or not address.host:
            raise ValueError("the gateway's address is not valid")
        if type(shards) is not int or shards < 1:
            raise ValueError("the number of shards is not valid")
        return GatewayAddress(
            url=address,
            shards=shards,
            sessions=int(limit["total"]),
            sessions_left=int(limit["remaining"]),
            resets_in_seconds=float(limit["reset_after"]) / 1000,
        )


async def ask_for_gateway(client: discord.Client) -> GatewayAddress:
    """As `read_gateway`, if the bot may connect now.

    Raises:
        DiscordError: it may not, or Discord gave no usable answer.
    """
    address = await read_gateway(client)
    if address.sessions_left < 1:
        raise DiscordError(
            "Discord lets the bot start no more sessions for now",
            retry_after_seconds=min(address.resets_in_seconds, MAX_RETRY_AFTER_SECONDS),
        )
    return address


def final_error(error: DiscordError) -> ConfigError | None:
    """What the operator has to do if Discord rejects the bot permanently; None if a retry may succeed."""
    if error.close_code is not None and error.close_code in _FINAL:
        return ConfigError(_FINAL[error.close_code])
    return ConfigError(TOKEN_REFUSED) if error.is_token_refused else None


class GatewaySocket(DiscordWebSocket):
    """A connection with a timeout for HELLO, and with the right moment to measure its latency from."""

    @override
    async def poll_event(self) -> None:
        if self._keep_alive is not None:  # HELLO has arrived
            await super().poll_event()
            return
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await super().poll_event()
        except BaseException:
            await self.abandon()
            raise

    @override
    async def send_heartbeat(self, data: Any) -> None:
        # discord.py notes the moment in another thread, after this. If the answer is faster, it measures from
        # the heartbeat before and logs "Can't keep up", 41 seconds behind.
        if self._keep_alive is not None:
            self._keep_alive._last_send = time.perf_counter()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        await super().send_heartbeat(data)

    async def abandon(self) -> None:
        """Closes it without waiting long for the other side; the session can be resumed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.close(code=4000)


class GatewayClient(Protocol):
    """What a shard needs of its client."""

    patience: Patience

    async def open_socket(
        self, shard_id: int, *, initial: bool = False, resume: GatewaySocket | None = None
    ) -> GatewaySocket: ...


def not_connected(shard_id: int) -> str:
    return f"Shard {shard_id} is not connected to Discord"


class GatewayShard(Shard):
    """One shard, which reconnects with growing waits whatever ends its connection, one log line per wait."""

    ws: GatewaySocket  # pyright: ignore[reportIncompatibleVariableOverride] - it gets no other kind

    def __init__(
        self, ws: GatewaySocket, client: discord.AutoShardedClient, put: Callable[[EventItem], None]
    ) -> None:
        super().__init__(ws, client, put)
        self._failures = 0
        self._problem = not_connected(self.id)

    @property
    def _patience(self) -> Patience:
        return cast("GatewayClient", self._client).patience

    @override
    async def close(self) -> None:
        self._cancel_task()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.ws.close(code=1000)

    @override
    async def worker(self) -> None:
        """Reads events until the connection ends."""
        launched_at, sequence = time.monotonic(), self.ws.sequence
        has_session = False
        try:
            while not self._client.is_closed():
                with discord_errors():
                    await self.ws.poll_event()
                if has_session:
                    continue
                has_session = self.ws.session_id is not None and self.ws.sequence != sequence
                if has_session:
                    self._patience.end(self._problem)
                elif time.monotonic() - launched_at > SESSION_SECONDS:
                    raise DiscordError("Discord did not answer in time")  # noqa: TRY301 - as any lost connection
        except DiscordError as error:
            if self._client.is_closed():
                return
            if has_session and time.monotonic() - launched_at > STABLE_SECONDS:
                self._failures = 0
            await self.ws.abandon()
            self._dispatch("disconnect")
            self._dispatch("shard_disconnect", self.id)
            await self._connect_again(error)

    @override
    async def reidentify(self, exc: ReconnectWebSocket | ConfigError) -> None:
        """Reconnects, with the old session or a new one.

        Raises:
            ConfigError: the one passed in; raised here because here the client waits for its shards.
        """
        self._cancel_task()
        if isinstance(exc, ConfigError):
            raise exc
        try:
            client = cast("GatewayClient", self._client)
            with discord_errors():
                self.ws = await client.open_socket(self.id, resume=self.ws if exc.resume else None)  # pyright: ignore[reportIncompatibleVariableOverride] - as above
        except DiscordError as error:
            # In a task, because other shards wait for this method to return.
            self._task = self._client.loop.create_task(self._connect_again(error))
        else:
            self.launch()

    async def _connect_again(self, error: DiscordError) -> None:
        """Has the shard reconnect: at once after a good connection, else after a wait."""
        if final := final_error(error):
            # Not `terminate`: that would close the client while others still send requests.
            self._queue_put(EventItem(EventType.identify, self, final))
            return
        failures, self._failures = self._failures, self._failures + 1
        if failures or not isinstance(error.__cause__, ReconnectWebSocket):
            await self._patience.wait(self._problem, error, failures=max(0, failures - 1))
        is_resumable = self.ws.session_id is not None and failures <= _RESUME_TRIES
        reconnect = ReconnectWebSocket(self.id, resume=is_resumable)
        self._queue_put(EventItem(EventType.resume if is_resumable else EventType.identify, self, reconnect))
