"""Focus: how much a paper must be about a subscription's keywords, beyond having their words.

Closeness is measured by `bot.matching.focus`, in standard deviations above the average paper. The thresholds
were chosen on judged topics; docs/focus.md says how.
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


class Thresholds(NamedTuple):
    """The minimum closeness that is asked for.

    Attributes:
        title_hit: of a paper whose title the query matches.
        hit: of another paper that the query matches.
        other: of a paper that it does not match.
    """

    title_hit: float
    hit: float
    other: float


THRESHOLDS: Final = {
    Focus.EXACT: Thresholds(ALWAYS, ALWAYS, NEVER),
    Focus.STRICT: Thresholds(2.0, 4.5, NEVER),
    Focus.BALANCED: Thresholds(ALWAYS, 2.0, 4.5),
    Focus.BROAD: Thresholds(ALWAYS, ALWAYS, 3.5),
}
WIDER: Final = frozenset(
    focus for focus, thresholds in THRESHOLDS.items() if thresholds.other < NEVER
)  # that add papers


def threshold(focus: Focus, *, is_hit: bool, in_title: bool) -> float | None:
    """The minimum closeness that the setting asks for, of a hit or of another paper.

    None for a hit means that it is kept in any case, and for another paper that it is never added.
    """
    thresholds = THRESHOLDS[focus]
    minimum = thresholds.other if not is_hit else thresholds.title_hit if in_title else thresholds.hit
    return None if minimum in {ALWAYS, NEVER} else minimum


def keeps(focus: Focus, *, is_hit: bool, in_title: bool, closeness: float | None) -> bool:
    """Whether the subscription gets the paper.

    Args:
        focus: the subscription's setting.
        is_hit: whether the query matches the paper.
        in_title: whether its title alone does, for a hit.
        closeness: of the paper to the query; None if no word of the query is known. Then every hit is kept.
    """
    minimum = threshold(focus, is_hit=is_hit, in_title=in_title)
    if closeness is None or minimum is None:
        return is_hit
    return closeness >= minimum
