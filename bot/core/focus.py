"""Focus: how much a paper must be about a subscription's keywords, beyond having their words.

Closeness is measured by `bot.matching.focus`, in standard deviations above the usual paper. The cuts were
chosen on judged topics; docs/focus.md says how.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Focus(StrEnum):
    EXACT = "exact"  # every paper that the query matches, and no other
    STRICT = "strict"  # of those, the papers that are about it
    BALANCED = "balanced"  # without passing mentions, and with close papers that say it in other words
    BROAD = "broad"  # every paper that the query matches, and close ones


# The least closeness. None: kept whatever it is, or never added.
_TITLE_HIT: Final = {Focus.EXACT: None, Focus.STRICT: 1.0, Focus.BALANCED: None, Focus.BROAD: None}
_HIT: Final = {Focus.EXACT: None, Focus.STRICT: 4.0, Focus.BALANCED: 2.0, Focus.BROAD: None}
_CLOSE: Final = {Focus.EXACT: None, Focus.STRICT: None, Focus.BALANCED: 6.5, Focus.BROAD: 5.0}


def cut(focus: Focus, *, is_hit: bool, in_title: bool) -> float | None:
    """The least closeness that the setting asks for, of a hit or of another paper.

    None for a hit means that it is kept in any case, and for another paper that it is never added.
    """
    if not is_hit:
        return _CLOSE[focus]
    return (_TITLE_HIT if in_title else _HIT)[focus]


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
