"""Answers on a person's library: what was saved or removed, and what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import discord

from bot.core.lines import MAX_LINE_LENGTH, digest_line
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.query.parser import Query
from bot.discord.answers.formatting import code, day_text, title_link
from bot.discord.answers.hints import reading_line
from bot.discord.answers.pages import COLOR
from bot.services.library.library import LibraryPapers, Removal, SavedPaper, Saving

PAPERS_A_PAGE = 10
_MAX_SHOWN = 10  # of several papers that were saved or removed at once
_SMALL_LENGTH = 40  # of the day on which a paper was saved
_HOW_TO_SAVE = (
    "Press **Save** below a paper, or choose one from *Open a paper …* below a list and press it there. On "
    "anyone's message with links to papers: right-click or long-press it, then **Apps** → **Save papers**."
)


def saving(result: Saving) -> discord.Embed:
    """What was saved, how large the library is now, and what can be done with it."""
    lines = [_titles([saved.paper for saved in result.new])] if result.new else []
    if result.before and not result.new and len(result.before) == 1:
        (one,) = result.before
        lines = [f"{title_link(one.paper)}\nSaved on {day_text(one.row.saved_at)}."]
    elif result.before:
        lines.append(f"Saved before:\n{_titles([saved.paper for saved in result.before])}")
    title = f"Saved {count(len(result.new), 'paper')}" if len(result.new) > 1 else "Saved"
    return discord.Embed(
        title=title if result.new else "Already in your library",
        description="\n\n".join([*lines, _next(result.total)]),
        color=COLOR,
    )


def _next(total: int) -> str:
    them = "it" if total == 1 else "them"
    return (
        f"Your library has {count(total, 'paper')}: `/my saved` shows {them}, and `/my export` writes {them} "
        "to a file for Zotero, LaTeX or a spreadsheet."
    )


def removal(result: Removal) -> discord.Embed:
    """What was removed, and how many papers are left."""
    left = f"Your library now has {count(result.total, 'paper')}."
    if not result.removed:
        return discord.Embed(
            title="Not in your library", description=f"Nothing was removed. {left}", color=COLOR
        )
    return discord.Embed(
        title="Removed from your library",
        description=f"{_titles(result.removed)}\n\n{left}",
        color=COLOR,
    )


def number_of_pages(library: LibraryPapers) -> int:
    return max(1, -(-len(library.rows) // PAPERS_A_PAGE))


def rows_of(page: int) -> slice:
    """The rows on this page, from 0."""
    return slice(page * PAPERS_A_PAGE, (page + 1) * PAPERS_A_PAGE)


def library_page(library: LibraryPapers, papers: Sequence[SavedPaper], *, number: int) -> discord.Embed:
    """One page of the library, from 0; without papers, how to save some."""
    query = library.query.readable() if library.query else None
    title = f"Your library: {count(library.total, 'paper')}"
    if not library.total:
        title = "Your library is empty"
    elif library.query is not None:
        title = f"Your library: {len(library.rows):,} of {count(library.total, 'paper')}"
    lines = [_line(paper, () if query is None else (query,)) for paper in papers]
    embed = discord.Embed(
        title=title,
        description="\n\n".join(filter(None, (_intro(library) if number == 0 else "", "\n".join(lines)))),
        color=COLOR,
    )
    if number_of_pages(library) > 1:
        embed.set_footer(text=f"Page {number + 1} of {number_of_pages(library)}")
    return embed


def _intro(library: LibraryPapers) -> str:
    """How the keywords were read; if nothing is shown, what to do."""
    if not library.total:
        return f"You haven't saved any papers yet.\n\n{_HOW_TO_SAVE}"
    if library.query is None:
        return ""
    query, read_as = code(library.query.text), reading_line(library.query)
    if library.rows:
        return "\n".join(filter(None, (f"{query} matches:", read_as)))
    none = f"None of your papers matches {query}."
    return "\n".join(filter(None, (none, read_as, "Without `keywords`, you see all of them.")))


def _line(paper: SavedPaper, queries: Sequence[Query]) -> str:
    line = digest_line(paper.paper, queries=queries, limit=MAX_LINE_LENGTH - _SMALL_LENGTH, has_details=False)
    return f"{line}\n-# saved {day_text(paper.row.saved_at)}"


def _titles(papers: Iterable[Paper]) -> str:
    """The titles as links, a line each; of many, the first."""
    titles = [title_link(paper) for paper in papers]
    more = len(titles) - _MAX_SHOWN
    return "\n".join([*titles[:_MAX_SHOWN], *([f"… and {more} more"] if more > 0 else [])])
