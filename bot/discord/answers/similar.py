"""Answers with papers that are about the same as one."""

from __future__ import annotations

import discord

from bot.core.cards import date_text
from bot.core.lines import MAX_LINE_LENGTH, digest_line
from bot.core.markdown import escape, link
from bot.core.marking import DOT
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.words.latex import readable
from bot.discord.answers.pages import COLOUR
from bot.discord.answers.run_results import archive_extent
from bot.services.library.similar import Similar, SimilarPaper

_MAX_TITLE = 120
_MAX_SHARED = 30  # characters of a word or a pair
_SMALL_LENGTH = 160  # of the list day and what is shared


def similar_papers(result: Similar) -> discord.Embed:
    """The papers, each with its list day and what it shares; if there are none, why."""
    extent = archive_extent(result.archive)
    if not result.papers:
        body = f"{_none(result)}\n\n{extent}".strip()
    else:
        lines = "\n".join(map(_line, result.papers))
        among = count(result.searched, "paper")
        body = "\n\n".join(
            filter(None, (f"Of {among}, the most similar to {title_link(result.to)}:", lines, extent))
        )
    return discord.Embed(title="More like this", description=body, colour=COLOUR)


def title_link(paper: Paper) -> str:
    """The title as a link, cut if it is long."""
    return link(readable(paper.title) or paper.id, paper.page_url, limit=_MAX_TITLE)


def _none(result: Similar) -> str:
    to = title_link(result.to)
    if not result.searched:
        return f"There are no papers yet to compare {to} with. Try again in a few minutes."
    return f"None of {count(result.searched, 'paper')} has anything in common with {to}."


def _line(one: SimilarPaper) -> str:
    line = digest_line(one.paper, queries=(), limit=MAX_LINE_LENGTH - _SMALL_LENGTH, has_details=False)
    day = date_text(one.paper.list_day) if one.paper.list_day else ""
    shares = ", ".join(escape(text[:_MAX_SHARED]) for text in one.shares)
    return f"{line}\n-# {DOT.join(filter(None, (day, shares and f'both: {shares}')))}"
