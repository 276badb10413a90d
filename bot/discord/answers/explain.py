"""The answer of /explain: decisions in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.decisions import FILTER_STAGES, Decision, Stage
from bot.core.feeds import Feed, Subscription
from bot.core.list_days import open_list_day
from bot.core.markdown import link
from bot.core.plurals import count, in_a_list
from bot.core.posts import Post, PostState
from bot.core.words.latex import readable
from bot.discord.answers.feed_status import (
    ADD_A_SUBSCRIPTION,
    failed_post,
    follow_up_problem,
    next_post,
    unconfirmed_posts,
)
from bot.discord.answers.focus import closeness_text
from bot.discord.answers.formatting import code, message_link, moment, relative
from bot.discord.answers.pages import COLOR, pages
from bot.services.queries.explanations import Explanation

_MAX_QUERIES = 10
# Of several channels: where the paper is or will be posted, where it waits, the others.
_ORDER = (Stage.POSTED, *(stage for stage in reversed(Stage) if stage is not Stage.POSTED))
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TITLES = {
    Stage.LISTED: "Not posted: not on the list",
    Stage.REACH: "Not posted: listed too long ago",
    Stage.SINCE: "Not posted: listed before the subscription",
    Stage.MATCHES: "Not posted: no subscription matches",
    Stage.FOCUS: "Not posted: not close enough",
    Stage.EXCLUDED: "Not posted: excluded",
    Stage.CODE: "Waiting for code",
    Stage.UPVOTES: "Waiting for upvotes",
    Stage.POSTED: "Posted",
    Stage.POST: "Coming with the next post",
}
# Once the days are over on which it is rechecked.
_TITLES_UNREACHED = {
    Stage.CODE: "Not posted: never had a code repository",
    Stage.UPVOTES: "Not posted: never reached the upvote minimum",
}


def explained(explanations: Sequence[Explanation], *, now: datetime) -> list[discord.Embed]:
    """What happens to the paper in each of these channels, and why."""
    paper = explanations[0].paper
    title = link(readable(paper.title), paper.page_url, limit=400)
    if len(explanations) > 1:
        in_order = sorted(explanations, key=lambda explanation: _ORDER.index(explanation.decision.stage))
        return pages(
            (_in_channel(explanation, now=now) for explanation in in_order),
            title=_summary(explanations),
            intro=title,
        )
    (only,) = explanations
    lines = [f"{title}\n{_where(only.feed)}\n", _reason(only, now=now), *_closeness(only)]
    return [discord.Embed(title=_title(only, now=now), description="\n".join(lines), color=COLOR)]


def _where(feed: Feed) -> str:
    return f"in <#{feed.channel_id}>" if feed.user_id is None else "in your direct messages"


def _summary(explanations: Sequence[Explanation]) -> str:
    """In how many of several channels the paper is posted, else in how many it will be."""
    suffix = f"of {len(explanations)} channels"
    posted = sum(
        explanation.post is not None and explanation.post.state is PostState.SENT
        for explanation in explanations
    )
    if posted:
        return f"Posted in {posted} {suffix}"
    coming = sum(explanation.decision.stage is Stage.POST for explanation in explanations)
    return f"Coming in {coming} {suffix}" if coming else f"Not posted in any {suffix}"


def _in_channel(explanation: Explanation, *, now: datetime) -> str:
    heading = f"**{_title(explanation, now=now)}** {_where(explanation.feed)}"
    return "\n".join([heading, _reason(explanation, now=now), *_closeness(explanation), ""])


def _title(explanation: Explanation, *, now: datetime) -> str:
    stage, post = explanation.decision.stage, explanation.post
    filtered_out_by = explanation.decision.filtered_by if stage is Stage.REACH else stage
    if filtered_out_by is not None and filtered_out_by in FILTER_STAGES:
        unreached = _TITLES_UNREACHED.get(filtered_out_by) if _is_over(explanation, now=now) else None
        return unreached or _TITLES[filtered_out_by]
    if stage is not Stage.POSTED or post is None or post.state is PostState.SENT:
        return _TITLES[stage]
    if post.state is PostState.FAILED:
        return "Could not be posted"
    return "Unconfirmed" if post.unconfirmed_since is not None else "Pending"


def _reason(explanation: Explanation, *, now: datetime) -> str:  # noqa: PLR0911 - a stage, a sentence
    decision, paper, feed = explanation.decision, explanation.paper, explanation.feed
    day = date_text(paper.list_day) if paper.list_day else ""
    match decision.stage:
        case Stage.LISTED if paper.withdrawn_at is not None:
            return "It was withdrawn, and withdrawn papers are not posted."
        case Stage.LISTED:
            return "As far as I know, it was never on the Daily Papers list. Only listed papers are posted."
        case Stage.MATCHES | Stage.FOCUS:
            return _not_taken(explanation)
        case Stage.SINCE:
            since = date_text(decision.wanted_from) if decision.wanted_from else ""
            return (
                f"It {_takes(explanation)}, but it was on the list of {day}, and the "
                f"subscription starts with the list of {since}. `/preview` shows older papers."
            )
        case Stage.REACH:
            return _out_of_reach(explanation, now=now)
        case Stage.EXCLUDED:
            return _excluded(explanation, now=now)
        case Stage.CODE | Stage.UPVOTES:
            return _waiting(explanation, now=now)
        case Stage.POSTED:
            return _post(explanation, decision.post, now=now)
        case Stage.POST:
            at_once = " `/deliver` posts it now." if feed.is_active and feed.user_id is None else ""
            return (
                f"It was on the list of {day} and {_takes(explanation)}.\n{next_post(feed, now=now)}{at_once}"
            )


def _not_taken(explanation: Explanation) -> str:
    """That no subscription takes the paper: it matches none, or is not close enough to what it matches."""
    day = date_text(explanation.paper.list_day) if explanation.paper.list_day else ""
    if explanation.decision.stage is Stage.FOCUS:
        return f"It was on the list of {day} and {_takes(explanation)}, but isn't close enough to that."
    return (
        f"It was on the list of {day}, but {_no_match(explanation)}\n`/preview` shows what "
        "other keywords would find."
    )


def _takes(explanation: Explanation) -> str:
    """Which of the subscriptions that the decision is about the paper matches, and which it is close to."""
    close = _close(explanation)
    matched = [item for item in explanation.decision.matched if item not in close]
    parts = [f"matches {_queries(matched)}"] if matched else []
    parts += [f"is close to {_queries(close)}"] if close else []
    return in_a_list(parts)


def _close(explanation: Explanation) -> list[Subscription]:
    """Those of the subscriptions that the decision is about that the paper is close to without matching."""
    closeness = explanation.closeness
    return [
        item
        for item in explanation.decision.matched
        if item.id in closeness and not closeness[item.id].is_hit
    ]


def _closeness(explanation: Explanation) -> Iterator[str]:
    """How close the paper is to subscriptions that are not exact, and what each asks for."""
    if explanation.decision.stage is Stage.LISTED:
        return
    for item in explanation.subscriptions:
        if item.id in explanation.closeness:
            yield f"-# {closeness_text(item, explanation.closeness[item.id])}"


def _no_match(explanation: Explanation) -> str:
    subscriptions = explanation.subscriptions
    if explanation.feed.user_id is not None:
        return f"matches nothing that you follow: {_queries(subscriptions) or 'no keywords'}."
    if not subscriptions:
        return f"the channel has no subscriptions. {ADD_A_SUBSCRIPTION}"
    if len(subscriptions) == 1:
        return f"does not match the channel's only subscription: {_queries(subscriptions)}."
    return f"matches none of the channel's {len(subscriptions)} subscriptions: {_queries(subscriptions)}."


def _waiting(explanation: Explanation, *, now: datetime) -> str:
    """What the paper lacks for the feed's filter, and until when it is or was rechecked."""
    decision = explanation.decision
    lacks = f"It {_takes(explanation)}, but has {in_a_list(list(_lacking(explanation)))}."
    if _is_over(explanation, now=now):
        return f"{lacks} It was rechecked until {_last_day(decision)}."
    return (
        f"{lacks} It is rechecked at every run until {_last_day(decision)}.\n"
        f"{next_post(explanation.feed, now=now)}"
    )


