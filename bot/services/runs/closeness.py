"""Closeness: what subscriptions take with their focus, among papers that their queries match or not.

The table of word vectors is loaded with the first subscription that is not exact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.feeds import Subscription
from bot.core.focus import Focus
from bot.core.ids import PaperId, SubscriptionId
from bot.core.papers import Paper
from bot.core.posts import CloseTo
from bot.core.query.compiled import CompiledQuery
from bot.core.query.focus import compile_focus
from bot.matching.index import PaperIndex

if TYPE_CHECKING:
    from bot.matching.focus.search import FocusSearch


def focus_terms(query: CompiledQuery, focus: Focus) -> str | None:
    """What is stored to compare papers with the query; None if nothing is compared."""
    tree = None if focus is Focus.EXACT else query.readable()
    return None if tree is None else compile_focus(tree.root) or None


class ClosePapers:
    """Compares the papers of an index with the subscriptions that have a focus.

    It is synchronous, so call it off the event loop, from one thread at a time.
    """

    def __init__(self, papers: Sequence[Paper], index: PaperIndex) -> None:
        self._papers = papers
        self._index = index
        self._search: FocusSearch | None = None

    def search(
        self,
        queries: Collection[FocusedQuery],
        hits: Mapping[str, Sequence[PaperId]],
        *,
        takes_all: bool = False,
    ) -> Mapping[FocusedQuery, Mapping[PaperId, Closeness]]:
        """For each query, its hits and the papers that are close enough for its focus to add.

        Args:
            queries: which.
            hits: the papers that each expression matches, if any.
            takes_all: whether papers that are not close enough to be added are wanted too.
        """
        return self._loaded().search(queries, hits, takes_all=takes_all)

    def close_to(
        self,
        paper_id: PaperId,
        subscriptions: Iterable[Subscription],
        closeness: Mapping[SubscriptionId, Closeness],
    ) -> CloseTo | None:
        """Which of the subscriptions that take the paper it does not match; None if there are none."""
        close = [item for item in subscriptions if item.id in closeness and not closeness[item.id].is_hit]
        if not close:
            return None
        words = [self.words(item.focus_terms or "", paper_id) for item in close]
        return CloseTo(
            queries=tuple(item.query.canonical for item in close),
            words=tuple(dict.fromkeys(word for group in words for word in group)),
        )

    def words(self, terms: str, paper_id: PaperId) -> tuple[str, ...]:
        """The paper's words that bring it near the query."""
        return self._loaded().words(terms, paper_id)

    def knows(self, terms: str) -> bool:
        """Whether any word of the query is known; if not, nothing can be compared with it."""
        return self._loaded().knows(terms)

    def _loaded(self) -> FocusSearch:
        if self._search is None:
            from bot.matching.focus.search import FocusSearch  # noqa: PLC0415 - loads the table

            self._search = FocusSearch(self._papers, self._index)
        return self._search
