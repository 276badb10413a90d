"""Answers that show papers: a list day, a preview, a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

import discord

from bot.core.cards import date_text
from bot.core.cutting import shorten
from bot.core.decisions import newest_first
from bot.core.focus import Focus
from bot.core.lines import MAX_LINE_LENGTH, digest_line
from bot.core.list_days import closes_at
from bot.core.marking import match_reasons
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.query.parser import Query
from bot.core.query.relevance import relevance_text
from bot.discord.answers.formatting import code, moment, relative
from bot.discord.answers.hints import hint_lines, reading_line
from bot.discord.answers.pages import COLOR, pages
from bot.discord.answers.run_results import archive_extent, days_read
from bot.services.queries.archive import SearchResults, Sort, TopPapers
from bot.services.queries.papers import ListDay
from bot.services.queries.search import Preview

_ADDED, _CUT = "🔎 ", "✂️ "  # papers that a focus adds, and that it leaves out
_DAY_LENGTH = 14  # of a list day and the dot in front of it
_RESULTS_A_PAGE = 5
_MAX_RESULT_LENGTH = 260  # of a result's line, its address included; why it matched is below it
_MAX_QUERY_LENGTH = 200
_ORDERS = {Sort.MATCH: "best match", Sort.UPVOTES: "most upvoted", Sort.DAY: "newest"}


def list_day(listed: ListDay, *, now: datetime) -> list[discord.Embed]:
    """A list day's papers, by upvotes."""
    footer, empty = "", "This list has no papers."
    if listed.day.weekday() >= 5:
        empty = "No papers are listed on weekends."
    elif listed.is_open:
        footer = f"This list is still open; it closes {moment(closes_at(listed.day), now=now)}."
        empty = "This list has no papers yet."
    elif listed.read_while_open_at is not None:
        read = relative(listed.read_while_open_at)
        footer = f"⚠️ Last read {read}, while the list was still open: later papers may be missing."
    if listed.unreadable:
        missing = f"⚠️ {count(listed.unreadable, 'item')} on this list could not be read"
        footer = f"{missing}, so papers may be missing here.\n{footer}".strip()
    if listed.problem is not None:
        footer = f"⚠️ This may be incomplete or out of date, because {listed.problem}.\n{footer}".strip()
        empty = "No papers on this list could be read."
    return pages(
        (digest_line(paper, queries=()) for paper in listed.papers),
        title=f"Daily Papers of {date_text(listed.day)}: {count(len(listed.papers), 'paper')}",
        footer=footer,
        empty=empty,
    )


def preview(result: Preview) -> list[discord.Embed]:
    """Which recent papers match a query, the newest list day first."""
    period = f"the last {result.days} days" if result.days > 1 else "today's list"
    footer = (
        "To have such papers posted, from today's list on, use `/subscribe` with the same keywords."
        if result.papers
        else "`/help` explains how to write keywords, such as `quantiz*` for all words that begin with it."
    )
    lines = [footer]
    if result.days_known < result.days:
        lines.append(days_read(result.days_known, of=result.days))
    read_as = reading_line(result.compiled, result.study)
    above = [*_focus_lines(result), *hint_lines(result.study)]
    close = relevance_text(result.relevance) if result.relevance else ""
    close = f"{close[0].upper()}{close[1:]}." if close else ""
    matches = f"{code(result.compiled.text)} matches:"
    none = f"No paper from {period} matches {code(result.compiled.text)}."
    shown = newest_first(_previewed(result))
    taken = len(result.compared.taken(result.focus))
    return pages(
        _by_day(shown, lambda paper: _previewed_line(paper, result)),
        title=f"Preview: {count(taken, 'paper')} from {period}",
        intro="\n".join(filter(None, (matches, read_as, close, *above))) if shown else "",
        footer="\n".join(lines),
        empty="\n".join(filter(None, (none, read_as, *above))),
    )


def _previewed(result: Preview) -> list[Paper]:
    """The papers that match, and those that the focus adds."""
    closeness = result.compared.closeness
    return [
        paper
        for paper in result.compared.papers
        if closeness[paper.id].is_hit or closeness[paper.id].satisfies(result.focus)
    ]


