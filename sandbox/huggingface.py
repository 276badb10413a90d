"""The simulated Hugging Face: the list of Daily Papers with its pages and errors, and single papers.

The lists are the bundled sample lists, or real ones that are fetched on request. Either way, the sandbox's
calendar determines which list days are open.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from sandbox.calendar import Calendar, machine_time, open_list_day, weekday_before
from sandbox.changes import Changes
from sandbox.faults import Faults, RecordedRequest, fail, json_response, new_record
from sandbox.listener import Listener
from sandbox.live_lists import LiveLists, UpstreamError

_SAMPLE: Final = Path(__file__).with_name("sample")
_OPEN_AT_FIRST: Final = 3  # initially of the sample's days
_DEFAULT_LIMIT: Final = 50
_MAX_LIMIT: Final = 100
_RATE_HEADERS: Final = {
    "RateLimit": '"api";r=499;t=300',
    "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
}


def redated(item: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The item, dated for the list of that day."""
    paper = {**item["paper"], "submittedOnDailyAt": f"{day.isoformat()}T00:00:00.000Z"}
    return {**item, "paper": paper}


def sample_calendar(machine: Callable[[], datetime] = machine_time) -> Calendar:
    """A calendar with one day per bundled list."""
    to_come = len(_sample_files()) - _OPEN_AT_FIRST
    return Calendar.of_sample(open_days=_OPEN_AT_FIRST, days_to_come=to_come, machine=machine)


def sample_days(days: Sequence[date]) -> dict[date, list[dict[str, Any]]]:
    """The bundled lists by day, oldest first."""
    return {
        day: [redated(item, day) for item in json.loads(file.read_text(encoding="utf-8"))]
        for day, file in zip(days, _sample_files(), strict=True)
    }


def _sample_files() -> list[Path]:
    return sorted(_SAMPLE.glob("day*.json"))


class HuggingFace:
    """The simulated API.

    `days` has the sample lists, and is empty for live lists; it can be changed while the server runs.
    `listed` is called with the items of each list that is read.
    """

    def __init__(
        self, *, calendar: Calendar, live: LiveLists | None = None, changes: Changes | None = None
    ) -> None:
        self.days = sample_days(calendar.days) if live is None else {}
        self.faults = Faults()
        self.requests = new_record()
        self.served: set[date] = set()  # the list days that were read
        self.listed: Callable[[Sequence[Mapping[str, Any]]], None] | None = None
        self._live = live
        self._now = calendar.now
        self._changes = changes or Changes()
        app = web.Application()
        app.router.add_get("/api/daily_papers", self._list)
        app.router.add_get("/api/papers/{paper_id}", self._paper)
        self._listener = Listener(app)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}"

    async def start(self, *, port: int = 0) -> None:
        await self._listener.start(port=port)

    async def close(self) -> None:
        await self._listener.close()

    @property
    def is_read(self) -> bool:
        """Whether the open lists were read: all of the sample's, or the newest live one."""
        newest = open_list_day(self._now())
        if self._live is not None:
            return newest in self.served
        return all(day in self.served for day in self.days if day <= newest)

    async def _list(self, request: web.Request) -> web.Response:
        return await self._served(request, self._page_of_list)

    async def _paper(self, request: web.Request) -> web.Response:
        return await self._served(request, self._single_paper)

    async def _served(
        self, request: web.Request, answer: Callable[[web.Request], Awaitable[web.Response]]
    ) -> web.Response:
        record = RecordedRequest(request.method, request.path, dict(request.query))
        self.requests.append(record)
        fault = self.faults.take(method=request.method, path=request.path)
        response = (
            await fail(fault, when="before", request=request)
            or await fail(fault, when="after", request=request)
            or await self._passed_on(answer(request))
        )
        for name, value in _RATE_HEADERS.items():
            response.headers.setdefault(name, value)
        record.status = response.status
        self._changes.wake()
        return response

    async def _passed_on(self, answer: Awaitable[web.Response]) -> web.Response:
        """The response. Errors from upstream are passed on."""
        try:
            return await answer
        except UpstreamError as error:
            headers = {**error.headers, "Content-Type": "application/json"}
            return web.Response(status=error.status, body=error.body, headers=headers)

    async def _page_of_list(self, request: web.Request) -> web.Response:
        try:
            day = self._day(request.query)
            limit = _number(request.query, "limit", default=_DEFAULT_LIMIT, minimum=1, maximum=_MAX_LIMIT)
            page = _number(request.query, "p", default=0, minimum=0, maximum=100_000)
        except ValueError as error:
            return json_response({"error": str(error)}, status=400)
        items = await self._items(day)
        following = items[(page + 1) * limit :]
        headers: dict[str, str] = {}
        if following:
            address = request.url.origin().with_path(request.path)
            query = {**request.query, "limit": str(limit), "p": str(page + 1)}
            headers["Link"] = f'<{address.with_query(query)}>; rel="next"'
        self.served.add(day)
        if self.listed is not None:
            self.listed(items)
        return json_response(items[page * limit : (page + 1) * limit], headers=headers)

    async def _items(self, day: date) -> list[dict[str, Any]]:
        """Sorted by upvotes, highest first."""
        if self._live is not None:
            return await self._live.day(day)
        return sorted(self.days.get(day, []), key=lambda item: -int(item["paper"].get("upvotes", 0)))

    def _day(self, query: Mapping[str, str]) -> date:
        """The requested day, or the newest one with papers.

        Raises:
            ValueError: the date is invalid or not open yet. The message is the API's.
        """
        newest = open_list_day(self._now())
        if "date" not in query and self._live is not None:
            return newest if newest.weekday() < 5 else weekday_before(newest)
        if "date" not in query:
            return max((day for day, items in self.days.items() if items and day <= newest), default=newest)
        try:
            day = datetime.strptime(query["date"], "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise ValueError("✖ Invalid ISO date\n  → at date") from None
        if day > newest:
            bound = f"{newest.isoformat()}T00:00:00.000Z"
            raise ValueError(f'✖ "date" must be less than or equal to "{bound}"\n  → at date')
        return day

    async def _single_paper(self, request: web.Request) -> web.Response:
        wanted = request.match_info["paper_id"]
        if self._live is not None:
            return json_response(await self._live.paper(wanted))
        newest = open_list_day(self._now())
        for day in sorted((day for day in self.days if day <= newest), reverse=True):
            for item in self.days[day]:
                if item["paper"]["id"] == wanted:
                    return json_response(item["paper"])
        return json_response({"error": "Paper not found"}, status=404)


def _number(query: Mapping[str, str], name: str, *, default: int, minimum: int, maximum: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or not minimum <= int(text) <= maximum:
        raise ValueError(f'✖ "{name}" must be a number from {minimum} to {maximum}\n  → at {name}')
    return int(text)
