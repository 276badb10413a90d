"""A keyword for visitors to try first: a common one in the open lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

_FIRST: Final = "reasoning"  # until a list is read
_PLAIN: Final = re.compile(r"[a-z]+(?: [a-z]+)?")


class Suggestion:
    """Counts the keywords of the listed papers, except those in `without`, which are already subscribed."""

    def __init__(self, *, without: Sequence[str] = ()) -> None:
        self._without = " ".join(without).lower()
        self._papers: dict[str, set[str]] = {}  # IDs by keyword

    def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Count these items of a list. Malformed items are skipped."""
        for item in items:
            paper: object = item.get("paper")
            if not isinstance(paper, Mapping):
                continue
            fields = cast("Mapping[str, Any]", paper)
            keywords: object = fields.get("ai_keywords")
            for keyword in cast("list[object]", keywords) if isinstance(keywords, list) else []:
                if isinstance(keyword, str) and _PLAIN.fullmatch(keyword) and keyword not in self._without:
                    self._papers.setdefault(keyword, set()).add(str(fields.get("id")))

    @property
    def keyword(self) -> str:
        """The most common keyword; of several, the alphabetically first."""
        return min(self._papers, key=lambda keyword: (-len(self._papers[keyword]), keyword), default=_FIRST)
