"""Lines: a paper in a list, as its linked title and a line of small print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.cards import close_text, upvotes_text
from bot.core.markdown import escape, length, link
from bot.core.marking import DOT, MAX_NAME_LENGTH, marked, organization_of, short_reason, title_of
from bot.core.papers import Paper
from bot.core.posts import CloseTo
from bot.core.query.nodes import Field
from bot.core.query.parser import Query

MAX_LINE_LENGTH: Final = 400  # characters, its address and small print included
MIN_LINE_LENGTH: Final = 70  # into which every paper's link fits
_MIN_SMALL_LENGTH: Final = 20  # below this, there is no small print
_SMALL: Final = "\n-# "


def digest_line(
    paper: Paper,
    *,
    queries: Sequence[Query],
    limit: int = MAX_LINE_LENGTH,
    close_to: CloseTo | None = None,
    has_details: bool = True,
) -> str:
    """A paper in at most `limit` characters (70 or more) of markdown: upvotes and the linked title.

    With `has_details`, small print below it says who wrote it, and where a query matches or what it is close
    to, if there is room and the title does not show it.
    """
    limit = min(limit, MAX_LINE_LENGTH)
    title = title_of(paper, queries)
    upvotes = f"{upvotes_text(paper)} "
    room = limit - length(upvotes) - len(f"[]({paper.page_url})")
    if room < len(paper.id):
        upvotes, room = "", room + length(upvotes)
    line = upvotes + link(title.text or paper.id, paper.page_url, spans=title.spans, limit=room)
    room = limit - length(line) - len(_SMALL)
    if not has_details or room < _MIN_SMALL_LENGTH:
        return line
    reason = "" if title.spans else _reason(paper, queries, close_to)
    small = _details(paper, queries, reason=reason, limit=room)
    return f"{line}{_SMALL}{small}" if small else line


def _reason(paper: Paper, queries: Sequence[Query], close_to: CloseTo | None) -> str:
    return escape(close_text(close_to)) if close_to and not queries else short_reason(paper, queries)


def _details(paper: Paper, queries: Sequence[Query], *, reason: str, limit: int) -> str:
    """The author, the organization and the reason, unless those show it, as far as they fit."""
    people = [marked(name, Field.AUTHOR, queries) for name in paper.authors]
    author = next((person for person in people if person.spans), people[0] if people else None)
    organization = organization_of(paper, queries)
    if any(text and text.spans for text in (author, organization)):
        reason = ""
    parts = [text.fit(MAX_NAME_LENGTH) for text in (author, organization) if text]
    # Why it is there is worth more than whose it is.
    for shown in ((*parts, reason), (*parts[:1], reason), (reason,), parts[:1]):
        small = DOT.join(filter(None, shown))
        if small and length(small) <= limit:
            return small
    return ""
