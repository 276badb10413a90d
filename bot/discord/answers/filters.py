"""The answer of /config filter: what a change of the filter means."""

from __future__ import annotations

from bot.core.feeds import Feed, Style
from bot.core.list_days import WINDOW_DAYS
from bot.services.filters import FilterChange

COUNTS = (
    "This filter counts from the next run on. What is pending already is still posted. Papers that were "
    f"filtered out are rechecked for {WINDOW_DAYS} days, and posted once they pass."
)


def notes(feed: Feed, change: FilterChange) -> list[str]:
    """What of the change has no effect, as the feed is now."""
    if change.max_papers is not None and feed.style is Style.DIGEST:
        note = (
            "`max_papers` has no effect here: the style is digest, which has no cards and no maximum. It is "
            "kept for `/config style style:cards`."
        )
        return [note]
    return []
