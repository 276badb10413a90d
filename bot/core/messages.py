"""Messages: the layout of papers over a feed's messages, and the composition of one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.cards import (
    MAX_DESCRIPTION_LENGTH,
    MAX_LINE_LENGTH,
    Card,
    Link,
    digest_line,
    make_card,
    paper_links,
    weekday_text,
)
from bot.core.feeds import Style
from bot.core.ids import PaperId, RoleId
from bot.core.markdown import length, plain, shorten
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.posts import CloseTo, Entry, Form
from bot.core.query.parser import Query
from bot.core.words.latex import readable

# Discord's limits on a message; the characters are those of all its embeds.
MAX_CONTENT = 2_000
MAX_EMBEDS = 10
MAX_CHARACTERS = 6_000
MAX_THREAD_NAME = 100

MAX_LINES = 30  # this many of the shortest lines fit with nine of the shortest cards
_MIN_CARD_LENGTH = 300  # characters left for each card if lines fill the message
_FOLD_TITLE = 40  # characters kept for the title of the folded list

# Estimated characters of a card's summary, and of its numbers and dates with the words around them.
_SUMMARY_ESTIMATE = 150
_FACTS_ESTIMATE = 130
_LINE_ESTIMATE = 70  # a line without its title
_REASON_ESTIMATE = 50  # why the paper is on the line; half of the lines need none

_NO_REASONS = ((), ("*",))  # the queries of a paper whose line has no reason
NOT_CLOSE: Final[Mapping[PaperId, CloseTo]] = {}  # every paper matches
_Sized = tuple[Entry, int]  # with its estimate, in characters
Item = tuple[Paper, Form, tuple[Query, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The content of a message, within Discord's limits."""

    content: str = ""  # Discord markdown
    cards: tuple[Card, ...] = ()
    links: tuple[Link, ...] = ()  # for buttons
    mention_role_id: RoleId | None = None  # the one role that the content may ping
    title: str = ""  # of its post in a forum; plain text, at most MAX_THREAD_NAME characters
    queries: tuple[Query, ...] = ()  # that match its papers; a forum's tags are chosen by them


def layout(
    papers: Sequence[Paper],
    *,
    style: Style,
    max_papers: int,
    queries_of: Mapping[PaperId, tuple[str, ...]],
    close_to: Mapping[PaperId, CloseTo] = NOT_CLOSE,
    one_card_each: bool = False,
) -> tuple[tuple[Entry, ...], ...]:
    """The papers, in this order, as the entries of one message after the other.

    In style `cards` the first `max_papers` have a card each and the rest are folded into lines, the first of
    them below the last cards if there is room. With `one_card_each` every card is a message of its own, so
    that a follow-up can refer to it, and lines are in messages of their own. Sizes are estimated, which is
    cheap enough for every feed of a run; `compose` then keeps within Discord's limits.
    """
    shown = max_papers if style is Style.CARDS else 0
    cards: list[_Sized] = []
    lines: list[_Sized] = []
    for number, paper in enumerate(papers):
        queries, close = queries_of.get(paper.id, ()), close_to.get(paper.id)
        if number < shown:
            cards.append((Entry(paper.id, Form.CARD, queries, close), _card_estimate(paper, queries)))
        else:
            lines.append((Entry(paper.id, Form.LINE, queries, close), _line_estimate(paper, queries)))
    messages = [[one] for one in cards] if one_card_each else _evenly_packed(cards)
    if messages and lines and not one_card_each and len(messages[-1]) < MAX_EMBEDS:
        below = _that_fit(lines, room=MAX_CHARACTERS - _FOLD_TITLE - _total(messages[-1]))
        messages[-1] += below
        lines = lines[len(below) :]
    messages += _packed(lines, room=MAX_DESCRIPTION_LENGTH, most=MAX_LINES)
    return tuple([tuple([entry for entry, _ in message]) for message in messages])


def _total(sized: Sequence[_Sized]) -> int:
    return sum(size for _, size in sized)


def _that_fit(lines: Sequence[_Sized], *, room: int) -> Sequence[_Sized]:
    """As many of the first lines as fit in the room below cards."""
    first = next(_packed(lines, room=min(room, MAX_DESCRIPTION_LENGTH), most=MAX_LINES))
    return first if _total(first) <= room else ()


