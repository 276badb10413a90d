"""`paperboy preview`: what keywords find in the newest lists, as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.cli.terminal import Style, Terminal, printable
from bot.core.cards import date_text
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.query.compiled import CompiledQuery
from bot.core.query.highlights import Field, mark
from bot.core.query.parser import Query
from bot.core.schedules import WEEKDAYS
from bot.core.words.latex import readable
from bot.services.clock import Clock
from bot.services.progress import Progress
from bot.services.queries.preview import Match, Matches, alternatives, preview
from bot.settings import Settings
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace

_PATIENCE = FetchLimits(connect_seconds=10, total_seconds=30, tries=2, longest_wait_seconds=30)
_AUTHORS = 3
_BEFORE_MATCH = 60  # characters of an excerpt in front of what matched
_EXCERPT = 160
_INDENT = "    "


async def previewed(
    keywords: str, *, days: int, settings: Settings, clock: Clock, terminal: Terminal, progress: Progress
) -> str:
    """What the keywords find in the last `days` list days.

    Raises:
        QueryError: they cannot be read.
        SourceError: Hugging Face cannot.
    """
    queries = alternatives(keywords, settings.limits)
    async with HuggingFace(
        settings.hf_endpoint,
        token=settings.hf_token,
        clock=clock,
        limits=_PATIENCE,
        proxies=settings.proxies,
    ) as source:
        found = await preview(source, queries, days=days, today=open_list_day(clock()), progress=progress)
    return shown(found, keywords=keywords, queries=queries, terminal=terminal)


def shown(found: Matches, *, keywords: str, queries: Sequence[CompiledQuery], terminal: Terminal) -> str:
    """The answer: how many match, then each with its title, authors, upvotes and address."""
    wanted, days = printable(keywords), len(found.days)
    number, listed = len(found.found), count(found.listed, "paper", zero="0")
    over = _day_text(found.days[0]) if days == 1 else f"the last {days} list days"
    if not number:
        head = terminal.fit(f"None of {listed} of {over} matches “{wanted}”.")
        notes = [*_missing(found, terminal), *_further(days, terminal)]
        return "\n".join([terminal.wrapped(head), *notes]) + "\n"
    head = terminal.fit(f"{number} of {listed} of {over} {_match(number)} “{wanted}”")
    blocks = [terminal.wrapped(head, marks=[(0, len(str(number)))])]
    day: date | None = None
    for match in found.found:
        if len(found.days) > 1 and match.paper.list_day != day:
            day = match.paper.list_day
            blocks.append(terminal.styled(_day_text(day or date.min), Style.CYAN))
        blocks.append(_paper(match, of=queries, terminal=terminal))
    return "\n\n".join([*blocks, *_missing(found, terminal)]) + "\n"


def _missing(found: Matches, terminal: Terminal) -> list[str]:
    """What could not be read, and may match."""
    notes: list[str] = []
    if found.unreadable:
        more = "is" if found.unreadable == 1 else "are"
        where = "that list" if len(found.days) == 1 else "those lists"
        notes.append(
            f"{count(found.unreadable, 'item')} on {where} could not be read, and {more} not counted."
        )
    if found.problem is not None and found.problem_day is not None:
        day = _day_text(found.problem_day)
        notes.append(f"The list of {day} could not be read completely, because {found.problem}.")
    return [terminal.wrapped(terminal.fit(note)) for note in notes]


def _further(days: int, terminal: Terminal) -> list[str]:
    """What may find more."""
    wider = next((more for more in (7, 30) if more > days), None)
    tips = [f"Older lists may: the same with --days {wider}."] if wider else []
    tips.append("A star finds all words that begin so: quantiz*. Commas and OR widen, AND narrows.")
    return [terminal.wrapped(terminal.fit(tip)) for tip in tips]


def _paper(match: Match, *, of: Sequence[CompiledQuery], terminal: Terminal) -> str:
    paper = match.paper
    queries = [query.parsed() for query in match.queries]
    title = terminal.fit(printable(readable(paper.title)))
    marks = mark(queries, Field.TITLE, title)
    authors = terminal.fit(_authors(paper.authors))
    facts = [count(paper.upvotes, "upvote")]
    if len(of) > 1:
        names = ", ".join(printable(query.canonical) for query in match.queries)
        facts.append(f"found by {names}")
    lines = [
        terminal.wrapped(title, indent="  ", marks=marks) or f"  {paper.id}",
        terminal.wrapped(authors, indent=_INDENT, marks=mark(queries, Field.AUTHOR, authors)),
        "" if marks else _excerpt(paper, queries, terminal),
        terminal.wrapped(terminal.fit(" · ".join(facts)), indent=_INDENT),
        _INDENT + terminal.styled(paper.page_url, Style.DIM),
    ]
    return "\n".join(filter(None, lines))


def _authors(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:_AUTHORS]))
    more = len(names) - _AUTHORS
    return f"{shown} and {more} more" if more > 0 else shown


def _excerpt(paper: Paper, queries: Sequence[Query], terminal: Terminal) -> str:
    """Where the abstract matches, when the title does not; '' where it does not either."""
    text = terminal.fit(printable(readable(paper.abstract)))
    marks = mark(queries, Field.ABSTRACT, text)
    if not marks:
        return ""
    start = max(0, marks[0][0] - _BEFORE_MATCH)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = text.rfind(" ", 0, start + _EXCERPT) if len(text) > start + _EXCERPT else len(text)
    end = max(end, marks[0][1])
    before, after = terminal.fit("… " if start else ""), terminal.fit(" …" if end < len(text) else "")
    shift = len(before) - start
    shown = f"{before}{text[start:end]}{after}"
    spans = [(first + shift, behind + shift) for first, behind in marks if behind <= end]
    return terminal.wrapped(shown, indent=_INDENT, marks=spans)


def _day_text(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {date_text(day)}"


def _match(number: int) -> str:
    return "matches" if number == 1 else "match"
