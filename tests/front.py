"""A server in front of the sandbox: it gives the bad answers that a test sets up, then passes requests on."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.app import App
from bot.settings import Settings
from sandbox import Sandbox
from sandbox.listener import Listener
from tests.discord_address import restored
from tests.waiting import LIMIT_SECONDS

PAGE = "<html><body>Sign in to this network</body></html>"
UNAUTHORIZED = {"message": "401: Unauthorized", "code": 0}


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One answer; a mapping or list is JSON, a text a page. `fate` is what happens instead of an answer."""

    status: int = 200
    body: Any = PAGE
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    fate: str = ""  # "reset" or "hang"

    def response(self) -> web.Response:
        is_text = isinstance(self.body, str)
        return web.Response(
            status=self.status,
            body=self.body if is_text else json.dumps(self.body),
            headers={
                "Content-Type": self.content_type or ("text/html" if is_text else "application/json"),
                **self.headers,
            },
        )


Socket = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Front:
    """`bad` holds the answers of each method and path, `sockets` what becomes of the next connections."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.bad: dict[str, deque[Bad]] = defaultdict(deque)
        self.sockets: deque[Socket] = deque()
        self.asked: list[str] = []
        self.sessions_left: deque[dict[str, int]] = deque()
        self._sandbox = sandbox
        self._over = asyncio.Event()
        app = web.Application()
        app.router.add_get("/socket/", self._socket)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._listener = Listener(app)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}"

    async def __aenter__(self) -> Self:
        await self._listener.start()
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self._session.close()
        await self._listener.close()

    async def hang(self) -> None:
        await self._over.wait()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        return await self.sockets.popleft()(request)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.replace(str(self._sandbox.world.backend.application_id), "ID")
        call = f"{request.method} {path}"
        self.asked.append(call)
        if self.bad[call]:
            bad = self.bad[call].popleft()
            if bad.fate == "hang":
                await self.hang()
            if bad.fate == "reset" and request.transport is not None:
                request.transport.abort()
            return bad.response()
        async with self._session.request(
            request.method,
            f"{self._sandbox.api_url}{request.path_qs}",
            data=await request.read(),
            headers={name: request.headers[name] for name in ("Authorization",) if name in request.headers},
        ) as answer:
            body = await answer.read()
            if path == "/gateway/bot":
                body = self._gateway(json.loads(body))
            return web.Response(
                status=answer.status, body=body, headers={"Content-Type": answer.headers["Content-Type"]}
            )

    def _gateway(self, answer: dict[str, Any]) -> bytes:
        if self.sockets:
            answer["url"] = f"ws://127.0.0.1:{self._listener.port}/socket/"
        if self.sessions_left:
            answer["session_start_limit"] |= self.sessions_left.popleft()
        return json.dumps(answer).encode()


@dataclass(kw_only=True)
class Start:
    """A start of the bot behind a front, whose waits take no time and are noted."""

    sandbox: Sandbox
    front: Front
    folder: Path
    waits: list[float] = field(default_factory=list[float])

    async def until(self, claim: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not claim():  # noqa: ASYNC110 - what happens in the bot wakes nobody here
                await asyncio.sleep(0.01)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def run(self, **settings: Any) -> None:
        """Runs the bot until it ends."""
        usual: dict[str, Any] = {
            "discord_token": self.sandbox.token,
            "discord_api_url": self.front.url,
            "hf_endpoint": self.sandbox.huggingface_url,
            "database_url": f"sqlite+aiosqlite:///{self.folder / 'paperboy.db'}",
        }
        app = App(Settings.load(**usual | settings), clock=self.sandbox.calendar.now, sleep=self.sleep)
        await app.run()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncGenerator[None]:
        """The bot, once it is ready and its commands are synced."""
        task = asyncio.create_task(self.run(**settings))
        ready = asyncio.create_task(
            self.sandbox.wait_for_bot(
                self.sandbox.guild.id, commands=["subscribe"], timeout_seconds=LIMIT_SECONDS
            )
        )
        try:
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            ready.result()
            yield
        finally:
            for each in (task, ready):
                each.cancel()
            await asyncio.gather(task, ready, return_exceptions=True)


@asynccontextmanager
async def starting(folder: Path) -> AsyncGenerator[Start]:
    with restored():
        async with Sandbox(page_port=None) as sandbox, Front(sandbox) as front:
            yield Start(sandbox=sandbox, front=front, folder=folder)
