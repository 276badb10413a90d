"""The answer of /config filter: what a change of the filter means."""

from __future__ import annotations

from bot.core.feeds import Feed, Style
from bot.core.list_days import WINDOW_DAYS
from bot.services.filters import FilterChange


def changed(feed: Feed, change: FilterChange) -> str:
    """What comes of the change, for papers to come and for those that were decided already."""
    counts = (
        "This filter counts from the next run on. What is on its way already still comes. Papers that were "
        f"kept out are looked at again while their list day is at most {WINDOW_DAYS} days back, and go out "
        "once they pass."
    )
    lines = [counts]
    if change.max_papers is not None and feed.style is Style.DIGEST:
        lines.append(
            "`max_papers` has no effect here: the style is digest, which has no cards and no maximum. "
            "`/config style style:cards` makes cards."
        )
    return "\n".join(lines)
