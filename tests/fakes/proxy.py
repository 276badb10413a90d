"""An HTTP proxy on loopback: forwards plain requests, tunnels by CONNECT, and ends TLS where it is given a key."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

Address = tuple[str, int]


class FakeProxy:
    """`routes` says where each host really is; `login` is what it asks for, as `user:password`.

    `asked` holds the first line of each request, in the order in which they came.
    """

    def __init__(
        self, routes: Mapping[str, Address], *, login: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.asked: list[str] = []
        self.turned_away = 0
        self.refuses_with: int | None = None
        self._routes = routes
        self._wanted = f"Basic {base64.b64encode(login.encode()).decode()}" if login else None
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hosts(self) -> set[str]:
        """Those that were asked for through it."""
        return {self._target(line) for line in self.asked}

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            await _closed(writer)
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *headers = head.strip().split("\r\n")
        received = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
        if self._wanted is not None and received.get("proxy-authorization") != self._wanted:
            self.turned_away += 1
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        self.asked.append(line)
        if self.refuses_with is not None:
            writer.write(f"HTTP/1.1 {self.refuses_with} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        there, back = await asyncio.open_connection(*self._routes[self._target(line)])
        if line.startswith("CONNECT"):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self._tls is not None:
                await writer.start_tls(self._tls)
        else:
            method, url, version = line.split()
            parts = urlsplit(url)
            kept = [header for header in headers if not header.lower().startswith("proxy-")]
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            back.write("\r\n".join([f"{method} {path} {version}", *kept, "", ""]).encode())
        try:
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        finally:
            await _closed(back)

    def _target(self, line: str) -> str:
        address = line.split()[1]
        return str(urlsplit(address if "//" in address else f"//{address}").hostname)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()
