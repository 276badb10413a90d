"""The answer of /deliver: what was posted, what is pending, and why the rest was not posted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.decisions import Stage
from bot.core.feeds import Feed
from bot.core.list_days import WINDOW_DAYS
from bot.core.plurals import count, is_or_are
from bot.core.posts import Post
from bot.discord.answers.feed_settings import follow_up_obstacles, next_post_of
from bot.discord.answers.feed_status import failed_post, unconfirmed_posts
from bot.discord.answers.formatting import code, grouped, message_link, moment
from bot.discord.answers.pages import COLOR
from bot.services.feeds.feeds import DeliveredNow, FeedState
from bot.services.runs.run import RequestedRun


def delivered(result: DeliveredNow, *, now: datetime) -> discord.Embed:
    """How many papers were posted, where, and what happens to the rest."""
    state, posts = result.state, result.delivered
    feed = state.feed
    lines: list[str] = []
    if posts.sent:
        link = message_link(feed.server_id, posts.sent[0])
        lines.append(f"Posted {_papers(posts.sent)} in <#{feed.channel_id}>: {link}")
    lines.extend(_pending(state, posts.waiting, now=now))
    lines.extend(
        f"{_papers(alike)} could not be posted. {why}"
        for why, alike in grouped(posts.failed, by=failed_post).items()
    )
    lines.extend(_not_posted(feed, result.run, is_first=not lines))
    lines.append(next_post_of(state, now=now))
    lines.extend(follow_up_obstacles(feed, state.access, pings=state.pings))
    title = "Posted" if posts.sent else "Nothing posted"
    return discord.Embed(title=title, description="\n".join(lines), color=COLOR)


def _not_posted(feed: Feed, run: RequestedRun, *, is_first: bool) -> Iterator[str]:
    """Which matching papers were not posted and why, and what could not be checked.

    "Nothing is pending" is said only if that is known.
    """
    yield from _filtered(feed, run.filtered)
    if run.list_problem is not None:
        yield (
            f"⚠️ The list could not be read completely just now, because {run.list_problem}. Newly listed "
            "papers may be missing. I'll read it again automatically and post any matches at the next run."
        )
    elif run.unreadable:
        yield (
            f"⚠️ {count(run.unreadable, 'item')} on recent lists could not be read, so papers may be missing "
            "here. `/status` shows which lists."
        )
    if not run.is_whole:
        yield (
            "⚠️ A bug kept me from checking one of the subscriptions. The next run tries again; the bot's "
            "operator can find the details in its log."
        )
    is_complete = run.list_problem is None and not run.unreadable and run.is_whole
    if is_first and not run.filtered and is_complete:
        yield (
            f"Nothing is pending for <#{feed.channel_id}>: all matching papers listed since "
            f"{date_text(run.since)} have been posted."
        )


def _filtered(feed: Feed, filtered: Mapping[Stage, int]) -> Iterator[str]:
    """How many matching papers each part of the filter holds back, and what happens to them."""
    if number := filtered.get(Stage.UPVOTES, 0):
        has = "has" if number == 1 else "have"
        needed = count(feed.settings.min_upvotes, "upvote")
        yield f"{count(number, 'matching paper')} {has} fewer than {needed} so far."
    if number := filtered.get(Stage.CODE, 0):
        has = "has" if number == 1 else "have"
        yield f"{count(number, 'matching paper')} {has} no code repository so far."
    if filtered.get(Stage.UPVOTES) or filtered.get(Stage.CODE):
        yield (
            f"-# Papers are rechecked at every run for {WINDOW_DAYS} days after their list day; `/explain` "
            "shows each one."
        )
    if number := filtered.get(Stage.EXCLUDED, 0):
        excluded = f" by {code(feed.settings.exclude.text)}" if feed.settings.exclude else ""
        yield f"{count(number, 'matching paper')} {is_or_are(number)} excluded{excluded}."


def _pending(state: FeedState, waiting: Sequence[Post], *, now: datetime) -> Iterator[str]:
    """What happens to the posts that were not sent: the unconfirmed ones, and the others."""
    unconfirmed = [post for post in waiting if post.unconfirmed_since]
    others = [post for post in waiting if not post.unconfirmed_since]
    are = is_or_are(_number_of_papers(others))
    if others and state.feed.block is not None:
        yield f"{_papers(others)} {are} still pending: the channel is blocked."
    elif others:
        reasons = " ".join(sorted({post.reason for post in others if post.reason}))
        why = f": {reasons}" if reasons else "."
        at = moment(min(post.next_attempt_at for post in others), now=now)
        yield f"{_papers(others)} {are} still pending{why} Next attempt: {at}. `/status` shows details."
    if unconfirmed:
        are = is_or_are(_number_of_papers(unconfirmed))
        yield f"{_papers(unconfirmed)} {are} unconfirmed. {unconfirmed_posts(is_one=len(unconfirmed) == 1)}"


def _papers(posts: Sequence[Post]) -> str:
    return count(_number_of_papers(posts), "paper")


def _number_of_papers(posts: Sequence[Post]) -> int:
    return sum(len(post.entries) for post in posts)
