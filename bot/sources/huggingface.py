"""The client of Hugging Face's Daily Papers API. Its refusals become our errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from pydantic import SecretStr
from yarl import URL

from bot import __version__
from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.opened_papers import PaperPage
from bot.errors import (
    ConfigError,
    NotOpenYetError,
    PaperNotFoundError,
    Problem,
    ProblemKind,
    SourceError,
)
from bot.proxies import NO_PROXIES, Proxies
from bot.sources.answers import Answer, ResponseMeta
from bot.sources.decoding import decode_json
from bot.sources.fetching import Fetcher, FetchLimits
from bot.sources.paging import LIST_PATH, MAX_ITEMS, DayListing, DayReading
from bot.sources.parse import ParsedList, parse_list, parse_paper
from bot.sources.parse_linked import parse_linked
from bot.telemetry import NO_TELEMETRY, Endpoint, Telemetry

_log = logging.getLogger(__name__)

_PAGE_SIZE = 100  # the API's maximum; 101 is a 400
_PAPER_PATH = "/api/papers"
_MAX_WARNINGS = 20  # about unreadable items, a page
_MAX_REPORTED = 10_000  # unreadable items remembered, so that each is logged once
_NOT_OPEN = "must be less than or equal"
_ANSWERS = frozenset({ProblemKind.NOT_OPEN, ProblemKind.NO_SUCH_PAPER})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """When Hugging Face last gave a usable answer, when it last failed, and why."""

    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: Problem | None = None

    @property
    def is_failing(self) -> bool:
        if self.last_failure_at is None:
            return False
        return self.last_success_at is None or self.last_success_at < self.last_failure_at


class HuggingFace:
    """A client that owns its connections. Close it, or use it as an async context manager.

    Calls may run concurrently; they share the rate limit and the cache for `If-None-Match`.
    """

    def __init__(
        self,
        endpoint: str,
        token: SecretStr | str | None = None,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        limits: FetchLimits | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        self._endpoint = _endpoint(endpoint)
        self._clock = clock
        self._telemetry = telemetry
        self._fetcher = Fetcher(
            _headers(token),
            clock=clock,
            sleep=sleep,
            limits=limits or FetchLimits(),
            on_request=self._record_request,
            is_kept=_is_list,  # single papers would push the lists out
            proxies=proxies,
        )
        self.health = SourceHealth()
        self._reported: set[tuple[date, str]] = set()  # unreadable items that were logged

    @property
    def last_response(self) -> ResponseMeta | None:
        """What the headers of the last response said about the time and the rate limit."""
        return self._fetcher.last_response

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._fetcher.close()

    async def list_day(self, day: date) -> DayListing:
        """The papers of the list day, by upvotes. Each item that cannot be read is logged as a WARNING.

        If a later page cannot be read or paging does not end, the listing has what was read before and names
        the problem.

        Raises:
            NotOpenYetError: the day has not opened yet.
            SourceError: nothing of the list could be read.
        """
        try:
            listing = await self._list_day(day)
        except SourceError as error:
            self._record(error.problem)
            raise
        self._record(listing.problem)
        return listing

    async def paper(self, paper_id: PaperId) -> PaperPage:
        """One paper, even if it was never listed, and what is linked to it.

        Raises:
            PaperNotFoundError: Hugging Face does not have it.
            SourceError: it could not be read.
        """
        try:
            page = await self._paper(paper_id)
        except SourceError as error:
            self._record(error.problem)
            raise
        self._record(None)
        return page

    async def _list_day(self, day: date) -> DayListing:
        day_reading = DayReading(day)
        url: URL | None = self._address(LIST_PATH) % {"date": day.isoformat(), "limit": str(_PAGE_SIZE)}
        while url is not None:
            try:
                answer = await self._page(url, day)
            except SourceError as error:
                if not day_reading.papers:
                    raise
                day_reading.problem = error.problem
                break
            url = day_reading.add(url, answer)
            if answer.is_fresh and answer.found is not None:
                self._warn(day, answer.found.dropped)
        problem = day_reading.problem
        if problem is not None and not day_reading.papers:
            raise SourceError(problem.kind, status=problem.status)
        if problem is not None:
            _log.warning("The list of %s was read only in part: %s", day, problem)
        return day_reading.listing()

    async def _page(self, url: URL, day: date) -> Answer[ParsedList]:
        latest_day = self._latest_day()

        def read(body: bytes) -> ParsedList:
            return parse_list(decode_json(body), asked_day=day, latest_day=latest_day, max_items=MAX_ITEMS)

        answer = await self._fetcher.get(url, read)
        # A day that must be open by now was refused for another reason, whatever the text says.
        is_newest = day >= latest_day - timedelta(days=2)
        if answer.status == 400 and _NOT_OPEN in answer.text and is_newest:
            raise NotOpenYetError
        _check(answer)
        return answer

    async def _paper(self, paper_id: PaperId) -> PaperPage:
        latest_day = self._latest_day()

        def read(body: bytes) -> PaperPage:
            payload = decode_json(body)
            return PaperPage(paper=parse_paper(payload, latest_day=latest_day), linked=parse_linked(payload))

        answer = await self._fetcher.get(self._address(_PAPER_PATH) / paper_id, read)
        if answer.status == 404:
            raise PaperNotFoundError
        _check(answer)
        page = answer.found
        if page is None or page.paper.id != paper_id:
            _log.warning("Hugging Face answered with a paper other than %s", paper_id)
            raise SourceError(ProblemKind.UNREADABLE)
        return page

    def _warn(self, day: date, dropped: Sequence[str]) -> None:
        """Log each unreadable item once, however often its day is read."""
        if len(self._reported) > _MAX_REPORTED:
            self._reported.clear()
        fresh = [reason for reason in dropped if (day, reason) not in self._reported]
        self._reported.update((day, reason) for reason in fresh)
        for reason in fresh[:_MAX_WARNINGS]:
            _log.warning("The list of %s: an item cannot be read: %s", day, reason)
        if len(fresh) > _MAX_WARNINGS:
            _log.warning("The list of %s: %d items cannot be read", day, len(fresh))

    def _record_request(self, url: URL, status: int | None, seconds: float) -> None:
        endpoint = Endpoint.LIST if _is_list(url) else Endpoint.PAPER
        self._telemetry.source_answered(endpoint, status=status, seconds=seconds)

    def _latest_day(self) -> date:
        return open_list_day(self._clock()) + timedelta(days=1)  # our clock may be slow

    def _address(self, path: str) -> URL:
        return self._endpoint.with_path(self._endpoint.path.rstrip("/") + path)

    def _record(self, problem: Problem | None) -> None:
        """Update the health. A refusal such as *not found* is a usable answer too."""
        now = self._clock()
        if problem is None or problem.kind in _ANSWERS:
            self.health = replace(self.health, last_success_at=now)
            return
        self.health = replace(self.health, last_failure_at=now, last_failure=problem)
        self._telemetry.source_failed(problem.kind)


def _is_list(url: URL) -> bool:
    return url.path.endswith(LIST_PATH)


def _check(answer: Answer[Any]) -> None:
    """Raises SourceError for a refusal."""
    if answer.status == 200:
        return
    _log.warning("Hugging Face answered %d: %s", answer.status, answer.text or "nothing")
    kind = ProblemKind.NOT_FOUND if answer.status == 404 else ProblemKind.REFUSED
    raise SourceError(kind, status=answer.status)


def _endpoint(text: str) -> URL:
    try:
        url = URL(text.strip())
        if url.scheme in {"http", "https"} and url.host and url.user is None and url.password is None:
            return url.with_query(None).with_fragment(None)
    except ValueError:
        pass
    raise ConfigError("HF_ENDPOINT must be a plain address such as https://huggingface.co")


def _headers(token: SecretStr | str | None) -> dict[str, str]:
    headers = {"User-Agent": f"paperboy/{__version__} (Discord bot)", "Accept": "application/json"}
    secret = token.get_secret_value() if isinstance(token, SecretStr) else token or ""
    if secret:
        if not (secret.isascii() and secret.isprintable() and " " not in secret):
            raise ConfigError("HF_TOKEN contains characters that no token has")
        headers["Authorization"] = f"Bearer {secret}"
    return headers
