"""A web application on a loopback port."""

from __future__ import annotations

from typing import Final

from aiohttp import web

_CLOSING_SECONDS: Final = 1.0  # how long open requests can take to finish


class Listener:
    def __init__(self, app: web.Application) -> None:
        self.port = 0
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSING_SECONDS)

    async def start(self, *, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 picks a free port.

        Raises:
            OSError: the port is already in use.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        await self._runner.cleanup()
