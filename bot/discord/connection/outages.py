"""Outages: what an unusable answer of Discord's says, and the waits until there is a better one."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import ssl
import time
import traceback
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, TypeVar, cast

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

from bot.core.markdown import shorten
from bot.errors import ConfigError, PaperboyError
from bot.proxies import ProxyError
from bot.sources.rate_limits import asked_wait

_log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")


class NoSessionsLeftError(PaperboyError):
    """The bot has connected too often, and may not for so long."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("Discord lets the bot start no more sessions for now")
        self.wait_seconds = wait_seconds


# What discord.py raises where no answer comes, or one that is not Discord's: in a page, a list or half a JSON
# it looks for fields that are not there.
UNUSABLE = (
    discord.DiscordException,
    aiohttp.ClientError,
    OSError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
    ReconnectWebSocket,
    NoSessionsLeftError,
    zlib.error,
)
TOKEN_REFUSED = "DISCORD_TOKEN was refused by Discord: copy the bot's token again from the Developer Portal"  # noqa: S105
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
LONGEST_ASKED_SECONDS = 86_400.0  # whatever is asked for, Discord is asked again after a day
_JSON = "application/json"
_UNAUTHORIZED = 401
_TOO_MANY = 429
_SERVER_ERRORS = 500
_LONGEST_TEXT = 200
_ASKS_TO_WAIT = "Discord asks the bot to wait (429)"
_NOT_DISCORDS = "an answer that is not Discord's; a proxy or a network's login page may stand in between"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Why there is no usable answer, in words that name no address.

    Attributes:
        wait_seconds: what Discord asks to wait, where it does.
        is_token_refused: Discord itself says so; a page of a proxy with the same status does not.
    """

    reason: str
    wait_seconds: float | None = None
    is_token_refused: bool = False


def as_list(answer: object) -> list[dict[str, Any]]:
    """The answer, where it can be the list that was asked for.

    Raises:
        TypeError: it cannot; discord.py would take an empty page for an empty list.
    """
    if not isinstance(answer, list):
        raise TypeError("the answer is no list")
    return cast("list[dict[str, Any]]", answer)


def read_outage(error: BaseException) -> Outage:
    """What one of `UNUSABLE` means."""
    cause = error.__cause__
    if isinstance(error, (discord.LoginFailure, discord.GatewayNotFound)) and cause is not None:
        return read_outage(cause)
    match error:
        case discord.RateLimited():
            return Outage(reason=_ASKS_TO_WAIT, wait_seconds=_sane(error.retry_after))
        case discord.HTTPException():
            return _refusal(error)
        case NoSessionsLeftError():
            return Outage(reason=str(error), wait_seconds=_sane(error.wait_seconds))
        case aiohttp.WSServerHandshakeError():
            wait = asked_wait(error.headers or {}, status=error.status, now=datetime.now(UTC))
            return Outage(reason=f"Discord's gateway answered {error.status}", wait_seconds=_sane(wait))
        case _:
            return Outage(reason=_reason(error))


def _refusal(error: discord.HTTPException) -> Outage:
    response = cast("aiohttp.ClientResponse", error.response)
    payload = _payload(response)
    waits = [_sane(asked_wait(response.headers, status=error.status, now=datetime.now(UTC)))]
    if error.status == _TOO_MANY:
        reason = _ASKS_TO_WAIT
        waits += [
            _sane((payload or {}).get("retry_after")),
            _sane(response.headers.get("X-RateLimit-Reset-After")),
        ]
    elif payload is None and error.status < _SERVER_ERRORS:
        reason = f"{error.status} came with {_NOT_DISCORDS}"
    else:
        text = shorten(" ".join(error.text.split()), _LONGEST_TEXT) if payload else ""
        reason = f"Discord answered {error.status}{f' ({text})' if text else ''}"
    return Outage(
        reason=reason,
        wait_seconds=max((wait for wait in waits if wait is not None), default=None),
        is_token_refused=error.status == _UNAUTHORIZED and payload is not None,
    )


def _payload(response: aiohttp.ClientResponse) -> Mapping[str, Any] | None:
    """The body where it is Discord's: an error of its API is an object with `message`."""
    # discord.py read it, and keeps of a 429 no more than the message; aiohttp gives it out no more.
    body: object = getattr(response, "_body", None)
    if response.content_type != _JSON or not isinstance(body, bytes):
        return None
    try:
        payload: object = json.loads(body)
    except ValueError:
        return None
    if not isinstance(payload, dict) or not isinstance(cast("dict[str, Any]", payload).get("message"), str):
        return None
    return cast("dict[str, Any]", payload)


