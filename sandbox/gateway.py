"""The simulated gateway: the WebSockets that a bot connects to, and the sessions that outlive them.

SimCord creates the events, filters them by intents and builds their payloads. This module adds the protocol:
frames, compression, sequence numbers, heartbeats and RESUME.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import IntEnum
from functools import partial
from typing import Any, Final

import discord
from aiohttp import WSMsgType, web
from simcord.backend import Backend, serializers
from simcord.gateway import FakeGateway
from simcord.intents import missing_privileged_intents

from sandbox.identifies import Identifies
from sandbox.places import Places

_log = logging.getLogger(__name__)

_HEARTBEAT_INTERVAL_MS: Final = 41_250
_MAX_STORED_EVENTS: Final = 2_000  # a RESUME can replay this many
_ENDING_CODES: Final = (1000, 1001)  # a client that closes with one of these ends its session


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


class CloseCode(IntEnum):
    """Close codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway."""

    GOING_AWAY = 1001
    DECODE_ERROR = 4002
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SHARD = 4010
    DISALLOWED_INTENTS = 4014


class Socket:
    """One connection. Frames are sent in the order in which they were put."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._request = request
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue()
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self.session: Session | None = None

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


class Gateway:
    """All sessions and sockets."""

    def __init__(self, backend: Backend, *, token: str, places: Places, changed: Callable[[], None]) -> None:
        self.url = ""  # set once the server listens
        self.identifies = Identifies()
        self.sessions: dict[str, Session] = {}
        self._backend = backend
        self._token = token
        self._places = places
        self._changed = changed
        self._sockets: set[Socket] = set()
        backend.subscribers.append(self._feed)

    @property
    def connections(self) -> int:
        """How many sockets are open, with a session or without."""
        return len(self._sockets)

    def is_connected(self, guild_id: int) -> bool:
        """Whether a bot is connected for that server."""
        return any(
            session.socket is not None and session.concerns("", {"guild_id": guild_id})
            for session in self.sessions.values()
        )

    def drop(self) -> None:
        """Abort every connection but keep the sessions, like a network failure."""
        for socket in tuple(self._sockets):
            socket.abort()

    def ask_to_reconnect(self) -> None:
        for socket in tuple(self._sockets):
            socket.put(Op.RECONNECT, None)

    def forget_sessions(self) -> None:
        """Reject every later RESUME."""
        self.sessions.clear()

    async def close(self) -> None:
        for socket in tuple(self._sockets):
            socket.put_close(CloseCode.GOING_AWAY)
        self._backend.subscribers.remove(self._feed)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, max_msg_size=0)
        await ws.prepare(request)
        socket = Socket(ws, request)
        self._sockets.add(socket)
        pump = asyncio.create_task(socket.pump(), name="sandbox gateway writer")
        socket.put(Op.HELLO, {"heartbeat_interval": _HEARTBEAT_INTERVAL_MS})
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._take(socket, message.data)
        finally:
            self._sockets.discard(socket)
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
            self._detach(socket, ended=ws.close_code in _ENDING_CODES)
        return ws

    def _take(self, socket: Socket, text: str) -> None:
        try:
            self._receive(socket, json.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("the sandbox's gateway received an invalid frame: %r", error)
            socket.put_close(CloseCode.DECODE_ERROR)

    def _receive(self, socket: Socket, frame: Mapping[str, Any]) -> None:
        data: Any = frame.get("d")
        match frame.get("op"):
            case Op.HEARTBEAT:
                socket.put(Op.HEARTBEAT_ACK, None)
            case Op.IDENTIFY | Op.RESUME if socket.session is not None:
                socket.put_close(CloseCode.ALREADY_AUTHENTICATED)
            case Op.IDENTIFY if data["token"] != self._token:
                socket.put_close(CloseCode.AUTHENTICATION_FAILED)
            case Op.IDENTIFY:
                self._identify(socket, data)
            case Op.RESUME:
                self._resume(socket, data)
            case Op.PRESENCE:
                pass
            case op:
                _log.warning("the sandbox's gateway does not support opcode %s", op)

    def _identify(self, socket: Socket, data: Mapping[str, Any]) -> None:
        session = Session(self._backend, data)
        if not 0 <= session.shard_id < session.shard_count:
            socket.put_close(CloseCode.INVALID_SHARD)
            return
        if not self.identifies.accept(session.shard_id):
            socket.put(Op.INVALID_SESSION, data=False)
            return
        if missing_privileged_intents(session.intents, discord.Intents.none()):
            socket.put_close(
                CloseCode.DISALLOWED_INTENTS
            )  # as if they were not enabled in the Developer Portal
            return
        for other in tuple(self.sessions.values()):  # sessions of a bot that was killed
            if other.socket is None and other.shard_id == session.shard_id:
                del self.sessions[other.id]
        self.sessions[session.id] = session
        session.socket, socket.session = socket, session
        guilds = [
            guild
            for guild in self._backend.guilds.values()
            if self._places.has_bot(guild.id) and session.concerns("", {"guild_id": guild.id})
        ]
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": dict(serializers.user_payload(self._backend.bot_user)),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": [session.shard_id, session.shard_count],
                "application": {"id": str(self._backend.application_id), "flags": 0},
            },
        )
        for guild in guilds:
            created = serializers.guild_create_payload(self._backend, guild)
            session.feed("GUILD_CREATE", self._places.completed(created))
        self._changed()

    def _resume(self, socket: Socket, data: Mapping[str, Any]) -> None:
        session = self.sessions.get(data["session_id"])
        if (
            session is None
            or data["token"] != self._token
            or not session.replay(socket, after=int(data["seq"] or 0))
        ):
            socket.put(Op.INVALID_SESSION, data=False)
            return
        session.socket, socket.session = socket, session
        session.dispatch("RESUMED", {})
        self._changed()

    def _detach(self, socket: Socket, *, ended: bool) -> None:
        session = socket.session
        if session is None or session.socket is not socket:
            return
        session.socket = None
        if ended:
            self.sessions.pop(session.id, None)
        self._changed()

    def _feed(self, event: str, payload: Mapping[str, Any]) -> None:
        """Send an event to every session of its shard. Several processes can have a session for one shard."""
        guild_id = payload.get("guild_id")
        is_elsewhere = guild_id is not None and not self._places.has_bot(int(guild_id))
        if is_elsewhere and event != "INTERACTION_CREATE":
            return  # the bot was removed from it
        if (
            event == "GUILD_CREATE"
        ):  # a newly joined server has no such field, unlike one that is available again
            payload = {key: value for key, value in payload.items() if key != "unavailable"}
        payload = self._places.completed(payload)
        for session in tuple(self.sessions.values()):
            # Where only a person installed the app, Discord picks the shard; usually the first.
            if session.shard_id == 0 if is_elsewhere else session.concerns(event, payload):
                session.feed(event, payload)