def _card_estimate(paper: Paper, queries: Sequence[str]) -> int:
    """Roughly how many characters the paper's card needs."""
    size = _SUMMARY_ESTIMATE + _FACTS_ESTIMATE + len(paper.title) + sum(map(len, queries))
    size += sum(map(len, paper.authors[:3]))
    for text in (paper.organization, paper.submitter, paper.github_repo, paper.project_page):
        size += len(text) if text else 0
    # The links around the names of an organization and of a person.
    size += (40 if paper.organization_login else 0) + (40 if paper.submitter_login else 0)
    return min(size, MAX_CHARACTERS // 3)


def _line_estimate(paper: Paper, queries: tuple[str, ...]) -> int:
    reason = 0 if queries in _NO_REASONS else _REASON_ESTIMATE
    return min(len(paper.title) + _LINE_ESTIMATE + reason, MAX_LINE_LENGTH)


def _packed(sized: Sequence[_Sized], *, room: int, most: int) -> Iterator[list[_Sized]]:
    """The entries, in order, in non-empty groups of at most `most` within `room`."""
    group: list[_Sized] = []
    total = 0
    for one in sized:
        if group and (len(group) == most or total + one[1] > room):
            yield group
            group, total = [], 0
        group.append(one)
        total += one[1]
    if group:
        yield group


def _evenly_packed(sized: Sequence[_Sized]) -> list[list[_Sized]]:
    """As few groups as possible, of even length: six and six rather than ten and two."""
    groups = list(_packed(sized, room=MAX_CHARACTERS, most=MAX_EMBEDS))
    if len(groups) < 2:
        return groups
    for most in range(-(-len(sized) // len(groups)), MAX_EMBEDS):
        even = list(_packed(sized, room=MAX_CHARACTERS, most=most))
        if len(even) == len(groups):
            return even
    return groups


def compose(
    items: Sequence[Item],
    *,
    heading: str,
    mention_role_id: RoleId | None = None,
    close_to: Mapping[PaperId, CloseTo] = NOT_CLOSE,
) -> Message:
    """The message for the papers that `layout` put together, within Discord's limits.

    Papers may have changed since: if their texts have grown too long, the longest are shortened to the same
    length. `heading` is Discord markdown. An item's queries are those that the paper matches; `close_to` has
    what the others are close to.
    """
    carded = [(paper, queries) for paper, form, queries in items if form is Form.CARD]
    lined = [(paper, queries) for paper, form, queries in items if form is Form.LINE]
    lines = _lines(
        lined,
        close_to=close_to,
        room=min(MAX_DESCRIPTION_LENGTH, MAX_CHARACTERS - _FOLD_TITLE - _MIN_CARD_LENGTH * len(carded)),
    )
    folded = ()
    if lines:
        more = count(len(lines), "more paper")
        folded = (Card(title=more if carded else None, description="\n".join(lines)),)
    room = MAX_CHARACTERS - sum(card.size for card in folded)
    is_alone = len(items) == 1
    return Message(
        content=shorten(_ping(mention_role_id) + heading, MAX_CONTENT),
        cards=(*_cards(carded, close_to=close_to, room=room, is_alone=is_alone), *folded),
        links=paper_links(items[0][0]) if is_alone else (),
        mention_role_id=mention_role_id,
        title=thread_name([paper for paper, _, _ in items]),
        queries=tuple({query.canonical: query for _, _, queries in items for query in queries}.values()),
    )


def compose_bare(item: Item, *, mention_role_id: RoleId | None = None) -> Message:
    """The message of a paper whose full content Discord refused: only its title and page."""
    paper, _, queries = item
    card = make_card(paper, queries=(), is_alone=True, limit=MAX_CHARACTERS)
    return Message(
        content=_ping(mention_role_id),
        cards=(replace(card, description=None, footer=None, links=(), image=None),),
        mention_role_id=mention_role_id,
        title=thread_name([paper]),
        queries=queries,
    )


def _ping(role_id: RoleId | None) -> str:
    return "" if role_id is None else f"<@&{role_id}> "


_Shown = Sequence[tuple[Paper, tuple[Query, ...]]]


def _cards(
    papers: _Shown, *, close_to: Mapping[PaperId, CloseTo], room: int, is_alone: bool
) -> Sequence[Card]:
    def card_of(paper: Paper, queries: Sequence[Query], limit: int) -> Card:
        close = close_to.get(paper.id)
        return make_card(paper, queries=queries, close_to=close, is_alone=is_alone, limit=limit)

    cards = [card_of(paper, queries, room) for paper, queries in papers]
    limit = _even_limit([card.size for card in cards], room)
    return [
        card if card.size <= limit else card_of(paper, queries, limit)
        for card, (paper, queries) in zip(cards, papers, strict=True)
    ]


def _lines(papers: _Shown, *, close_to: Mapping[PaperId, CloseTo], room: int) -> Sequence[str]:
    def line_of(paper: Paper, queries: Sequence[Query], limit: int = MAX_LINE_LENGTH) -> str:
        return digest_line(paper, queries=queries, close_to=close_to.get(paper.id), limit=limit)

    lines = [line_of(paper, queries) for paper, queries in papers]
    limit = _even_limit([length(line) + 1 for line in lines], room) - 1
    return [
        line if length(line) <= limit else line_of(paper, queries, limit)
        for line, (paper, queries) in zip(lines, papers, strict=True)
    ]


def _even_limit(sizes: Sequence[int], room: int) -> int:
    """The largest limit for which the sizes, each cut to it, fit in `room` together."""
    left = room
    for behind, size in enumerate(sorted(sizes)):
        if size * (len(sizes) - behind) > left:
            return left // (len(sizes) - behind)
        left -= size
    return max(sizes, default=0)


def heading(papers: Sequence[Paper]) -> str:
    """How many papers a message has and from which list days, as Discord markdown."""
    return f"**{count(len(papers), 'paper')}**{_of_days(papers)}"


def thread_name(papers: Sequence[Paper]) -> str:
    """The name of a thread under a message with these papers: plain text of 1 to 100 characters."""
    name = (
        plain(readable(papers[0].title))
        if len(papers) == 1
        else count(len(papers), "paper") + _of_days(papers)
    )
    return shorten(name, MAX_THREAD_NAME) or "Paper"


def _of_days(papers: Sequence[Paper]) -> str:
    days = sorted({paper.list_day for paper in papers if paper.list_day is not None})
    if not days:
        return ""
    if len(days) == 1:
        return f" from the Daily Papers of {weekday_text(days[0])}"
    return f" from the Daily Papers of {weekday_text(days[0])} to {weekday_text(days[-1])}"
