"""Lists of papers for people: CSV for a spreadsheet, Markdown for notes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from bot.core.author_names import author_names
from bot.core.cards import date_text
from bot.core.marking import DOT
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.words.latex import readable
from bot.store.saved_papers import SavedRow

_COLUMNS: Final = (
    "key", "title", "authors", "organization", "published", "arxiv", "page", "code", "upvotes", "saved"
)  # fmt: skip
# Spreadsheets take a cell that begins so for a formula, whose result may send what else they hold elsewhere.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~$&])")  # what means something within a line
_AUTHORS_NAMED: Final = 10


def csv_table(papers: Iterable[tuple[SavedRow, Paper]]) -> str:
    """A row for each paper; the byte order mark tells spreadsheets that it is UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    writer.writerows(map(_cell, _cells(row, paper)) for row, paper in papers)
    return f"\ufeff{file.getvalue()}"


def _cells(row: SavedRow, paper: Paper) -> Iterator[str]:
    yield row.citation_key
    yield readable(paper.title)
    yield "; ".join(name.sorted_form for name in author_names(paper.authors))
    yield paper.organization or ""
    yield f"{paper.published_at:%Y-%m-%d}" if paper.published_at else ""
    yield paper.abs_url
    yield paper.page_url
    yield paper.github_repo or ""
    yield str(paper.upvotes)
    yield f"{row.saved_at:%Y-%m-%d}"


def _cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def markdown(papers: Iterable[tuple[SavedRow, Paper]]) -> str:
    """A list with a heading for each day on which papers were saved."""
    lines = ["# Saved papers", ""]
    for day, group in groupby(papers, key=lambda entry: entry[0].saved_at.date()):
        lines += [f"## {date_text(day)}", "", *(_item(paper) for _, paper in group), ""]
    return "\n".join(lines)


def _item(paper: Paper) -> str:
    names = [
        " ".join(filter(None, (name.given, name.family, name.suffix))) for name in author_names(paper.authors)
    ]
    more = len(names) - _AUTHORS_NAMED
    people = ", ".join(names[:_AUTHORS_NAMED]) + (f" and {count(more, 'other')}" if more > 0 else "")
    links = [f"[arXiv {paper.id}]({paper.abs_url})"]
    if paper.github_repo:
        links.append(f"[code](<{paper.github_repo}>)")
    title = f"[{_escaped(readable(paper.title) or paper.id)}]({paper.page_url})"
    return f"- {DOT.join(filter(None, (title, _escaped(people), *links)))}"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)
