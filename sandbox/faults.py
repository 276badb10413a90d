"""Injected failures, and the record of requests. Both simulated servers use them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from aiohttp import web

_MAX_RECORDED_REQUESTS: Final = 5000


@dataclass(slots=True)
class RecordedRequest:
    """One request. `status` is None until it is answered.

    `arrived_at` is a time of `time.monotonic`.
    """

    method: str
    path: str
    params: dict[str, str]
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    status: int | None = None
    arrived_at: float = field(default_factory=time.monotonic)


def new_record() -> deque[RecordedRequest]:
    """The most recent requests, oldest first."""
    return deque(maxlen=_MAX_RECORDED_REQUESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure to inject into matching requests.

    `method` and `path` are shell patterns; the path starts after `/api/v10`. With `containing`, the request's
    JSON must contain that text. `when` says whether the request is executed first: use `after` to lose only
    the answer. Without `status`, `reset` and `raw`, the request is only delayed. `raw` is sent as it is, and
    with `cuts` the connection is closed after that many bytes.
    """

    method: str = "*"
    path: str = "*"
    containing: str = ""
    when: Literal["before", "after"] = "before"
    delay_seconds: float = 0.0
    status: int | None = None
    body: Mapping[str, Any] | None = None
    raw: bytes | None = None
    content_type: str = "application/json"  # of `raw`
    cuts: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    reset: bool = False
    times: int | None = 1  # None: until `clear`

    @classmethod
    def rate_limit(
        cls, *, path: str, retry_after_seconds: float, is_global: bool = False, times: int = 1
    ) -> Fault:
        """A 429 like Discord's own. Without the `Via` header, clients mistake it for a ban by Cloudflare."""
        return cls(
            path=path,
            status=429,
            body={
                "message": "You are being rate limited.",
                "retry_after": retry_after_seconds,
                "global": is_global,
            },
            headers={"Via": "1.1 sandbox", "Retry-After": str(max(1, round(retry_after_seconds)))},
            times=times,
        )


class Faults:
    """The active faults, oldest first."""

    def __init__(self) -> None:
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        self._left.append((fault, fault.times))

    def clear(self) -> None:
        self._left.clear()

    def take(self, *, method: str, path: str, content: object = None) -> Fault | None:
        """The first matching fault. Uses it once."""
        for index, (fault, times) in enumerate(self._left):
            matches = fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)
            if matches and fault.containing in json.dumps(content):
                if times is not None and times <= 1:
                    del self._left[index]
                elif times is not None:
                    self._left[index] = (fault, times - 1)
                return fault
        return None


async def fail(fault: Fault | None, *, when: str, request: web.Request) -> web.Response | None:
    """Apply the fault if it is due `when`; return None to continue the request as usual."""
    if fault is None or fault.when != when:
        return None
    if fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)
    if fault.reset:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)  # nobody reads this
    if fault.raw is not None:
        return await _raw(fault, request)
    if fault.status is None:
        return None
    body = {"message": "injected fault", "code": 0} if fault.body is None else dict(fault.body)
    return json_response(body, status=fault.status, headers=fault.headers)


async def _raw(fault: Fault, request: web.Request) -> web.Response:
    content = fault.raw or b""
    headers = {**fault.headers, "Content-Type": fault.content_type}
    if fault.cuts is None:
        return web.Response(status=fault.status or 200, body=content, headers=headers)
    response = web.StreamResponse(status=fault.status or 200, headers=headers)
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: fault.cuts])
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=499)  # nobody reads this


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A response of type `application/json` without a charset: discord.py reads no other as JSON."""
    return web.Response(
        body=json.dumps(body, separators=(",", ":")).encode(),
        status=status,
        headers={**(headers or {}), "Content-Type": "application/json"},
    )