def _sane(seconds: object) -> float | None:
    """The wait in seconds, where it is one."""
    try:
        number = float(cast("str", seconds))
    except (TypeError, ValueError):
        return None
    return min(number, LONGEST_ASKED_SECONDS) if math.isfinite(number) and number >= 0 else None


# Why no answer came, without the address that the exception's own text may show; the first that fits.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), "Discord's name cannot be looked up"),
    (
        (aiohttp.ClientSSLError, ssl.SSLError),
        "the certificate of what answers for Discord is not accepted, or it speaks no TLS",
    ),
    ((TimeoutError,), "Discord did not answer in time"),
    ((aiohttp.ClientConnectorError,), "Discord cannot be reached"),
    (
        (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError),
        "the connection to Discord broke off",
    ),
    ((aiohttp.TooManyRedirects,), "what answers for Discord redirects in a circle"),
    ((ReconnectWebSocket, discord.ConnectionClosed), "Discord's gateway closed the connection"),
)


def _reason(error: BaseException) -> str:
    if isinstance(error, ProxyError):
        return str(error)
    for types, reason in _REASONS:
        if isinstance(error, types):
            return reason
    if isinstance(error, discord.DiscordException):
        return shorten(str(error), _LONGEST_TEXT) or type(error).__name__
    return f"what came is {_NOT_DISCORDS}"


class Patience:
    """Asks Discord until it answers: with growing waits, or those that it asks for, each said once."""

    def __init__(self, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self.sleep = sleep
        self._waiting: dict[str, tuple[str, float]] = {}

    @property
    def waiting(self) -> str | None:
        """What fails, why, and when it is tried again, in words that name no address; None: nothing does."""
        now = time.monotonic()
        said = [
            f"{text}; {f'trying again in {span(at - now)}' if at > now else 'trying again'}"
            for text, at in self._waiting.values()
        ]
        return " · ".join(said) or None

    async def until_answered(
        self,
        what: str,
        ask: Callable[[], Awaitable[_Answer]],
        *,
        longest_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> _Answer:
        """The answer, for as long as it takes; `what` says what fails meanwhile.

        Raises:
            ConfigError: the token is refused.
        """
        failures = 0
        try:
            while True:
                try:
                    return await ask()
                except UNUSABLE as error:
                    await self.wait(what, error, failures=failures, longest_seconds=longest_seconds)
                failures += 1
        finally:
            self.end(what)

    async def wait(
        self, what: str, error: BaseException, *, failures: int, longest_seconds: float = LONGEST_WAIT_SECONDS
    ) -> None:
        """Waits after this failure, when so many came right before it; until `end`, it is what is waited for.

        Raises:
            ConfigError: the token is refused.
        """
        outage = read_outage(error)
        if outage.is_token_refused:
            raise ConfigError(TOKEN_REFUSED) from error
        growing = min(FIRST_WAIT_SECONDS * 2 ** min(failures, 20), longest_seconds)
        seconds = max(growing, outage.wait_seconds or 0.0)
        _log.warning("%s: %s; trying again in %s", what, outage.reason, span(seconds))
        _log.debug("What happened was %r in %s", error, _place(error))
        self._waiting[what] = (f"{what}: {outage.reason}", time.monotonic() + seconds)
        await self.sleep(seconds)

    def end(self, what: str) -> None:
        """That does not fail any more."""
        self._waiting.pop(what, None)


def _place(error: BaseException) -> str:
    """The line that raised it, without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "no line"


def span(seconds: float) -> str:
    """So long, in the unit that fits."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"
