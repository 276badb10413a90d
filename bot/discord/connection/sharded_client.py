"""The client's shards: they are opened and closed while it runs, and identify themselves in turn."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import yarl
from discord.ext import commands
from discord.state import AutoShardedConnectionState
from typing_extensions import override

from bot.core.ids import ServerId
from bot.core.shards import shard_of
from bot.discord.connection.errors import DiscordError
from bot.discord.connection.gateway import GatewaySocket, ask_for_gateway
from bot.discord.connection.gateway_shard import GatewayShard
from bot.discord.connection.retries import Retries
from bot.errors import StoreError

CONNECT_SECONDS = 60.0  # timeout until a connection can identify itself
# The same for a session that resumes, which is tried a few times: then a new one begins at another address.
RESUME_SECONDS = 10.0
# Discord counts IDENTIFYs over five seconds; the rest is for those that the network bunches.
IDENTIFY_SECONDS = 5.5

# A context that begins when a shard may identify itself, and ends when it has: the next turn begins no sooner
# than IDENTIFY_SECONDS later. The number is the shard's remainder by Discord's `max_concurrency`: shards with
# different ones may identify themselves at once.
IdentifyTurn = Callable[[int], AbstractAsyncContextManager[object]]


class _State(AutoShardedConnectionState["ShardedClient"]):
    """discord.py's cache, which knows the shards that have sent it their servers."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.shards_with_servers: set[int] = set()

    @override
    def parse_ready(self, data: Any) -> None:
        """Forgets servers that the bot has left since the shard's last session, as discord.py does not."""
        shard_id: int = data["shard"][0]
        listed = {int(guild["id"]) for guild in data["guilds"]}
        self.forget_servers(shard_id, but=listed)
        super().parse_ready(data)
        self.shards_with_servers.add(shard_id)

    def forget_shard(self, shard_id: int) -> None:
        self.shards_with_servers.discard(shard_id)
        if task := self._ready_tasks.pop(shard_id, None):
            task.cancel()
        self._ready_states.pop(shard_id, None)
        self.forget_servers(shard_id)

    def forget_servers(self, shard_id: int, *, but: set[int] | None = None) -> None:
        for guild in list(self._guilds.values()):
            if guild.shard_id == shard_id and guild.id not in (but or ()):
                self._remove_guild(guild)


