"""The simulated gateway: the WebSockets that a bot connects to, IDENTIFY, heartbeats and RESUME.

SimCord creates the events, and `sandbox.sessions` sends them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import IntEnum
from typing import Any, Final

import discord
from aiohttp import WSMsgType, web
from simcord.backend import Backend, serializers
from simcord.intents import missing_privileged_intents

from sandbox.identifies import Identifies
from sandbox.places import Places
from sandbox.sessions import Op, Session, Socket

_log = logging.getLogger(__name__)

_HEARTBEAT_INTERVAL_MS: Final = 41_250
_ENDING_CODES: Final = (1000, 1001)  # a client that closes with one of these ends its session


class CloseCode(IntEnum):
    """Close codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway."""

    GOING_AWAY = 1001
    DECODE_ERROR = 4002
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SHARD = 4010
    DISALLOWED_INTENTS = 4014


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
        if not self.identifies.accept(session.shard_id, host=socket.host):
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
