"""Matches: the papers of an index that the queries of several feeds match, with the focus of each.

A query that cannot be evaluated because of a bug does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.feeds import Feed, Subscription
from bot.core.ids import PaperId, SubscriptionId
from bot.matching.index import PaperIndex
from bot.services.runs.closeness import ClosePapers

_log = logging.getLogger(__name__)

NO_HITS: Final[Mapping[str, tuple[PaperId, ...]]] = MappingProxyType({})

_Query = TypeVar("_Query", str, FocusedQuery)
_Papers = TypeVar("_Papers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The papers that a feed's subscriptions may take."""

    papers: Mapping[PaperId, tuple[Subscription, ...]]
    closeness: Mapping[PaperId, Mapping[SubscriptionId, Closeness]]  # to subscriptions that are not exact


_NO_CANDIDATES: Final = Candidates(papers={}, closeness={})  # as of most feeds


class Matches:
    """What the subscriptions and exclusions of feeds match."""

    def __init__(
        self,
        index: PaperIndex,
        close: ClosePapers,
        *,
        feeds: Sequence[Feed],
        subscriptions: Collection[Subscription],
        hits: Mapping[str, tuple[PaperId, ...]] = NO_HITS,
    ) -> None:
        """`hits` has the papers of expressions that were searched already."""
        asked = {subscription.query.expression for subscription in subscriptions}
        asked |= {feed.settings.exclude.expression for feed in feeds if feed.settings.exclude}
        found, self._broken = _guarded(index.search_many, asked - hits.keys() if hits else asked)
        self._papers = {**hits, **found}
        focused = {
            query
            for item in subscriptions
            if item.focus_terms and (query := FocusedQuery.of(item)) is not None
        }
        self._focused, self._broken_focused = _guarded(
            lambda queries: close.search(queries, self._papers), focused
        )
        self._excluded: dict[str, frozenset[PaperId]] = {}

    def candidates(self, known: Sequence[Subscription]) -> Candidates:
        """The papers that these subscriptions match, and those that may be close enough to them."""
        papers: dict[PaperId, tuple[Subscription, ...]] = {}
        closeness: dict[PaperId, dict[SubscriptionId, Closeness]] = {}
        papers_of, has_focused = self._papers.get, bool(self._focused)
        for subscription in known:
            query = FocusedQuery.of(subscription) if has_focused else None
            if query is None:
                taken = papers_of(subscription.query.expression)
            else:
                taken = self._focused.get(query, {})
                for paper_id, close in taken.items():
                    closeness.setdefault(paper_id, {})[subscription.id] = close
            if not taken:
                continue
            if not papers:
                papers = dict.fromkeys(taken, (subscription,))
                continue
            for paper_id in taken:
                papers[paper_id] = (*papers.get(paper_id, ()), subscription)
        return Candidates(papers=papers, closeness=closeness) if papers else _NO_CANDIDATES

    def is_whole(self, known: Sequence[Subscription]) -> bool:
        """Whether all of these subscriptions could be evaluated."""
        if not self._broken and not self._broken_focused:
            return True
        return not any(
            item.query.expression in self._broken or FocusedQuery.of(item) in self._broken_focused
            for item in known
        )

    def excluded_by(self, feed: Feed) -> frozenset[PaperId]:
        """The papers that the feed excludes; one set per query, however many feeds share it.

        Raises:
            LookupError: the query could not be evaluated, so that nothing may be posted.
        """
        if feed.settings.exclude is None:
            return frozenset()
        compiled = feed.settings.exclude.expression
        if compiled in self._broken:
            raise LookupError(compiled)
        if compiled not in self._excluded:
            self._excluded[compiled] = frozenset(self._papers.get(compiled, ()))
        return self._excluded[compiled]


def _guarded(
    search: Callable[[Collection[_Query]], Mapping[_Query, _Papers]], queries: Collection[_Query]
) -> tuple[Mapping[_Query, _Papers], Collection[_Query]]:
    """What is found for each query, and the queries that could not be evaluated."""
    if not queries:
        return {}, ()
    try:
        return search(queries), ()
    except Exception:  # noqa: BLE001 - each is tried on its own below
        found: dict[_Query, _Papers] = {}
        broken: set[_Query] = set()
    for query in queries:
        try:
            found.update(search([query]))
        except Exception:  # noqa: BLE001 - the guard of one query's part of the job
            _log.exception("The query %r could not be evaluated because of a bug", query)
            broken.add(query)
    return found, broken
