"""Decisions: the one pipeline that decides what happens to a paper in a feed, at which stage, and why.

Delivery, /preview and /explain all call `decide`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from bot.core.closeness import NOT_MEASURED, Closeness
from bot.core.feeds import Feed, Subscription
from bot.core.ids import PaperId, SubscriptionId
from bot.core.list_days import WINDOW_DAYS, open_list_day
from bot.core.papers import Paper
from bot.core.posts import Post


class Stage(StrEnum):
    """Where the pipeline stopped, in the order of its checks."""

    LISTED = "listed"  # ended: never on the list, or withdrawn
    POSTED = "posted"  # ended: already pending, sent or failed
    MATCHES = "matches"  # ended: no subscription matches, or has it close enough
    FOCUS = "focus"  # ended: it matches, but is not about it as closely as the subscriptions' focus asks
    SINCE = "since"  # ended: listed before the subscriptions that match began
    REACH = "reach"  # ended: its list day is further back than a run checks or rechecks
    EXCLUDED = "excluded"  # filtered out: the excluded query matches
    CODE = "code"  # waits for a code repository, or never got one
    UPVOTES = "upvotes"  # waits for upvotes, or never reached the minimum
    POST = "post"  # goes into the feed's next post


class Decision(NamedTuple):  # a run makes one for each match of each feed
    stage: Stage
    matched: tuple[Subscription, ...] = ()  # the subscriptions that want it
    wanted_from: date | None = None  # SINCE: the list day from which a matching subscription wants papers
    # REACH and the stages of the filter: the last open list day on which it is rechecked.
    waits_until: date | None = None
    filtered_by: Stage | None = None  # SINCE, REACH: the stage of the filter that would filter it out as well
    post: Post | None = None  # POSTED: the post that has it, if the caller knows it

    @property
    def is_filtered_out(self) -> bool:
        """Whether only the feed's filter prevents it from being posted."""
        return self.stage in FILTER_STAGES


_WINDOW: Final = timedelta(days=WINDOW_DAYS)
POST: Final = Stage.POST  # a run reads it for each match, and Enum's own lookup is slow
FILTER_STAGES = frozenset({Stage.EXCLUDED, Stage.CODE, Stage.UPVOTES})


def decide(  # noqa: PLR0911 - one return per stage is the clearest way to write a pipeline
    feed: Feed,
    paper: Paper,
    *,
    matched: Sequence[Subscription],
    posted: Post | bool,
    is_excluded: bool,
    first_seen_at: datetime | None,
    oldest: date,
    today: date,
    closeness: Mapping[SubscriptionId, Closeness] = NOT_MEASURED,
) -> Decision:
    """What happens to `paper` in `feed`.

    Args:
        feed: the feed with its filter.
        paper: the paper as the list last showed it.
        matched: the feed's subscriptions whose query matches, by the index, or that may take it as close.
        posted: the post that holds the paper in this feed, or whether there is one.
        is_excluded: whether the feed's excluded query matches, by the index.
        first_seen_at: when the list first showed the paper; None if that was before the feed's last run that
            had these subscriptions.
        oldest: the oldest list day that the run checks (`reach`).
        today: the open list day.
        closeness: how close it is to those of them whose focus is not exact; the others are exact.
    """
    if (day := listed_on(paper)) is None:
        return Decision(stage=Stage.LISTED)
    if posted:
        return Decision(
            stage=Stage.POSTED, matched=tuple(matched), post=posted if isinstance(posted, Post) else None
        )
    if not matched:
        return Decision(stage=Stage.MATCHES)
    if closeness:
        hits, matched = matched, _in_focus(matched, closeness)
        if not matched:
            hits = [item for item in hits if item.id not in closeness or closeness[item.id].is_hit]
            return Decision(stage=Stage.FOCUS if hits else Stage.MATCHES, matched=tuple(hits))
    filtered_by = filtered_out_by(feed, paper, is_excluded=is_excluded)
    wanting = tuple([subscription for subscription in matched if subscription.since <= day])
    if not wanting:
        return Decision(
            stage=Stage.SINCE,
            matched=tuple(matched),
            wanted_from=min(subscription.since for subscription in matched),
            filtered_by=filtered_by,
        )
    waits_until = day + _WINDOW
    is_over = waits_until < today and all(
        _was_checked(feed, day, subscription, first_seen_at=first_seen_at) for subscription in wanting
    )
    if day < oldest or is_over:
        return Decision(stage=Stage.REACH, matched=wanting, waits_until=waits_until, filtered_by=filtered_by)
    if filtered_by is not None:
        return Decision(stage=filtered_by, matched=wanting, waits_until=waits_until)
    return Decision(POST, wanting)


