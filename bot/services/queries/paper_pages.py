"""Paper pages: what Hugging Face says of single papers now, remembered for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from bot.core.ids import PaperId
from bot.core.opened_papers import PaperPage
from bot.errors import ProblemKind, SourceError
from bot.services.context import ServiceContext

KEPT: Final = timedelta(minutes=10)
MAX_KEPT: Final = 500  # about 3 MB
# What presses leave of Hugging Face's 500 requests in 5 minutes and of the four connections to it, for lists.
RESERVED_REQUESTS: Final = 100
_AT_ONCE: Final = 2
# How long a person waits for what may be left out.
TIMEOUT_SECONDS: Final = 2.0


class PaperPages:
    """Asks Hugging Face for single papers without getting in the way of the lists."""

    def __init__(self, context: ServiceContext, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._source = context.source
        self._clock = context.clock
        self._kept: OrderedDict[PaperId, tuple[datetime, PaperPage]] = OrderedDict()  # the oldest first
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(self, paper_id: PaperId) -> PaperPage:
        """The paper's page, at most KEPT old. The caller limits the time.

        Raises:
            PaperNotFoundError: Hugging Face does not have the paper.
            SourceError: it could not be read, or few requests are left.
        """
        if page := self._remembered(paper_id):
            return page
        async with self._turns:
            if page := self._remembered(paper_id):  # read meanwhile
                return page
            if self._is_scarce():
                raise SourceError(ProblemKind.RATE_LIMITED)
            page = await self._source.paper(paper_id)
        self._kept.pop(paper_id, None)
        self._kept[paper_id] = (self._clock(), page)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return page

    async def at_once(self, paper_id: PaperId) -> PaperPage | None:
        """The paper's page if it comes in time."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self.read(paper_id)
        except (SourceError, TimeoutError):
            return None

    def _remembered(self, paper_id: PaperId) -> PaperPage | None:
        read_at, page = self._kept.get(paper_id, (None, None))
        return page if read_at is not None and abs(self._clock() - read_at) < KEPT else None

    def _is_scarce(self) -> bool:
        response = self._source.last_response
        if response is None or response.limit is None or response.limit.remaining >= RESERVED_REQUESTS:
            return False
        return (self._clock() - response.at).total_seconds() < response.limit.wait_seconds
