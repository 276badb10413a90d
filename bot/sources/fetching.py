"""HTTP requests to one origin: timeouts, retries, rate limits, ETags and a limit on the size of answers.

Bodies are parsed in a thread, one at a time, because the largest ones take noticeable time and memory.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from aiohttp import (
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
)
from yarl import URL

from bot.errors import Problem, ProblemKind, SourceError
from bot.proxies import NO_PROXIES, Proxies
from bot.redaction import REDACTED
from bot.sources.answers import Answer, CachedPage, PageCache, ResponseMeta
from bot.sources.bodies import BrokenBodyError, read_body
from bot.sources.cleaning import cause, clean_text, shorten, without_addresses
from bot.sources.decoding import BrokenJsonError
from bot.sources.rate_limits import rate_limit, requested_wait, server_time

_log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_RETRIED = frozenset({408, 425, 429})  # and every 5xx
_MAX_CONNECTIONS = 4
_MAX_ERROR_BYTES = 65_536
_MAX_PAUSE = timedelta(hours=1)  # whatever the server asks for

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Timeouts, retries and sizes.

    Attributes:
        connect_seconds, total_seconds: for one attempt; the total includes reading the body.
        tries: attempts of one call, including the first.
        first_wait_seconds: before the second attempt; doubles each time, plus up to half of it at random.
        max_wait_seconds: if the server asks for more, the call fails. Hugging Face's windows are 300 s.
        largest_answer_bytes: after decompression. A page of 100 papers has 0.7 MB, rarely 1.3 MB.
    """

    connect_seconds: float = 10
    total_seconds: float = 60
    tries: int = 4
    first_wait_seconds: float = 1
    max_wait_seconds: float = 310
    largest_answer_bytes: int = 4 * 1024 * 1024


class _RetryError(Exception):
    """One attempt failed for a reason that may be temporary.

    Attributes:
        problem: what failed.
        detail: redacted details for the log.
        is_wait_known: the server said how long to wait, which `_pace` does.
    """

    def __init__(
        self, kind: ProblemKind, detail: str = "", *, status: int | None = None, is_wait_known: bool = False
    ) -> None:
        self.problem = Problem(kind, status)
        self.detail = detail
        self.is_wait_known = is_wait_known
        super().__init__(f"{self.problem}: {detail}" if detail else str(self.problem))


