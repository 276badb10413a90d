"""Failures on demand, and the record of what was asked: shared by the two stand-ins."""

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

_KEPT_REQUESTS: Final = 5000


@dataclass(slots=True)
class RecordedRequest:
    """One request as it came in. `status` is what it was answered, None until then or if it never was.

    `arrived_at` is by the clock of `time.monotonic`.
    """

    method: str
    path: str
    params: dict[str, str]
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    status: int | None = None
    arrived_at: float = field(default_factory=time.monotonic)


def new_record() -> deque[RecordedRequest]:
    """The newest requests, oldest first; older ones fall out."""
    return deque(maxlen=_KEPT_REQUESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What shall go wrong with matching requests.

    `method` and `path` are shell patterns; the path is the one after `/api/v10`. With `containing`, the
    request's JSON must hold that text. `when` says whether the request is carried out first: `after` is the
    answer that got lost. With neither `status` nor `reset` nor `raw` it is only late. `raw` is answered as it
    is, JSON or not, and with `cuts` broken off after so many bytes.
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
    times: int | None = 1  # None: until cleared

    @classmethod
    def rate_limit(
        cls, *, path: str, retry_after_seconds: float, is_global: bool = False, times: int = 1
    ) -> Fault:
        """A 429 as Discord's own servers send it; without `Via` clients take it for a ban by Cloudflare."""
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
    """The faults in force, the oldest first."""

    def __init__(self) -> None:
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        self._left.append((fault, fault.times))

    def clear(self) -> None:
        self._left.clear()

    def take(self, *, method: str, path: str, content: object = None) -> Fault | None:
        """The first fault that matches; counts as used."""
        for index, (fault, times) in enumerate(self._left):
            is_about_it = fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)
            if is_about_it and fault.containing in json.dumps(content):
                if times is not None and times <= 1:
                    del self._left[index]
                elif times is not None:
                    self._left[index] = (fault, times - 1)
                return fault
        return None


async def fail(fault: Fault | None, *, when: str, request: web.Request) -> web.Response | None:
    """Do what the fault says at this moment; None means that the request goes its usual way."""
    if fault is None or fault.when != when:
        return None
    if fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)
    if fault.reset:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)  # nobody reads it
    if fault.raw is not None:
        return await _raw(fault, request)
    if fault.status is None:
        return None
    body = {"message": "fault on demand", "code": 0} if fault.body is None else dict(fault.body)
    return json_response(body, status=fault.status, headers=fault.headers)


async def _raw(fault: Fault, request: web.Request) -> web.Response:
    content = fault.raw or b""
    headers = {**fault.headers, "Content-Type": fault.content_type}
    if fault.cuts is None:
        return web.Response(status=fault.status or 200, body=content, headers=headers)
    begun = web.StreamResponse(status=fault.status or 200, headers=headers)
    begun.content_length = len(content)
    await begun.prepare(request)
    await begun.write(content[: fault.cuts])
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=499)  # nobody reads it


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON whose type is `application/json` and nothing more: discord.py reads no other as JSON."""
    return web.Response(
        body=json.dumps(body, separators=(",", ":")).encode(),
        status=status,
        headers={**(headers or {}), "Content-Type": "application/json"},
    )
