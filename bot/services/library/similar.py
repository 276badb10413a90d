"""More like this: the stored papers that are about the same as one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.archive import ArchiveExtent
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.words.reading import found_by
from bot.core.words.tokenizer import Mode
from bot.matching.keyphrases import Line, lines_of, shared_phrases
from bot.matching.search_texts import TEXT_VERSION, UNKNOWN, code_of
from bot.services.context import ServiceContext
from bot.services.queries.papers import Papers
from bot.services.runs.archive_reading import ArchiveReader
from bot.store import paper_texts, paper_words, papers

if TYPE_CHECKING:
    from bot.matching.similar import Likeness, SimilarTexts

SIMILAR_PAPERS: Final = 10
_SHARES_SHOWN: Final = 4
_KEPT: Final = timedelta(minutes=10)
_MOST_KEPT: Final = 200  # searches: about 3 MB
_SPARE: Final = 50  # more that are ranked, in place of those that are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPaper:
    paper: Paper
    shares: tuple[
        str, ...
    ]  # words that both have, as the first paper writes them, the most distinctive first


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """The papers that are the most like one, the most similar first."""

    to: Paper
    papers: tuple[SimilarPaper, ...]
    searched: int  # papers
    archive: ArchiveExtent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """The result of a search, from which the papers that are shown are taken."""

    at: datetime
    searched: int
    found: tuple[tuple[PaperId, tuple[str, ...]], ...]  # with what they share


class SimilarPapers:
    """Finds papers that are about the same, among those whose search texts are stored."""

    def __init__(self, context: ServiceContext, *, papers: Papers, reader: ArchiveReader) -> None:
        self._database = context.database
        self._papers = papers
        self._reader = reader
        self._clock = context.clock
        self._searches: OrderedDict[PaperId, _Search] = OrderedDict()  # the oldest first
        self._searching = asyncio.Lock()  # one search at a time, which bounds their memory

    async def to(self, paper_id: PaperId) -> Similar:
        """The SIMILAR_PAPERS listed papers that are the most similar to this one; without withdrawn ones.

        Raises:
            UserError: there is no such paper, or it has to be read from Hugging Face, which fails.
        """
        paper = await self._papers.one(paper_id)
        async with self._searching:
            search = await self._search(paper)
        async with self._database.read() as conn:
            by_id = await papers.by_ids(conn, [other for other, _ in search.found])
        shown = [
            SimilarPaper(paper=by_id[other], shares=shares)
            for other, shares in search.found
            if other != paper.id and _is_shown(by_id[other])
        ]
        return Similar(
            to=paper,
            papers=tuple(shown[:SIMILAR_PAPERS]),
            searched=search.searched,
            archive=await self._reader.extent(),
        )

    async def _search(self, paper: Paper) -> _Search:
        """Searches, unless it was done a short while ago: many people press the same button."""
        now = self._clock()
        search = self._searches.get(paper.id)
        if search is not None and abs(now - search.at) < _KEPT:
            return search
        lines = await asyncio.to_thread(lines_of, paper)
        async with self._database.read() as conn:
            searched, ranking = await ranked(conn, lines, SIMILAR_PAPERS + _SPARE)
        shares = [tuple(shared_phrases(lines, result.shared, most=_SHARES_SHOWN)) for result in ranking]
        ids = [result.paper_id for result in ranking]
        search = _Search(at=now, searched=searched, found=tuple(zip(ids, shares, strict=True)))
        self._searches.pop(paper.id, None)
        self._searches[paper.id] = search
        if len(self._searches) > _MOST_KEPT:
            self._searches.popitem(last=False)
        return search


async def ranked(conn: AsyncConnection, lines: tuple[Line, Line], count: int) -> tuple[int, list[Likeness]]:
    """How many texts were searched, and those that share the most."""
    words = [word for line in lines for word in line.words]
    numbers = await paper_words.numbers(conn, {word.text for word in words})
    of_words: dict[str, str] = {}  # the character of each of the paper's words
    same: list[tuple[str, str]] = []
    for written, number in numbers.items():
        word = found_by(written, Mode.RUN)[0]
        same.append((code_of(number), of_words.setdefault(word, code_of(number))))
    own = "\n".join("".join(of_words.get(word.text, UNKNOWN) for word in line.words) for line in lines)
    stop_words = "".join(of_words.get(word.text, UNKNOWN) for word in words if word.is_stop_word)
    similar = await asyncio.to_thread(_to, f"{own}\n", stop_words, same)
    searched = 0
    async for ids, text in paper_texts.words(conn, TEXT_VERSION):
        await asyncio.to_thread(similar.add, ids, text)
        searched += len(ids)
    return searched, await asyncio.to_thread(similar.best, count)


def _to(own: str, stop_words: str, same: Sequence[tuple[str, str]]) -> SimilarTexts:
    from bot.matching.similar import SimilarTexts  # noqa: PLC0415 - imports numpy

    return SimilarTexts(
        own, stop_words, ("".join(own_part for own_part, _ in same), "".join(other for _, other in same))
    )


def _is_shown(paper: Paper) -> bool:
    return paper.list_day is not None and paper.withdrawn_at is None
