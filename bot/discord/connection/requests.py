"""Requests: the one gate that each request to Discord passes, for pace, metrics and retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import yarl
from discord.http import HTTPClient, Route

from bot.errors import PaperboyError
from bot.proxies import ProxyError
from bot.services.delivery.pace import RequestPace
from bot.services.fleet.fleet import LeaseLostError
from bot.telemetry import NO_TELEMETRY, Telemetry

_HTTP = {"http", "https"}  # the other schemes are the gateway's sockets
# The timeout of a request until its answer is complete; aiohttp's default is five minutes.
ANSWER_SECONDS = 60.0
_CONNECT_SECONDS = 15.0
# Responses to interactions, which do not count towards Discord's rate limit.
_UNCOUNTED = ("/interactions/", "/webhooks/")


class RepeatedRequestError(PaperboyError):
    """discord.py is about to repeat a request that may have been carried out and must not happen twice."""


class Attempt:
    """What is known about the requests that are made within it."""

    def __init__(self, *, is_repeatable: bool) -> None:
        self._is_repeatable = is_repeatable
        self._is_in_flight = False
        self._is_open = False  # a request was sent, and no answer said that it was refused
        self.was_answered = False

    @property
    def may_have_arrived(self) -> bool:
        return self._is_open or self._is_in_flight

    def check(self) -> None:
        """Raises:
        RepeatedRequestError: an earlier request may have arrived, and must not happen twice.
        """
        if self.may_have_arrived and not self._is_repeatable:
            raise RepeatedRequestError("Discord gave no clear answer, and the request must not be repeated")

    def begin(self) -> None:
        self._is_open = self.may_have_arrived
        self._is_in_flight = True

    def end(self, *, is_refused: bool) -> None:
        self._is_open = self._is_open or not is_refused
        self._is_in_flight = False

    def answered(self, status: int) -> None:
        # The body of a 2xx may still be lost, and a 5xx says nothing about what was done.
        self.end(is_refused=400 <= status < 500)
        self.was_answered = True


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
_on_answer: ContextVar[Callable[[], None] | None] = ContextVar("on_answer", default=None)


def on_answer(callback: Callable[[], None]) -> None:
    """Has the callback called when Discord accepts a response to an interaction from this task."""
    _on_answer.set(callback)


def current_attempt() -> Attempt | None:
    """The attempt that this task's requests belong to."""
    return _attempt.get()


@contextmanager
def attempted(*, is_repeatable: bool = True) -> Generator[Attempt]:
    """Makes the requests of this task within the block one attempt.

    If the attempt is not repeatable, discord.py repeats a request only after Discord refused it. A message
    with a nonce may be repeated; a forum post would appear twice.
    """
    attempt = Attempt(is_repeatable=is_repeatable)
    token = _attempt.set(attempt)
    try:
        yield attempt
    finally:
        _attempt.reset(token)


def limit_time(http: HTTPClient) -> None:
    """Has each request of this client raise TimeoutError if no answer arrives in time."""
    request = http.request
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=_CONNECT_SECONDS)

    async def limited(route: Route, **options: Any) -> Any:
        return await request(route, timeout=timeout, **options)

    http.request = limited


def gate(
    pace: RequestPace, telemetry: Telemetry = NO_TELEMETRY, *, may_send: Callable[[], bool] = lambda: True
) -> aiohttp.TraceConfig:
    """A client's `http_trace` with which each of its requests waits for its turn.

    The requests of attempts raise LeaseLostError unless `may_send` says that this process still owns the
    servers: after the wait, and again right before the first byte, since connecting can take long.
    Telemetry receives each request's duration, without the wait for the turn.
    """
    hooks = _Gate(pace, telemetry, may_send)
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(hooks.on_start)
    trace.on_request_headers_sent.append(hooks.on_headers)
    trace.on_request_redirect.append(hooks.on_redirect)
    trace.on_request_end.append(hooks.on_end)
    trace.on_request_exception.append(hooks.on_exception)
    return trace


class _Gate:
    """What aiohttp calls for each request; the context is the request's own."""

    def __init__(self, pace: RequestPace, telemetry: Telemetry, may_send: Callable[[], bool]) -> None:
        self._pace = pace
        self._may_send = may_send
        self._telemetry = telemetry

    async def on_start(
        self, _: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        attempt = _attempt.get()
        if attempt is not None:
            attempt.check()
        if _counts(params.url):
            await self._pace.turn()
        if attempt is not None:
            if not self._may_send():
                raise LeaseLostError
            attempt.begin()
        context.began = time.monotonic()

    async def on_headers(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        """Called on a connection that is ready, before anything is written to it."""
        if _counts(params.url):
            await self._pace.departure()
        if _attempt.get() is not None and not self._may_send():
            raise LeaseLostError

    async def on_redirect(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
    ) -> None:
        if attempt := _attempt.get():  # the first address has answered, whatever the next one does
            attempt.answered(params.response.status)
            attempt.begin()

    async def on_end(
        self, _: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        self._record(context, params.url, params.response.status)
        if attempt := _attempt.get():
            attempt.answered(params.response.status)
        is_response = params.response.ok and params.url.path.endswith("/callback")
        if is_response and (callback := _on_answer.get()):
            callback()

    async def on_exception(
        self, _: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self._record(context, params.url, None)
        attempt = _attempt.get()
        # No connection was made, or it was not used: nothing was sent.
        unsent = (aiohttp.ClientConnectorError, ProxyError, LeaseLostError)
        if attempt is not None and isinstance(params.exception, unsent):
            attempt.end(is_refused=True)

    def _record(self, context: SimpleNamespace, url: yarl.URL, status: int | None) -> None:
        began: float | None = getattr(context, "began", None)  # None: it was stopped before it was sent
        if began is not None and url.scheme in _HTTP:
            self._telemetry.discord_answered(status=status, seconds=time.monotonic() - began)


def _counts(url: yarl.URL) -> bool:
    """Whether Discord counts it towards the rate limit: no gateway socket, no response to an interaction."""
    if url.scheme not in _HTTP:
        return False
    path = url.path.removeprefix(yarl.URL(Route.BASE).path.rstrip("/"))
    return not path.startswith(_UNCOUNTED)