class Fetcher:
    """Calls one origin. Concurrent calls share its rate limit."""

    def __init__(
        self,
        headers: dict[str, str],
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]],
        limits: FetchLimits,
        on_request: Callable[[URL, int | None, float], None],
        is_kept: Callable[[URL], bool] = lambda _: True,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        # No other compression, because decompressed bytes are counted as they come out.
        self._headers = {**headers, "Accept-Encoding": "gzip"}
        self._token = headers.get("Authorization", "").removeprefix("Bearer ")
        self._proxies = proxies
        self._clock = clock
        self._sleep = sleep
        self._limits = limits
        # Called with the address, the status (None if there was no answer) and the seconds.
        self._on_request = on_request
        self._session: ClientSession | None = None
        self.last_response: ResponseMeta | None = None  # whatever its status
        self._free_at: datetime | None = None  # no request before this
        self._cache = PageCache()
        self._is_kept = is_kept  # whether an address's answer goes in there
        self._reading = asyncio.Lock()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: URL, read: Callable[[bytes], _T]) -> Answer[_T]:
        """The answer, after as many tries as the limits allow.

        `read` parses the body of a 200, in a thread. Its BrokenJsonError is retried.

        Raises:
            SourceError: no usable answer came, or the server asks for a longer wait than the limits allow.
        """
        wait = self._limits.first_wait_seconds
        for attempt in range(1, self._limits.tries + 1):
            await self._pace()
            try:
                return await self._once(url, read)
            except _RetryError as failure:
                problem = failure.problem
                if attempt == self._limits.tries:
                    _log.warning("%s after %d attempts: %s", shorten(url.path_qs), attempt, failure)
                    raise SourceError(problem.kind, status=problem.status) from failure
                _log.warning("%s; retrying %s", failure, shorten(url.path_qs))
                if not failure.is_wait_known:
                    await self._sleep(wait * (1 + random.random() / 2))  # noqa: S311 -- spreads load, hides nothing
                wait *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _pace(self) -> None:
        """Wait until the server accepts requests again."""
        if self._free_at is None:
            return
        seconds = (self._free_at - self._clock()).total_seconds()
        if seconds > self._limits.max_wait_seconds:
            _log.warning("Hugging Face accepts no requests until %s UTC", f"{self._free_at:%Y-%m-%d %H:%M}")
            raise SourceError(ProblemKind.RATE_LIMITED)
        if seconds > 0:
            _log.info("Waiting %.0f s for Hugging Face's rate limit", seconds)
            await self._sleep(seconds)

    def _pause(self, seconds: float) -> None:
        until = self._clock() + min(timedelta(seconds=seconds), _MAX_PAUSE)
        self._free_at = max(until, self._free_at or until)

    async def _once(self, url: URL, read: Callable[[bytes], _T]) -> Answer[_T]:
        """One attempt; follows redirects within the origin."""
        target = url
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                kept = self._cache.get(target)
                headers = {"If-None-Match": kept.etag} if kept else {}
                async with self._request(target, headers) as response:
                    if response.status not in _REDIRECTS:
                        return await self._read(response, target, kept, read)
                    target = self._redirected(response, target)
        except TimeoutError as error:
            within = f"no answer within {self._limits.total_seconds:g} s"
            raise _RetryError(ProblemKind.TIMED_OUT, within) from error
        except BrokenBodyError as error:
            raise _RetryError(ProblemKind.UNREADABLE, str(error)) from error
        except ClientPayloadError as error:
            raise _RetryError(ProblemKind.CUT_OFF, cause(error)) from error
        except (ClientError, OSError) as error:
            raise _RetryError(ProblemKind.UNREACHABLE, cause(error)) from error
        _log.warning("Hugging Face redirects in a loop")
        raise SourceError(ProblemKind.REDIRECTED)

    @asynccontextmanager
    async def _request(self, url: URL, headers: dict[str, str]) -> AsyncGenerator[ClientResponse]:
        """One request, reported once its answer has been read or has failed."""
        began, status = time.monotonic(), None
        try:
            async with self._open().get(url, headers=headers, allow_redirects=False) as response:
                status = response.status
                yield response
        except (TimeoutError, ClientError, OSError):
            status = None  # also if the answer was cut off
            raise
        finally:
            self._on_request(url, status, time.monotonic() - began)

    def _open(self) -> ClientSession:
        # Created at the first call, because a session belongs to the running event loop.
        if self._session is None:
            limits = self._limits
            self._session = ClientSession(
                connector=self._proxies.connector(limit=_MAX_CONNECTIONS),
                timeout=ClientTimeout(total=limits.total_seconds, sock_connect=limits.connect_seconds),
                headers=self._headers,
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    async def _read(
        self, response: ClientResponse, url: URL, kept: CachedPage | None, read: Callable[[bytes], _T]
    ) -> Answer[_T]:
        self._check_response(response)
        status = response.status
        if status == 304 and kept is not None:
            found = await self._in_thread(read, kept.body)
            return Answer(
                status=200, found=found, size=len(kept.body), next_link=kept.next_link, is_fresh=False
            )
        if status == 200:
            return await self._read_page(response, url, read)
        text = self._redacted(
            (await read_body(response, _MAX_ERROR_BYTES, cut=True)).decode(errors="replace")
        )
        if status in {400, 404}:
            return Answer(status=status, text=text)
        _log.warning("Hugging Face answered %d: %s", status, text or "nothing")
        if status in {401, 403}:
            raise SourceError(ProblemKind.TOKEN_REFUSED, status=status)
        is_refusal = 400 <= status < 500
        raise SourceError(ProblemKind.REFUSED if is_refusal else ProblemKind.UNEXPECTED, status=status)

    def _check_response(self, response: ClientResponse) -> None:
        """Record how long to wait before the next request, and raise _RetryError for a temporary failure."""
        limit = rate_limit(response.headers)
        self.last_response = ResponseMeta(
            at=self._clock(), server_time=server_time(response.headers), limit=limit
        )
        if limit is not None and limit.remaining == 0:
            self._pause(limit.wait_seconds)
        if response.status < 500 and response.status not in _RETRIED:
            return
        wait = requested_wait(response.headers, status=response.status, now=self._clock())
        if wait is not None:
            self._pause(wait)
        kind = ProblemKind.SERVER_ERROR
        if response.status < 500:
            kind = ProblemKind.RATE_LIMITED if response.status == 429 else ProblemKind.REFUSED
        raise _RetryError(kind, status=response.status, is_wait_known=wait is not None)

    async def _read_page(self, response: ClientResponse, url: URL, read: Callable[[bytes], _T]) -> Answer[_T]:
        body = await read_body(response, self._limits.largest_answer_bytes)
        try:
            found = await self._in_thread(read, body)
        except BrokenJsonError as error:
            detail = f"this is not JSON: {self._redacted(str(error))}"
            raise _RetryError(ProblemKind.UNREADABLE, detail) from error
        next_link, is_broken = _next_link(response)
        etag = response.headers.get("ETag")
        is_kept = not is_broken and self._is_kept(url)
        page = CachedPage(etag=etag, body=body, next_link=next_link) if etag and is_kept else None
        self._cache.put(url, page)
        return Answer(status=200, found=found, size=len(body), next_link=next_link, has_broken_link=is_broken)

    async def _in_thread(self, read: Callable[[bytes], _T], body: bytes) -> _T:
        async with self._reading:
            return await asyncio.to_thread(read, body)

    def _redirected(self, response: ClientResponse, url: URL) -> URL:
        """The target of a redirect, which must be the same origin: the token goes nowhere else."""
        location = response.headers.get("Location", "")
        try:
            target = url.join(URL(location))
            is_ours = bool(location) and target.origin() == url.origin()
        except ValueError:
            is_ours, target = False, url
        if not is_ours:
            where = self._redacted(location)
            _log.warning("Hugging Face redirects to another server; the redirect was not followed: %s", where)
            raise SourceError(ProblemKind.REDIRECTED)
        return target

    def _redacted(self, text: str) -> str:
        """Outside text for the log, redacted before it is cut: part of a token would not be recognized."""
        clean = clean_text(text)
        if self._token:
            clean = clean.replace(self._token, REDACTED)
        return shorten(without_addresses(clean))


def _next_link(response: ClientResponse) -> tuple[URL | None, bool]:
    """The address of the next page, and whether there is one that cannot be parsed."""
    try:
        link = response.links.get("next")
        return (None if link is None else URL(str(link["url"]))), False
    except ValueError:
        return None, True
