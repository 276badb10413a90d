"""Matches: the papers of an index that the queries of several feeds match, with the focus of each.

A query that cannot be evaluated because of a bug does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.feeds import Feed, Subscription
from bot.core.ids import FeedId, PaperId, SubscriptionId
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
    since: date  # the latest of the days on which those subscriptions began


class Matches:
    """What the subscriptions and exclusions of feeds match."""

    def __init__(
        self,
        index: PaperIndex,
        close: ClosePapers,
        *,
        feeds: Sequence[Feed],
        subscriptions: Mapping[FeedId, Sequence[Subscription]],
        hits: Mapping[str, tuple[PaperId, ...]] = NO_HITS,
    ) -> None:
        """`hits` has the papers of expressions that were searched already."""
        self._subscriptions = subscriptions
        everyone = [item for known in subscriptions.values() for item in known]
        # In their order, in which memory is read faster than in that of a set.
        asked = dict.fromkeys([item.query.expression for item in everyone])
        asked |= dict.fromkeys([feed.settings.exclude.expression for feed in feeds if feed.settings.exclude])
        new = [expression for expression in asked if expression not in hits] if hits else asked.keys()
        found, self._broken = _guarded(index.search_many, new)
        self._papers = {**hits, **found}
        focused = {query for item in everyone if item.focus_terms and (query := FocusedQuery.of(item))}
        self._focused, self._broken_focused = _guarded(
            lambda queries: close.search(queries, self._papers), focused
        )
        self._excluded: dict[str, frozenset[PaperId]] = {}
        matching = self._papers.get
        self._taking: dict[FeedId, list[Subscription]] = {}
        for item in [
            subscription
            for subscription in everyone
            if matching(subscription.query.expression) or (focused and self._taken(subscription))
        ]:
            self._taking.setdefault(item.feed_id, []).append(item)

    def candidates(self, feed_id: FeedId) -> Candidates | None:
        """The papers that the feed's subscriptions match, and those that may be close enough to them."""
        if feed_id not in self._taking:
            return None
        papers: dict[PaperId, tuple[Subscription, ...]] = {}
        closeness: dict[PaperId, dict[SubscriptionId, Closeness]] = {}
        for item in self._taking[feed_id]:
            taken = self._taken(item)
            if isinstance(taken, Mapping):
                for paper_id, close in taken.items():
                    closeness.setdefault(paper_id, {})[item.id] = close
            if not papers:
                papers = dict.fromkeys(taken, (item,))
                continue
            for paper_id in taken:
                papers[paper_id] = (*papers.get(paper_id, ()), item)
        since = max([item.since for item in self._taking[feed_id]])
        return Candidates(papers=papers, closeness=closeness, since=since)

    def _taken(self, subscription: Subscription) -> Sequence[PaperId] | Mapping[PaperId, Closeness]:
        """The papers that a subscription matches, or with its closeness where it is not exact."""
        query = FocusedQuery.of(subscription)
        if query is None:
            return self._papers.get(subscription.query.expression, ())
        return self._focused.get(query, {})

    def incomplete(self) -> set[FeedId]:
        """The feeds of which a subscription could not be evaluated."""
        if not self._broken and not self._broken_focused:
            return set()
        return {
            feed_id
            for feed_id, known in self._subscriptions.items()
            for item in known
            if item.query.expression in self._broken or FocusedQuery.of(item) in self._broken_focused
        }

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
