"""A keyword for a visitor to try first: one that the papers of the open lists have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

_FIRST: Final = "reasoning"  # until a list was read
_PLAIN: Final = re.compile(r"[a-z]+(?: [a-z]+)?")


class Suggestion:
    """Counts the keywords of the papers that were listed, except what is subscribed to already: `without`."""

    def __init__(self, *, without: Sequence[str] = ()) -> None:
        self._without = " ".join(without).lower()
        self._papers: dict[str, set[str]] = {}  # ids by keyword

    def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Count these items of a list; one that is not as it should be does not count."""
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
        """The one that most papers have, of several the first by the alphabet."""
        return min(self._papers, key=lambda keyword: (-len(self._papers[keyword]), keyword), default=_FIRST)