def _previewed_line(paper: Paper, result: Preview) -> str:
    closeness, limit = result.compared.closeness[paper.id], MAX_LINE_LENGTH - len(_ADDED)
    if not closeness.is_hit:
        close_to = result.compared.close_to[paper.id]
        return _ADDED + digest_line(paper, queries=(), close_to=close_to, limit=limit)
    mark = "" if closeness.satisfies(result.focus) else _CUT
    return mark + digest_line(paper, queries=(result.query,), limit=limit)


def _focus_lines(result: Preview) -> Iterator[str]:
    """What each focus takes of these days, and what the marks mean."""
    focus, compared = result.focus, result.compared
    if not compared.is_known:
        if focus is not Focus.EXACT:
            yield f"Closeness is unknown for these words, so {focus.value} works like exact here."
        return
    counts = {choice: f"{choice.value} {len(compared.taken(choice))}" for choice in Focus}
    yield "Focus: " + " · ".join(
        f"**{text}**" if choice is focus else text for choice, text in counts.items()
    )
    if focus is not Focus.EXACT:
        yield f"-# {_CUT}left out by {focus.value}, {_ADDED}added by it"


def number_of_pages(results: SearchResults) -> int:
    return max(1, -(-len(results.ids) // _RESULTS_A_PAGE))


def results_of(page: int) -> slice:
    """The results on this page of a search, from 0."""
    return slice(page * _RESULTS_A_PAGE, (page + 1) * _RESULTS_A_PAGE)


def search_page(results: SearchResults, papers: Sequence[Paper], *, number: int) -> discord.Embed:
    """One page of a search, from 0: each paper with its list day and where it matches."""
    searched = count(results.searched, "paper", zero="0")
    period = f" of the last {count(results.days, 'day')}" if results.days else ""
    query = code(shorten(results.query.text, _MAX_QUERY_LENGTH))
    intro = ""
    if not results.ids:
        intro = f"None of {searched}{period} matches {query}."
    elif number == 0:
        intro = f"{query} in {searched}{period}, {_ORDERS[results.sort]} first:"
    lines = [
        f"{digest_line(paper, queries=(results.query,), limit=_MAX_RESULT_LENGTH, has_details=False)}\n"
        f"-# {_listed(paper)}{_reasons(paper, results.query)}"
        for paper in papers
    ]
    notes = _search_notes(results) if number == 0 else ()
    embed = discord.Embed(
        title=f"Search: {count(len(results.ids), 'paper')}",
        description="\n\n".join(filter(None, (intro, "\n".join(lines), "\n".join(notes)))),
        color=COLOR,
    )
    if number_of_pages(results) > 1:
        embed.set_footer(text=f"Page {number + 1} of {number_of_pages(results)}")
    return embed


def _search_notes(results: SearchResults) -> Iterator[str]:
    """What to do if nothing matches, and how much of the archive has been read."""
    if not results.ids:
        if results.days:
            yield "Without `days`, the whole archive is searched."
        yield (
            "Try fewer or other words: `quantiz*` finds all words that begin with it, `a OR b` either one. "
            "`/help` explains how to write keywords."
        )
    oldest = results.archive.oldest
    is_partial = oldest is None or results.first is None or results.first < oldest
    if is_partial and (note := archive_extent(results.archive)):
        yield note


def _reasons(paper: Paper, query: Query) -> str:
    reasons = match_reasons(paper, queries=(query,))
    return f" · {reasons}" if reasons else ""


def top(result: TopPapers) -> list[discord.Embed]:
    """The most upvoted papers of a period, each with its list day."""
    is_partial = result.archive.oldest is None or result.archive.oldest > result.first
    return pages(
        (
            f"{digest_line(paper, queries=(), limit=MAX_LINE_LENGTH - _DAY_LENGTH)} · {_listed(paper)}"
            for paper in result.papers
        ),
        title=f"Most upvoted papers of the last {result.days} days",
        footer=archive_extent(result.archive) if is_partial else "",
        empty="No papers of these days are known yet. `/papers today` shows the newest list.",
    )


def _listed(paper: Paper) -> str:
    return date_text(paper.list_day or date.min)


def _by_day(papers: Sequence[Paper], line_of: Callable[[Paper], str]) -> list[str]:
    lines: list[str] = []
    for day, group in groupby(papers, key=lambda paper: paper.list_day):
        first, *rest = map(line_of, group)
        lines.append(f"**{date_text(day or date.min)}**\n{first}")
        lines.extend(rest)
    return lines
