"""Messages: the composition of one message from its papers, within Discord's limits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.cards import (
    MAX_DESCRIPTION_LENGTH,
    MAX_SUMMARY_ALONE,
    Card,
    Link,
    Picture,
    make_card,
    paper_links,
    weekday_text,
)
from bot.core.cutting import length, shorten
from bot.core.ids import PaperId, RoleId
from bot.core.layout import MAX_CHARACTERS, NOT_CLOSE
from bot.core.lines import MAX_LINE_LENGTH, MIN_LINE_LENGTH, digest_line
from bot.core.markdown import fit, plain
from bot.core.marking import summary_of
from bot.core.paper_choices import PaperChoice, paper_choices
from bot.core.papers import Paper
from bot.core.plurals import count
from bot.core.posts import CloseTo, Form
from bot.core.query.parser import Query
from bot.core.words.latex import readable

# Discord's limits.
MAX_CONTENT: Final = 2_000
MAX_THREAD_NAME: Final = 100

_FOLD_TITLE: Final = 40  # characters kept for the title of a list below cards
_DAY_LENGTH: Final = 24  # of the heading of a list day
_CARD_LENGTH: Final = 600  # in which a card keeps its summary; lines leave this for each
_TITLES_NAMED: Final = 3
_MAX_TITLE_LENGTH: Final = 100

Item = tuple[Paper, Form, tuple[Query, ...]]
_Shown = tuple[Paper, tuple[Query, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The content of a message, within Discord's limits."""

    content: str = ""  # Discord markdown; all that people see in a notification or with embeds switched off
    cards: tuple[Card, ...] = ()
    links: tuple[Link, ...] = ()  # for buttons
    papers: tuple[PaperChoice, ...] = ()  # that people can open: one by buttons, several by a menu
    mention_role_id: RoleId | None = None  # the feed's role, if the content may ping it
    also_pings: tuple[RoleId, ...] = ()  # other roles that it may ping: those of subscriptions
    ends_delivery: bool = False  # the last of a person's: it can stop or change them
    is_silent: bool = False  # sent without a push notification
    title: str = ""  # of its post in a forum; plain text, at most MAX_THREAD_NAME characters
    queries: tuple[Query, ...] = ()  # that match its papers; a forum's tags are chosen by them


def compose(
    items: Sequence[Item],
    *,
    heading: str,
    mention_role_id: RoleId | None = None,
    close_to: Mapping[PaperId, CloseTo] = NOT_CLOSE,
    in_forum: bool = False,
) -> Message:
    """The message for the papers that `layout` put together, within Discord's limits.

    Papers may have changed since: if their texts have grown too long, the longest are shortened to the same
    length. `heading` is Discord markdown; in a forum, which previews the content, one paper's summary stands
    there instead. An item's queries are those that the paper matches; `close_to` has what the others are
    close to.
    """
    carded = [(paper, queries) for paper, form, queries in items if form is Form.CARD]
    lined = [(paper, queries) for paper, form, queries in items if form is not Form.CARD]
    is_alone = len(items) == 1
    lead = _summary(carded) if is_alone and in_forum else ""

    def card_of(paper: Paper, queries: Sequence[Query], limit: int = MAX_CHARACTERS) -> Card:
        return make_card(
            paper,
            queries=queries,
            close_to=close_to.get(paper.id),
            is_alone=is_alone,
            limit=limit,
            has_summary=not lead,
        )

    cards = [card_of(*item) for item in carded]
    lists = _lists(lined, close_to, room=MAX_CHARACTERS - sum(min(card.size, _CARD_LENGTH) for card in cards))
    if lists and carded:
        lists = (replace(lists[0], title=count(len(lined), "more paper")), *lists[1:])
    room = MAX_CHARACTERS - sum(card.size for card in lists)
    limit = _even_limit([card.size for card in cards], room)
    return Message(
        content=shorten(_ping(mention_role_id) + (lead or heading), MAX_CONTENT),
        cards=(
            *(
                card if card.size <= limit else card_of(*item, limit)
                for card, item in zip(cards, carded, strict=True)
            ),
            *lists,
        ),
        links=paper_links(items[0][0]) if is_alone else (),
        papers=paper_choices(paper for paper, _, _ in items),
        mention_role_id=mention_role_id,
        title=thread_name([paper for paper, _, _ in items], is_more=follows_cards(items)),
        queries=tuple({query.canonical: query for _, _, queries in items for query in queries}.values()),
    )


def also_pinging(message: Message, role_ids: Iterable[RoleId]) -> Message:
    """The message with these roles pinged too, each once."""
    others = tuple(role_id for role_id in dict.fromkeys(role_ids) if role_id != message.mention_role_id)
    pings = "".join(map(_ping, others))
    return replace(message, content=shorten(pings + message.content, MAX_CONTENT), also_pings=others)


