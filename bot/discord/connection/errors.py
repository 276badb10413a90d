"""Discord's errors: everything that discord.py and aiohttp raise, translated once into a DiscordError."""

from __future__ import annotations

import json
import math
import ssl
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

from bot.core.markdown import shorten
from bot.discord.connection.requests import RepeatedRequestError, current_attempt
from bot.errors import PaperboyError
from bot.proxies import ProxyError
from bot.sources.rate_limits import requested_wait

MAX_RETRY_AFTER_SECONDS = 86_400.0  # whatever Discord asks for, it is asked again after a day
_MAX_TEXT_LENGTH = 200
_MAX_CODE = 2**31 - 1
_UNAUTHORIZED = 401
_TOO_MANY_REQUESTS = 429
_FIRST_SERVER_ERROR = 500

# discord.py and aiohttp raise these where Discord refuses, or where no answer arrives.
FAILURES = (
    discord.HTTPException,
    discord.RateLimited,
    discord.LoginFailure,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    ReconnectWebSocket,
    aiohttp.ClientError,
    OSError,
    zlib.error,
    RepeatedRequestError,
)
# discord.py raises these where the answer is not Discord's: in a web page, a list or half a JSON document it
# looks for fields that are not there.
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError, discord.InvalidData)


@dataclass
class DiscordError(PaperboyError):
    """Discord refused a request, or returned no usable response. The text names no address of the network.

    Attributes:
        reason: the text.
        status: of HTTP; None if no answer arrived.
        code: Discord's own error code, or 0.
        text: Discord's own words, if any.
        fields: the tree of fields that Discord refused, as it sends it with code 50035.
        close_code: of the gateway, if it closed the connection.
        retry_after_seconds: how long Discord asked to wait, if it did.
        is_from_discord: whether Discord itself answered, not a proxy or a network's login page.
    """

    reason: str
    _: KW_ONLY
    status: int | None = None
    code: int = 0
    text: str = ""
    fields: object = None
    close_code: int | None = None
    retry_after_seconds: float | None = None
    is_from_discord: bool = False

    def __str__(self) -> str:
        return self.reason

    @property
    def is_token_refused(self) -> bool:
        return self.status == _UNAUTHORIZED and self.is_from_discord


class UnreadableAnswerError(DiscordError):
    """The answer is not Discord's, or was cut off, which counts as no answer."""

    def __init__(self) -> None:
        super().__init__(f"the answer is {_NOT_DISCORDS}")


@contextmanager
def discord_errors() -> Generator[None]:
    """Turns what a call of discord.py raises into a DiscordError; wrap nothing but that call.

    Cancellations and bugs propagate: an error that is raised before any answer arrived is a bug in composing
    the request.

    Raises:
        DiscordError: Discord refused the request, or returned no usable response.
    """
    try:
        yield
    except FAILURES as error:
        raise read_error(error) from error
    except _UNREADABLE as error:
        attempt = current_attempt()
        if attempt is not None and not attempt.was_answered:
            raise
        raise UnreadableAnswerError from error


def read_error(error: BaseException) -> DiscordError:
    """What one of `FAILURES` means."""
    cause = error.__cause__
    match error:
        case DiscordError():
            return error
        case discord.LoginFailure() | discord.GatewayNotFound() if cause is not None:
            return read_error(cause)
        case discord.RateLimited():
            return DiscordError(
                _ASKS_TO_WAIT,
                status=_TOO_MANY_REQUESTS,
                retry_after_seconds=_seconds(error.retry_after),
                is_from_discord=True,
            )
        case discord.ConnectionClosed():
            return DiscordError(_GATEWAY_CLOSED, close_code=error.code)
        case aiohttp.WSServerHandshakeError():
            wait = requested_wait(error.headers or {}, status=error.status, now=datetime.now(UTC))
            reason = f"Discord's gateway answered {error.status}"
            return DiscordError(reason, retry_after_seconds=_seconds(wait))
        case _:
            is_refusal = isinstance(error, discord.HTTPException)
            return _refusal(error) if is_refusal else DiscordError(_reason(error))


