"""The answer of /config filter: what a change of the filter means."""

from __future__ import annotations

from bot.core.feeds import Style
from bot.core.list_days import WINDOW_DAYS
from bot.core.plurals import count
from bot.services.feeds.filters import FilterChange, FilterChanged
from bot.services.queries.search import RECENT_DAYS

COUNTS = (
    "This filter counts from the next run on. What is pending already is still posted. Papers that were "
    f"filtered out are rechecked for {WINDOW_DAYS} days, and posted once they pass."
)


def notes(result: FilterChanged, change: FilterChange) -> list[str]:
    """How much an exclusion would have filtered out of late, and what of the change has no effect."""
    feed = result.state.feed
    found = [_effect(result)] if change.exclude is not None and result.filtered_out else []
    if change.max_papers is not None and feed.style is Style.DIGEST:
        note = (
            "`max_papers` has no effect here: the style is digest, which has no cards and no maximum. It is "
            "kept for `/config style style:cards`."
        )
        found.append(note)
    return found


def _effect(result: FilterChanged) -> str:
    matched, out = result.matched, result.filtered_out
    papers = count(matched, "matching paper" if result.state.subscriptions else "paper")
    said = f"Of the last {RECENT_DAYS} days' {papers}, this exclusion would have filtered out {out}."
    if out * 2 <= matched:
        return said
    return f"⚠️ {said} If that is not what you want, `/config filter exclude:-` ends it."
