"""Answers about feeds: settings, pausing, and posting on request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import discord

from bot.core.access import Access
from bot.core.cards import date_text
from bot.core.decisions import Stage
from bot.core.feeds import Feed, FeedKind, Style
from bot.core.ids import ChannelId
from bot.core.list_days import WINDOW_DAYS
from bot.core.plurals import count, is_or_are
from bot.core.posts import Post, PostState
from bot.discord.answers import phrases
from bot.discord.answers.pages import COLOUR
from bot.discord.answers.phrases import code
from bot.services.feeds.feeds import DeliveredNow, FeedState
from bot.services.runs.run import RequestedRun

_STYLES = {Style.CARDS: "cards, one a paper", Style.DIGEST: "digest, a line a paper"}
_KINDS = {
    FeedKind.CHANNEL: "channel",
    FeedKind.THREAD: "thread",
    FeedKind.FORUM: "forum; each card is a post of its own",
    FeedKind.DIRECT: "direct messages",
}


def shown(
    state: FeedState, *, title: str, now: datetime, said: str = "", seen: Collection[ChannelId] = ()
) -> discord.Embed:
    """A feed at a glance, below a title that says what was done and words on what comes of it.

    `seen` has the other channels that may be named to the person.
    """
    feed = state.feed
    lines = [f"<#{feed.channel_id}>", said, next_post(state, now=now), _warnings(state)]
    embed = discord.Embed(title=title, description="\n".join(filter(None, lines)), colour=COLOUR)
    embed.add_field(name="Schedule", value=phrases.schedule(feed.schedule), inline=False)
    embed.add_field(name="Kind", value=_KINDS[feed.kind])
    embed.add_field(name="Style", value=_style(feed), inline=False)
    embed.add_field(name="Filter", value=phrases.filtered_out(feed), inline=False)
    embed.add_field(name="Mention", value=_mention(state))
    embed.add_field(name="Threads", value=_threads(feed))
    embed.add_field(name="Publishing", value="on, to the channel's followers" if feed.publishes else "off")
    embed.add_field(name="Subscriptions", value=count(len(state.subscriptions), "subscription"))
    embed.add_field(name="Last run", value=_last_run(state), inline=False)
    embed.add_field(name="Posted", value=_posted(state), inline=False)
    embed.add_field(name="Troubles are told", value=_notices(state, seen), inline=False)
    return embed


def _style(feed: Feed) -> str:
    style = _STYLES[feed.style]
    if feed.style is Style.CARDS:
        style += f", up to {feed.max_papers} a post; what exceeds them follows as a list"
    return style


def _mention(state: FeedState) -> str:
    if state.feed.mention_role_id is None:
        return "nobody"
    return "nobody for now, as said above" if state.ping_obstacle else f"<@&{state.feed.mention_role_id}>"


def _threads(feed: Feed) -> str:
    if feed.kind is FeedKind.FORUM:
        return "each post is one"
    if not feed.opens_threads:
        return "off"
    return "on, under each card" if feed.style is Style.CARDS else f"on, but {NO_THREADS_FOR_LINES}"


NO_THREADS_FOR_LINES = "lines get none: `/config style style:cards` makes cards"


def _last_run(state: FeedState) -> str:
    feed = state.feed
    if feed.last_run is None or feed.last_run_at is None:
        return "none yet"
    is_quiet = not (state.posts.get(PostState.PENDING, 0) or state.posts.get(PostState.FAILED, 0))
    result = phrases.result(feed.last_run, feeds=[feed], is_quiet=is_quiet)
    return f"{phrases.past(feed.last_run_at)}: {result}"


def _notices(state: FeedState, seen: Collection[ChannelId]) -> str:
    if state.notices_channel_id is None:
        return "in a channel that I can post in, else to whoever set this one up; `/config notices` chooses"
    if state.notices_channel_id not in {state.feed.channel_id, *seen}:
        return "in a channel that you cannot see"
    return f"in <#{state.notices_channel_id}>"


def _warnings(state: FeedState) -> str:
    """What is in the way of the feed's posts and of what is to follow on them, as far as can be seen."""
    feed, access = state.feed, state.access
    warnings = [
        # What a hold is about was said with it.
        f"⚠️ {access.obstacle}" if access.obstacle and feed.block is None else None,
        phrases.history_warning(access),
        *obstacles_to_follow_ups(feed, access, ping_obstacle=state.ping_obstacle),
    ]
    return "\n".join(filter(None, warnings))


def obstacles_to_follow_ups(feed: Feed, access: Access, *, ping_obstacle: str | None = None) -> list[str]:
    """Why the feed's messages ping nobody, are not published, or get no threads, though that is wanted.

    Where the same is in the way of posting at all, that is what is to be told.
    """
    found: list[str] = []
    if ping_obstacle:
        found.append(f"⚠️ Nobody is pinged: {ping_obstacle}")
    if feed.publishes and access.publishing_obstacle not in {None, access.obstacle}:
        found.append(f"⚠️ Messages are not published: {access.publishing_obstacle}")
    if feed.opens_threads and access.threads_obstacle not in {None, access.obstacle}:
        found.append(f"⚠️ Threads are not opened: {access.threads_obstacle}")
    return found


