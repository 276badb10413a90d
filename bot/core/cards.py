"""Cards: a paper as a person reads it, as an embed or one line of a list, within Discord's limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from urllib.parse import quote

from bot.core.markdown import (
    MAX_BUTTON_URL,
    clean,
    fit,
    length,
    link,
    plain,
    shorten,
    web_url,
)
from bot.core.papers import Paper
from bot.core.posts import CloseTo
from bot.core.query.highlights import mark
from bot.core.query.nodes import Field
from bot.core.query.parser import Query
from bot.core.schedules import WEEKDAYS
from bot.core.words.latex import readable

# Discord's limits on an embed, in characters.
MAX_TITLE_LENGTH = 256
MAX_DESCRIPTION_LENGTH = 4_096

MAX_LINE_LENGTH = 400  # of a digest, in characters, its address included
MIN_LINE_LENGTH = 70  # into which every paper's link fits
MAX_REASON_LENGTH = 100  # of why a paper is on a line
MAX_SUMMARY_AMONG = 300  # characters of a summary at most, on a message with several papers
MAX_SUMMARY_ALONE = 1_000
MIN_SUMMARY_LENGTH = 100  # below this, other parts give way first

_COLOUR = 0xFFD21E  # Hugging Face's yellow
_AUTHORS_AMONG, _AUTHORS_ALONE = 3, 6
_MATCHED_AUTHORS = 2  # shown after the first few, when a query matches them
_MAX_NAME_LENGTH = 60
# How much of a text is read before it is shortened: far more than any real one has.
_MAX_TEXT_LENGTH = 12_000
_MAX_PHRASE_LENGTH = 1_000
_MIN_TITLE_LENGTH = 20
_MIN_REASON_LENGTH = 30
_MAX_QUERIES_LENGTH = 160
_QUERIES_SHOWN = 4
_MAX_EXCERPT_LENGTH = 160
_BEFORE_MATCH = 50  # characters of an excerpt in front of the match
_EVERY_PAPER = "*"  # a query that says nothing about the paper
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DOT = " · "


@dataclass(frozen=True, slots=True)
class Link:
    label: str  # plain text, at most 80 characters
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An embed. Title, description and fields are Discord markdown; author and footer are plain text."""

    title: str | None = None
    url: str | None = None
    description: str | None = None
    fields: tuple[tuple[str, str, bool], ...] = ()  # name, value, is inline
    author: str | None = None
    author_url: str | None = None
    footer: str | None = None
    thumbnail: str | None = None  # small, next to the text
    image: str | None = None  # large, below it
    colour: int | None = _COLOUR
    links: tuple[Link, ...] = ()  # for buttons; they do not count towards `size`

    @property
    def size(self) -> int:
        """The characters that Discord counts against a message's 6,000."""
        texts = (self.title, self.description, self.footer, self.author)
        pairs = (text for name, value, _ in self.fields for text in (name, value))
        return sum(length(text) for text in (*texts, *pairs) if text)


@dataclass(frozen=True, slots=True)
class _Marked:
    """A text as it is shown, and the spans in it that a query matches."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()

    def fit(self, limit: int) -> str:
        return fit(self.text, self.spans, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A card's texts around the summary, as markdown."""

    people: str
    organization: str
    evidence: str = ""  # where the match is, if it is not visible elsewhere
    numbers: str
    dates: str
    submitter: str
    links: str


# What a card that is too long leaves out, the least important first.
_GIVEN_UP = ("submitter", "organization", "evidence", "footer", "links", "people", "dates", "numbers")


