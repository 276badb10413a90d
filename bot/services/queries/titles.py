"""The titles of recent papers in memory, to offer them while a person types one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from bot.core.ids import PaperId
from bot.core.list_days import first_list_day
from bot.core.title_search import Title, title_of, titles_like
from bot.services.context import ServiceContext
from bot.services.runs.polling import Polling
from bot.store import list_days, papers
from bot.store.list_days import LastRead

TITLE_DAYS = 60  # list days whose titles are offered


class Titles:
    """Offers recent papers by their titles."""

    def __init__(self, context: ServiceContext, *, polling: Polling) -> None:
        self._database = context.database
        self._polling = polling
        self._clock = context.clock
        self._loading = asyncio.Lock()
        self._titles: dict[tuple[PaperId, str], Title] = {}  # by id and title as the list has it
        self._loaded: tuple[int, LastRead] | None = None  # what was stored then

    async def like(self, typed: str) -> Iterator[tuple[str, PaperId]]:
        """Recent papers to offer for what was typed so far, the newest list day first: titles and ids."""
        async with self._loading, self._database.read() as conn:
            # Lists that could not be read to their end are known only to the process that read them.
            stored = self._polling.days_stored, await list_days.last_read(conn)
            if self._loaded != stored:
                first = first_list_day(self._clock(), days=TITLE_DAYS)
                listed = await papers.titles_since(conn, first)
                self._titles = await asyncio.to_thread(_read, listed, self._titles)
                self._loaded = stored
        return titles_like(self._titles.values(), typed)


def _read(
    listed: Sequence[tuple[PaperId, str]], known: Mapping[tuple[PaperId, str], Title]
) -> dict[tuple[PaperId, str], Title]:
    """These titles, in this order. Those of two months take a quarter of a second, so known ones are kept."""
    return {key: known.get(key) or title_of(*key) for key in listed}
