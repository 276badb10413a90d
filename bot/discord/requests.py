"""Requests: the one gate that each request to Discord passes, at our pace and as often as it is meant."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp
import yarl
from discord.http import Route

from bot.errors import PaperboyError
from bot.services.pace import RequestPace

# Answers to interactions, which Discord does not count.
_UNCOUNTED = ("/interactions/", "/webhooks/")


class RepeatedRequestError(PaperboyError):
    """discord.py would repeat a request that may have been carried out and must not be twice."""


class Attempt:
    """What becomes of the requests that are made within it."""

    def __init__(self, *, is_repeatable: bool) -> None:
        self._is_repeatable = is_repeatable
        self._is_under_way = False
        self._is_open = False  # one went out, and no answer said that it was refused

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


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


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


def gate(pace: RequestPace) -> aiohttp.TraceConfig:
    """What a client takes as its `http_trace`, so that each of its requests waits for its turn."""
    trace = aiohttp.TraceConfig()

    async def on_start(
        _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        attempt = _attempt.get()
        if attempt is not None:
            attempt.check()
        if _counts(params.url):
            await pace.turn()
        if attempt is not None:
            attempt.begin()

    async def on_end(
        _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        if attempt := _attempt.get():
            # An answer of 2xx may still be lost while it is read, and one of 5xx says nothing.
            attempt.end(is_refused=400 <= params.response.status < 500)

    async def on_exception(
        _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        attempt = _attempt.get()
        if attempt is not None and isinstance(params.exception, aiohttp.ClientConnectorError):
            attempt.end(is_refused=True)  # there was no connection, so nothing went out

    trace.on_request_start.append(on_start)
    trace.on_request_end.append(on_end)
    trace.on_request_exception.append(on_exception)
    return trace


def _counts(url: yarl.URL) -> bool:
    """Whether Discord counts it: not the gateway's sockets, and no answers to interactions."""
    if url.scheme in {"ws", "wss"}:
        return False
    path = url.path.removeprefix(yarl.URL(Route.BASE).path.rstrip("/"))
    return not path.startswith(_UNCOUNTED)
