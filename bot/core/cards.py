"""Cards: a paper as an embed, as a person reads it, within Discord's limits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from enum import StrEnum
from urllib.parse import quote

from bot.core.cutting import length, shorten
from bot.core.markdown import MAX_BUTTON_URL, clean, link, plain, web_url
from bot.core.marking import (
    DOT,
    MAX_NAME_LENGTH,
    Marked,
    evidence,
    marked,
    organization_of,
    summary_of,
    title_of,
)
from bot.core.papers import Paper
from bot.core.plurals import in_a_list
from bot.core.posts import CloseTo
from bot.core.query.nodes import Field
from bot.core.query.parser import Query
from bot.core.schedules import WEEKDAYS

# Discord's limits on an embed, in characters.
MAX_TITLE_LENGTH = 256
MAX_DESCRIPTION_LENGTH = 4_096

MAX_SUMMARY_AMONG = 350  # characters of a summary at most, on a message with several papers
MAX_SUMMARY_ALONE = 1_000
MIN_SUMMARY_LENGTH = 100  # a longer one is cut down to this before a card loses its last parts

_COLOR = 0xFFD21E  # Hugging Face's yellow
_AUTHORS_AMONG, _AUTHORS_ALONE = 3, 6
_MATCHED_AUTHORS = 2  # shown after the first few, when a query matches them
_MIN_TITLE_LENGTH = 20
_MAX_QUERIES_LENGTH = 160
_QUERIES_SHOWN = 4
_EVERY_PAPER = "*"  # a query that says nothing about the paper
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SMALL = "-# "  # small print


@dataclass(frozen=True, slots=True)
class Link:
    label: str  # plain text, at most 80 characters
    url: str


class Picture(StrEnum):
    """A picture of a card, by the name of its field."""

    ICON = "author_icon"
    THUMBNAIL = "thumbnail"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An embed. Title, description and fields are Discord markdown; author and footer are plain text."""

    title: str | None = None
    url: str | None = None
    description: str | None = None
    fields: tuple[tuple[str, str, bool], ...] = ()  # name, value, is inline
    author: str | None = None
    author_url: str | None = None
    author_icon: str | None = None
    footer: str | None = None
    thumbnail: str | None = None  # small, next to the text
    image: str | None = None  # large, below it
    color: int | None = _COLOR
    links: tuple[Link, ...] = ()  # for buttons; they do not count towards `size`

    def without(self, pictures: Collection[Picture]) -> Card:
        return replace(self, **dict.fromkeys(pictures))

    @property
    def size(self) -> int:
        """The characters that Discord counts against a message's 6,000."""
        texts = (self.title, self.description, self.footer, self.author)
        pairs = (text for name, value, _ in self.fields for text in (name, value))
        return sum(length(text) for text in (*texts, *pairs) if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A card's texts below its summary, as markdown, and those around its description, as plain text."""

    evidence: str = ""  # where the match is, if it is not visible elsewhere
    people: str
    dates: str
    links: str
    author: str
    footer: str


# What a card that is too long leaves out, the least important first: addresses, then lesser lines.
_GIVEN_UP = ("links", "dates", "evidence", "people", "author", "footer")


def make_card(
    paper: Paper,
    *,
    queries: Sequence[Query],
    is_alone: bool,
    limit: int,
    close_to: CloseTo | None = None,
    has_summary: bool = True,
) -> Card:
    """The paper's card, with `size` at most `limit` (20 or more), however long the paper's texts are.

    Alone on its message, it has its links as buttons and a large picture; among other cards, the links are in
    its text. Room is taken from lesser parts first, so that an AI summary of usual length is never cut.
    Without `has_summary`, the summary is shown outside the card.
    """
    links, picture = paper_links(paper), web_url(paper.media or "") or web_url(paper.thumbnail or "")
    title, organization = title_of(paper, queries), organization_of(paper, queries)
    card = Card(
        # The rest gets at least half of the room.
        title=title.fit(min(MAX_TITLE_LENGTH, max(limit // 2, _MIN_TITLE_LENGTH))) or paper.id,
        url=paper.page_url,
        author_url=profile_url(paper.organization_login),
        author_icon=web_url(paper.organization_avatar or ""),
        links=links if is_alone else (),
        thumbnail=None if is_alone else picture,
        image=picture if is_alone else None,
    )
    parts = _Parts(
        people=people(paper.authors, queries, shown=_AUTHORS_ALONE if is_alone else _AUTHORS_AMONG),
        dates=dates(paper),
        links="" if is_alone else DOT.join(link(item.label, item.url) for item in links),
        author=shorten(plain(organization.text), MAX_NAME_LENGTH),
        footer=_footer(paper, queries, close_to),
    )
    summary = summary_of(paper, queries).cut(MAX_SUMMARY_ALONE if is_alone else MAX_SUMMARY_AMONG)
    is_visible = bool(organization.spans) or (bool(summary.spans) and not has_summary)
    summary = summary if has_summary else Marked("")
    filled = _filled(card, summary=summary, parts=parts, limit=limit)
    if not queries or is_visible or "**" in f"{filled.title}{filled.description}":
        return filled
    # No match is visible yet, so show where it is.
    parts = replace(parts, evidence=evidence(paper, queries))
    return _filled(card, summary=summary, parts=parts, limit=limit)


def _filled(card: Card, *, summary: Marked, parts: _Parts, limit: int) -> Card:
    """The card with as many of the parts and as much of the summary as fit in `limit`."""
    whole = length(summary.fit(MAX_DESCRIPTION_LENGTH))
    wanted = whole if length(summary.text) <= MAX_SUMMARY_AMONG else min(whole, MIN_SUMMARY_LENGTH)

    def room() -> int:
        return limit - card.size - sum(map(length, (parts.author, parts.footer, _below(parts), "\n")))

    for given_up in _GIVEN_UP:
        if room() >= wanted:
            break
        parts = replace(parts, **{given_up: ""})
    described = "\n".join(filter(None, (summary.fit(room()), _below(parts))))
    return replace(
        card,
        description=described or None,
        author=parts.author or None,
        author_url=card.author_url if parts.author else None,
        author_icon=card.author_icon if parts.author else None,
        footer=parts.footer or None,
    )


def _below(parts: _Parts) -> str:
    """What is below the summary: where it matches, who and when in small print, and links."""
    small = DOT.join(filter(None, (parts.people, parts.dates)))
    return "\n".join(filter(None, (parts.evidence, small and _SMALL + small, parts.links)))


def date_text(day: date) -> str:
    """The day in words; not as `<t:…>`, whose day depends on the reader's time zone."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def weekday_text(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {date_text(day)}"


def people(authors: Sequence[str], queries: Sequence[Query], *, shown: int) -> str:
    """The first few authors, those that a query matches, and how many more there are."""
    names = [name for name in map(clean, authors) if name]
    if len(names) <= shown + 1:
        shown = len(names)
    marked_names = (
        [marked(name, Field.AUTHOR, queries) for name in names] if queries else list(map(Marked, names))
    )
    matched = [person for person in marked_names[shown:] if person.spans][:_MATCHED_AUTHORS]
    named = [person.fit(MAX_NAME_LENGTH) for person in (*marked_names[:shown], *matched)]
    more = len(names) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def profile_url(login: str | None) -> str | None:
    """A person's or an organization's page on Hugging Face."""
    name = clean(login or "")[:MAX_NAME_LENGTH]
    return f"https://huggingface.co/{quote(name, safe='')}" if name else None


def dates(paper: Paper) -> str:
    """When it was on arXiv, and when it was withdrawn."""
    shown: list[str] = []
    if paper.published_at is not None:
        day = paper.published_at.astimezone(UTC).date()
        is_same_year = paper.list_day is not None and paper.list_day.year == day.year
        shown.append(
            f"arXiv {date_text(day).removesuffix(f' {day.year}') if is_same_year else date_text(day)}"
        )
    if paper.withdrawn_at is not None:
        shown.append(f"withdrawn {date_text(paper.withdrawn_at.astimezone(UTC).date())}")
    return DOT.join(shown)


def paper_links(paper: Paper) -> tuple[Link, ...]:
    """The paper's links for buttons, its page first. An address that is too long for a button is left out."""
    stars = f" ★ {paper.github_stars:,}" if (paper.github_stars or 0) > 0 else ""
    addresses = {
        "Paper": paper.page_url,
        "PDF": paper.pdf_url,
        f"Code{stars}": paper.github_repo,
        "Project": paper.project_page,
    }
    # Each address once, under the first of its names.
    urls = {web_url(url or "", limit=MAX_BUTTON_URL): label for label, url in reversed(addresses.items())}
    return tuple(Link(label, url) for url, label in reversed(urls.items()) if url)


def _footer(paper: Paper, queries: Sequence[Query], close_to: CloseTo | None) -> str:
    """The numbers, and which queries match the paper, or what it is close to."""
    numbers = [upvotes_text(paper)]
    if paper.comments > 0:
        numbers.append(f"💬 {paper.comments:,}")
    wanted = [plain(query.canonical) for query in queries if query.canonical != _EVERY_PAPER]
    if wanted:
        room = _MAX_QUERIES_LENGTH // min(len(wanted), _QUERIES_SHOWN)
        named = [quoted(shorten(text, room)) for text in wanted[:_QUERIES_SHOWN]]
        more = [f"{len(wanted) - _QUERIES_SHOWN} more"] if len(wanted) > _QUERIES_SHOWN else []
        numbers.append(f"matches {in_a_list([*named, *more])}")
    elif close_to:
        numbers.append(close_text(close_to))
    return DOT.join(numbers)


def upvotes_text(paper: Paper) -> str:
    return f"▲ {max(paper.upvotes, 0):,}"


def close_text(close_to: CloseTo) -> str:
    """What a paper is close to, and the words that say it otherwise; plain text."""
    named = [quoted(shorten(plain(query), _MAX_QUERIES_LENGTH // 2)) for query in close_to.queries[:2]]
    words = ", ".join(plain(word) for word in close_to.words)
    return f"close to {in_a_list(named)}" + (f": {words}" if words else "")


def quoted(query: str) -> str:
    return query if '"' in query else f"“{query}”"
