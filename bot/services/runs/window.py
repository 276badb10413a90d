"""Window: the papers that a run checks, indexed once for all its feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.core.decisions import always_posted, listed_on, posting_order, reach_from
from bot.core.feeds import Feed, LastRun
from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.matching.index import PaperIndex
from bot.services.runs.closeness import ClosePapers
from bot.services.runs.garbage import no_cycle_search


class Window:
    @no_cycle_search()
    def __init__(
        self,
        papers: Sequence[Paper],
        *,
        since: datetime,
        first_seen: Mapping[PaperId, datetime],
        now: datetime,
        backfill_days: int,
    ) -> None:
        """Of the papers that were first seen before `since`, `first_seen` may leave out any."""
        self.since = since  # the last check of each of the feeds was then or later
        self.papers = {paper.id: paper for paper in posting_order(papers)}
        self.place_of = {paper_id: place for place, paper_id in enumerate(self.papers)}.__getitem__
        self.first_seen = first_seen
        self.today = open_list_day(now)
        self.first = min((paper.list_day for paper in papers if paper.list_day), default=self.today)
        self.index = PaperIndex(self.papers.values())
        self.close = ClosePapers(papers, self.index)
        self._now = now
        self._backfill_days = backfill_days
        self._listed = [
            (day, first_seen.get(paper.id)) for paper in papers if (day := listed_on(paper)) is not None
        ]
        # Most feeds ran at one of a few moments, and have one of a few filters.
        self._reach: dict[datetime, date] = {}
        self._quiet: dict[tuple[datetime | None, datetime, date], LastRun] = {}
        self._always_posted: dict[tuple[int, bool, date], frozenset[PaperId]] = {}

    def reach(self, checked_at: datetime) -> date:
        """The oldest list day that a feed checks whose last check was then."""
        if checked_at not in self._reach:
            self._reach[checked_at] = reach_from(checked_at, now=self._now, backfill_days=self._backfill_days)
        return self._reach[checked_at]

    def quiet(self, ran_at: datetime | None, checked_at: datetime, since: date) -> LastRun:
        """The figures of a feed that no paper matches, by its last run, last check and first list day.

        New are the papers that it reaches which were first seen since its last run; all if it never ran.
        """
        key = (ran_at, checked_at, since)
        if key not in self._quiet:
            first = max(since, self.reach(checked_at))
            new = sum(
                day >= first and (ran_at is None or (seen_at is not None and seen_at > ran_at))
                for day, seen_at in self._listed
            )
            self._quiet[key] = LastRun(new=new, matched=0, planned=0)
        return self._quiet[key]

    def always_posted(self, feed: Feed, *, first: date) -> frozenset[PaperId]:
        """The papers of list days from `first` on that the feed posts if it has not yet, see there."""
        key = (feed.settings.min_upvotes, feed.settings.only_with_code, max(first, self.first))
        if key not in self._always_posted:
            self._always_posted[key] = always_posted(
                feed, self.papers.values(), first=first, today=self.today
            )
        return self._always_posted[key]
