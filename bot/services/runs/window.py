"""Window: the papers that a run checks, indexed once for all its feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.core.decisions import reach_from
from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.matching.index import PaperIndex
from bot.services.runs.closeness import ClosePapers
from bot.services.runs.garbage import no_cycle_search


class Window:
    """The papers that a run checks, indexed once for all its feeds."""

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
        self.papers = {paper.id: paper for paper in papers}
        self.first_seen = first_seen
        self.today = open_list_day(now)
        self.first = min((paper.list_day for paper in papers if paper.list_day), default=self.today)
        self.index = PaperIndex(papers)
        self.close = ClosePapers(papers, self.index)
        self._now = now
        self._backfill_days = backfill_days
        self._listed = [
            (paper.list_day, first_seen.get(paper.id))
            for paper in papers
            if paper.list_day is not None and paper.withdrawn_at is None
        ]
        # Most feeds ran at one of a few moments.
        self._reach: dict[datetime, date] = {}
        self._new: dict[tuple[datetime | None, date], int] = {}

    def reach(self, checked_at: datetime) -> date:
        """The oldest list day that a feed checks whose last check was then."""
        if checked_at not in self._reach:
            self._reach[checked_at] = reach_from(checked_at, now=self._now, backfill_days=self._backfill_days)
        return self._reach[checked_at]

    def count_new(self, ran_at: datetime | None, *, first: date) -> int:
        """How many papers from `first` on were first seen since a feed's last run; all if it never ran."""
        key = (ran_at, first)
        if key not in self._new:
            self._new[key] = sum(
                day >= first and (ran_at is None or (seen_at is not None and seen_at > ran_at))
                for day, seen_at in self._listed
            )
        return self._new[key]
