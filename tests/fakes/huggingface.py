"""A loopback stand-in for Hugging Face's Daily Papers API, and a builder of raw items in the shapes it has had."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

RawItem = dict[str, Any]
Shape = Literal["today", "2025", "2024"]

_DEFAULT_LIMIT = 50
_LARGEST_LIMIT = 100
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What one request gets instead of the usual answer.

    Attributes:
        status: sent with `body` and `headers` (which may be a redirect or a 429).
        kind: `answer` sends the above; `hang` never answers; `reset` drops the connection;
            `truncated` announces a body and stops in the middle; `giant` streams `size` bytes of white space.
    """

    kind: Literal["answer", "hang", "reset", "truncated", "giant"] = "answer"
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int  # 0 for a request that never got an answer


class FakeHuggingFace:
    """Serves `days` and `papers` as the real API would; use it as an async context manager.

    Attributes:
        days: raw items by list day; a day that is not here is an empty list.
        papers: the answers of `/api/papers/{id}`, by id.
        open_day: later days are answered with the 400 of a day that is not open; None opens them all.
        has_etags: answers carry an ETag, and `If-None-Match` is honored.
        remaining, resets_in: what the `RateLimit` header says; `remaining=None` leaves the header out.
        token: when set, requests without it get a 401.
        faults: taken from the left, one a request; None lets that request through.
        day_faults: what every request for that list day gets.
        requests: all requests so far.
    """

    def __init__(self) -> None:
        self.days: dict[date, list[Any]] = {}
        self.papers: dict[str, Any] = {}
        self.open_day: date | None = None
        self.has_etags = False
        self.remaining: int | None = 499
        self.resets_in = 300
        self.token: str | None = None
        self.faults: deque[Fault | None] = deque()
        self.day_faults: dict[date, Fault] = {}
        self.requests: list[SeenRequest] = []
        self.url = ""
        self._closing = asyncio.Event()
        app = web.Application()
        app.router.add_get("/api/daily_papers", self._handle)
        app.router.add_get("/api/papers/{id}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        await self._runner.cleanup()

    @property
    def days_asked(self) -> list[str]:
        """The `date` of each list request, in order."""
        return [seen.query.get("date", "") for seen in self.requests if seen.path == "/api/daily_papers"]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else None
        if fault is None:
            fault = self._fault_of_day(request)
        if fault is None:
            response = self._answer(request)
        elif fault.kind == "answer":
            response = web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        else:
            self._note(request, 0)
            return await self._misbehave(request, fault)
        self._note(request, response.status)
        return response

    def _note(self, request: web.Request, status: int) -> None:
        seen = SeenRequest(
            path=request.path, query=dict(request.query), headers=request.headers.copy(), status=status
        )
        self.requests.append(seen)

    def _fault_of_day(self, request: web.Request) -> Fault | None:
        day = request.query.get("date", "")
        return next((fault for asked, fault in self.day_faults.items() if asked.isoformat() == day), None)

    async def _misbehave(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind == "giant":
            response = web.StreamResponse()
            await response.prepare(request)
            with suppress(ConnectionError):  # the client hangs up when it has had enough
                for _ in range(fault.size // 65536 + 1):
                    await response.write(b" " * 65536)
            return response
        if fault.kind == "truncated":
            response = web.StreamResponse(
                headers={"Content-Length": "1000", "Content-Type": "application/json"}
            )
            await response.prepare(request)
            await response.write(b'[{"paper": {"id": "24')
        if fault.kind in {"truncated", "reset"} and request.transport is not None:
            request.transport.close() if fault.kind == "truncated" else request.transport.abort()
        await self._closing.wait()
        return web.Response()

    def _answer(self, request: web.Request) -> web.Response:
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._json({"error": "Invalid credentials in Authorization header"}, status=401)
        paper_id = request.match_info.get("id")
        if paper_id is None:
            return self._list(request)
        if paper_id not in self.papers:
            return self._json({"error": "Paper not found"}, status=404)
        return self._json(self.papers[paper_id])

    def _list(self, request: web.Request) -> web.Response:
        limit, page = request.query.get("limit", str(_DEFAULT_LIMIT)), request.query.get("p", "0")
        if not limit.isdecimal() or not 1 <= int(limit) <= _LARGEST_LIMIT or not page.isdecimal():
            return self._json({"error": "✖ Too big: expected number to be <=100\n  → at limit"}, status=400)
        asked = request.query.get("date")
        try:
            day = max(self.days, default=date.min) if asked is None else _to_day(asked)
        except ValueError:
            return self._json({"error": "✖ Invalid date\n  → at date"}, status=400)
        if self.open_day is not None and day > self.open_day:
            bound = datetime.combine(self.open_day, time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            error = f'✖ "date" must be less than or equal to "{bound}"\n  → at date'
            return self._json({"error": error}, status=400)
        items = sorted(self.days.get(day, []), key=_upvotes_of, reverse=True)
        first = int(page) * int(limit)
        shown = items[first : first + int(limit)]
        headers: dict[str, str] = {}
        if first + int(limit) < len(items):
            following = request.url.update_query(p=str(int(page) + 1))
            headers["Link"] = f'<{following}>; rel="next"'
        return self._json(shown, headers=headers, asked_etag=request.headers.get("If-None-Match"))

    def _json(
        self,
        payload: Any,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        asked_etag: str | None = None,
    ) -> web.Response:
        sent = dict(headers or {})
        if self.remaining is not None:
            sent["RateLimit"] = f'"api";r={self.remaining};t={self.resets_in}'
            sent["RateLimit-Policy"] = '"fixed window";"api";q=500;w=300'
        body = json.dumps(payload).encode()
        if self.has_etags and status == 200:
            sent["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
            if asked_etag == sent["ETag"]:
                sent.pop("Link", None)
                return web.Response(status=304, headers=sent)
        return web.Response(status=status, body=body, headers=sent, content_type="application/json")


def _to_day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _upvotes_of(item: Any) -> int:
    try:
        return int(item["paper"]["upvotes"])
    except (TypeError, KeyError, ValueError):
        return 0


def raw_item(
    *,
    id: str = "2608.00001",  # noqa: A002 -- the API's own word
    title: str = "Steady Hands: Grasping Planning for Small Robots",
    summary: str = "We show how a small robot learns to hold what it is given, and when to let go.",
    day: date = date(2026, 8, 19),
    upvotes: int = 12,
    comments: int = 2,
    authors: tuple[str, ...] = ("Ada Example", "Ben Sample"),
    shape: Shape = "today",
    paper: Mapping[str, Any] | None = None,
    outer: Mapping[str, Any] | None = None,
) -> RawItem:
    """One item of the list as the API sends it.

    Args:
        shape: `today`; `2025`, when abstracts had hard newlines, titles of papers were wrapped, and there
            were no AI fields, organizations or list day; `2024`, which had no outer abstract, no submitter
            and a still image of its own.
        paper: keys to lay over the inner `paper`.
        outer: keys to lay over the outer object.
    """
    submitter = {"_id": "0" * 24, "fullname": "Cleo Curator", "name": "cleo", "type": "user", "isPro": False}
    inner: RawItem = {
        "id": id,
        "authors": [{"_id": f"{n:024x}", "name": name, "hidden": False} for n, name in enumerate(authors)],
        "publishedAt": "2026-08-17T00:00:00.000Z",
        "title": title,
        "summary": summary,
        "upvotes": upvotes,
    }
    item: RawItem = {
        "paper": inner,
        "publishedAt": f"{day.isoformat()}T00:00:00.000Z",
        "title": title,
        "numComments": comments,
    }
    if shape == "2024":
        item["mediaUrl"] = f"https://cdn-uploads.huggingface.co/production/uploads/{id}.png"
    else:
        inner["discussionId"] = "f" * 24
        item["thumbnail"] = f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{id}.png"
        item |= {"summary": summary, "submittedBy": submitter, "isAuthorParticipating": False}
    if shape == "today":
        organization = {"_id": "1" * 24, "name": "example-lab", "fullname": "Example Lab"}
        organization["avatar"] = "/avatars/lab.png"
        item["mediaUrls"] = [
            f"https://cdn-uploads.huggingface.co/{file}" for file in ("clip.mp4", "figure.png")
        ]
        inner |= {
            "submittedOnDailyAt": f"{day.isoformat()}T00:00:00.000Z",
            "submittedOnDailyBy": submitter | {"user": "cleo"},
            "ai_summary": "A small robot learns a gentle grip.",
            "ai_keywords": ["grasping", "planning"],
            "githubRepo": "https://github.com/example-lab/steady-hands",
            "githubStars": 321,
            "githubRepoAddedBy": "user",
            "projectPage": "https://example.org/steady-hands",
            "organization": organization,
        }
        item["organization"] = organization
    else:
        inner["title"] = title.replace(": ", ":\n  ")
        inner["summary"] = summary.replace(", ", ",\n")
    inner |= paper or {}
    item |= outer or {}
    return item