def _lacking(explanation: Explanation) -> Iterator[str]:
    paper, feed = explanation.paper, explanation.feed
    if feed.settings.only_with_code and paper.github_repo is None:
        yield "no code repository"
    if paper.upvotes < feed.settings.min_upvotes:
        yield f"only {paper.upvotes:,} of {count(feed.settings.min_upvotes, 'upvote')}"


def _excluded(explanation: Explanation, *, now: datetime) -> str:
    decision, exclude = explanation.decision, explanation.feed.settings.exclude
    query = code(exclude.text) if exclude else "a query"
    also = f"matches {query}" if _close(explanation) else f"also {query}"
    excluded = f"It {_takes(explanation)}, but {also}, which the channel excludes."
    if _is_over(explanation, now=now):
        return excluded
    return (
        f"{excluded} If `/config filter` removes the exclusion by {_last_day(decision)}, it is rechecked at "
        "the next run."
    )


def _out_of_reach(explanation: Explanation, *, now: datetime) -> str:
    decision = explanation.decision
    if decision.filtered_by is Stage.EXCLUDED:
        return _excluded(explanation, now=now)
    if decision.filtered_by is not None:
        return _waiting(explanation, now=now)
    day = date_text(explanation.paper.list_day) if explanation.paper.list_day else ""
    return (
        f"It {_takes(explanation)}, but runs no longer check the list of {day}: papers on it "
        f"that were not posted by {_last_day(decision)} are no longer posted."
    )


