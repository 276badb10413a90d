"""Requests: the one gate that each request to Discord passes, at our pace and as often as it is meant."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import yarl
from discord.http import HTTPClient, Route

from bot.errors import PaperboyError
from bot.proxies import ProxyError
from bot.services.delivery.pace import RequestPace
from bot.telemetry import NO_TELEMETRY, Telemetry

_HTTP = {"http", "https"}  # what else there is are the gateway's sockets
# What a request gets until its answer is complete; aiohttp alone would give it five minutes.
ANSWER_SECONDS = 60.0
_CONNECT_SECONDS = 15.0
# Answers to interactions, which Discord does not count.
_UNCOUNTED = ("/interactions/", "/webhooks/")


# What discord.py raises over an answer that is not Discord's: a page, cut JSON, JSON of another shape.
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError, discord.InvalidData)


class RepeatedRequestError(PaperboyError):
    """discord.py would repeat a request that may have been carried out and must not be twice."""


class UnreadableAnswerError(PaperboyError):
    """What was answered cannot be Discord's answer, or was cut off: it is as if none came."""

    def __init__(self) -> None:
        super().__init__("Something other than Discord answered, or the answer was cut off.")


# What is raised where no answer of Discord's came.
NO_ANSWER = (aiohttp.ClientError, OSError, TimeoutError, RepeatedRequestError, UnreadableAnswerError)


class Attempt:
    """What becomes of the requests that are made within it."""

    def __init__(self, *, is_repeatable: bool) -> None:
        self._is_repeatable = is_repeatable
        self._is_under_way = False
        self._is_open = False  # one went out, and no answer said that it was refused
        self.was_answered = False

    @property
    def may_have_arrived(self) -> bool:
        return self._is_open or self._is_under_way

    def check(self) -> None:
        """Raises:
        RepeatedRequestError: an earlier one may have arrived, and that must not happen twice.
        """
        if self.may_have_arrived and not self._is_repeatable:
            raise RepeatedRequestError("Discord gave no clear answer, and the request is not repeated.")

    def begin(self) -> None:
        self._is_open = self.may_have_arrived
        self._is_under_way = True

    def end(self, *, is_refused: bool) -> None:
        self._is_open = self._is_open or not is_refused
        self._is_under_way = False

    def answered(self, status: int) -> None:
        # An answer of 2xx may still be lost while it is read, and one of 5xx says nothing.
        self.end(is_refused=400 <= status < 500)
        self.was_answered = True


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
_answered: ContextVar[Callable[[], None] | None] = ContextVar("answered", default=None)


def on_answer(told: Callable[[], None]) -> None:
    """Has `told` called when Discord takes an answer to an interaction that this task sends."""
    _answered.set(told)


@contextmanager
def attempted(*, is_repeatable: bool = True) -> Generator[Attempt]:
    """The requests that this task makes within are one attempt.

    Where it is not repeatable, discord.py does not repeat one unless Discord refused it. What may be asked
    for twice (a message with a nonce) may be repeated; a forum's post would stand there twice.
    """
    attempt = Attempt(is_repeatable=is_repeatable)
    token = _attempt.set(attempt)
    try:
        yield attempt
    finally:
        _attempt.reset(token)


@contextmanager
def unreadable_answers() -> Generator[None]:
    """Only discord.py works within: what it cannot read of an answer becomes one error.

    Before an answer came, such an error is about what was to be sent, and so a bug of ours: it passes.

    Raises:
        UnreadableAnswerError: what was answered is not what Discord answers.
    """
    try:
        yield
    except _UNREADABLE as error:
        attempt = _attempt.get()
        if attempt is not None and not attempt.was_answered:
            raise
        raise UnreadableAnswerError from error


def limit_time(http: HTTPClient) -> None:
    """Has each request of this client end, by a TimeoutError, where no answer comes in time."""
    request = http.request
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=_CONNECT_SECONDS)

    async def limited(route: Route, **options: Any) -> Any:
        return await request(route, timeout=timeout, **options)

    http.request = limited


def gate(pace: RequestPace, telemetry: Telemetry = NO_TELEMETRY) -> aiohttp.TraceConfig:
    """What a client takes as its `http_trace`, so that each of its requests waits for its turn.

    The watcher is told of each; the wait for the turn does not count.
    """
    made = _Gate(pace, telemetry)
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(made.on_start)
    trace.on_request_redirect.append(made.on_redirect)
    trace.on_request_end.append(made.on_end)
    trace.on_request_exception.append(made.on_exception)
    return trace


class _Gate:
    """What aiohttp calls for each request; the context is the request's own."""

    def __init__(self, pace: RequestPace, telemetry: Telemetry) -> None:
        self._pace = pace
        self._telemetry = telemetry

    async def on_start(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        attempt = _attempt.get()
        if attempt is not None:
            attempt.check()
        if _counts(params.url):
            await self._pace.turn()
        if attempt is not None:
            attempt.begin()
        context.began = time.monotonic()

    async def on_redirect(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
    ) -> None:
        if attempt := _attempt.get():  # whatever comes of the next address, this one was asked
            attempt.answered(params.response.status)
            attempt.begin()

    async def on_end(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestEndParams,
    ) -> None:
        self._tell(context, params.url, params.response.status)
        if attempt := _attempt.get():
            attempt.answered(params.response.status)
        if params.response.ok and params.url.path.endswith("/callback") and (told := _answered.get()):
            told()

    async def on_exception(
        self,
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        self._tell(context, params.url, None)
        attempt = _attempt.get()
        if attempt is not None and isinstance(params.exception, (aiohttp.ClientConnectorError, ProxyError)):
            attempt.end(is_refused=True)  # there was no connection, so nothing went out

    def _tell(self, context: SimpleNamespace, url: yarl.URL, status: int | None) -> None:
        began: float | None = getattr(context, "began", None)  # None: it was stopped before it went out
        if began is not None and url.scheme in _HTTP:
            self._telemetry.discord_answered(status=status, seconds=time.monotonic() - began)


def _counts(url: yarl.URL) -> bool:
    """Whether Discord counts it: not the gateway's sockets, and no answers to interactions."""
    if url.scheme not in _HTTP:
        return False
    path = url.path.removeprefix(yarl.URL(Route.BASE).path.rstrip("/"))
    return not path.startswith(_UNCOUNTED)
