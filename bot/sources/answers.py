"""Answers of one origin, and the pages that are kept to be asked for again by their ETag."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from yarl import URL

from bot.sources.rate_limits import RateLimit

_MAX_KEPT_PAGES = 64
_MAX_KEPT_BYTES = 16 * 1024 * 1024  # of all kept pages together

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[_T]):
    """A 200 (or a 304 of a page that was kept), a 400 or a 404.

    Attributes:
        found: what a 200 was read as; None otherwise.
        text: of a refusal, to recognise it by and to log it; redacted.
        size: of a 200, in bytes, decompressed.
        next_link: where the `Link` header says the next page is; not to be followed unchecked.
        has_broken_link: there is such a header, and it cannot be read.
        is_fresh: False when the server said that nothing changed since the last time.
    """

    status: int
    found: _T | None = None
    text: str = ""
    size: int = 0
    next_link: URL | None = None
    has_broken_link: bool = False
    is_fresh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an answer said beside its body."""

    at: datetime  # by our clock
    server_time: datetime | None  # at that moment, by the server's, to the second
    limit: RateLimit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    etag: str
    body: bytes
    next_link: URL | None


class KeptPages:
    """The pages that were read last, at most so many, and so many bytes."""

    def __init__(self) -> None:
        self._pages: OrderedDict[URL, KeptPage] = OrderedDict()
        self._bytes = 0

    def get(self, url: URL) -> KeptPage | None:
        if url in self._pages:
            self._pages.move_to_end(url)
        return self._pages.get(url)

    def put(self, url: URL, page: KeptPage | None) -> None:
        """In place of the one that was kept of this address, and of the longest unused ones."""
        if (before := self._pages.pop(url, None)) is not None:
            self._bytes -= len(before.body)
        if page is None or len(page.body) > _MAX_KEPT_BYTES:
            return
        self._pages[url] = page
        self._bytes += len(page.body)
        while len(self._pages) > _MAX_KEPT_PAGES or self._bytes > _MAX_KEPT_BYTES:
            _, dropped = self._pages.popitem(last=False)
            self._bytes -= len(dropped.body)