def make_card(
    paper: Paper,
    *,
    queries: Sequence[Query],
    is_alone: bool,
    limit: int,
    close_to: CloseTo | None = None,
) -> Card:
    """The paper's card, with `size` at most `limit` (20 or more), however long the paper's texts are.

    Alone on its message, it has its links as buttons and a large picture; among other cards, the links are in
    its text. What does not fit is cut: first the summary, down to 100 characters, then less important parts.
    """
    links, picture = paper_links(paper), web_url(paper.thumbnail or "")
    card = Card(
        # The rest gets at least half of the room.
        title=_title(paper, queries).fit(min(MAX_TITLE_LENGTH, max(limit // 2, _MIN_TITLE_LENGTH)))
        or paper.id,
        url=paper.page_url,
        footer=_footer(queries) if queries or close_to is None else close_text(close_to),
        links=links if is_alone else (),
        thumbnail=None if is_alone else picture,
        image=picture if is_alone else None,
    )
    summary = _marked(paper.ai_summary or "", Field.ABSTRACT, queries)
    if not summary.text:
        summary = _marked(paper.abstract, Field.ABSTRACT, queries)
    longest = MAX_SUMMARY_ALONE if is_alone else MAX_SUMMARY_AMONG
    parts = _parts(paper, queries=queries, is_alone=is_alone, links=() if is_alone else links[1:])
    filled = _filled(card, summary=summary, parts=parts, limit=limit, longest=longest)
    if not queries or "**" in f"{filled.title}{filled.description}":
        return filled
    # No match is visible yet, so show where it is.
    parts = replace(parts, evidence=_evidence(paper, queries))
    return _filled(card, summary=summary, parts=parts, limit=limit, longest=longest)


def _filled(card: Card, *, summary: _Marked, parts: _Parts, limit: int, longest: int) -> Card:
    """The card with as many of the parts and as much of the summary as fit in `limit`."""
    wanted = min(length(summary.text), MIN_SUMMARY_LENGTH)

    def room() -> int:
        return limit - card.size - length(_described("", parts)) - len("\n\n")

    for given_up in _GIVEN_UP:
        if room() >= wanted:
            break
        if given_up == "footer":
            card = replace(card, footer=None)
        else:
            parts = replace(parts, **{given_up: ""})
    described = _described(summary.fit(min(room(), longest)), parts)
    return replace(card, description=described or None)


def digest_line(
    paper: Paper,
    *,
    queries: Sequence[Query],
    limit: int = MAX_LINE_LENGTH,
    says_why: bool = True,
    close_to: CloseTo | None = None,
) -> str:
    """One line of markdown in at most `limit` characters (70 or more): upvotes and the linked title.

    With `says_why`, where no query matches the title, it says where one does, or what the paper is close to,
    if there is room.
    """
    limit = min(limit, MAX_LINE_LENGTH)
    title = _title(paper, queries)
    upvotes = f"👍 {max(paper.upvotes, 0):,}{_DOT}"
    room = limit - length(upvotes) - len(f"[]({paper.page_url})")
    if room < len(paper.id):
        upvotes, room = "", room + length(upvotes)
    line = upvotes + link(title.text or paper.id, paper.page_url, spans=title.spans, limit=room)
    room = min(limit - length(line) - len(_DOT), MAX_REASON_LENGTH)
    leaves_out = title.spans or room < _MIN_REASON_LENGTH or not says_why
    if leaves_out:
        reason = ""
    elif queries or close_to is None:
        reason = _reason(paper, queries, limit=room)
    else:
        reason = fit(close_text(close_to), (), room)
    return f"{line}{_DOT}{reason}" if reason else line


def _reason(paper: Paper, queries: Sequence[Query], *, limit: int) -> str:
    """Where the queries match the paper besides its title, in at most `limit` characters; '' if nowhere."""
    named = [
        *(("by ", name, Field.AUTHOR) for name in paper.authors),
        ("from ", paper.organization or "", Field.ORG),
        ("from ", paper.organization_login or "", Field.ORG),
        *(("keyword ", keyword, Field.KEYWORD) for keyword in paper.ai_keywords),
    ]
    for preposition, text, field in named if queries else ():
        if (found := _marked(text, field, queries)).spans:
            return preposition + found.fit(min(limit - len(preposition), _MAX_NAME_LENGTH))
    abstract = _marked(paper.abstract, Field.ABSTRACT, queries)
    before = "abstract: "
    return before + _excerpt(abstract, limit=limit - len(before)) if abstract.spans else ""


def date_text(day: date) -> str:
    """The day in words; not as `<t:…>`, whose day depends on the reader's time zone."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def weekday_text(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {date_text(day)}"


def _marked(text: str, field: Field, queries: Sequence[Query]) -> _Marked:
    longest = _MAX_TEXT_LENGTH if field is Field.ABSTRACT else _MAX_PHRASE_LENGTH
    shown = clean(readable(text[:longest]))
    return _Marked(shown, tuple(mark(queries, field, shown)) if queries else ())


def _title(paper: Paper, queries: Sequence[Query]) -> _Marked:
    return _marked(paper.title, Field.TITLE, queries)


def _parts(paper: Paper, *, queries: Sequence[Query], is_alone: bool, links: Sequence[Link]) -> _Parts:
    return _Parts(
        organization=_profile(
            _marked(paper.organization or "", Field.ORG, queries), paper.organization_login
        ),
        submitter=_profile(_Marked(clean(paper.submitter or "")), paper.submitter_login),
        people=_people(paper.authors, queries, shown=_AUTHORS_ALONE if is_alone else _AUTHORS_AMONG),
        links=_DOT.join(link(item.label, item.url) for item in links),
        dates=_dates(paper),
        numbers=_numbers(paper),
    )


def _described(summary: str, parts: _Parts) -> str:
    """The description: who, what, then numbers, dates and links."""
    who = _DOT.join(filter(None, (parts.people, parts.organization)))
    what = "\n".join(filter(None, (summary, parts.evidence)))
    by = f"submitted by {parts.submitter}" if parts.submitter else ""
    facts = "\n".join(filter(None, (parts.numbers, _DOT.join(filter(None, (parts.dates, by))), parts.links)))
    return "\n\n".join(filter(None, (who, what, facts)))


def _people(authors: Sequence[str], queries: Sequence[Query], *, shown: int) -> str:
    """The first few authors and those that a query matches; the total, where some are left out."""
    names = [name for name in map(clean, authors) if name]
    if len(names) <= shown + 1:
        shown = len(names)
    marked = (
        [_marked(name, Field.AUTHOR, queries) for name in names] if queries else list(map(_Marked, names))
    )
    first = [name.fit(_MAX_NAME_LENGTH) for name in marked[:shown]]
    found = [name.fit(_MAX_NAME_LENGTH) for name in marked[shown:] if name.spans][:_MATCHED_AUTHORS]
    if shown == len(names):
        return ", ".join(first)
    more = [f"… {', '.join(found)}"] if found else []
    return f"{', '.join([*first, *more])}, … ({len(names):,} authors)"


def _profile(name: _Marked, login: str | None) -> str:
    """A person or an organization, linked to its page on Hugging Face."""
    text = name.text or clean(login or "")
    if not text:
        return ""
    if not clean(login or ""):
        return fit(text, name.spans, _MAX_NAME_LENGTH)
    url = f"https://huggingface.co/{quote(clean(login or '')[:_MAX_NAME_LENGTH], safe='')}"
    return link(text, url, spans=name.spans, limit=_MAX_NAME_LENGTH)


def _numbers(paper: Paper) -> str:
    numbers = [f"👍 {max(paper.upvotes, 0):,}", f"💬 {max(paper.comments, 0):,}"]
    if paper.github_stars is not None:
        numbers.append(f"⭐ {max(paper.github_stars, 0):,}")
    return _DOT.join(numbers)


def _dates(paper: Paper) -> str:
    dates: list[str] = []
    if paper.published_at is not None:
        dates.append(f"arXiv {date_text(paper.published_at.astimezone(UTC).date())}")
    if paper.list_day is not None:
        dates.append(f"listed {date_text(paper.list_day)}")
    if paper.withdrawn_at is not None:
        dates.append(f"withdrawn {date_text(paper.withdrawn_at.astimezone(UTC).date())}")
    return _DOT.join(dates)


def paper_links(paper: Paper) -> tuple[Link, ...]:
    """The paper's links for buttons, its page first. An address that is too long for a button is left out."""
    known = {
        "Paper": paper.page_url,
        "PDF": paper.pdf_url,
        "Code": paper.github_repo,
        "Project": paper.project_page,
    }
    urls = {label: web_url(url or "", limit=MAX_BUTTON_URL) for label, url in known.items()}
    if urls["Project"] == urls["Code"]:
        del urls["Project"]
    return tuple(Link(label, url) for label, url in urls.items() if url)


def _footer(queries: Iterable[Query]) -> str | None:
    """Which queries match the paper."""
    wanted = [plain(query.canonical) for query in queries if query.canonical != _EVERY_PAPER]
    if not wanted:
        return None
    shown = [
        shorten(text, _MAX_QUERIES_LENGTH // min(len(wanted), _QUERIES_SHOWN))
        for text in wanted[:_QUERIES_SHOWN]
    ]
    more = f" and {len(wanted) - _QUERIES_SHOWN} more" if len(wanted) > _QUERIES_SHOWN else ""
    return f"Matches {_DOT.join(shown)}{more}"


def close_text(close_to: CloseTo) -> str:
    """What a paper is close to, and the words that say it otherwise; plain text."""
    queries = _DOT.join(shorten(plain(query), _MAX_QUERIES_LENGTH // 2) for query in close_to.queries[:2])
    words = ", ".join(plain(word) for word in close_to.words)
    return f"Close to {queries}: {words}" if words else f"Close to {queries}"


def _evidence(paper: Paper, queries: Sequence[Query]) -> str:
    """Where else the queries match the paper: an excerpt of its abstract, or a keyword."""
    if not queries:
        return ""
    abstract = _marked(paper.abstract, Field.ABSTRACT, queries)
    if abstract.spans:
        return f"Abstract: {_excerpt(abstract)}"
    for keyword in paper.ai_keywords:
        found = _marked(keyword, Field.KEYWORD, queries)
        if found.spans:
            return f"Keyword: {found.fit(_MAX_NAME_LENGTH)}"
    return ""


def match_reasons(paper: Paper, *, queries: Sequence[Query]) -> str:
    """Where the queries match the paper, in one line of markdown with the words in bold."""
    reasons = ["title"] if _title(paper, queries).spans else []
    texts = {
        "keyword": (Field.KEYWORD, paper.ai_keywords),
        "author": (Field.AUTHOR, paper.authors),
        "organization": (Field.ORG, (paper.organization or "", paper.organization_login or "")),
    }
    for label, (field, candidates) in texts.items():
        marked = (_marked(text, field, queries) for text in candidates)
        if found := next((text for text in marked if text.spans), None):
            reasons.append(f"{label} {found.fit(_MAX_NAME_LENGTH)}")
    abstract = _marked(paper.abstract, Field.ABSTRACT, queries)
    if abstract.spans:
        reasons.append(f"abstract: {_excerpt(abstract)}")
    return _DOT.join(reasons)


def _excerpt(marked: _Marked, *, limit: int = _MAX_EXCERPT_LENGTH) -> str:
    """The words around the first match."""
    first = marked.spans[0][0]
    before = min(_BEFORE_MATCH, limit // 3)
    start = max(marked.text.find(" ", max(first - before, 0), first) + 1, 0)
    if first <= before:
        start = 0
    elif start == 0:
        start = first
    text = marked.text[start:]
    spans = [(begin - start, end - start) for begin, end in marked.spans]
    return ("…" if start else "") + fit(text, spans, limit - 1)
