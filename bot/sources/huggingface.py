"""Hugging Face's Daily Papers API: list days, papers, and its refusals as our errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from yarl import URL

from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.errors import ConfigError, NotOpenYetError, PaperNotFoundError, SourceError
from bot.sources.fetching import Answer, Fetcher, FetchLimits, Heard
from bot.sources.parse import ParsedList, parse_list, parse_paper
from bot.watching import UNWATCHED, Endpoint, Watcher

_log = logging.getLogger(__name__)

_PAGE_SIZE = 100  # the API's maximum; 101 is a 400
_MOST_PAGES = 20  # the fullest day seen has 92 papers; this ends a server's endless paging
_LIST_PATH = "/api/daily_papers"
_PAPER_PATH = "/api/papers"
_MOST_WARNINGS = 20  # about broken items, a page
_MOST_TOLD = 10_000  # broken items remembered, so that each is warned of once
_NOT_OPEN = "must be less than or equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayListing:
    """One list day, whole. A Saturday's is empty, which is no failure."""

    day: date
    papers: tuple[Paper, ...]
    dropped: tuple[str, ...] = ()  # why each broken item was left out


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """When Hugging Face last gave a usable answer, when it last did not, and why."""

    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None

    @property
    def is_failing(self) -> bool:
        if self.last_failure_at is None:
            return False
        return self.last_success_at is None or self.last_success_at < self.last_failure_at


class HuggingFace:
    """A client that owns its connections; close it, or use it as an async context manager.

    Concurrent calls are fine: they share the rate limit and the pages kept for `If-None-Match`.
    """

    def __init__(
        self,
        endpoint: str,
        token: SecretStr | str | None = None,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        limits: FetchLimits | None = None,
        watcher: Watcher = UNWATCHED,
    ) -> None:
        self._endpoint = _endpoint(endpoint)
        self._clock = clock
        self._watcher = watcher
        self._fetcher = Fetcher(
            _headers(token), clock=clock, sleep=sleep, limits=limits or FetchLimits(), told=self._tell
        )
        self._health = SourceHealth()
        self._told: set[tuple[date, str]] = set()  # broken items that were warned of

    @property
    def health(self) -> SourceHealth:
        return self._health

    @property
    def last_heard(self) -> Heard | None:
        """What the last answer said of the time and of the calls that are left."""
        return self._fetcher.last_heard

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._fetcher.close()

    async def list_day(self, day: date) -> DayListing:
        """All papers of the list day, by upvotes; each dropped item is logged as a WARNING.

        Raises:
            NotOpenYetError: the day has not opened; ask again later.
            SourceError: the list could not be read whole.
        """
        papers: dict[PaperId, Paper] = {}
        dropped: list[str] = []
        with self._recorded():
            url: URL | None = self._address(_LIST_PATH) % {"date": day.isoformat(), "limit": str(_PAGE_SIZE)}
            asked: set[URL] = set()
            while url is not None:
                if url in asked or len(asked) == _MOST_PAGES:
                    _log.warning(
                        "The list of %s has no end: stopped after %s", day, count(len(asked), "page")
                    )
                    break
                asked.add(url)
                page, link = await self._page(url, day)
                dropped.extend(page.dropped)
                for paper in page.papers:
                    papers.setdefault(paper.id, paper)
                url = _following(url, link)
        return DayListing(day=day, papers=tuple(papers.values()), dropped=tuple(dropped))

    async def paper(self, paper_id: PaperId) -> Paper:
        """One paper, whether it was ever listed or not.

        Raises:
            PaperNotFoundError: Hugging Face does not know it.
            SourceError: it could not be read.
        """
        with self._recorded():
            answer = await self._fetcher.get(self._address(_PAPER_PATH) / paper_id)
            if answer.status == 404:
                raise PaperNotFoundError(f"Hugging Face has no paper {paper_id}")
            paper = parse_paper(_usable(answer), latest_day=self._latest_day())
            if paper.id != paper_id:
                raise SourceError(f"Hugging Face answered with paper {paper.id} when asked for {paper_id}")
            return paper

    async def _page(self, url: URL, day: date) -> tuple[ParsedList, URL | None]:
        answer = await self._fetcher.get(url)
        if answer.status == 400 and _NOT_OPEN in str(answer.payload):
            raise NotOpenYetError(f"The list of {day} has not opened yet")
        page = parse_list(_usable(answer), asked_day=day, latest_day=self._latest_day())
        if answer.is_fresh:
            self._warn(day, page.dropped)
        return page, answer.next_link

    def _warn(self, day: date, dropped: Sequence[str]) -> None:
        """Tells of broken items once, however often their day is read."""
        if len(self._told) > _MOST_TOLD:
            self._told.clear()
        fresh = [reason for reason in dropped if (day, reason) not in self._told]
        self._told.update((day, reason) for reason in fresh)
        for reason in fresh[:_MOST_WARNINGS]:
            _log.warning("The list of %s: left out a broken item: %s", day, reason)
        if len(fresh) > _MOST_WARNINGS:
            _log.warning("The list of %s: %d broken items in all", day, len(fresh))

    def _tell(self, url: URL, status: int | None, seconds: float) -> None:
        endpoint = Endpoint.LIST if url.path.endswith(_LIST_PATH) else Endpoint.PAPER
        self._watcher.source_answered(endpoint, status=status, seconds=seconds)

    def _latest_day(self) -> date:
        return open_list_day(self._clock()) + timedelta(days=1)  # our clock may be slow

    def _address(self, path: str) -> URL:
        return self._endpoint.with_path(self._endpoint.path.rstrip("/") + path)

    @contextmanager
    def _recorded(self) -> Generator[None]:
        """Keeps the health up to date; an answer that says no is an answer."""
        try:
            yield
        except (NotOpenYetError, PaperNotFoundError):
            self._health = replace(self._health, last_success_at=self._clock())
            raise
        except SourceError as error:
            self._health = replace(self._health, last_failure_at=self._clock(), last_failure=str(error))
            raise
        self._health = replace(self._health, last_success_at=self._clock())


def _usable(answer: Answer) -> object:
    if answer.status == 200:
        return answer.payload
    hint = " (is HF_ENDPOINT right?)" if answer.status == 404 else ""
    raise SourceError(f"Hugging Face answered {answer.status}{hint}: {answer.payload or 'nothing'}")


def _following(url: URL, link: URL | None) -> URL | None:
    """Where the next page is asked for: always at our own endpoint.

    A mirror may pass on links that name the origin it copies; their query is right, their host is not.
    """
    if link is None or (link.absolute and link.origin() == url.origin()):
        return link
    if link.path.endswith(_LIST_PATH) and link.query:
        return url.with_query(link.query)
    _log.warning("The list's next page is said to be on another server; it was not followed")
    return None


def _endpoint(text: str) -> URL:
    try:
        url = URL(text.strip())
        if url.scheme in {"http", "https"} and url.host and url.user is None and url.password is None:
            return url.with_query(None).with_fragment(None)
    except ValueError:
        pass
    raise ConfigError("HF_ENDPOINT must be a plain address such as https://huggingface.co")


def _headers(token: SecretStr | str | None) -> dict[str, str]:
    headers = {"User-Agent": f"paperboy/{_version()} (Discord bot)", "Accept": "application/json"}
    secret = token.get_secret_value() if isinstance(token, SecretStr) else token or ""
    if secret:
        if not (secret.isascii() and secret.isprintable() and " " not in secret):
            raise ConfigError("HF_TOKEN holds characters that no token has")
        headers["Authorization"] = f"Bearer {secret}"
    return headers


def _version() -> str:
    try:
        return version("paperboy")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
