"""More like this: the stored papers that are about the same as one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.archive import ArchiveExtent
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.matching.scan_texts import LEFT_OUT, TEXT_VERSION, code_of
from bot.matching.telling_words import Line, Word, lines_of, shared_phrases
from bot.services.context import ServiceContext
from bot.services.queries.papers import Papers
from bot.services.runs.archive_reading import ArchiveReader
from bot.store import paper_texts, paper_words, papers

if TYPE_CHECKING:
    from bot.matching.similar import Likeness, SimilarTexts

SIMILAR_PAPERS: Final = 10
_SHARES_SHOWN: Final = 4
_SPARE: Final = 50  # more that are ranked, in place of those that are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPaper:
    paper: Paper
    shares: tuple[str, ...]  # words that both have, as the first paper writes them, the most telling first


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """The papers that are the most like one, the most similar first."""

    to: Paper
    papers: tuple[SimilarPaper, ...]
    searched: int  # papers
    archive: ArchiveExtent


class SimilarPapers:
    """Finds papers that are about the same, among those whose search texts are stored."""

    def __init__(self, context: ServiceContext, *, papers: Papers, reader: ArchiveReader) -> None:
        self._database = context.database
        self._papers = papers
        self._reader = reader
        self._searching = asyncio.Lock()  # one search at a time, which bounds their memory

    async def to(self, paper_id: PaperId, count: int = SIMILAR_PAPERS) -> Similar:
        """The listed papers that are the most similar to this one; without withdrawn ones.

        Raises:
            UserError: there is no such paper, or it has to be read from Hugging Face, which fails.
        """
        paper = await self._papers.one(paper_id)
        lines = await asyncio.to_thread(lines_of, paper)
        async with self._searching, self._database.read() as conn:
            searched, ranked = await _ranked(conn, lines, count + _SPARE)
            known = await papers.by_ids(conn, [one.paper_id for one in ranked])
        shown = [
            SimilarPaper(
                paper=known[one.paper_id],
                shares=tuple(shared_phrases(lines, one.shared, most=_SHARES_SHOWN)),
            )
            for one in ranked
            if one.paper_id != paper.id and _is_shown(known[one.paper_id])
        ]
        return Similar(
            to=paper, papers=tuple(shown[:count]), searched=searched, archive=await self._reader.extent()
        )


async def _ranked(conn: AsyncConnection, lines: tuple[Line, Line], count: int) -> tuple[int, list[Likeness]]:
    """How many texts were searched, and those that share the most."""
    words = [word for line in lines for word in line.words]
    numbers = await paper_words.numbers(conn, {word.text.lower() for word in words})
    own = "\n".join("".join(_character(word, numbers) for word in line.words) for line in lines)
    usual = "".join(_character(word, numbers) for word in words if word.is_usual)
    similar = await asyncio.to_thread(_to, f"{own}\n", usual)
    searched = 0
    async for ids, text in paper_texts.words(conn, TEXT_VERSION):
        await asyncio.to_thread(similar.add, ids, text)
        searched += len(ids)
    return searched, await asyncio.to_thread(similar.best, count)


def _to(own: str, usual: str) -> SimilarTexts:
    from bot.matching.similar import SimilarTexts  # noqa: PLC0415 - imports numpy

    return SimilarTexts(own, usual)


def _character(word: Word, numbers: dict[str, int]) -> str:
    number = numbers.get(word.text)
    return LEFT_OUT if number is None else code_of(number)


def _is_shown(paper: Paper) -> bool:
    return paper.list_day is not None and paper.withdrawn_at is None
