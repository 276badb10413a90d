"""Planning: turns due feeds and recent papers into posts. Synchronous, to run in a thread."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from bot.core.closeness import NOT_MEASURED
from bot.core.decisions import POST, Decision, Stage, decide, last_check, posting_order
from bot.core.feeds import Feed, LastRun, Subscription
from bot.core.ids import FeedId, PaperId
from bot.core.papers import Paper
from bot.core.posts import CloseTo, NewPost
from bot.matching.index import PaperIndex
from bot.services.runs.closeness import ClosePapers
from bot.services.runs.garbage import no_cycle_search
from bot.services.runs.layout import new_posts
from bot.services.runs.matches import NO_HITS, Candidates, Matches
from bot.services.runs.window import Window
from bot.store.due_feeds import DueFeed

_log = logging.getLogger(__name__)

ALL_GIVEN: Final[Mapping[FeedId, date]] = MappingProxyType({})  # all subscriptions are


class FeedPlan(NamedTuple):  # a run makes many
    """The papers that one feed will post, in order, and their posts."""

    feed: Feed
    papers: tuple[Paper, ...]
    posts: tuple[NewPost, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plans of several feeds, and the figures of the run for each."""

    plans: tuple[FeedPlan, ...]  # of feeds with something to post
    figures: Mapping[FeedId, LastRun]  # of every feed that was planned
    filtered: Mapping[FeedId, Mapping[PaperId, Decision]]  # the matching papers that a feed's filter stops
    broken: frozenset[FeedId]  # not planned, or without some query, because of a bug that is logged

    def without(self, feed_ids: Collection[FeedId]) -> Planned:
        """The plans of the other feeds."""
        return Planned(
            plans=tuple(item for item in self.plans if item.feed.id not in feed_ids),
            figures={id_: figures for id_, figures in self.figures.items() if id_ not in feed_ids},
            filtered={id_: decisions for id_, decisions in self.filtered.items() if id_ not in feed_ids},
            broken=self.broken.difference(feed_ids),
        )

    def __or__(self, other: Planned) -> Planned:
        """These plans, and those of other feeds."""
        return Planned(
            plans=self.plans + other.plans,
            figures={**self.figures, **other.figures},
            filtered={**self.filtered, **other.filtered},
            broken=self.broken | other.broken,
        )


def hits_of(feeds: Sequence[DueFeed], window: Window) -> Mapping[str, tuple[PaperId, ...]] | None:
    """The papers that the feeds' expressions match, if any; None after a bug, as planning then tries each."""
    try:
        return window.index.search_many(
            dict.fromkeys([expression for feed in feeds for expression in feed.expressions])
        )
    except Exception:  # noqa: BLE001 - planning logs it
        return None


def quiet_feeds(
    feeds: Sequence[DueFeed], window: Window, *, hits: Collection[str] | None
) -> dict[FeedId, LastRun]:
    """The figures of feeds that no paper matches, as most; those that need a closer look are left out.

    `hits` are the expressions that match any paper, if that is known.
    """
    if hits is None:
        return {}
    has_none = frozenset(hits).isdisjoint
    quiet: dict[FeedId, LastRun] = {}
    for feed in feeds:
        if not feed.has_resumed and has_none(feed.expressions):
            quiet[feed.id] = window.quiet(feed.last_run_at, feed.checked_at, feed.since)
    return quiet


@no_cycle_search()
def plan(
    feeds: Sequence[Feed],
    window: Window,
    *,
    subscriptions: Mapping[FeedId, Sequence[Subscription]],
    posted: Collection[tuple[FeedId, PaperId]],
    hits: Mapping[str, tuple[PaperId, ...]] = NO_HITS,
    wanted_from: Mapping[FeedId, date] = ALL_GIVEN,
) -> Planned:
    """Matches, decides and lays out posts for the feeds; a bug in one feed does not stop the others.

    Args:
        feeds: which.
        window: the papers that are checked.
        subscriptions: theirs; those that match no paper may be left out where `wanted_from` has the feed.
        posted: the papers that they have.
        hits: the papers of some of the expressions, where they were searched already.
        wanted_from: the first list day that any subscription of a feed wants.
    """
    matches = Matches(window.index, window.close, feeds=feeds, subscriptions=subscriptions, hits=hits)
    plans: list[FeedPlan] = []
    figures: dict[FeedId, LastRun] = {}
    filtered: dict[FeedId, Mapping[PaperId, Decision]] = {}
    broken = matches.incomplete()
    for feed in feeds:
        known = subscriptions.get(feed.id, ())
        try:
            checked_at = last_check(feed, known)
            since = wanted_from.get(feed.id) or min([item.since for item in known], default=date.min)
            quiet = window.quiet(feed.last_run_at, checked_at, since)
            if (found := matches.candidates(feed.id)) is None:  # as of most feeds
                figures[feed.id] = quiet
                continue
            excluded, oldest = matches.excluded_by(feed), window.reach(checked_at)
            decided = _decide(feed, found, window=window, posted=posted, excluded=excluded, oldest=oldest)
            if wanted := len(decided.queries_of):
                plans.append(_plan_feed(feed, decided, window=window))
            figures[feed.id] = LastRun(quiet.new, wanted + len(decided.filtered), wanted)
            filtered[feed.id] = decided.filtered
        except Exception:  # noqa: BLE001 - the guard of one feed's part of the job
            _log.exception("Feed %d could not be planned because of a bug", feed.id)
            broken.add(feed.id)
    return Planned(plans=tuple(plans), figures=figures, filtered=filtered, broken=frozenset(broken))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    queries_of: Mapping[PaperId, tuple[str, ...]]  # the papers to post, with the queries that want them
    close_to: Mapping[PaperId, CloseTo]  # of those papers
    filtered: Mapping[PaperId, Decision]  # papers that the feed's filter stops, temporarily or not


