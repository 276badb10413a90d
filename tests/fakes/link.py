"""A link: the network between one program and a server on loopback, which fails as networks do."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_CHUNK_BYTES: Final = 65_536
_RESETS: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset and drops what was not sent


class Link:
    """Forwards connections to a port of this machine, or to a socket in its file system.

    `port` is where the program connects. `asked_at` has when the program began each request, by
    `time.monotonic`: for protocols in which a connection has one request at a time.
    """

    def __init__(self, there: int | Path) -> None:
        self.port = 0
        self.asked_at: list[float] = []
        self.ports_behind: set[int] = set()  # from which the link itself is connected to the server now
        self._there = there
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._delay_seconds = 0.0
        self._refuses = False
        self._sockets: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.restore()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self, *, up: bool = True, down: bool = True) -> None:
        """Nothing gets through to the server (`up`) or back (`down`); nobody is told, new connections neither."""
        for way, is_held in ((self._up, up), (self._down, down)):
            if is_held:
                way.clear()

    def slow(self, seconds: float) -> None:
        """Each piece of data takes this long."""
        self._delay_seconds = seconds

    def refuse(self) -> None:
        """Resets every connection, also those to come."""
        self._refuses = True
        self.reset()

    def reset(self) -> None:
        """Resets the connections; what was held is lost."""
        for task in tuple(self._tasks):
            task.cancel()

    def forget(self) -> None:
        """Nothing ever gets through on the connections that there are, as when a firewall forgot them."""
        self.hold()
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self.restore()

    def restore(self) -> None:
        """Ends what was begun; what was held arrives now."""
        self._refuses = False
        self._delay_seconds = 0.0
        self._up.set()
        self._down.set()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def ended(task: asyncio.Task[None]) -> None:  # also one that was cancelled before it began
            _abort(writer)
            self._tasks.discard(task)

        task = asyncio.create_task(self._accept(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(ended)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            return
        up, down = self._up, self._down
        await up.wait()
        there, back = await self._connected()
        behind: int = 0 if isinstance(self._there, Path) else back.get_extra_info("sockname")[1]
        self.ports_behind.add(behind)
        exchange = _Exchange(self.asked_at)
        ways = [
            asyncio.create_task(self._pass(reader, back, up, exchange.note_question)),
            asyncio.create_task(self._pass(there, writer, down, exchange.note_answer)),
        ]
        try:
            # One way ends the other: no protocol here closes only one.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self.ports_behind.discard(behind)
            _abort(back)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._there, Path):
            return await asyncio.open_unix_connection(self._there)
        return await asyncio.open_connection("127.0.0.1", self._there)

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        way: asyncio.Event,
        note: Callable[[], None],
    ) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK_BYTES):
                note()
                if self._delay_seconds:
                    await asyncio.sleep(self._delay_seconds)
                await way.wait()
                target.write(data)
                await target.drain()
            await way.wait()
            target.close()
            await target.wait_closed()


class _Exchange:
    """The questions and answers of one connection."""

    def __init__(self, asked_at: list[float]) -> None:
        self._asked_at = asked_at
        self._is_open = False

    def note_question(self) -> None:
        if not self._is_open:
            self._asked_at.append(time.monotonic())
        self._is_open = True

    def note_answer(self) -> None:
        self._is_open = False


def _abort(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
    writer.transport.abort()
