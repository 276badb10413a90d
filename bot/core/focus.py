"""Focus: how much a paper must be about a subscription's keywords, beyond having their words.

Closeness is measured by `bot.matching.focus`, in standard deviations above the usual paper. The cuts were
chosen on judged topics; docs/focus.md says how.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Focus(StrEnum):
    EXACT = "exact"  # every paper that the query matches, and no other
    STRICT = "strict"  # of those, the papers that are about it
    BALANCED = "balanced"  # without passing mentions, and with close papers that say it in other words
    BROAD = "broad"  # every paper that the query matches, and close ones


ALWAYS: Final = float("-inf")
NEVER: Final = float("inf")


class Cuts(NamedTuple):
    """The least closeness that is asked for.

    Attributes:
        title_hit: of a paper whose title the query matches.
        hit: of another paper that the query matches.
        other: of a paper that it does not match.
    """

    title_hit: float
    hit: float
    other: float


CUTS: Final = {
    Focus.EXACT: Cuts(ALWAYS, ALWAYS, NEVER),
    Focus.STRICT: Cuts(2.0, 4.5, NEVER),
    Focus.BALANCED: Cuts(ALWAYS, 2.0, 4.5),
    Focus.BROAD: Cuts(ALWAYS, ALWAYS, 3.5),
}
WIDER: Final = frozenset(focus for focus, cuts in CUTS.items() if cuts.other < NEVER)  # that add papers


def cut(focus: Focus, *, is_hit: bool, in_title: bool) -> float | None:
    """The least closeness that the setting asks for, of a hit or of another paper.

    None for a hit means that it is kept in any case, and for another paper that it is never added.
    """
    cuts = CUTS[focus]
    least = cuts.other if not is_hit else cuts.title_hit if in_title else cuts.hit
    return None if least in {ALWAYS, NEVER} else least


def keeps(focus: Focus, *, is_hit: bool, in_title: bool, closeness: float | None) -> bool:
    """Whether the subscription gets the paper.

    Args:
        focus: the subscription's setting.
        is_hit: whether the query matches the paper.
        in_title: whether its title alone does, for a hit.
        closeness: of the paper to the query; None if no word of the query is known. Then every hit is kept.
    """
    least = cut(focus, is_hit=is_hit, in_title=in_title)
    if closeness is None or least is None:
        return is_hit
    return closeness >= least
