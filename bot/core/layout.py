"""Layout: which papers go on which message of a feed, as cards or as lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import accumulate, islice
from typing import Final

from bot.core.cards import MAX_DESCRIPTION_LENGTH, MAX_SUMMARY_AMONG
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
_CARD_ESTIMATE: Final = 270  # of a card's numbers and dates, why it is there, and what all papers have
_LINE_ESTIMATE: Final = 140  # of a line without its title
_MAX_CARD_ESTIMATE: Final = 2_000
_ALWAYS_FIT: Final = MAX_CHARACTERS // _MAX_CARD_ESTIMATE  # cards, whatever they say

_CARD, _LINE, _MORE = Form.CARD, Form.LINE, Form.MORE  # read for each paper, and Enum's own lookup is slow
NOT_CLOSE: Final[Mapping[PaperId, CloseTo]] = {}  # every paper matches


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
    `one_card_each` every card is a separate message, so that a follow-up can refer to it, and lines are in
    their own messages. Sizes are estimated, which is cheap enough for every feed of a run; `compose` then
    keeps within Discord's limits.
    """
    shown = max_papers if style is Style.CARDS else 0
    cards, lines = papers[:shown], _newest_first(papers[shown:])
    queries, close = queries_of.get, close_to.get
    entries = [Entry(id_ := paper.id, _CARD, queries(id_, ()), close(id_)) for paper in cards]
    if not lines and len(cards) <= _ALWAYS_FIT and not one_card_each:  # as in most feeds
        return (tuple(entries),) if cards else ()
    sizes = list(map(_card_size, cards))
    pack = partial(_packed, _ends(sizes))
    counts = [1] * len(cards) if one_card_each else _even(pack, len(cards), maximum=MAX_EMBEDS)
    if lines:
        form = _MORE if cards else _LINE
        entries += [Entry(id_ := paper.id, form, queries(id_, ()), close(id_)) for paper in lines]
        room, below = 0, 0
        if counts and not one_card_each and counts[-1] < MAX_EMBEDS:
            room = MAX_CHARACTERS - _FOLD_TITLE - sum(sizes[-counts[-1] :])
            below = MAX_PAPERS - counts[-1]
        ends = _ends(map(_line_size, lines))
        pack = partial(_packed_below, ends, room=room, below=below)
        first, *others = _even(pack, len(lines), maximum=MAX_PAPERS)
        if first:
            counts[-1] += first
        counts += others
    following = iter(entries)
    return tuple([tuple(islice(following, count)) for count in counts])


def _newest_first(papers: Sequence[Paper]) -> Sequence[Paper]:
    """The papers by list day, and within a day in the same order."""
    if len(papers) < 2:
        return papers
    return sorted(papers, key=lambda paper: paper.list_day or date.min, reverse=True)


@lru_cache(maxsize=1024)  # a run shows the same papers in many feeds
def _card_size(paper: Paper) -> int:
    """Roughly how many characters the paper's card needs."""
    size = _CARD_ESTIMATE + len(paper.title) + min(len(paper.ai_summary or paper.abstract), MAX_SUMMARY_AMONG)
    size += len(paper.organization or "") + len(paper.github_repo or "") + len(paper.project_page or "")
    return min(size + sum(map(len, paper.authors[:3])), _MAX_CARD_ESTIMATE)


@lru_cache(maxsize=1024)
def _line_size(paper: Paper) -> int:
    """Roughly how many characters the paper's line needs."""
    return min(len(paper.title) + _LINE_ESTIMATE, MAX_LINE_LENGTH)


def _ends(sizes: Iterable[int]) -> list[int]:
    return list(accumulate(sizes, initial=0))


def _packed(ends: Sequence[int], maximum: int, *, first: int = 0) -> list[int]:
    """How many, in order from `first` on, each message takes: at most `maximum`, within its characters.

    `ends` has where each ends if they are placed one after another, and 0 before them.
    """
    counts: list[int] = []
    last = len(ends) - 1
    while first < last:
        fitting = bisect_right(ends, ends[first] + MAX_CHARACTERS, first + 2) - 1
        end = min(fitting, first + maximum, last)
        counts.append(end - first)
        first = end
    return counts


def _packed_below(ends: Sequence[int], maximum: int, *, room: int, below: int) -> list[int]:
    """How many lines fit below the last card, at most `below` in that room, and then as `_packed`."""
    fitting = bisect_right(ends, min(room, MAX_DESCRIPTION_LENGTH)) - 1
    first = max(0, min(fitting, below, maximum))
    return [first, *_packed(ends, maximum, first=first)]


def _even(pack: Callable[[int], list[int]], number: int, *, maximum: int) -> list[int]:
    """As few groups of at most `maximum` as possible, of even length: six and six rather than ten and two."""
    counts = pack(maximum)
    if len(counts) > 1:
        for limit in range(-(-number // len(counts)), maximum):
            if len(even := pack(limit)) == len(counts):
                return even
    return counts
