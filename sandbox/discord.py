"""The simulated Discord: one HTTP server with the REST API and the gateway."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from sandbox.gateway import Gateway
from sandbox.listener import Listener
from sandbox.rest import Rest
from sandbox.world import World

TOKEN: Final = "sandbox.not-a-real-token.sandbox"  # noqa: S105  # valid only here
_MAX_BODY_BYTES: Final = 26 * 1024 * 1024


class DiscordServer:
    """Serves the world to a bot, on 127.0.0.1 only."""

    def __init__(self, world: World) -> None:
        self.token = TOKEN
        self.gateway = Gateway(world.backend, token=TOKEN, places=world.places, changed=world.changes.wake)
        self.rest = Rest(world, token=TOKEN, gateway_url=lambda: self.gateway.url)
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_route("*", "/api/v10/{path:.+}", self.rest.handle)
        self._listener = Listener(app)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}/api/v10"

    async def start(self, *, port: int = 0) -> None:
        await self._listener.start(port=port)
        self.gateway.url = f"ws://127.0.0.1:{self._listener.port}/gateway"

    async def close(self) -> None:
        await self.gateway.close()
        await self._listener.close()