def always_posted(feed: Feed, papers: Iterable[Paper], *, first: date, today: date) -> frozenset[PaperId]:
    """Those of the papers that `decide` posts to each feed with this one's filter that has them not yet.

    That is, to feeds that check them from list day `first` on, for whichever subscriptions match them that
    are exact and want them from that day on. What a feed excludes is not considered.
    """
    return frozenset(
        paper.id
        for paper in papers
        if (day := listed_on(paper)) is not None
        and day >= first
        and day + _WINDOW >= today
        and filtered_out_by(feed, paper, is_excluded=False) is None
    )


def listed_on(paper: Paper) -> date | None:
    """The list day of a paper that can be posted."""
    return paper.list_day if paper.withdrawn_at is None else None


def _in_focus(
    matched: Sequence[Subscription], closeness: Mapping[SubscriptionId, Closeness]
) -> list[Subscription]:
    """Those of the subscriptions that take the paper with their focus."""
    return [item for item in matched if item.id not in closeness or closeness[item.id].satisfies(item.focus)]


def filtered_out_by(feed: Feed, paper: Paper, *, is_excluded: bool) -> Stage | None:
    """The first stage of the feed's filter that the paper does not pass, or None."""
    if is_excluded:
        return Stage.EXCLUDED
    if feed.settings.only_with_code and paper.github_repo is None:
        return Stage.CODE
    if paper.upvotes < feed.settings.min_upvotes:
        return Stage.UPVOTES
    return None


def _was_checked(feed: Feed, day: date, wanting: Subscription, *, first_seen_at: datetime | None) -> bool:
    """Whether the last finished run of this subscription already checked the paper on this list day.

    If so, it was filtered out, and it is posted only within the window. The window does not apply to a paper
    that no run has seen: a bot that was offline for ten days loses nothing.
    """
    ran_at = wanting.last_run_at(feed)
    return (
        ran_at is not None
        and wanting.created_at <= ran_at
        and (first_seen_at is None or first_seen_at <= ran_at)
        and day <= open_list_day(ran_at)  # a paper that comes back has a later day
    )


def reach(feed: Feed, subscriptions: Iterable[Subscription], *, now: datetime, backfill_days: int) -> date:
    """The oldest list day that a run of this feed with these subscriptions checks."""
    return reach_from(last_check(feed, subscriptions), now=now, backfill_days=backfill_days)


def last_check(feed: Feed, subscriptions: Iterable[Subscription]) -> datetime:
    """When the feed last finished a run with all of these subscriptions; if never, when it was made."""
    last = feed.last_run_at or feed.created_at
    for subscription in subscriptions:
        if subscription.resumed is not None:
            last = min(last, subscription.last_run_at(feed) or feed.created_at)
    return last


def reach_from(last_check: datetime, *, now: datetime, backfill_days: int) -> date:
    """The oldest list day that a run checks if the feed's last one was then.

    That is the window before it, so that no paper is lost while the bot is offline, the feed blocked or
    paused, or a subscription removed by mistake, nor if the list shows it late. It is at most `backfill_days`
    back, but never less than the window.
    """
    today = open_list_day(now)
    oldest = today - timedelta(days=max(backfill_days, WINDOW_DAYS))
    return max(oldest, min(open_list_day(last_check), today) - _WINDOW)


def posting_order(papers: Collection[Paper]) -> list[Paper]:
    """The papers in the order of posting: by upvotes, then id."""
    return sorted(papers, key=lambda paper: (-paper.upvotes, paper.id))


def newest_first(papers: Collection[Paper]) -> list[Paper]:
    """The papers by list day, the newest first, and within a day in the order of posting."""
    return sorted(posting_order(papers), key=lambda paper: paper.list_day or date.min, reverse=True)