class ShardedClient(commands.AutoShardedBot):
    """A client for all shards, or for those that are opened: with `shard_ids=[]` it has none at first.

    Args:
        gateway_url: where to connect to; None for where Discord says.
        identify_turn: None if no other process has shards of this bot.
        options: as discord.py has them; `shard_ids` are the shards that `connect` opens, None for all.
    """

    def __init__(
        self,
        *,
        gateway_url: str | None = None,
        retries: Retries | None = None,
        identify_turn: IdentifyTurn | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.retries = retries or Retries()
        self._gateway = yarl.URL(gateway_url) if gateway_url else None
        self._identify_turn = identify_turn or self._own_turn
        self._identified: set[int] = set()
        self._connecting: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._opened: dict[int, GatewayShard] = {}
        self._end: asyncio.Future[None] | None = None

    @override
    def _get_state(self, **options: Any) -> _State:
        return _State(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    @override
    async def _async_setup_hook(self) -> None:
        await super()._async_setup_hook()
        self._end = self.loop.create_future()

    @property
    def opened(self) -> frozenset[int]:
        """The shards that are connected or being connected."""
        return frozenset(self._opened)

    def knows_server(self, server_id: ServerId) -> bool:
        """Whether the cache says what Discord says about the server, even if that is that the bot left it.

        It does once the server's shard has had a session here, also while its connection is lost.
        """
        count = cast("int | None", self.shard_count)
        return count is not None and shard_of(server_id, count) in self._state.shards_with_servers

    def servers_of(self, shard_id: int) -> frozenset[ServerId] | None:
        """The shard's servers; None before its first session here."""
        if shard_id not in self._state.shards_with_servers:
            return None
        return frozenset(ServerId(guild.id) for guild in self.guilds if guild.shard_id == shard_id)

    def open_shard(self, shard_id: int) -> None:
        """Begins to connect the shard, and keeps it connected; does nothing if it is open.

        `shard_count` must be known, and the client logged in. What ends the client for good is raised by
        `connect`.
        """
        if shard_id in self._opened or self._end is None or self._end.done():
            return
        self._connection.shard_count = self.shard_count
        shard = GatewayShard(shard_id, self, on_connected=self._connected)
        self._opened[shard_id] = shard
        shard.launch(self._ended)

    async def close_shard(self, shard_id: int) -> None:
        """Ends the shard's session, or the attempt to begin one, and forgets its servers."""
        shard = self._opened.pop(shard_id, None)
        if shard is None:
            return
        shard.stop()
        self._connected_shards.pop(shard_id, None)
        self._state.forget_shard(shard_id)
        self.dispatch("shard_close", shard_id)
        await shard.close()

    @override
    async def connect(self, *, reconnect: bool = True) -> None:
        """Opens the first shards, and waits until the client is closed.

        Raises:
            ConfigError: Discord rejects the bot permanently.
        """
        if self.is_closed() or self._end is None:
            return
        if cast("int | None", self.shard_count) is None:
            address = await self.retries.until_answered(
                "Discord's gateway is not known", lambda: ask_for_gateway(self)
            )
            self.shard_count = address.shards
        shard_ids = range(self.shard_count) if self.shard_ids is None else self.shard_ids
        self._connection.shard_ids = shard_ids
        for shard_id in shard_ids:
            self.open_shard(shard_id)
        if not shard_ids:  # nothing to wait for
            self._connection.call_handlers("ready")
        await asyncio.shield(self._end)

    @override
    async def close(self) -> None:
        """Closes the shards and the client; it cannot be used again."""
        if self._end is None:  # it was never used
            return
        if not self._end.done():
            self._end.set_result(None)
        await asyncio.gather(*(shard.close() for shard in self._opened.values()))
        await super().close()

    async def open_socket(self, shard_id: int, *, resume: GatewaySocket | None = None) -> GatewaySocket:
        """A new connection to the gateway, with a new session or that of `resume`.

        May raise anything that `discord_errors` translates.
        """
        if resume is not None:
            session = {"session": resume.session_id, "sequence": resume.sequence, "resume": True}
            return await self._socket(shard_id, resume.gateway, session, timeout_seconds=RESUME_SECONDS)
        address = await ask_for_gateway(self)
        bucket = shard_id % address.max_concurrency
        async with self._connecting[bucket]:  # one of its shards waits for a turn, and no other connects
            socket = await self._socket(shard_id, address.url, {}, timeout_seconds=CONNECT_SECONDS)
            try:
                await socket.identify_in(self._identify_turn(bucket))
            except StoreError as error:
                raise DiscordError(f"its turn to identify itself is not known: {error}") from None
            return socket

    async def _socket(
        self, shard_id: int, address: yarl.URL, session: Mapping[str, Any], *, timeout_seconds: float
    ) -> GatewaySocket:
        async with asyncio.timeout(timeout_seconds):
            return await GatewaySocket.from_client(
                self, gateway=self._gateway or address, shard_id=shard_id, **session
            )

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Does not wait as discord.py would: the shard's turn has come."""

    @asynccontextmanager
    async def _own_turn(self, bucket: int) -> AsyncGenerator[None]:
        """The turns of a bot in one process, where the shards of a bucket connect one after the other."""
        if bucket in self._identified:
            await self.retries.sleep(IDENTIFY_SECONDS)
        self._identified.add(bucket)
        yield

    @property
    def _state(self) -> _State:
        return cast("_State", self._connection)

    @property
    def _connected_shards(self) -> dict[int, Any]:
        """discord.py's own record, which it has no public way to change."""
        return vars(self)["_AutoShardedClient__shards"]

    def _connected(self, shard: GatewayShard) -> None:
        self._connected_shards[shard.id] = shard

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self._end is not None and not self._end.done():
            self._end.set_exception(error)
            self._end.exception()  # it counts as seen, also where `connect` was cancelled