def without_ping(message: Message, role_id: RoleId) -> Message:
    """The message without one of its pings."""
    return replace(
        message,
        content=re.sub(f"<@&{role_id}> ?", "", message.content, count=1),
        mention_role_id=None if message.mention_role_id == role_id else message.mention_role_id,
        also_pings=tuple(other for other in message.also_pings if other != role_id),
    )


def without_pictures(message: Message, which: Mapping[int, Collection[Picture]] | None = None) -> Message:
    """The message without these pictures of its cards, by the cards' indexes; without any for None."""
    cards = tuple(
        card.without(Picture if which is None else which.get(index, ()))
        for index, card in enumerate(message.cards)
    )
    return replace(message, cards=cards)


def compose_bare(item: Item, *, mention_role_id: RoleId | None = None) -> Message:
    """The message of a paper whose full content Discord refused: only its title and page."""
    paper, _, queries = item
    card = make_card(paper, queries=(), is_alone=True, limit=MAX_CHARACTERS)
    return Message(
        content=_ping(mention_role_id),
        cards=(Card(title=card.title, url=card.url, color=card.color),),
        papers=paper_choices([paper]),
        mention_role_id=mention_role_id,
        title=thread_name([paper]),
        queries=queries,
    )


def _ping(role_id: RoleId | None) -> str:
    return "" if role_id is None else f"<@&{role_id}> "


def _summary(carded: Sequence[_Shown]) -> str:
    return next((summary_of(*item).cut(MAX_SUMMARY_ALONE).fit(MAX_CONTENT // 2) for item in carded), "")


def _lists(lined: Sequence[_Shown], close_to: Mapping[PaperId, CloseTo], *, room: int) -> tuple[Card, ...]:
    """The lines as embeds, with a heading for each list day where there are several."""
    days = [paper.list_day for paper, _ in lined]
    headings = len(set(days)) * _DAY_LENGTH if len(set(days)) > 1 else 0
    room = max(room - _FOLD_TITLE, len(lined) * (MIN_LINE_LENGTH + 1) + headings) - headings

    def line_of(paper: Paper, queries: Sequence[Query], limit: int = MAX_LINE_LENGTH) -> str:
        return digest_line(paper, queries=queries, close_to=close_to.get(paper.id), limit=limit)

    lines = [line_of(*item) for item in lined]
    limit = _even_limit([length(line) + 1 for line in lines], room) - 1
    texts: list[str] = []
    for place, ((paper, queries), line) in enumerate(zip(lined, lines, strict=True)):
        if length(line) > limit:
            line = line_of(paper, queries, limit)  # noqa: PLW2901
        begins_day = headings and paper.list_day and (place == 0 or paper.list_day != days[place - 1])
        text = f"**{weekday_text(paper.list_day)}**\n{line}" if begins_day and paper.list_day else line
        if texts and length(texts[-1]) + 1 + length(text) <= MAX_DESCRIPTION_LENGTH:
            texts[-1] += f"\n{text}"
        else:
            texts.append(text)
    return tuple(Card(description=text) for text in texts)


def _even_limit(sizes: Sequence[int], room: int) -> int:
    """The largest limit for which the sizes, each cut to it, fit in `room` together."""
    left = room
    for behind, size in enumerate(sorted(sizes)):
        if size * (len(sizes) - behind) > left:
            return left // (len(sizes) - behind)
        left -= size
    return max(sizes, default=0)


def follows_cards(items: Sequence[Item]) -> bool:
    """Whether the message continues others, which have a card for each paper."""
    return all(form is Form.MORE for _, form, _ in items)


def heading(papers: Sequence[Paper], *, is_more: bool = False) -> str:
    """How many papers a message has, from which list days, and the first titles; Discord markdown."""
    number = count(len(papers), "more paper" if is_more else "paper")
    more = len(papers) - _TITLES_NAMED
    return f"**{number}**{_for_days(papers)}: {' · '.join(_titles(papers))}" + (
        f" and {more} more" if more > 0 else ""
    )


def _titles(papers: Sequence[Paper]) -> Iterator[str]:
    for paper in papers[:_TITLES_NAMED]:
        yield fit(readable(paper.title), (), _MAX_TITLE_LENGTH) or paper.id


def thread_name(papers: Sequence[Paper], *, is_more: bool = False) -> str:
    """The name of a thread or forum post with these papers: plain text of 1 to 100 characters."""
    if len(papers) == 1:
        name = plain(readable(papers[0].title))
    else:
        name = count(len(papers), "more paper" if is_more else "paper") + _for_days(papers)
    return shorten(name, MAX_THREAD_NAME) or "Paper"


def _for_days(papers: Sequence[Paper]) -> str:
    days = sorted({paper.list_day for paper in papers if paper.list_day is not None})
    if not days:
        return ""
    if len(days) == 1:
        return f" for {weekday_text(days[0])}"
    first = weekday_text(days[0])
    if days[0].year == days[-1].year:
        first = first.removesuffix(f" {days[0].year}")
    return f" for {first} to {weekday_text(days[-1])}"
