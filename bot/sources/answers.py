"""Answers of one origin, and the cache of pages that are revalidated by their ETag."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from yarl import URL

from bot.sources.rate_limits import RateLimit

_MAX_PAGES = 64
_MAX_BYTES = 16 * 1024 * 1024  # of all kept pages together

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[_T]):
    """A 200 (or a 304 for a cached page), a 400 or a 404.

    Attributes:
        found: the parsed body of a 200; None otherwise.
        text: the redacted body of a refusal, for recognizing and logging it.
        size: decompressed bytes of a 200.
        next_link: the next page by the `Link` header; check it before following it.
        has_broken_link: there is such a header, but it cannot be parsed.
        is_fresh: False if the server said that nothing has changed since the last time.
    """

    status: int
    found: _T | None = None
    text: str = ""
    size: int = 0
    next_link: URL | None = None
    has_broken_link: bool = False
    is_fresh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseMeta:
    """What the headers of a response say, and when it came."""

    at: datetime  # by our clock
    server_time: datetime | None  # by the server's clock, to the second
    limit: RateLimit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedPage:
    etag: str
    body: bytes
    next_link: URL | None


class PageCache:
    """The most recently used pages, bounded in number and in bytes."""

    def __init__(self) -> None:
        self._pages: OrderedDict[URL, CachedPage] = OrderedDict()
        self._bytes = 0

    def get(self, url: URL) -> CachedPage | None:
        if url in self._pages:
            self._pages.move_to_end(url)
        return self._pages.get(url)

    def put(self, url: URL, page: CachedPage | None) -> None:
        """Replace the page cached for this address, and evict the least recently used ones."""
        if (before := self._pages.pop(url, None)) is not None:
            self._bytes -= len(before.body)
        if page is None or len(page.body) > _MAX_BYTES:
            return
        self._pages[url] = page
        self._bytes += len(page.body)
        while len(self._pages) > _MAX_PAGES or self._bytes > _MAX_BYTES:
            _, dropped = self._pages.popitem(last=False)
            self._bytes -= len(dropped.body)