def next_post(state: FeedState, *, now: datetime) -> str:
    """When the feed posts next; a feed without subscriptions has nothing to post."""
    if not state.subscriptions and state.feed.is_active:
        return "Nothing is posted: there are no subscriptions. `/subscribe` makes the first one."
    return phrases.next_post(state.feed, now=now)


def delivered(result: DeliveredNow, *, now: datetime) -> discord.Embed:
    """What /deliver came to: how many papers, where, and what happens to the rest."""
    state, posts = result.state, result.delivered
    feed = state.feed
    lines: list[str] = []
    if posts.sent:
        lines.append(
            f"Posted {_papers(posts.sent)} in <#{feed.channel_id}>: "
            f"{phrases.message_link(feed.server_id, posts.sent[0])}"
        )
    lines.extend(_waiting(state, posts.waiting, now=now))
    lines.extend(
        f"{_papers(alike)} could not be posted. {why}"
        for why, alike in phrases.grouped(posts.failed, by=phrases.failed).items()
    )
    lines.extend(_not_posted(feed, result.run, is_first=not lines))
    lines.append(next_post(state, now=now))
    lines.extend(obstacles_to_follow_ups(feed, state.access, ping_obstacle=state.ping_obstacle))
    title = "Posted" if posts.sent else "Nothing posted"
    return discord.Embed(title=title, description="\n".join(lines), colour=COLOUR)


def _not_posted(feed: Feed, run: RequestedRun, *, is_first: bool) -> Iterator[str]:
    """Which matching papers are not posted and why, and what could not be established.

    That nothing else is there to post is said only where that is known.
    """
    yield from _filtered(feed, run.filtered)
    if run.list_problem is not None:
        yield (
            f"⚠️ The list could not be read completely just now, because {run.list_problem}. Newly listed "
            "papers may be missing. It's read again automatically, and what matches is posted at the next "
            "run."
        )
    elif run.unreadable:
        yield (
            f"⚠️ {count(run.unreadable, 'item')} on the lists of the last days could not be read, and may be "
            "missing here. `/status` shows which lists."
        )
    if not run.is_whole:
        yield (
            "⚠️ A bug kept me from checking one of the subscriptions. The next run tries again; whoever runs "
            "this bot can see the details in its log."
        )
    is_complete = run.list_problem is None and not run.unreadable and run.is_whole
    if is_first and not run.filtered and is_complete:
        yield (
            f"Nothing is pending for <#{feed.channel_id}>: all matching papers listed since "
            f"{date_text(run.since)} have been posted."
        )


def _filtered(feed: Feed, filtered: Mapping[Stage, int]) -> Iterator[str]:
    """How many matching papers each part of the filter stops, and what happens to them."""
    if number := filtered.get(Stage.UPVOTES, 0):
        has = "has" if number == 1 else "have"
        needed = count(feed.min_upvotes, "upvote")
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
        excluded = f" by {code(feed.exclude.text)}" if feed.exclude else ""
        yield f"{count(number, 'matching paper')} {'is' if number == 1 else 'are'} excluded{excluded}."


def _waiting(state: FeedState, waiting: Sequence[Post], *, now: datetime) -> Iterator[str]:
    """What happens to the posts that did not go out: those held back in doubt, and the others."""
    unconfirmed = [post for post in waiting if post.unconfirmed_since]
    others = [post for post in waiting if not post.unconfirmed_since]
    if others and state.feed.block is not None:
        yield f"{_papers(others)} could not be posted: the channel is held. They wait, and nothing is lost."
    elif others:
        reasons = " ".join(sorted({post.reason for post in others if post.reason}))
        why = f": {reasons}" if reasons else "."
        at = phrases.moment(min(post.next_attempt_at for post in others), now=now)
        are = is_or_are(sum(len(post.entries) for post in others))
        yield f"{_papers(others)} {are} still pending{why} The next attempt: {at}. `/status` tells more."
    if unconfirmed:
        are = is_or_are(sum(len(post.entries) for post in unconfirmed))
        yield f"{_papers(unconfirmed)} {are} unconfirmed. {phrases.unconfirmed(is_one=len(unconfirmed) == 1)}"


def _papers(of_posts: Sequence[Post]) -> str:
    return count(sum(len(post.entries) for post in of_posts), "paper")


def _posted(state: FeedState) -> str:
    parts = [count(state.posts.get(PostState.SENT, 0), "message")]
    if state.last_sent is not None and state.last_sent.sent_at is not None:
        parts.append(
            f"the last {phrases.past(state.last_sent.sent_at)}: "
            f"{phrases.message_link(state.feed.server_id, state.last_sent)}"
        )
    if waiting := state.posts.get(PostState.PENDING, 0):
        parts.append(f"{waiting} pending")
    if failed := state.posts.get(PostState.FAILED, 0):
        parts.append(f"{failed} failed (`/deliver` tries again)")
    return ", ".join(parts)