def _decide(
    feed: Feed,
    found: Candidates,
    *,
    window: Window,
    posted: Collection[tuple[FeedId, PaperId]],
    excluded: Collection[PaperId],
    oldest: date,
) -> _Decided:
    feed_id, closeness_of = feed.id, found.closeness.get
    always = () if found.closeness else window.always_posted(feed, first=max(oldest, found.since))
    filtered: dict[PaperId, Decision] = {}
    queries_of: dict[PaperId, tuple[str, ...]] = {}
    close_to: dict[PaperId, CloseTo] = {}
    last_wanting: tuple[Subscription, ...] = ()
    queries: tuple[str, ...] = ()
    for paper_id, wanting in found.papers.items():
        if paper_id in always and paper_id not in excluded and (feed_id, paper_id) not in posted:
            if wanting is not last_wanting:  # the same subscription wants most of the papers
                last_wanting, queries = wanting, tuple([item.query.canonical for item in wanting])
            queries_of[paper_id] = queries
            continue
        closeness = closeness_of(paper_id, NOT_MEASURED)
        decision = decide(
            feed,
            window.papers[paper_id],
            matched=wanting,
            posted=(feed_id, paper_id) in posted,
            is_excluded=paper_id in excluded,
            first_seen_at=window.first_seen.get(paper_id),
            oldest=oldest,
            today=window.today,
            closeness=closeness,
        )
        if decision.stage is POST:
            queries_of[paper_id] = tuple([item.query.canonical for item in decision.matched])
            if closeness and (close := window.close.close_to(paper_id, decision.matched, closeness)):
                close_to[paper_id] = close
        elif decision.is_filtered_out:
            filtered[paper_id] = decision
    return _Decided(queries_of=queries_of, close_to=close_to, filtered=filtered)


def _plan_feed(feed: Feed, decided: _Decided, *, window: Window) -> FeedPlan:
    ordered = [window.papers[paper_id] for paper_id in sorted(decided.queries_of, key=window.place_of)]
    planned = new_posts(feed, ordered, decided.queries_of, close_to=decided.close_to, pings=True)
    return FeedPlan(feed, tuple(ordered), planned)


def plan_again(
    feed: Feed,
    papers: Sequence[Paper],
    queries_of: Mapping[PaperId, tuple[str, ...]],
    *,
    close_to: Mapping[PaperId, CloseTo],
    pings: bool,
) -> tuple[NewPost, ...]:
    """Posts of papers that were pending when their subscription was removed, and are wanted again."""
    ordered = posting_order([paper for paper in papers if paper.withdrawn_at is None])
    return new_posts(feed, ordered, queries_of, close_to=close_to, pings=pings) if ordered else ()


def plan_older(
    feed: Feed,
    *,
    papers: Sequence[Paper],
    subscriptions: Sequence[Subscription],
    posted: Collection[tuple[FeedId, PaperId]],
    count: int,
) -> FeedPlan | None:
    """Posts of the newest `count` papers that match these subscriptions from before they began.

    Papers that the feed's filter stops do not count. Papers that were posted count but are left out, so that
    a second call plans nothing.
    """
    index = PaperIndex(papers)
    close_papers = ClosePapers(papers, index)
    matches = Matches(index, close_papers, feeds=[feed], subscriptions={feed.id: subscriptions})
    excluded, found = matches.excluded_by(feed), matches.candidates(feed.id)
    if found is None:
        return None
    by_id = {paper.id: paper for paper in papers}
    queries_of: dict[PaperId, tuple[str, ...]] = {}
    close_to: dict[PaperId, CloseTo] = {}
    for paper_id, wanting in found.papers.items():
        paper = by_id[paper_id]
        closeness = found.closeness.get(paper_id, NOT_MEASURED)
        decision = decide(
            feed,
            paper,
            matched=wanting,
            posted=False,
            is_excluded=paper_id in excluded,
            first_seen_at=None,
            oldest=date.min,
            today=date.max,
            closeness=closeness,
        )
        if decision.stage is Stage.SINCE and decision.filtered_by is None:
            queries_of[paper_id] = tuple(subscription.query.canonical for subscription in decision.matched)
            if close := close_papers.close_to(paper_id, decision.matched, closeness):
                close_to[paper_id] = close
    newest = heapq.nlargest(
        count, (by_id[paper_id] for paper_id in queries_of), key=lambda paper: (paper.list_day, paper.upvotes)
    )
    ordered = posting_order([paper for paper in newest if (feed.id, paper.id) not in posted])
    if not ordered:
        return None
    planned = new_posts(feed, ordered, queries_of, close_to=close_to, pings=False)
    return FeedPlan(feed=feed, papers=tuple(ordered), posts=planned)
