"""Discord's rate limits: 50 requests per second, 5 messages per 5 seconds and channel, and the ban.

A client with too many 401, 403 or 429 responses in ten minutes is banned for a while, with a page that isn't
Discord's. Windows slide: any second contains at most 50 requests. That is stricter than Discord, whose
windows start with their first request.
"""

from __future__ import annotations

import math
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web
from simcord.backend.errors import BackendError

from sandbox.faults import Fault, json_response

REQUESTS_A_SECOND: Final = 50
MESSAGES_A_CHANNEL: Final = 5
CHANNEL_SECONDS: Final = 5.0
INVALID_REQUESTS: Final = 10_000
INVALID_SECONDS: Final = 600.0
_INVALID: Final = (401, 403, 429)
_UNCOUNTED: Final = ("/interactions/", "/webhooks/")  # answers to interactions
_MESSAGE: Final = re.compile(r"/channels/(\d+)/messages")


class RateLimitedError(BackendError):
    """A 429 from a rate limit, not from an injected fault."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self._as_fault = Fault.rate_limit(path="", retry_after_seconds=retry_after_seconds)

    @property
    def headers(self) -> Mapping[str, str]:
        return self._as_fault.headers

    def to_json(self) -> dict[str, Any]:
        return dict(self._as_fault.body or {})


class _Window:
    """A sliding window: at most a number of requests in any period of a length in seconds."""

    def __init__(self, maximum: int, seconds: float) -> None:
        self.maximum = maximum
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def left(self, now: float) -> int:
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        return self.maximum - len(self._taken)

    def take(self, now: float) -> None:
        self._taken.append(now)

    def seconds_until_room(self, now: float) -> float:
        return max(0.0, self._taken[0] + self._seconds - now) if self.left(now) <= 0 else 0.0

    def seconds_until_empty(self, now: float) -> float:
        return max(0.0, self._taken[-1] + self._seconds - now) if self._taken else 0.0


class RateLimits:
    """The bot's recent requests, and whether it can make another one."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0  # 429s so far
        self.invalid = _Window(INVALID_REQUESTS, INVALID_SECONDS)
        self._clock = clock
        self._all = _Window(REQUESTS_A_SECOND, 1.0)
        self._channels: defaultdict[str, _Window] = defaultdict(
            lambda: _Window(MESSAGES_A_CHANNEL, CHANNEL_SECONDS)
        )

    def refusal(self, *, method: str, path: str) -> web.Response | None:
        """The 429 for a request over a limit; None, after counting it, for an allowed one."""
        now = self._clock()
        if self.invalid.left(now) <= 0:
            return self._ban(now)
        if path.startswith(_UNCOUNTED):
            return None
        channel = self._channel(method, path)
        if self._all.left(now) <= 0:
            return self._refuse(self._all, now, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"})
        if channel is not None and channel.left(now) <= 0:
            return self._refuse(channel, now, {**_headers(channel, now), "X-RateLimit-Scope": "user"})
        self._all.take(now)
        if channel is not None:
            channel.take(now)
        return None

    def headers(self, *, method: str, path: str) -> dict[str, str]:
        """The rate limit headers for a message in this channel."""
        channel = self._channel(method, path)
        return {} if channel is None else _headers(channel, self._clock())

    def note(self, status: int) -> None:
        """Count an invalid request against the limit that leads to a ban."""
        if status in _INVALID:
            self.invalid.take(self._clock())

    def _channel(self, method: str, path: str) -> _Window | None:
        match = _MESSAGE.fullmatch(path) if method == "POST" else None
        return self._channels[match[1]] if match else None

    def _refuse(self, window: _Window, now: float, headers: Mapping[str, str]) -> web.Response:
        self.refused += 1
        wait_seconds = window.seconds_until_room(now) + 0.001
        return json_response(
            {
                "message": "You are being rate limited.",
                "retry_after": round(wait_seconds, 3),
                "global": "X-RateLimit-Global" in headers,
            },
            status=429,
            headers={
                "Via": "1.1 sandbox",  # without it, clients mistake a 429 for a ban by Cloudflare
                "Retry-After": str(math.ceil(wait_seconds)),
                **headers,
            },
        )

    def _ban(self, now: float) -> web.Response:
        """A page of the network in front of Discord: not JSON, and without `Via`."""
        return web.Response(
            status=429,
            text="error code: 1015",
            headers={
                "Server": "cloudflare",
                "Retry-After": str(math.ceil(self.invalid.seconds_until_room(now))),
            },
        )


def _headers(window: _Window, now: float) -> dict[str, str]:
    reset_seconds = window.seconds_until_empty(now)
    return {
        "X-RateLimit-Limit": str(window.maximum),
        "X-RateLimit-Remaining": str(max(0, window.left(now))),
        "X-RateLimit-Reset": f"{time.time() + reset_seconds:.3f}",
        "X-RateLimit-Reset-After": f"{reset_seconds:.3f}",
        "X-RateLimit-Bucket": "messages",
    }