def as_list(answer: object) -> list[dict[str, Any]]:
    """The answer, if it can be the list that was requested.

    Raises:
        TypeError: it cannot; discord.py would take an empty page for an empty list.
    """
    if not isinstance(answer, list):
        raise TypeError("the answer is not a list")
    return cast("list[dict[str, Any]]", answer)


def _refusal(error: discord.HTTPException) -> DiscordError:
    response = cast("aiohttp.ClientResponse", error.response)
    status = error.status
    # An error of Discord's is a JSON object with a message. discord.py sets `_errors` only for objects.
    is_from_discord = hasattr(error, "_errors") and bool(error.text)
    code = cast("object", error.code)  # discord.py passes on whatever the JSON has there
    code = code if isinstance(code, int) and 0 <= code <= _MAX_CODE else 0
    headers = response.headers
    waits = [_seconds(requested_wait(headers, status=status, now=datetime.now(UTC)))]
    if status == _TOO_MANY_REQUESTS:
        reason = _ASKS_TO_WAIT
        waits.append(_seconds(_body(response).get("retry_after")))
        waits.append(_seconds(headers.get("X-RateLimit-Reset-After")))
    elif not is_from_discord and status < _FIRST_SERVER_ERROR:
        reason = f"{status} came with an answer that is {_NOT_DISCORDS}"
    else:
        text = shorten(" ".join(error.text.split()), _MAX_TEXT_LENGTH) if is_from_discord else ""
        reason = f"Discord answered {status}{f' ({text})' if text else ''}"
    return DiscordError(
        reason,
        status=status,
        code=code,
        text=error.text,
        fields=getattr(error, "_errors", None),  # missing where the answer was not a JSON object
        retry_after_seconds=max((wait for wait in waits if wait is not None), default=None),
        is_from_discord=is_from_discord,
    )


def _body(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The JSON object that was answered, of which discord.py keeps only parts; empty if it was none."""
    body: object = getattr(response, "_body", None)  # aiohttp has no public way to read it again
    try:
        payload: object = json.loads(body) if isinstance(body, bytes) else None
    except ValueError:
        payload = None
    return cast("dict[str, Any]", payload) if isinstance(payload, dict) else {}


def _seconds(value: object) -> float | None:
    """The value as a wait in seconds, if it is one."""
    try:
        number = float(cast("str", value))
    except (TypeError, ValueError):
        return None
    return min(number, MAX_RETRY_AFTER_SECONDS) if math.isfinite(number) and number >= 0 else None


_ASKS_TO_WAIT = "Discord asks the bot to wait (429)"
_GATEWAY_CLOSED = "Discord's gateway closed the connection"
_NOT_DISCORDS = "not Discord's; a proxy or a login page may be in between"
# Why no answer arrived, without the address that the exception's own text may show; the first match counts.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), "Discord's host name cannot be resolved"),
    (
        (aiohttp.ClientSSLError, ssl.SSLError),
        "the certificate of the server that answers for Discord is not accepted, or it does not speak TLS",
    ),
    ((TimeoutError,), "Discord did not answer in time"),
    ((aiohttp.ClientConnectorError,), "Discord cannot be reached"),
    (
        (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError),
        "the connection to Discord was lost",
    ),
    ((aiohttp.TooManyRedirects,), "the server that answers for Discord redirects in a loop"),
    ((ReconnectWebSocket,), _GATEWAY_CLOSED),
)


def _reason(error: BaseException) -> str:
    if isinstance(error, (ProxyError, RepeatedRequestError)):
        return str(error)
    for types, reason in _REASONS:
        if isinstance(error, types):
            return reason
    if isinstance(error, discord.DiscordException):
        return shorten(str(error), _MAX_TEXT_LENGTH) or type(error).__name__
    return f"the answer is {_NOT_DISCORDS}"
