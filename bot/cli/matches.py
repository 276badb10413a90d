"""What `paperboy preview` prints of matching papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from bot.cli.terminal import Style, Terminal, printable
from bot.core.cards import close_text, weekday_text
from bot.core.focus import Focus
from bot.core.papers import Paper
from bot.core.plurals import count, is_or_are
from bot.core.query.compiled import CompiledQuery
from bot.core.query.description import reading
from bot.core.query.highlights import mark
from bot.core.query.hints import archive_period, hint_text
from bot.core.query.nodes import Field
from bot.core.query.parser import Query
from bot.core.words.latex import readable

if TYPE_CHECKING:
    from bot.services.queries.hints import Study
    from bot.services.queries.preview import Match, Matches

MAX_FETCHED_DAYS = 30  # as in /preview; more are read from a database
_MAX_AUTHORS = 3
_CONTEXT_LENGTH = 60  # characters of an excerpt before the match
_EXCERPT_LENGTH = 160
_INDENT = "    "
_CODE = re.compile("`([^`]*)`")


def matches_text(
    matches: Matches, *, keywords: str, queries: Sequence[CompiledQuery], terminal: Terminal
) -> str:
    """How many papers match, then each with its title, authors, upvotes and URL."""
    if not matches.days and matches.unread:
        note = (
            "The bot's database has none of these lists yet. Start the bot to read them in the background, "
            f"or search {MAX_FETCHED_DAYS} days or fewer, which are read from Hugging Face."
        )
        return terminal.wrapped(terminal.fit(note)) + "\n"
    wanted, days = printable(keywords), len(matches.days)
    number, listed = len(matches.papers), count(matches.listed, "paper", zero="0")
    over = weekday_text(matches.days[0]) if days == 1 else f"the last {days} list days"
    if not number:
        head = terminal.fit(f"None of {listed} of {over} matches “{wanted}”.")
        hints = _hints(matches, terminal) or _tips(days, terminal)
        notes = [
            *_readings(matches, queries, terminal),
            *_focuses(matches, terminal),
            *_missing(matches, terminal),
            *hints,
        ]
        return "\n".join([terminal.wrapped(head), *notes]) + "\n"
    focus = "" if matches.focus is Focus.EXACT else f" with focus {matches.focus.value}"
    head = terminal.fit(f"{number} of {listed} of {over} {_match(number)} “{wanted}”{focus}")
    heads = [
        terminal.wrapped(head, marks=[(0, len(str(number)))]),
        *_readings(matches, queries, terminal),
        *_focuses(matches, terminal),
    ]
    blocks = ["\n".join(heads)]
    day: date | None = None
    for match in matches.papers:
        if len(matches.days) > 1 and match.paper.list_day != day:
            day = match.paper.list_day
            blocks.append(terminal.styled(weekday_text(day or date.min), Style.CYAN))
        blocks.append(_paper(match, typed_queries=queries, terminal=terminal))
    return "\n\n".join([*blocks, *_missing(matches, terminal), *_hints(matches, terminal)]) + "\n"


def _focuses(matches: Matches, terminal: Terminal) -> list[str]:
    """How many papers each focus takes, if one was asked for."""
    if not matches.taken:
        return []
    counts = ", ".join(f"{focus.value} {number}" for focus, number in matches.taken.items())
    return [terminal.wrapped(terminal.fit(f"Focus: {counts}."))]


def _missing(matches: Matches, terminal: Terminal) -> list[str]:
    """What could not be read, and might match."""
    notes: list[str] = []
    if number := matches.unreadable:
        where = "that list" if len(matches.days) == 1 else "those lists"
        notes.append(
            f"{count(number, 'item')} on {where} could not be read and {is_or_are(number)} not counted."
        )
    if number := matches.unread:
        lists = "the list of 1 day" if number == 1 else f"the lists of {number:,} of these days"
        notes.append(f"The database does not have {lists}.")
    if matches.problem is not None and matches.problem_day is not None:
        day = weekday_text(matches.problem_day)
        notes.append(f"The list of {day} could not be read completely, because {matches.problem}.")
    return [terminal.wrapped(terminal.fit(note)) for note in notes]


def _readings(matches: Matches, queries: Sequence[CompiledQuery], terminal: Terminal) -> list[str]:
    """How each query was read, where what was typed does not show it."""
    study = matches.study
    texts = [
        reading(
            query.parsed(),
            more={item.phrase: item.more for item in study.expansions.get(query.canonical, ())},
            period=_period(study),
        )
        for query in queries
    ]
    return [terminal.wrapped(terminal.fit(printable(f"Read as: {text}."))) for text in texts if text]


def _hints(matches: Matches, terminal: Terminal) -> list[str]:
    period = _period(matches.study)
    hints = [_CODE.sub(r"“\1”", hint_text(hint, period=period)) for hint in matches.study.hints]
    return [terminal.wrapped(terminal.fit(printable(f"Hint: {hint}"))) for hint in hints]


def _period(study: Study) -> str:
    if study.days is None:
        return archive_period(study.searched, of=study.archive)
    return "on that list" if study.days == 1 else f"in the last {study.days} days"


def _tips(days: int, terminal: Terminal) -> list[str]:
    """How to find more."""
    wider = next((more for more in (7, 30) if more > days), None)
    tips = [f"To search older lists too, add --days {wider}."] if wider else []
    tips.append("quantiz* finds all words that begin with it. Commas and OR find more, AND finds less.")
    return [terminal.wrapped(terminal.fit(tip)) for tip in tips]


def _paper(match: Match, *, typed_queries: Sequence[CompiledQuery], terminal: Terminal) -> str:
    paper = match.paper
    queries = [query.parsed() for query in match.queries]
    title = terminal.fit(printable(readable(paper.title)))
    marks = mark(queries, Field.TITLE, title)
    authors = terminal.fit(_authors(paper.authors))
    facts = [count(paper.upvotes, "upvote")]
    if len(typed_queries) > 1 and match.queries:
        names = ", ".join(printable(query.canonical) for query in match.queries)
        facts.append(f"found by {names}")
    lines = [
        terminal.wrapped(title, indent="  ", marks=marks) or f"  {paper.id}",
        terminal.wrapped(authors, indent=_INDENT, marks=mark(queries, Field.AUTHOR, authors)),
        "" if marks else _excerpt(paper, queries, terminal),
        *(
            terminal.wrapped(terminal.fit(printable(close_text(close_to))), indent=_INDENT)
            for close_to in match.close_to
        ),
        terminal.wrapped(terminal.fit(" · ".join(facts)), indent=_INDENT),
        _INDENT + terminal.styled(paper.page_url, Style.DIM),
    ]
    return "\n".join(filter(None, lines))


def _authors(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:_MAX_AUTHORS]))
    more = len(names) - _MAX_AUTHORS
    return f"{shown} and {more} more" if more > 0 else shown


def _excerpt(paper: Paper, queries: Sequence[Query], terminal: Terminal) -> str:
    """The part of the abstract around the first match; '' if there is none."""
    text = terminal.fit(printable(readable(paper.abstract)))
    marks = mark(queries, Field.ABSTRACT, text)
    if not marks:
        return ""
    start = max(0, marks[0][0] - _CONTEXT_LENGTH)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = text.rfind(" ", 0, start + _EXCERPT_LENGTH) if len(text) > start + _EXCERPT_LENGTH else len(text)
    end = max(end, marks[0][1])
    before, after = terminal.fit("… " if start else ""), terminal.fit(" …" if end < len(text) else "")
    shift = len(before) - start
    shown = f"{before}{text[start:end]}{after}"
    spans = [(first + shift, last + shift) for first, last in marks if last <= end]
    return terminal.wrapped(shown, indent=_INDENT, marks=spans)


def _match(number: int) -> str:
    return "matches" if number == 1 else "match"
