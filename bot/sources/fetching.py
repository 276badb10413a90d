"""JSON over HTTP from one origin: timeouts, retries, rate limits, ETags and a bound on what is read."""

from __future__ import annotations

import logging
import random
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from bot.core.plurals import count
from bot.errors import SourceError
from bot.sources.cleaning import shorten
from bot.sources.parse import decode_json
from bot.sources.rate_limits import RateLimit, asked_wait, rate_limit, server_time

_log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_WORTH_A_RETRY = frozenset({408, 425, 429})  # and every 5xx
_MOST_CONNECTIONS = 4
_CHUNK_BYTES = 65_536
_LONGEST_ERROR_BYTES = 65_536
_LONGEST_PAUSE = timedelta(hours=1)  # whatever a server asks for, ask it again after this
_MOST_KEPT_PAGES = 64
_LARGEST_KEPT_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How long and how much.

    Attributes:
        connect_seconds, total_seconds: for one try; the total includes reading the body.
        tries: of one call, the first included.
        first_wait_seconds: before the second try; it doubles, and up to half of it is added at random.
        longest_wait_seconds: a server that asks for more is not waited for. Hugging Face's windows are 300 s.
        largest_answer_bytes: after decompression.
    """

    connect_seconds: float = 10
    total_seconds: float = 60
    tries: int = 4
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 310
    largest_answer_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 200 (or a 304 of a page that was kept), a 400 or a 404.

    Attributes:
        payload: the decoded JSON of a 200, else the text of the refusal.
        next_link: where the `Link` header says the next page is; not to be followed unchecked.
        is_fresh: False when the server said that nothing changed since the last time.
    """

    status: int
    payload: Any
    next_link: URL | None = None
    is_fresh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an answer said beside its body."""

    at: datetime  # by our clock
    server_time: datetime | None  # at that moment, by the server's, to the second
    limit: RateLimit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptPage:
    etag: str
    body: bytes
    next_link: URL | None


class _TryAgainError(Exception):
    """One try failed in a way that may pass; the text says how."""

    def __init__(self, reason: str, *, is_wait_known: bool = False) -> None:
        super().__init__(reason)
        self.is_wait_known = is_wait_known  # the server said how long; `_pace` keeps to it


class Fetcher:
    """Calls one origin politely; concurrent calls share its limits."""

    def __init__(
        self,
        headers: dict[str, str],
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]],
        limits: FetchLimits,
        told: Callable[[URL, int | None, float], None],
    ) -> None:
        self._headers = headers
        self._clock = clock
        self._sleep = sleep
        self._limits = limits
        self._told = told  # of each request: its address, the answer's status if one came, and the seconds
        self._session: ClientSession | None = None
        self._heard: Heard | None = None
        self._free_at: datetime | None = None  # no call before this
        self._kept: OrderedDict[URL, _KeptPage] = OrderedDict()

    @property
    def last_heard(self) -> Heard | None:
        """What the last answer said, whatever its status."""
        return self._heard

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: URL) -> Answer:
        """The answer, after as many tries as the limits allow.

        Raises:
            SourceError: no usable answer came, or the server asks for a longer wait than the limits allow.
        """
        wait = self._limits.first_wait_seconds
        for attempt in range(1, self._limits.tries + 1):
            await self._pace()
            try:
                return await self._once(url)
            except _TryAgainError as failure:
                if attempt == self._limits.tries:
                    raise SourceError(f"Hugging Face {failure} (tried {count(attempt, 'time')})") from failure
                _log.warning("Hugging Face %s; trying %s again", failure, shorten(url.path_qs))
                if not failure.is_wait_known:
                    await self._sleep(wait * (1 + random.random() / 2))  # noqa: S311 -- spreads load, hides nothing
                wait *= 2
        raise AssertionError("unreachable: the last try returns or raises")

    async def _pace(self) -> None:
        """Waits until the server takes calls again."""
        if self._free_at is None:
            return
        seconds = (self._free_at - self._clock()).total_seconds()
        if seconds > self._limits.longest_wait_seconds:
            raise SourceError(
                f"Hugging Face takes no calls until {self._free_at:%Y-%m-%d %H:%M} UTC (rate limit)"
            )
        if seconds > 0:
            _log.info("Waiting %.0f s for Hugging Face's rate limit", seconds)
            await self._sleep(seconds)

    def _pause(self, seconds: float) -> None:
        until = self._clock() + min(timedelta(seconds=seconds), _LONGEST_PAUSE)
        self._free_at = max(until, self._free_at or until)

    async def _once(self, url: URL) -> Answer:
        """One try, redirects within the origin followed."""
        target = url
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                kept = self._kept.get(target)
                headers = {"If-None-Match": kept.etag} if kept else {}
                async with self._request(target, headers) as response:
                    if response.status not in _REDIRECTS:
                        return await self._read(response, target, kept)
                    target = _redirected(response, target)
        except TimeoutError as error:
            raise _TryAgainError(f"did not answer within {self._limits.total_seconds:g} s") from error
        except (ClientError, OSError) as error:
            reason = shorten(str(error)) or type(error).__name__
            raise _TryAgainError(f"could not be reached: {reason}") from error
        raise SourceError("Hugging Face redirects in a circle")

    @asynccontextmanager
    async def _request(self, url: URL, headers: dict[str, str]) -> AsyncGenerator[ClientResponse]:
        """One request, told of when its answer has been read, or will never be."""
        began, status = time.monotonic(), None
        try:
            async with self._open().get(url, headers=headers, allow_redirects=False) as response:
                status = response.status
                yield response
        except (TimeoutError, ClientError, OSError):
            status = None  # also where the answer broke off
            raise
        finally:
            self._told(url, status, time.monotonic() - began)

    def _open(self) -> ClientSession:
        # Made at the first call, since a session belongs to the running event loop.
        if self._session is None:
            limits = self._limits
            self._session = ClientSession(
                connector=TCPConnector(limit=_MOST_CONNECTIONS),
                timeout=ClientTimeout(total=limits.total_seconds, sock_connect=limits.connect_seconds),
                headers=self._headers,
                cookie_jar=DummyCookieJar(),
            )
        return self._session

    async def _read(self, response: ClientResponse, url: URL, kept: _KeptPage | None) -> Answer:
        self._heed(response)
        if response.status == 304 and kept is not None:
            self._kept[url] = kept
            self._kept.move_to_end(url)
            return Answer(
                status=200, payload=decode_json(kept.body), next_link=kept.next_link, is_fresh=False
            )
        if response.status == 200:
            return await self._read_page(response, url)
        if response.status in {401, 403}:
            raise SourceError(
                f"Hugging Face refuses access ({response.status}). Check HF_TOKEN: remove it where it is "
                "set (the list needs none), or set one where HF_ENDPOINT asks for it."
            )
        text = shorten((await self._body(response, _LONGEST_ERROR_BYTES, cut=True)).decode(errors="replace"))
        if response.status in {400, 404}:
            return Answer(status=response.status, payload=text)
        raise SourceError(f"Hugging Face answered {response.status}: {text or 'nothing'}")

    def _heed(self, response: ClientResponse) -> None:
        """Notes how long to wait before the next call, and turns a passing failure into another try."""
        limit = rate_limit(response.headers)
        self._heard = Heard(at=self._clock(), server_time=server_time(response.headers), limit=limit)
        if limit is not None and limit.remaining == 0:
            self._pause(limit.wait_seconds)
        if response.status < 500 and response.status not in _WORTH_A_RETRY:
            return
        wait = asked_wait(response.headers, status=response.status, now=self._clock())
        if wait is not None:
            self._pause(wait)
        raise _TryAgainError(f"answered {response.status}", is_wait_known=wait is not None)

    async def _read_page(self, response: ClientResponse, url: URL) -> Answer:
        body = await self._body(response, self._limits.largest_answer_bytes)
        try:
            payload = decode_json(body)
        except SourceError as error:
            raise _TryAgainError(f"sent a broken answer: {error}") from error
        next_link = _next_link(response)
        etag = response.headers.get("ETag")
        self._kept.pop(url, None)
        if etag and len(body) <= _LARGEST_KEPT_BYTES:
            self._kept[url] = _KeptPage(etag=etag, body=body, next_link=next_link)
            if len(self._kept) > _MOST_KEPT_PAGES:
                self._kept.popitem(last=False)
        return Answer(status=200, payload=payload, next_link=next_link)

    async def _body(self, response: ClientResponse, most_bytes: int, *, cut: bool = False) -> bytes:
        """The decompressed body; one that is longer is cut where that is allowed, else refused."""
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > most_bytes:
                if cut:
                    return bytes(body[:most_bytes])
                raise SourceError(f"Hugging Face's answer is longer than {most_bytes:,} bytes")
        return bytes(body)


def _redirected(response: ClientResponse, url: URL) -> URL:
    """Where the redirect leads, if that is the same origin: the token goes nowhere else."""
    location = response.headers.get("Location", "")
    try:
        target = url.join(URL(location))
        is_ours = bool(location) and target.origin() == url.origin()
    except ValueError:
        is_ours, target = False, url
    if not is_ours:
        raise SourceError(
            f"Hugging Face redirects to another server ({shorten(location, limit=100)}), which is not "
            "followed. If that address is right, set HF_ENDPOINT to it."
        )
    return target


def _next_link(response: ClientResponse) -> URL | None:
    try:
        link = response.links.get("next")
        return None if link is None else URL(str(link["url"]))
    except ValueError:
        _log.warning(
            "Hugging Face's Link header cannot be read: %s", shorten(response.headers.get("Link", ""))
        )
        return None
