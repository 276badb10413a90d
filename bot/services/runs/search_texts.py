"""Search texts: keeps the normalized text of every paper as its words and the rules are now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.errors import StoreError
from bot.matching.search_texts import TEXT_VERSION, SearchText, forms_of, search_text
from bot.services.context import ServiceContext
from bot.store import paper_texts, paper_words, papers
from bot.store.database import Database

_log = logging.getLogger(__name__)

_BATCH: Final = 100  # papers of one transaction
_PAUSE_SECONDS: Final = 0.2  # between two batches, so that commands and runs go first
_RETRY_SECONDS: Final = 60.0


async def new_texts(database: Database, listed: Sequence[Paper]) -> dict[PaperId, SearchText]:
    """The texts of those listed papers that are new on a list, or whose words have changed."""
    async with database.read() as conn:
        known = await papers.by_ids(conn, [paper.id for paper in listed])
    changed = [paper for paper in listed if _is_changed(paper, known.get(paper.id))]
    return await asyncio.to_thread(_texts, changed)


async def write(
    conn: AsyncConnection, texts: Mapping[PaperId, SearchText], *, only_outdated: bool = False
) -> None:
    """Write the texts, and the words that they have; see `paper_texts.write`."""
    words = set[str]().union(*(text.words() for text in texts.values()))
    numbers = await paper_words.add(conn, {word: forms_of(word) for word in words})
    encoded_texts = {paper_id: text.encoded(numbers) for paper_id, text in texts.items()}
    await paper_texts.write(conn, encoded_texts, version=TEXT_VERSION, only_outdated=only_outdated)


class SearchTexts:
    """Writes the texts that are missing, or that other rules made, in the background."""

    def __init__(
        self, context: ServiceContext, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._database = context.database
        self._sleep = sleep

    async def run(self) -> None:
        """Write until every text is current."""
        while True:
            try:
                await self.refresh()
            except StoreError:
                pass  # logged once, by the store
            except Exception:  # noqa: BLE001 - a bug here must not stop the runs
                _log.exception("The search texts could not be written because of a bug")
            else:
                return
            await self._sleep(_RETRY_SECONDS)

    async def refresh(self) -> int:
        """Write all texts that are not current, in small batches; return how many there were."""
        done = 0
        while found := await self._outdated():
            texts = await asyncio.to_thread(_texts, found)
            async with self._database.write() as conn:
                # A list that was read meanwhile may have given a paper other words, and its text is current.
                await write(conn, texts, only_outdated=True)
            done += len(texts)
            await self._sleep(_PAUSE_SECONDS)
        if done:
            _log.info("Search: the texts of %s were rewritten", count(done, "paper"))
        return done

    async def _outdated(self) -> Iterable[Paper]:
        async with self._database.read() as conn:
            ids = await paper_texts.outdated(conn, TEXT_VERSION, limit=_BATCH)
            return (await papers.by_ids(conn, ids)).values()


def _is_changed(paper: Paper, known: Paper | None) -> bool:
    return known is None or known.list_day is None or _searched(paper) != _searched(known)


def _searched(paper: Paper) -> tuple[object, ...]:
    """All of the paper that its text is made of."""
    return (
        paper.title,
        paper.abstract,
        paper.authors,
        paper.ai_keywords,
        paper.organization,
        paper.organization_login,
    )


def _texts(found: Iterable[Paper]) -> dict[PaperId, SearchText]:
    return {paper.id: search_text(paper) for paper in found}
