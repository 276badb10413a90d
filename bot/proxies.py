"""Proxies: which HTTP proxy applies to a URL, and connections through it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aiohttp import (
    ClientConnectionError,
    ClientConnectorDNSError,
    ClientHttpProxyError,
    ClientProxyConnectionError,
    TCPConnector,
)
from typing_extensions import override
from yarl import URL

if TYPE_CHECKING:
    from aiohttp import AddrInfoType, ClientRequest, ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_WANTS_PASSWORD = 407
# What the other side has not received after this long is given up: it would otherwise arrive minutes later,
# when another process may have posted the same.
_RECEIVED_WITHIN_SECONDS = 10


class ProxyError(ClientConnectionError):
    """The proxy prevented a connection; the text names the variable, never an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY; None or empty if not set."""

    http: str | None = None
    https: str | None = None
    no_proxy: str = ""

    def before(self, url: URL) -> tuple[str, URL] | None:
        """The variable and the proxy for this URL, or None for a direct connection."""
        name, proxy = (
            ("HTTPS_PROXY", self.https) if url.scheme in {"https", "wss"} else ("HTTP_PROXY", self.http)
        )
        if proxy is None or url.host is None or self._is_exempt(url.host, url.port or _PORTS.get(url.scheme)):
            return None
        return name, URL(proxy)

    def connector(self, *, limit: int = 0) -> TCPConnector:
        """A connector that uses these proxies, with at most `limit` connections (0: no limit).

        Call it on the event loop that uses it.
        """
        return _Connector(self, limit=limit)

    def _is_exempt(self, host: str, port: int | None) -> bool:
        entries = re.split(r"[\s,]+", self.no_proxy.strip().lower())
        return any(_exempts(entry, host.lower().rstrip("."), port) for entry in entries if entry)


NO_PROXIES = Proxies()


def proxy_address(value: str) -> str:
    """The address, with `http://` added if it has no scheme, as other programs do.

    Raises:
        ValueError: another scheme, no host, no such port, or more than an address.
    """
    value = value.strip()
    if not _SCHEME.match(value):
        value = f"http://{value}"
    parts = urlsplit(value)
    if (
        parts.scheme.lower() not in {"http", "https"}
        or not parts.hostname
        or parts.port == 0  # raises ValueError if it is not a port
        or parts.path not in {"", "/"}
        or not value.isprintable()
        or any(sign in value for sign in " ?#\\")
    ):
        raise ValueError
    parts.hostname.encode("idna")  # raises for a host that cannot be looked up
    unquote(f"{parts.username}{parts.password}").encode("latin-1")  # what a header can carry
    return str(URL(value))


def secrets_of(address: str) -> Iterable[str]:
    """The parts of a proxy's address that must never be logged: the address itself, user and password."""
    parts = urlsplit(address)
    yield from (address, address.rstrip("/"), parts.netloc, parts.netloc.rpartition("@")[2])
    if parts.password:
        credentials = parts.netloc.rpartition("@")[0]
        yield from (credentials, unquote(credentials), parts.password, unquote(parts.password))


def _exempts(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY covers the host: a domain, an address, a network, or `*`."""
    if entry == "*":
        return True
    name, _, tail = entry.rpartition(":")
    if name and tail.isascii() and tail.isdigit() and (":" not in name or name.startswith("[")):
        if int(tail) != port:
            return False
        entry = name
    entry = entry.removeprefix("[").removesuffix("]")
    try:
        address = ip_address(host)
    except ValueError:
        name = entry.removeprefix("*").lstrip(".").rstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return False


def _socket(info: AddrInfoType) -> socket.socket:  # pyright: ignore[reportUnknownParameterType] - aiohttp's
    made = socket.socket(*info[:3])
    if (option := getattr(socket, "TCP_USER_TIMEOUT", None)) is not None:  # Linux's; in milliseconds
        made.setsockopt(socket.IPPROTO_TCP, option, _RECEIVED_WITHIN_SECONDS * 1000)
    return made


class _Connector(TCPConnector):
    def __init__(self, proxies: Proxies, *, limit: int) -> None:
        super().__init__(limit=limit, socket_factory=_socket)  # pyright: ignore[reportUnknownMemberType] - an option of aiohttp's
        self._proxies = proxies

    @override
    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        """Connect through the proxy that applies to the request's URL.

        aiohttp itself supports neither ports and networks in NO_PROXY nor a proxy for `wss`.

        Raises:
            ProxyError: the proxy cannot be reached, or refuses.
        """
        match = self._proxies.before(req.url)
        if match is None:
            return await super().connect(req, traces, timeout)
        name, proxy = match
        req.update_proxy(proxy, None, None)
        try:
            return await super().connect(req, traces, timeout)
        # Without the cause, whose text contains the proxy's address.
        except (ClientProxyConnectionError, ClientConnectorDNSError):
            raise ProxyError(f"the proxy of {name} cannot be reached") from None
        except ClientHttpProxyError as error:
            if error.status == _WANTS_PASSWORD:
                raise ProxyError(f"the proxy of {name} does not accept its user and password (407)") from None
            raise ProxyError(f"the proxy of {name} refused the connection ({error.status})") from None
