"""Layout: which papers stand together on which message of a feed, as cards or as lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.core.cards import MAX_DESCRIPTION_LENGTH, MAX_SUMMARY_AMONG
from bot.core.decisions import newest_first
from bot.core.feeds import Style
from bot.core.ids import PaperId
from bot.core.lines import MAX_LINE_LENGTH
from bot.core.papers import Paper
from bot.core.posts import CloseTo, Entry, Form

# Discord's limits on a message; the characters are those of all its embeds.
MAX_EMBEDS: Final = 10
MAX_CHARACTERS: Final = 6_000
MAX_PAPERS: Final = 25  # on one message, so that a menu under it can name them all

# Estimated characters.
_FOLD_TITLE: Final = 40  # of the title of a list below cards
_CARD_ESTIMATE: Final = 240  # of a card's numbers and dates, and the words and addresses that all papers have
_LINE_ESTIMATE: Final = 110  # of a line without its title
_REASON_ESTIMATE: Final = 30  # of why the paper is on the line

_NO_REASONS: Final = ((), ("*",))  # the queries of a paper whose line has no reason
NOT_CLOSE: Final[Mapping[PaperId, CloseTo]] = {}  # every paper matches
_Sized = tuple[Entry, int]  # with its estimate, in characters
_Packed = list[list[_Sized]]


def layout(
    papers: Sequence[Paper],
    *,
    style: Style,
    max_papers: int,
    queries_of: Mapping[PaperId, tuple[str, ...]],
    close_to: Mapping[PaperId, CloseTo] = NOT_CLOSE,
    one_card_each: bool = False,
) -> tuple[tuple[Entry, ...], ...]:
    """The papers as the entries of one message after the other, at most MAX_PAPERS each.

    In style `cards` the first `max_papers` have a card each, in this order, and the rest follow as lines, the
    first of them below the last cards if there is room. Lines go by list day, the newest first. With
    `one_card_each` every card is a message of its own, so that a follow-up can refer to it, and lines are in
    messages of their own. Sizes are estimated, which is cheap enough for every feed of a run; `compose` then
    keeps within Discord's limits.
    """
    shown = max_papers if style is Style.CARDS else 0
    cards: list[_Sized] = []
    for paper in papers[:shown]:
        queries, close = queries_of.get(paper.id, ()), close_to.get(paper.id)
        cards.append((Entry(paper.id, Form.CARD, queries, close), _card_estimate(paper, queries)))
    lines: list[_Sized] = []
    form = Form.MORE if cards else Form.LINE
    for paper in newest_first(papers[shown:]):
        queries, close = queries_of.get(paper.id, ()), close_to.get(paper.id)
        lines.append((Entry(paper.id, form, queries, close), _line_estimate(paper, queries)))
    messages = [[one] for one in cards] if one_card_each else _packed_evenly(cards)
    room, below = 0, 0
    if messages and not one_card_each and len(messages[-1]) < MAX_EMBEDS:
        room, below = MAX_CHARACTERS - _FOLD_TITLE - _total(messages[-1]), MAX_PAPERS - len(messages[-1])
    first, *others = _lines_packed_evenly(lines, room=room, below=below)
    if first:
        messages[-1] += first
    return tuple([tuple([entry for entry, _ in message]) for message in (*messages, *others)])


def _total(sized: Sequence[_Sized]) -> int:
    return sum(size for _, size in sized)


def _card_estimate(paper: Paper, queries: Sequence[str]) -> int:
    """Roughly how many characters the paper's card needs."""
    size = _CARD_ESTIMATE + len(paper.title) + sum(map(len, queries)) + sum(map(len, paper.authors[:3]))
    size += min(len(paper.ai_summary or paper.abstract), MAX_SUMMARY_AMONG)
    for text in (paper.organization, paper.github_repo, paper.project_page):
        size += len(text) if text else 0
    return min(size, MAX_CHARACTERS // 3)


def _line_estimate(paper: Paper, queries: tuple[str, ...]) -> int:
    reason = 0 if queries in _NO_REASONS else _REASON_ESTIMATE
    return min(len(paper.title) + _LINE_ESTIMATE + reason, MAX_LINE_LENGTH)


def _packed(sized: Sequence[_Sized], most: int) -> _Packed:
    """The entries, in order, in non-empty groups of at most `most` within a message's room."""
    groups: _Packed = []
    total = 0
    for one in sized:
        if not groups or len(groups[-1]) == most or total + one[1] > MAX_CHARACTERS:
            groups.append([])
            total = 0
        groups[-1].append(one)
        total += one[1]
    return groups


def _packed_evenly(cards: Sequence[_Sized]) -> _Packed:
    return _even(lambda most: _packed(cards, most), len(cards), most=MAX_EMBEDS)


def _lines_packed_evenly(lines: Sequence[_Sized], *, room: int, below: int) -> _Packed:
    """The lines below cards, at most `below` in that room, and those of each further message."""

    def pack(most: int) -> _Packed:
        left, fitting = min(room, MAX_DESCRIPTION_LENGTH), 0
        while fitting < min(below, most, len(lines)) and left >= lines[fitting][1]:
            left -= lines[fitting][1]
            fitting += 1
        return [list(lines[:fitting]), *_packed(lines[fitting:], most)]

    return _even(pack, len(lines), most=MAX_PAPERS)


def _even(pack: Callable[[int], _Packed], number: int, *, most: int) -> _Packed:
    """As few groups of at most `most` as possible, of even length: six and six rather than ten and two."""
    groups = pack(most)
    for limit in range(-(-number // max(len(groups), 1)), most):
        if len(even := pack(limit)) == len(groups):
            return even
    return groups
