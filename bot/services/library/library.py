"""The library: saving papers for a person, removing them, and finding them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.citation_keys import citation_key
from bot.core.ids import PaperId, UserId
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.matching.search_texts import TEXT_VERSION
from bot.services.context import ServiceContext
from bot.services.queries.papers import Papers
from bot.services.queries.text_search import index_papers, scan_texts
from bot.store import paper_texts, papers, saved_papers
from bot.store.locking import lock_person
from bot.store.saved_papers import SavedRow

_INDEXED = 100  # papers at once, which bounds the memory of their index


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPaper:
    """A paper in a person's library."""

    paper: Paper
    row: SavedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What saving some papers did."""

    new: tuple[SavedPaper, ...]
    before: tuple[SavedPaper, ...]  # that were saved already
    total: int  # papers in the library now


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What removing some papers did."""

    removed: tuple[Paper, ...]
    total: int  # papers in the library now


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPapers:
    """A person's saved papers, or those of them that a query matches, the latest saved first."""

    query: CompiledQuery | None
    rows: tuple[SavedRow, ...]
    total: int  # papers in the library


class Library:
    """Each person's saved papers.

    Saving is protected by the lock on the person, removing by a single statement.
    """

    def __init__(self, context: ServiceContext, *, papers: Papers) -> None:
        self._database = context.database
        self._papers = papers
        self._limits = context.limits
        self._clock = context.clock

    async def save(self, user_id: UserId, paper_ids: Iterable[PaperId]) -> Saving:
        """Saves the papers, in this order; those that are not stored yet are read first.

        Raises:
            UserError: a paper cannot be read, or the person would have too many. Nothing was saved.
        """
        to_save = [await self._papers.one(paper_id) for paper_id in dict.fromkeys(paper_ids)]
        async with self._database.write() as conn:
            await lock_person(conn, user_id)
            before = await saved_papers.of_user(conn, user_id)
            new = [paper for paper in to_save if paper.id not in before]
            self._limits.check_saved(has=len(before), adds=len(new))
            await saved_papers.add(conn, user_id, _keys(new, before.values()), now=self._clock())
            after = await saved_papers.of_user(conn, user_id)
        saved = [SavedPaper(paper=paper, row=after[paper.id]) for paper in to_save]
        return Saving(
            new=tuple(item for item in saved if item.paper.id not in before),
            before=tuple(item for item in saved if item.paper.id in before),
            total=len(after),
        )

    async def remove(self, user_id: UserId, paper_ids: Collection[PaperId]) -> Removal:
        """Removes those of the papers that the person has saved."""
        async with self._database.write() as conn:
            removed = await saved_papers.remove(conn, user_id, paper_ids)
            by_id = await papers.by_ids(conn, removed)
            total = await saved_papers.count(conn, user_id)
        return Removal(
            removed=tuple(by_id[paper_id] for paper_id in paper_ids if paper_id in removed), total=total
        )

    async def saved(self, user_id: UserId, keywords: str | None = None) -> LibraryPapers:
        """The person's papers, or those that the keywords match.

        Raises:
            QueryError: the keywords cannot be read.
        """
        query = None if keywords is None else compile_query(keywords, self._limits)
        async with self._database.read() as conn:
            rows = await saved_papers.of_user(conn, user_id)
            matches = rows.keys() if query is None else await _matching(conn, query, rows.keys())
        return LibraryPapers(
            query=query, rows=tuple(row for row in rows.values() if row.paper_id in matches), total=len(rows)
        )

    async def papers_of(self, rows: Sequence[SavedRow]) -> list[SavedPaper]:
        """The papers of these rows."""
        async with self._database.read() as conn:
            by_id = await papers.by_ids(conn, [row.paper_id for row in rows])
        return [SavedPaper(paper=by_id[row.paper_id], row=row) for row in rows]


def _keys(papers: Iterable[Paper], saved: Iterable[SavedRow]) -> dict[PaperId, str]:
    """A key for each of the papers that none of the others, and none that is saved, has."""
    taken = {row.citation_key for row in saved}
    keys: dict[PaperId, str] = {}
    for paper in papers:
        keys[paper.id] = citation_key(paper, taken=taken)
        taken.add(keys[paper.id])
    return keys


async def _matching(
    conn: AsyncConnection, query: CompiledQuery, among: Collection[PaperId]
) -> Collection[PaperId]:
    """Those of the papers that the query matches, with a current search text or not."""
    if not among:
        return ()
    scanned = await scan_texts(conn, [query.expression])
    matching_ids = set(scanned.found[query.expression])
    without_text = await paper_texts.without(conn, TEXT_VERSION, among=among)
    for start in range(0, len(without_text), _INDEXED):
        loaded = await papers.by_ids(conn, without_text[start : start + _INDEXED])
        matching_ids |= (await index_papers(loaded.values(), [query.expression]))[query.expression]
    return matching_ids
