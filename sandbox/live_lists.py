"""The real lists, fetched from Hugging Face one at a time and cached."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import date
from types import TracebackType
from typing import Any, Final, Self, cast

from aiohttp import BaseConnector, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from sandbox.calendar import machine_time, open_list_day

_ANSWER_SECONDS: Final = 3.0  # at startup, while a person waits for the page; one attempt
_TOTAL_SECONDS: Final = 20.0
# How long lists are cached: the open one, and closed ones.
_OPEN_CACHE_SECONDS: Final = 60.0
_CLOSED_CACHE_SECONDS: Final = 900.0
_MAX_CACHED_DAYS: Final = 60
_PAGE_SIZE: Final = 100
_MAX_PAGES: Final = 20
_MAX_BYTES: Final = 32 * 1024 * 1024
_LIST: Final = "/api/daily_papers"
_PASSED_ON: Final = ("RateLimit", "RateLimit-Policy", "Retry-After")


class UpstreamError(Exception):
    """An error from Hugging Face, or the reason why there was no answer. It is passed on unchanged."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body.decode(errors='replace')}")
        self.status = status
        self.body = body
        self.headers = headers or {}

    @classmethod
    def gateway(cls, status: int, text: str) -> UpstreamError:
        return cls(status, json.dumps({"error": text}).encode())


class LiveLists:
    """Reads lists and papers from one base URL. Use it as an async context manager.

    `connector` creates the connector of the HTTP session, for example to use a proxy.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        connector: Callable[[], BaseConnector] = TCPConnector,
    ) -> None:
        self._connector = connector
        self._url = URL(address.rstrip("/"))
        self.address = str(self._url.with_user(None)).rstrip("/")  # for display
        self._headers = {"Accept": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        self._cache: dict[date, tuple[float, list[dict[str, Any]]]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = ClientSession(
            connector=self._connector(),
            headers=self._headers,
            timeout=ClientTimeout(total=_TOTAL_SECONDS),
            cookie_jar=DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def is_available(self) -> bool:
        """Whether Hugging Face returns a list. Makes one attempt with a timeout of three seconds."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                payload, _ = await self._get(self._at(_LIST) % {"limit": "1"})
                return bool(_items(payload))
        except (TimeoutError, UpstreamError):
            return False

    async def day(self, day: date) -> list[dict[str, Any]]:
        """The complete list of that day, in the original order.

        Raises:
            UpstreamError: it could not be read.
        """
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            is_closed = day < open_list_day(machine_time())
            cache_seconds = _CLOSED_CACHE_SECONDS if is_closed else _OPEN_CACHE_SECONDS
            if day in self._cache and now - self._cache[day][0] < cache_seconds:
                return self._cache[day][1]
            items = await self._read(day)
            self._cache[day] = (now, items)
            if len(self._cache) > _MAX_CACHED_DAYS:
                del self._cache[min(self._cache)]
            return items

    async def paper(self, paper_id: str) -> object:
        """One paper.

        Raises:
            UpstreamError: it does not exist, or could not be read.
        """
        async with self._one_at_a_time:
            payload, _ = await self._get(self._at("/api/papers") / paper_id)
            return payload

    def _at(self, path: str) -> URL:
        return self._url.with_path(self._url.path.rstrip("/") + path)

    async def _read(self, day: date) -> list[dict[str, Any]]:
        address = self._at(_LIST)
        url: URL | None = address % {"date": day.isoformat(), "limit": str(_PAGE_SIZE)}
        items: list[dict[str, Any]] = []
        for _ in range(_MAX_PAGES):
            if url is None:
                break
            payload, link = await self._get(url)
            items += _items(payload)
            # A mirror can return links to the original host. Their query is right.
            url = address.with_query(link.query) if link is not None and link.query else None
        return items

    async def _get(self, url: URL) -> tuple[object, URL | None]:
        """The answer and the URL of the next page."""
        if self._session is None:
            raise RuntimeError("LiveLists must be entered first")
        try:
            # Redirects are not followed, because the token is for this host only.
            async with self._session.get(url, allow_redirects=False) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(1 << 16):
                    body += chunk
                    if len(body) > _MAX_BYTES:
                        raise UpstreamError.gateway(502, f"{self.address} sent too much data")
                if response.status in range(300, 400):
                    raise UpstreamError.gateway(502, f"{self.address} redirects to another address")
                if response.status != 200:
                    headers = {
                        name: response.headers[name] for name in _PASSED_ON if name in response.headers
                    }
                    raise UpstreamError(response.status, bytes(body), headers)
                link = response.links["next"].get("url") if "next" in response.links else None
        except TimeoutError as error:
            text = f"{self.address} did not answer within {_TOTAL_SECONDS:g} s"
            raise UpstreamError.gateway(504, text) from error
        except (ClientError, OSError) as error:
            raise UpstreamError.gateway(502, f"{self.address} could not be reached: {error}") from error
        try:
            return cast("object", json.loads(body)), URL(str(link)) if link is not None else None
        except ValueError as error:
            raise UpstreamError.gateway(502, f"{self.address} did not send JSON") from error


def _items(payload: object) -> list[dict[str, Any]]:
    """The list's items.

    Raises:
        UpstreamError: this is not a list of papers.
    """
    if isinstance(payload, list):
        items = cast("list[object]", payload)
        if all(isinstance(item, dict) for item in items):
            return cast("list[dict[str, Any]]", items)
    raise UpstreamError.gateway(502, "the answer is not a list of papers")
