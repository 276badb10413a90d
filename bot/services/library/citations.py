"""Citations: one paper as BibTeX, and a person's library as a file for other programs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.author_names import author_names
from bot.core.citation_keys import citation_key
from bot.core.ids import PaperId, UserId
from bot.core.papers import Paper
from bot.services.context import ServiceContext
from bot.services.library.library import Library, LibraryPapers, SavedPaper
from bot.services.queries.papers import Papers
from bot.store import saved_papers

MAX_FILE_BYTES: Final = 10 * 1000 * 1000  # Discord's limit is 10 MiB
_FEW_AUTHORS: Final = 10  # of a citation that is too long with all


class Format(StrEnum):
    """What a library is exported as."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSV = "csv"
    MARKDOWN = "markdown"

    @property
    def suffix(self) -> str:
        """Of the file's name."""
        return {Format.BIBTEX: "bib", Format.RIS: "ris", Format.CSV: "csv", Format.MARKDOWN: "md"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One paper as BibTeX."""

    key: str
    is_saved: bool  # then exports have it under the same key
    authors: int
    text: str
    short_text: str  # with few authors, and `others`


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Files of the papers, each of them at most MAX_FILE_BYTES; none if there are no papers."""

    library: LibraryPapers
    format: Format
    files: tuple[bytes, ...]


class Citations:
    """Writes papers for other programs."""

    def __init__(self, context: ServiceContext, *, papers: Papers, library: Library) -> None:
        self._database = context.database
        self._papers = papers
        self._library = library

    async def cite(self, user_id: UserId, paper_id: PaperId) -> Citation:
        """The paper's BibTeX, under the key that it has in the person's library or would have.

        Raises:
            UserError: there is no such paper, or it cannot be read now.
        """
        paper = await self._papers.one(paper_id)
        async with self._database.read() as conn:
            saved = await saved_papers.of_user(conn, user_id)
        row = saved.get(paper.id)
        key = (
            row.citation_key
            if row
            else citation_key(paper, taken={row.citation_key for row in saved.values()})
        )
        whole, short = await asyncio.to_thread(_cited, key, paper)
        return Citation(
            key=key,
            is_saved=row is not None,
            authors=len(author_names(paper.authors)),
            text=whole,
            short_text=short,
        )

    async def export(self, user_id: UserId, wanted: Format, keywords: str | None = None) -> Export:
        """The person's papers, or those that the keywords match, in files.

        Raises:
            QueryError: the keywords cannot be read.
        """
        library = await self._library.saved(user_id, keywords)
        papers = await self._library.papers_of(library.rows)
        files = await asyncio.to_thread(_files, papers, wanted) if papers else []
        return Export(library=library, format=wanted, files=tuple(files))


def _cited(key: str, paper: Paper) -> tuple[str, str]:
    # Slow to import, and most of the time nobody asks for it.
    from bot.services.library.bibtex import bibtex  # noqa: PLC0415

    return bibtex([(key, paper)]), bibtex([(key, paper)], most_authors=_FEW_AUTHORS)


def _files(papers: Sequence[SavedPaper], wanted: Format) -> list[bytes]:
    """One file, or as many as needed for each to be small enough."""
    file = _written(papers, wanted).encode()
    if len(file) <= MAX_FILE_BYTES or len(papers) == 1:
        return [file]
    half = len(papers) // 2
    return [*_files(papers[:half], wanted), *_files(papers[half:], wanted)]


def _written(papers: Sequence[SavedPaper], wanted: Format) -> str:
    from bot.services.library import bibtex, listings, ris  # noqa: PLC0415 - as above

    keyed = [(paper.row.citation_key, paper.paper) for paper in papers]
    dated = [(paper.row, paper.paper) for paper in papers]
    match wanted:
        case Format.BIBTEX:
            return bibtex.bibtex(keyed)
        case Format.RIS:
            return ris.ris(keyed)
        case Format.CSV:
            return listings.csv_table(dated)
        case Format.MARKDOWN:
            return listings.markdown(dated)
