"""The monitoring port: serves health at `/healthz` and metrics at `/metrics`."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import socket
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from typing_extensions import override

from bot import __version__
from bot.core.totals import Totals
from bot.errors import ConfigError, StoreError
from bot.monitoring.health import Health, Report, starting_report
from bot.monitoring.metrics import CONTENT_TYPE, Metrics
from bot.monitoring.snapshot import Snapshot
from bot.services.queries.totals import CurrentTotals

_log = logging.getLogger(__name__)
_requests_log = logging.getLogger(f"{__name__}.requests")

_CLOSING_SECONDS = 0.5  # for open requests when the bot stops
_IDLE_SECONDS = 15.0  # a connection without a complete request is closed then
_LAST_PORT = 65_535
_MAX_CONNECTIONS = 100  # keeps file descriptors free for the bot itself
_TOTALS_SECONDS = 3.0
_HEADERS = {"Cache-Control": "no-store", "Server": f"paperboy/{__version__}"}


class Monitor:
    """Owns the port. It is opened first and closed last, so that it also covers startup and shutdown."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tries: int = 1,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.metrics = Metrics()
        self.port = port  # replaced by the actual port once a port of 0 is open
        self._host = host
        self._tries = tries  # ports, this one and the next ones, if those before are in use
        self._clock = clock
        self._monotonic = monotonic
        self._began = monotonic()
        self._health: Health | None = None
        self._totals: CurrentTotals | None = None
        app = web.Application(client_max_size=1)
        app.router.add_get("/healthz", self._get_health)
        app.router.add_get("/metrics", self._get_metrics)
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_requests_log,
            keepalive_timeout=_IDLE_SECONDS,
            shutdown_timeout=_CLOSING_SECONDS,
        )
        self._listener: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Open the port.

        Raises:
            ConfigError: it cannot be opened; the message names the setting to change.
        """
        await self._runner.setup()
        configured = self.port
        try:
            self._listener = await self._listen()
        except OSError as error:
            await self._runner.cleanup()
            raise _refusal(error, self._host, configured, tries=self._tries) from error
        self.port = self._listener.sockets[0].getsockname()[1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        why = (
            f" ({configured} is in use: another process of this fleet?)"
            if configured not in {0, self.port}
            else ""
        )
        _log.info("Health and metrics: http://%s:%d/healthz and /metrics%s", shown, self.port, why)
        return self

    async def _listen(self) -> asyncio.Server:
        """Listen on the first port that is not in use.

        Raises:
            OSError: none of the ports can be opened.
        """
        loop = asyncio.get_running_loop()
        last = min(self.port + self._tries - 1, _LAST_PORT)
        for port in range(self.port, last + 1):
            try:
                return await loop.create_server(self._connection, self._host, port)
            except OSError as error:
                if port in {0, last} or not _is_in_use(error):
                    raise
        raise AssertionError("there is at least one port")

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()

    def attach(self, health: Health, totals: CurrentTotals) -> None:
        """Report these from now on; before, the bot counts as starting."""
        self._health, self._totals = health, totals

    def _connection(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        if server is None or len(server.connections) >= _MAX_CONNECTIONS:
            return _Rejected()
        return server()

    async def _report(self) -> Report:
        return starting_report() if self._health is None else await self._health.report()

    async def _get_health(self, _: web.Request) -> web.Response:
        report = await self._report()
        body: dict[str, Any] = {"status": report.status.value}
        if report.reason:
            body["reason"] = report.reason
        body["version"] = __version__
        body["uptime_seconds"] = round(self._monotonic() - self._began)
        body["parts"] = {
            name: {
                "status": part.status.value,
                **({"reason": part.reason} if part.reason else {}),
                **part.figures,
            }
            for name, part in report.parts.items()
        }
        return web.Response(
            text=json.dumps(body, indent=2, ensure_ascii=False) + "\n",
            status=200 if report.status.is_healthy else 503,
            content_type="application/json",
        )

    async def _get_metrics(self, _: web.Request) -> web.Response:
        report = await self._report()
        # In a fleet, one process reports what the whole database has.
        is_reporter = report.fleet is None or report.fleet.owned.has_first
        totals = await self._read_totals() if is_reporter else None
        snapshot = Snapshot(now=self._clock(), health=report, totals=totals)
        # As a header, because aiohttp's content_type would drop the version.
        return web.Response(body=self.metrics.render(snapshot), headers={"Content-Type": CONTENT_TYPE})

    async def _read_totals(self) -> Totals | None:
        """The totals, or None if they cannot be read in time: the other metrics are still served."""
        if self._totals is None:
            return None
        try:
            async with asyncio.timeout(_TOTALS_SECONDS):
                return await self._totals.read()
        except StoreError:
            return None  # logged once, by the store
        except Exception:  # noqa: BLE001 - a bug here must not cost the other metrics
            _log.warning("The totals could not be read for /metrics", exc_info=True)
            return None


class _Rejected(asyncio.Protocol):
    """Closes a connection beyond the maximum."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - always true for a socket
        transport.abort()


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is about a bug, and not about a malformed request, which is answered with 400."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_requests_log.addFilter(_is_ours)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _is_in_use(error: OSError) -> bool:
    return error.errno == errno.EADDRINUSE


def _refusal(error: OSError, host: str, port: int, *, tries: int) -> ConfigError:
    """The operator's error for a port that cannot be opened."""
    if _is_in_use(error) and tries > 1:
        return ConfigError(
            f"HEALTH_PORT is {port}, but that port and the next {tries - 1} are in use: choose another one"
        )
    if _is_in_use(error):
        return ConfigError(f"HEALTH_PORT is {port}, but that port is already in use: choose another one")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ConfigError(
            f"HEALTH_PORT is {port}, which this user is not allowed to open: choose one above 1023"
        )
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"HEALTH_HOST is {host}, which is not an address of this machine: try 127.0.0.1")
    return ConfigError(f"HEALTH_PORT is {port}, but it cannot be opened on {host}: {error}")
