"""Answers about feeds: settings, pausing, and posting on request."""

from __future__ import annotations

from datetime import datetime

import discord

from bot.core.feeds import Style
from bot.core.posts import PostState
from bot.discord import phrases
from bot.discord.paging import COLOUR
from bot.discord.phrases import count
from bot.services.delivery import Delivered
from bot.services.feeds import FeedState

_STYLES = {Style.CARDS: "cards, one a paper", Style.DIGEST: "digest, a line a paper"}


def shown(state: FeedState, *, title: str, now: datetime) -> discord.Embed:
    """A feed at a glance, below a title that says what was done."""
    feed = state.feed
    embed = discord.Embed(
        title=title, description=f"<#{feed.channel_id}>\n{next_post(state, now=now)}", colour=COLOUR
    )
    embed.add_field(name="Schedule", value=phrases.schedule(feed.schedule), inline=False)
    style = _STYLES[feed.style]
    if feed.style is Style.CARDS:
        style += f", up to {feed.max_papers} a post; what exceeds them follows as a list"
    embed.add_field(name="Style", value=style, inline=False)
    embed.add_field(name="Subscriptions", value=count(len(state.subscriptions), "subscription"))
    embed.add_field(name="Posted", value=_posted(state))
    return embed


def no_feed(channel_id: int) -> discord.Embed:
    return discord.Embed(
        title="Settings",
        description=f"<#{channel_id}> gets no papers yet: `/subscribe` there makes the first subscription.",
        colour=COLOUR,
    )


def next_post(state: FeedState, *, now: datetime) -> str:
    """When the feed posts next; a feed without subscriptions has nothing to post."""
    if not state.subscriptions and state.feed.is_active:
        return "Nothing is posted: there are no subscriptions. `/subscribe` makes the first one."
    return phrases.next_post(state.feed, now=now)


def delivered(state: FeedState, result: Delivered, *, now: datetime) -> discord.Embed:
    """What /deliver came to: how many papers, where, and what happens to the rest."""
    papers = sum(len(post.entries) for post in result.sent)
    lines: list[str] = []
    if result.sent:
        lines.append(
            f"Posted {count(papers, 'paper')} in <#{state.feed.channel_id}>: "
            f"{phrases.message_link(state.feed.server_id, result.sent[0])}"
        )
    if result.waiting:
        held = sum(len(post.entries) for post in result.waiting)
        reasons = {post.reason for post in result.waiting if post.reason}
        why = f": {' '.join(sorted(reasons))} `/status` tells more." if reasons else "."
        lines.append(f"{count(held, 'paper')} still on the way{why}")
    lines.extend(
        f"{count(len(post.entries), 'paper')} could not be posted: {post.reason} `/deliver` tries again."
        for post in result.failed
    )
    if not lines:
        lines.append(
            f"Nothing waits for <#{state.feed.channel_id}>: every listed paper that matches was posted. "
            "`/explain` tells of a single paper, and `/preview` of what older lists held."
        )
    lines.append(next_post(state, now=now))
    title = "Posted" if result.sent else "Nothing posted"
    return discord.Embed(title=title, description="\n".join(lines), colour=COLOUR)


def _posted(state: FeedState) -> str:
    parts = [count(state.posts.get(PostState.SENT, 0), "message")]
    if state.last_sent is not None and state.last_sent.sent_at is not None:
        parts.append(
            f"the last {phrases.past(state.last_sent.sent_at)}: "
            f"{phrases.message_link(state.feed.server_id, state.last_sent)}"
        )
    if waiting := state.posts.get(PostState.PENDING, 0):
        parts.append(f"{waiting} waiting")
    if failed := state.posts.get(PostState.FAILED, 0):
        parts.append(f"{failed} failed (`/deliver` tries again)")
    return ", ".join(parts)
