"""Discord's rate limits: 50 requests a second in all, 5 messages in 5 seconds a channel; off until asked for.

Windows slide: whatever second is looked at, it holds no more than 50 requests. That is stricter than Discord,
whose windows begin with the first request in them.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final

from aiohttp import web

from sandbox.faults import json_response

REQUESTS_A_SECOND: Final = 50
MESSAGES_A_CHANNEL: Final = 5
CHANNEL_SECONDS: Final = 5.0
_UNCOUNTED: Final = ("/interactions/", "/webhooks/")  # answers to interactions
_MESSAGE: Final = re.compile(r"/channels/(\d+)/messages")


class _Window:
    """So many in so many seconds, whatever moment they are counted from."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def left(self, now: float) -> int:
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        return self.most - len(self._taken)

    def take(self, now: float) -> None:
        self._taken.append(now)

    def seconds_until_room(self, now: float) -> float:
        return max(0.0, self._taken[0] + self._seconds - now) if self.left(now) <= 0 else 0.0

    def seconds_until_empty(self, now: float) -> float:
        return max(0.0, self._taken[-1] + self._seconds - now) if self._taken else 0.0


class RateLimits:
    """What the bot has asked for lately, and whether it may ask for more."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0  # 429s so far
        self._clock = clock
        self._all = _Window(REQUESTS_A_SECOND, 1.0)
        self._channels: defaultdict[str, _Window] = defaultdict(
            lambda: _Window(MESSAGES_A_CHANNEL, CHANNEL_SECONDS)
        )

    def refusal(self, *, method: str, path: str) -> web.Response | None:
        """The 429 for a request that is one too many; one that may pass is counted."""
        if path.startswith(_UNCOUNTED):
            return None
        now = self._clock()
        channel = self._channel(method, path)
        if self._all.left(now) <= 0:
            return self._refuse(self._all, now, is_global=True)
        if channel is not None and channel.left(now) <= 0:
            return self._refuse(channel, now, is_global=False)
        self._all.take(now)
        if channel is not None:
            channel.take(now)
        return None

    def headers(self, *, method: str, path: str) -> dict[str, str]:
        """What the answer to a message says of its channel's limit."""
        channel = self._channel(method, path)
        if channel is None:
            return {}
        now = self._clock()
        reset_seconds = channel.seconds_until_empty(now)
        return {
            "X-RateLimit-Limit": str(channel.most),
            "X-RateLimit-Remaining": str(max(0, channel.left(now))),
            "X-RateLimit-Reset": f"{time.time() + reset_seconds:.3f}",
            "X-RateLimit-Reset-After": f"{reset_seconds:.3f}",
            "X-RateLimit-Bucket": "messages",
        }

    def _channel(self, method: str, path: str) -> _Window | None:
        found = _MESSAGE.fullmatch(path) if method == "POST" else None
        return self._channels[found[1]] if found else None

    def _refuse(self, window: _Window, now: float, *, is_global: bool) -> web.Response:
        self.refused += 1
        wait_seconds = window.seconds_until_room(now) + 0.001
        return json_response(
            {"message": "You are being rate limited.", "retry_after": wait_seconds, "global": is_global},
            status=429,
            headers={
                "Via": "1.1 sandbox",  # without it clients take a 429 for a ban by Cloudflare
                "Retry-After": str(max(1, round(wait_seconds))),
                "X-RateLimit-Scope": "global" if is_global else "user",
                **({"X-RateLimit-Global": "true"} if is_global else {}),
            },
        )
