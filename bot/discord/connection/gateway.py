"""The gateway: its address, what ends the bot for good, and one connection to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from typing_extensions import override

from bot.discord.connection.errors import MAX_RETRY_AFTER_SECONDS, DiscordError, discord_errors
from bot.discord.connection.retries import TOKEN_REFUSED
from bot.errors import ConfigError

HELLO_SECONDS = 20.0  # timeout from an open socket to the gateway's HELLO
_HEARTBEAT_SECONDS = (1.0, 600.0)  # what a HELLO may ask for; Discord asks for 41.25
CLOSE_SECONDS = 2.0

_SHARDS = (
    ". If SHARD_COUNT is set, stop all processes and set a higher one. Otherwise start Paperboy again: it "
    "asks Discord at each start how many shards there should be"
)
# The close codes that end the process: https://discord.com/developers/docs/topics/opcodes-and-status-codes
_FINAL: Mapping[int, str] = {
    4004: TOKEN_REFUSED,
    4010: f"Discord's gateway does not know this shard (4010){_SHARDS}",
    4011: f"Discord's gateway requires more shards (4011){_SHARDS}",
    4012: "Discord's gateway no longer serves this version of its API (4012): update Paperboy",
    4013: "Discord's gateway does not know the intents that Paperboy asks for (4013): update Paperboy",
    4014: "Discord's gateway does not allow the intents that Paperboy asks for (4014), of which none is "
    "privileged: update Paperboy, and check DISCORD_GATEWAY_URL if it is set",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAddress:
    """What Discord says about its gateway.

    Attributes:
        max_concurrency: how many shards may identify themselves in five seconds, in all processes together:
            one for each remainder of the shard's number by this one.
    """

    url: yarl.URL
    shards: int
    sessions: int
    sessions_left: int
    resets_in_seconds: float
    max_concurrency: int = 1


async def read_gateway(client: discord.Client) -> GatewayAddress:
    """Asks Discord where the gateway is, and how often the bot may connect.

    Raises:
        DiscordError: Discord returned no usable response.
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
            max_concurrency=max(1, int(limit["max_concurrency"])),
        )


async def ask_for_gateway(client: discord.Client) -> GatewayAddress:
    """As `read_gateway`, if the bot may connect now.

    Raises:
        DiscordError: it may not, or Discord returned no usable response.
    """
    address = await read_gateway(client)
    if address.sessions_left < 1:
        raise DiscordError(
            "Discord doesn't let the bot start more sessions for now",
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
    async def send_as_json(self, data: Any) -> None:
        """Checks the interval that HELLO asked for: the thread that keeps to it starts right after this."""
        shortest, longest = _HEARTBEAT_SECONDS
        if self._keep_alive is not None and not shortest <= (self._keep_alive.interval or 0.0) <= longest:
            raise ValueError("the interval between heartbeats is not valid")
        await super().send_as_json(data)

    @override
    async def send_heartbeat(self, data: Any) -> None:
        # discord.py notes the moment in another thread, after this. If the answer is faster, it measures from
        # the heartbeat before and logs "Can't keep up", 41 seconds behind.
        if self._keep_alive is not None:
            self._keep_alive._last_send = time.perf_counter()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        await super().send_heartbeat(data)

    @override
    async def identify(self) -> None:
        """Does nothing, as discord.py calls it too early: `identify_in` follows."""

    async def identify_in(self, turn: AbstractAsyncContextManager[object]) -> None:
        """Identifies the shard in its turn; reads the connection until then, so that it lasts."""
        try:
            async with AsyncExitStack() as stack:
                await self._read_until(asyncio.ensure_future(stack.enter_async_context(turn)))
                await super().identify()
        except BaseException:
            await self.abandon()
            raise

    async def _read_until(self, waiting: asyncio.Future[object]) -> None:
        try:
            while not waiting.done():
                reading = asyncio.ensure_future(self.poll_event())
                try:
                    await asyncio.wait({waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    reading.cancel()
                    await asyncio.wait({reading})
                if not reading.cancelled():
                    reading.result()  # raises what ended the connection
            await waiting
        finally:
            waiting.cancel()
            await asyncio.wait({waiting})

    @override
    async def resume(self) -> None:
        try:
            await super().resume()
        except BaseException:
            await self.abandon()
            raise

    async def abandon(self) -> None:
        """Closes it without waiting long for the other side; the session can be resumed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.close(code=4000)
