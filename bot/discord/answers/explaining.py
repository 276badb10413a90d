"""The answer of /explain: a decision in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.decisions import Stage
from bot.core.feeds import Subscription
from bot.core.latex import readable
from bot.core.list_days import open_list_day
from bot.core.markdown import link
from bot.core.posts import Post, PostState
from bot.discord import phrases
from bot.discord.paging import COLOUR
from bot.discord.phrases import code, count
from bot.services.explaining import Explanation

_QUERIES_SHOWN = 10


def explained(found: Explanation, *, now: datetime) -> discord.Embed:
    """What happens to the paper in the channel, at which stage, and why."""
    paper, feed = found.paper, found.feed
    title = link(readable(paper.title), paper.page_url, limit=400)
    return discord.Embed(
        title=_title(found),
        description=f"{title}\nin <#{feed.channel_id}>\n\n{_why(found, now=now)}",
        colour=COLOUR,
    )


_TITLES = {
    Stage.LISTED: "Not posted: not on the list",
    Stage.REACH: "Not posted: listed too long ago",
    Stage.SINCE: "Not posted: listed before the subscription",
    Stage.MATCHES: "Not posted: no subscription matches",
    Stage.UPVOTES: "Waits for upvotes",
    Stage.POSTED: "Posted",
    Stage.POST: "Comes with the next post",
}


def _title(found: Explanation) -> str:
    stage, post = found.decision.stage, found.post
    if stage is not Stage.POSTED or post is None or post.state is PostState.SENT:
        return _TITLES[stage]
    if post.state is PostState.FAILED:
        return "Could not be posted"
    if post.doubtful_since is not None:
        return "Doubtful: posted or not"
    return "On its way" if found.feed.is_active else "Waits"


def _why(found: Explanation, *, now: datetime) -> str:  # noqa: PLR0911 - a stage, a sentence
    decision, paper, feed = found.decision, found.paper, found.feed
    day = date_text(paper.list_day) if paper.list_day else ""
    match decision.stage:
        case Stage.LISTED if paper.withdrawn_at is not None:
            return "It was withdrawn, and withdrawn papers are not posted."
        case Stage.LISTED:
            return "It was never on the Daily Papers list, as far as is known; only listed papers are posted."
        case Stage.MATCHES:
            queries = _queries(found.subscriptions)
            return (
                f"It was on the list of {day}, but matches none of the channel's "
                f"{count(len(found.subscriptions), 'subscription')}: {queries}.\n"
                "`/preview` shows what other keywords would find."
            )
        case Stage.SINCE:
            since = date_text(decision.wanted_from) if decision.wanted_from else ""
            return (
                f"It matches {_queries(decision.matched)}, but was on the list of {day}, and papers are "
                f"wanted from the list of {since} on. `/preview` shows such older papers."
            )
        case Stage.REACH:
            return (
                f"It matches {_queries(decision.matched)}, but the list of {day} is further back than a run "
                "looks."
            )
        case Stage.UPVOTES:
            return _upvotes(found, now=now)
        case Stage.POSTED:
            return _post(found, decision.post, now=now)
        case Stage.POST:
            at_once = " `/deliver` posts it now." if feed.is_active else ""
            return (
                f"It was on the list of {day} and matches {_queries(decision.matched)}.\n"
                f"{phrases.next_post(feed, now=now)}{at_once}"
            )


def _upvotes(found: Explanation, *, now: datetime) -> str:
    decision, paper, feed = found.decision, found.paper, found.feed
    has = f"It matches {_queries(decision.matched)} and has {paper.upvotes} of {feed.min_upvotes} upvotes"
    until = decision.waits_until
    if until is None or until < open_list_day(now):
        return f"{has}; the days in which it was looked at again are over."
    return f"{has}. It is looked at again until {date_text(until)}."


def _post(found: Explanation, post: Post | None, *, now: datetime) -> str:
    if post is None:
        return "It was posted."
    if post.state is PostState.SENT:
        when = phrases.past(post.sent_at) if post.sent_at else ""
        posted = f"It was posted {when}: {phrases.message_link(found.feed.server_id, post)}"
        return "\n".join([posted, *_steps(found, now=now)])
    if post.state is PostState.FAILED:
        return f"It could not be posted: {post.reason} `/deliver` tries again."
    if post.doubtful_since is not None:
        since = phrases.past(post.doubtful_since)
        return f"An attempt had no answer, and the post is held back, {since}. {phrases.doubt(is_one=True)}"
    if not found.feed.is_active:
        return f"It is to be posted and waits. {phrases.next_post(found.feed, now=now)}"
    why = f" because the last one did not succeed: {post.reason}" if post.reason else "."
    return f"It is on its way. The next attempt: {phrases.moment(post.next_attempt_at, now=now)}{why}"


def _steps(found: Explanation, *, now: datetime) -> list[str]:
    """What is to follow on the message and did not yet."""
    return list(
        filter(None, (phrases.step(step, now=now, is_active=found.feed.is_active) for step in found.steps))
    )


def _queries(subscriptions: Sequence[Subscription]) -> str:
    shown = ", ".join(code(item.text) for item in subscriptions[:_QUERIES_SHOWN])
    more = len(subscriptions) - _QUERIES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "none"
