"""The answer of /explain: a decision in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.decisions import FILTER_STAGES, Decision, Stage
from bot.core.feeds import Subscription
from bot.core.list_days import open_list_day
from bot.core.markdown import link
from bot.core.plurals import count
from bot.core.posts import Post, PostState
from bot.core.words.latex import readable
from bot.discord.answers import phrases
from bot.discord.answers.pages import COLOUR
from bot.discord.answers.phrases import code
from bot.services.queries.explain import Explanation

_QUERIES_SHOWN = 10
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def explained(found: Explanation, *, now: datetime) -> discord.Embed:
    """What happens to the paper in the channel, at which stage, and why."""
    paper, feed = found.paper, found.feed
    title = link(readable(paper.title), paper.page_url, limit=400)
    return discord.Embed(
        title=_title(found, now=now),
        description=f"{title}\nin <#{feed.channel_id}>\n\n{_why(found, now=now)}",
        colour=COLOUR,
    )


_TITLES = {
    Stage.LISTED: "Not posted: not on the list",
    Stage.REACH: "Not posted: listed too long ago",
    Stage.SINCE: "Not posted: listed before the subscription",
    Stage.MATCHES: "Not posted: no subscription matches",
    Stage.EXCLUDED: "Not posted: excluded",
    Stage.CODE: "Waits for code",
    Stage.UPVOTES: "Waits for upvotes",
    Stage.POSTED: "Posted",
    Stage.POST: "Comes with the next post",
}


# Where the days are over in which it could have got them.
_TITLES_UNREACHED = {
    Stage.CODE: "Not posted: waited for code in vain",
    Stage.UPVOTES: "Not posted: waited for upvotes in vain",
}


def _title(found: Explanation, *, now: datetime) -> str:
    stage, post = found.decision.stage, found.post
    filtered_out_by = found.decision.lacks if stage is Stage.REACH else stage
    if filtered_out_by is not None and filtered_out_by in FILTER_STAGES:
        never_reached = _TITLES_UNREACHED.get(filtered_out_by) if _is_over(found, now=now) else None
        return never_reached or _TITLES[filtered_out_by]
    if stage is not Stage.POSTED or post is None or post.state is PostState.SENT:
        return _TITLES[stage]
    if post.state is PostState.FAILED:
        return "Could not be posted"
    if post.unconfirmed_since is not None:
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
            return _out_of_reach(found, now=now)
        case Stage.EXCLUDED:
            return _excluded(found, now=now)
        case Stage.CODE | Stage.UPVOTES:
            return _waits(found, now=now)
        case Stage.POSTED:
            return _post(found, decision.post, now=now)
        case Stage.POST:
            at_once = " `/deliver` posts it now." if feed.is_active else ""
            return (
                f"It was on the list of {day} and matches {_queries(decision.matched)}.\n"
                f"{phrases.next_post(feed, now=now)}{at_once}"
            )


def _waits(found: Explanation, *, now: datetime) -> str:
    """That it waits for what the feed's filter asks for, and until when; or that it waited in vain."""
    decision = found.decision
    matches = f"It matches {_queries(decision.matched)}"
    missing = ", ".join(_missing(found))
    if _is_over(found, now=now):
        return f"{matches} and waited in vain: {missing}, until {_last_day(decision)}."
    return (
        f"{matches} and waits: {missing}, until {_last_day(decision)}. It is looked at again at each run.\n"
        f"{phrases.next_post(found.feed, now=now)}"
    )


def _missing(found: Explanation) -> Iterator[str]:
    paper, feed = found.paper, found.feed
    if feed.only_with_code and paper.github_repo is None:
        yield "no code repository"
    if paper.upvotes < feed.min_upvotes:
        yield f"{paper.upvotes:,} of {count(feed.min_upvotes, 'upvote')}"


def _excluded(found: Explanation, *, now: datetime) -> str:
    decision, exclude = found.decision, found.feed.exclude
    query = code(exclude.text) if exclude else "a query"
    excluded = f"It matches {_queries(decision.matched)}, but also {query}, which the channel excludes."
    if _is_over(found, now=now):
        return excluded
    return (
        f"{excluded} If `/config filter` ends that by {_last_day(decision)}, it is looked at again at the "
        "next run."
    )


def _out_of_reach(found: Explanation, *, now: datetime) -> str:
    decision = found.decision
    if decision.lacks is Stage.EXCLUDED:
        return _excluded(found, now=now)
    if decision.lacks is not None:
        return _waits(found, now=now)
    day = date_text(found.paper.list_day) if found.paper.list_day else ""
    return (
        f"It matches {_queries(decision.matched)}, but the list of {day} is further back than a run looks: "
        f"what was not posted by {_last_day(decision)} is not looked at again."
    )


def _is_over(found: Explanation, *, now: datetime) -> bool:
    """Whether the days are over in which a paper that was kept out is looked at again."""
    until = found.decision.waits_until
    return until is None or found.decision.stage is Stage.REACH or until < open_list_day(now)


def _last_day(decision: Decision) -> str:
    until = decision.waits_until
    return f"{_WEEKDAYS[until.weekday()]} {date_text(until)}" if until else "now"


def _post(found: Explanation, post: Post | None, *, now: datetime) -> str:
    if post is None:
        return "It was posted."
    if post.state is PostState.SENT:
        when = phrases.past(post.sent_at) if post.sent_at else ""
        posted = f"It was posted {when}: {phrases.message_link(found.feed.server_id, post)}"
        bare = f"Only its title and link were posted. {post.refusal}" if post.refusal is not None else ""
        return "\n".join(filter(None, [posted, bare, *_follow_ups(found, now=now)]))
    if post.state is PostState.FAILED:
        return f"It could not be posted. {phrases.failed(post)}"
    if post.unconfirmed_since is not None:
        since = phrases.past(post.unconfirmed_since)
        return f"An attempt had no answer; the post is held back, {since}. {phrases.unconfirmed(is_one=True)}"
    if not found.feed.is_active:
        return f"It is to be posted and waits. {phrases.next_post(found.feed, now=now)}"
    why = f" because the last one did not succeed: {post.reason}" if post.reason else "."
    return f"It is on its way. The next attempt: {phrases.moment(post.next_attempt_at, now=now)}{why}"


def _follow_ups(found: Explanation, *, now: datetime) -> list[str]:
    """What is to follow on the message and did not yet."""
    return list(
        filter(
            None,
            (
                phrases.follow_up(follow_up, now=now, is_active=found.feed.is_active)
                for follow_up in found.follow_ups
            ),
        )
    )


def _queries(subscriptions: Sequence[Subscription]) -> str:
    shown = ", ".join(code(item.query.text) for item in subscriptions[:_QUERIES_SHOWN])
    more = len(subscriptions) - _QUERIES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "none"
