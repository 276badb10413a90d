"""The sessions of the simulated gateway, which outlive their WebSockets, and what is sent to them.

SimCord filters events by intents and builds their payloads. This module adds frames, compression and sequence
numbers.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import IntEnum
from functools import partial
from typing import Any, Final

import discord
from aiohttp import web
from simcord.backend import Backend
from simcord.gateway import FakeGateway

_MAX_STORED_EVENTS: Final = 2_000  # a RESUME can replay this many


class Op(IntEnum):
    """Gateway opcodes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Socket:
    """One connection. Frames are sent in the order in which they were put."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._request = request
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue()
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self.session: Session | None = None
        self.host = request.host  # the address that the client used

    def put(self, op: Op, data: Any) -> None:
        self.put_frame(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def put_frame(self, frame: str) -> None:
        self._outbox.put_nowait(frame)

    def put_close(self, code: int) -> None:
        self._outbox.put_nowait(code)

    def abort(self) -> None:
        """Abort the connection without a close frame, like a network failure."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def pump(self) -> None:
        """Send queued frames until cancelled or disconnected."""
        with suppress(ConnectionError):
            while isinstance(item := await self._outbox.get(), str):
                if self._deflate is None:  # also for zstd-stream: clients accept plain text with either
                    await self._ws.send_str(item)
                else:
                    data = self._deflate.compress(item.encode())
                    await self._ws.send_bytes(data + self._deflate.flush(zlib.Z_SYNC_FLUSH))
            await self._ws.close(code=item)


class Session:
    """One shard's session: its intents, its sequence number, and the events that a RESUME can replay."""

    def __init__(self, backend: Backend, identify: Mapping[str, Any]) -> None:
        shard = identify.get("shard") or [0, 1]
        self.id = secrets.token_hex(16)
        self.shard_id: int = int(shard[0])
        self.shard_count: int = int(shard[1])
        self.intents = discord.Intents._from_value(int(identify["intents"]))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public constructor takes the number
        self.sequence = 0
        self._bot_id = backend.bot_user.id
        self.socket: Socket | None = None
        self._sent: deque[tuple[int, str]] = deque(maxlen=_MAX_STORED_EVENTS)
        # SimCord filters and builds an event and passes it to the parser of that name. Ours sends it.
        self._filtered = FakeGateway(backend, self)

    @property
    def parsers(self) -> _Parsers:
        return _Parsers(self)

    def concerns(self, event: str, payload: Mapping[str, Any]) -> bool:
        """Whether the event belongs to this shard. Direct messages belong to shard 0."""
        guild_id = payload.get("guild_id")
        if guild_id is None and event in {"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"}:
            guild_id = payload["id"]
        shard_id = 0 if guild_id is None else (int(guild_id) >> 22) % self.shard_count
        return shard_id == self.shard_id

    def feed(self, event: str, payload: Mapping[str, Any]) -> None:
        if event == "GUILD_MEMBER_UPDATE" and int(payload["user"]["id"]) == self._bot_id:
            self.dispatch(event, payload)  # for the bot itself, it needs no members intent
        else:
            self._filtered.feed(event, payload)

    def dispatch(self, event: str, payload: Mapping[str, Any]) -> None:
        """Number, store and send an event. Without a socket, it waits for a RESUME."""
        self.sequence += 1
        frame = json.dumps({"op": Op.DISPATCH, "d": payload, "s": self.sequence, "t": event})
        self._sent.append((self.sequence, frame))
        if self.socket is not None:
            self.socket.put_frame(frame)

    def replay(self, socket: Socket, *, after: int) -> bool:
        """Resend the events after that sequence number; return False if they are no longer stored."""
        if after > self.sequence or (self._sent and after < self._sent[0][0] - 1):
            return False
        for number, frame in self._sent:
            if number > after:
                socket.put_frame(frame)
        return True


class _Parsers:
    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, event: str) -> Callable[[Mapping[str, Any]], None]:
        return partial(self._session.dispatch, event)