def _is_over(explanation: Explanation, *, now: datetime) -> bool:
    """Whether the days are over on which a filtered paper is rechecked."""
    until = explanation.decision.waits_until
    return until is None or explanation.decision.stage is Stage.REACH or until < open_list_day(now)


def _last_day(decision: Decision) -> str:
    until = decision.waits_until
    return f"{_WEEKDAYS[until.weekday()]} {date_text(until)}" if until else "now"


def _post(explanation: Explanation, post: Post | None, *, now: datetime) -> str:
    if post is None:
        return "It was posted."
    return "\n".join(filter(None, (_progress(explanation, post, now=now), _posted_for(explanation, post))))


def _posted_for(explanation: Explanation, post: Post) -> str:
    """What the paper is posted for, as it was stored with the post; '' if that is not known."""
    texts = {item.query.canonical: item.query.text for item in explanation.subscriptions}
    for entry in post.entries:
        if entry.paper_id == explanation.paper.id:
            close = [query for query in entry.queries if query not in entry.matched]
            parts = [
                f"{what} {_named([texts.get(query, query) for query in queries])}"
                for what, queries in (("matched", entry.matched), ("was close to", close))
                if queries
            ]
            return f"It {in_a_list(parts)}." if parts else ""
    return ""


def _progress(explanation: Explanation, post: Post, *, now: datetime) -> str:
    """What happened to the post so far."""
    feed = explanation.feed
    if post.state is PostState.SENT:
        when = relative(post.sent_at) if post.sent_at else ""
        posted = f"It was posted {when}: {message_link(feed.server_id, post)}"
        bare = f"Only its title and link were posted. {post.refusal}" if post.refusal is not None else ""
        problems = (
            follow_up_problem(follow_up, now=now, is_active=feed.is_active)
            for follow_up in explanation.follow_ups
        )
        return "\n".join(filter(None, [posted, bare, *problems]))
    if post.state is PostState.FAILED and feed.user_id is not None:
        return f"{post.refusal or post.reason or ''} `/my resume` tries again.".strip()
    if post.state is PostState.FAILED:
        return failed_post(post)
    if post.unconfirmed_since is not None:
        since = relative(post.unconfirmed_since)
        return f"Discord did not confirm an attempt to post it ({since}). {unconfirmed_posts(is_one=True)}"
    if not feed.is_active:
        return next_post(feed, now=now)
    attempt = f"Next attempt: {moment(post.next_attempt_at, now=now)}."
    return f"The last attempt failed: {post.reason} {attempt}" if post.reason else attempt


def _queries(subscriptions: Sequence[Subscription]) -> str:
    return _named([item.query.text for item in subscriptions])


def _named(queries: Sequence[str]) -> str:
    shown = ", ".join(map(code, queries[:_MAX_QUERIES]))
    more = len(queries) - _MAX_QUERIES
    return f"{shown} and {more} more" if more > 0 else shown
