"""The one pipeline that decides what happens to a paper in a feed, at which stage, and why.

Delivering, previewing and explaining all call `decide`: there is no second opinion in the code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.core.feeds import Feed, Subscription
from bot.core.list_days import WINDOW_DAYS, open_list_day
from bot.core.papers import Paper
from bot.core.posts import Post


class Stage(StrEnum):
    """Where the pipeline stopped, in the order in which it asks."""

    LISTED = "listed"  # ended: never on the list, or withdrawn
    POSTED = "posted"  # ended: already owed, sent or failed
    MATCHES = "matches"  # ended: no subscription matches
    SINCE = "since"  # ended: listed before the subscriptions that match began
    REACH = "reach"  # ended: its list day is further back than a run reaches
    UPVOTES = "upvotes"  # waits for upvotes, or waited in vain
    POST = "post"  # goes into the feed's next post


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    stage: Stage
    matched: tuple[Subscription, ...] = ()  # the subscriptions that want it
    wanted_from: date | None = None  # SINCE: the list day from which a matching subscription wants papers
    waits_until: date | None = None  # UPVOTES: the last list-day date on which it is looked at again
    post: Post | None = None  # POSTED: the post that has it, where the caller knows it

    @property
    def is_post(self) -> bool:
        return self.stage is Stage.POST


def decide(  # noqa: PLR0911 - one return a stage is the clearest way to write a pipeline
    feed: Feed,
    paper: Paper,
    *,
    matched: Sequence[Subscription],
    posted: Post | bool,
    oldest: date,
) -> Decision:
    """What happens to `paper` in `feed`.

    Args:
        feed: the feed with its filter.
        paper: the paper as the list last showed it.
        matched: those of the feed's subscriptions whose query matches, as the index says.
        posted: the post that holds the paper in this feed, or whether there is one.
        oldest: the oldest list day that the run looks at (`reach`).
    """
    if paper.list_day is None or paper.withdrawn_at is not None:
        return Decision(stage=Stage.LISTED)
    if posted:
        return Decision(
            stage=Stage.POSTED, matched=tuple(matched), post=posted if isinstance(posted, Post) else None
        )
    if not matched:
        return Decision(stage=Stage.MATCHES)
    day = paper.list_day
    wanting = tuple(subscription for subscription in matched if subscription.since <= day)
    if not wanting:
        return Decision(
            stage=Stage.SINCE,
            matched=tuple(matched),
            wanted_from=min(subscription.since for subscription in matched),
        )
    if day < oldest:
        return Decision(stage=Stage.REACH, matched=wanting)
    if paper.upvotes < feed.min_upvotes:
        return Decision(stage=Stage.UPVOTES, matched=wanting, waits_until=day + timedelta(days=WINDOW_DAYS))
    return Decision(stage=Stage.POST, matched=wanting)


def reach(feed: Feed, *, now: datetime, backfill_days: int) -> date:
    """The oldest list day that a run of this feed looks at.

    It goes back to the feed's last finished run, so that time offline, held or paused loses nothing, and
    always over the window, so that what the list showed late is not lost; at most `backfill_days` back, but
    never less than the window.
    """
    today = open_list_day(now)
    oldest = today - timedelta(days=max(backfill_days, WINDOW_DAYS))
    last_run = feed.last_run_at or feed.created_at
    return max(oldest, min(open_list_day(last_run), today) - timedelta(days=WINDOW_DAYS))


def posting_order(papers: Collection[Paper]) -> list[Paper]:
    """A run posts by upvotes, then id."""
    return sorted(papers, key=lambda paper: (-paper.upvotes, paper.id))
