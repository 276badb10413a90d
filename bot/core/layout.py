"""Layout: which papers go on which message of a feed, as cards or as lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import islice
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
_CARD_ESTIMATE: Final = 240  # of a card's numbers and dates, and the words and addresses that all papers have
_LINE_ESTIMATE: Final = 110  # of a line without its title
_MAX_CARD_ESTIMATE: Final = 2_000
_ALWAYS_FIT: Final = MAX_CHARACTERS // _MAX_CARD_ESTIMATE  # cards, whatever they say
_REASON_ESTIMATE: Final = 30  # of why the paper is on the line

_NO_REASONS: Final = ((), ("*",))  # the queries of a paper whose line has no reason
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
    `one_card_each` every card is a message of its own, so that a follow-up can refer to it, and lines are in
    messages of their own. Sizes are estimated, which is cheap enough for every feed of a run; `compose` then
    keeps within Discord's limits.
    """
    shown = max_papers if style is Style.CARDS else 0
    cards, lines = papers[:shown], _newest_first(papers[shown:])
    forms = ((Form.CARD, cards), (Form.MORE if cards else Form.LINE, lines))
    entries = [
        Entry(paper.id, form, queries_of.get(paper.id, ()), close_to.get(paper.id))
        for form, group in forms
        for paper in group
    ]
    if not lines and len(cards) <= _ALWAYS_FIT and not one_card_each:  # as in most feeds
        return (tuple(entries),) if cards else ()
    sizes = [_card_estimate(paper, queries_of.get(paper.id, ())) for paper in cards]
    counts = (
        [1] * len(cards) if one_card_each else _even(partial(_packed, sizes), len(cards), most=MAX_EMBEDS)
    )
    if lines:
        room, below = 0, 0
        if counts and not one_card_each and counts[-1] < MAX_EMBEDS:
            room = MAX_CHARACTERS - _FOLD_TITLE - sum(sizes[-counts[-1] :])
            below = MAX_PAPERS - counts[-1]
        sizes = [_line_estimate(paper, queries_of.get(paper.id, ())) for paper in lines]
        pack = partial(_packed_below, sizes, room=room, below=below)
        first, *others = _even(pack, len(lines), most=MAX_PAPERS)
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


def _card_estimate(paper: Paper, queries: Sequence[str]) -> int:
    """Roughly how many characters the paper's card needs."""
    size = _CARD_ESTIMATE + len(paper.title) + min(len(paper.ai_summary or paper.abstract), MAX_SUMMARY_AMONG)
    size += len(paper.organization or "") + len(paper.github_repo or "") + len(paper.project_page or "")
    size += sum(map(len, paper.authors[:3])) + sum(map(len, queries))
    return min(size, _MAX_CARD_ESTIMATE)


def _line_estimate(paper: Paper, queries: tuple[str, ...]) -> int:
    reason = 0 if queries in _NO_REASONS else _REASON_ESTIMATE
    return min(len(paper.title) + _LINE_ESTIMATE + reason, MAX_LINE_LENGTH)


def _packed(sizes: Sequence[int], most: int) -> list[int]:
    """How many of these, in order, each message takes: at most `most`, within its characters."""
    if len(sizes) <= most and sum(sizes) <= MAX_CHARACTERS:  # as in most feeds
        return [len(sizes)] if sizes else []
    counts: list[int] = []
    count = total = 0
    for size in sizes:
        total += size
        if count == most or total > MAX_CHARACTERS:
            counts.append(count)
            count, total = 0, size
        count += 1
    return [*counts, count]


def _packed_below(sizes: Sequence[int], most: int, *, room: int, below: int) -> list[int]:
    """How many lines fit below the last card, at most `below` in that room, and then as `_packed`."""
    fitting = total = 0
    for size in sizes[: min(below, most)]:
        total += size
        if total > min(room, MAX_DESCRIPTION_LENGTH):
            break
        fitting += 1
    return [fitting, *_packed(sizes[fitting:], most)]


def _even(pack: Callable[[int], list[int]], number: int, *, most: int) -> list[int]:
    """As few groups of at most `most` as possible, of even length: six and six rather than ten and two."""
    counts = pack(most)
    if len(counts) > 1:
        for limit in range(-(-number // len(counts)), most):
            if len(even := pack(limit)) == len(counts):
                return even
    return counts
