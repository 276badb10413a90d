"""A feed's settings as /config show lists them, and what prevents its messages from going out as set."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import discord

from bot.core.access import Access
from bot.core.feed_settings import query_words, role_words
from bot.core.feeds import Feed, FeedKind, Style
from bot.core.ids import ChannelId
from bot.core.plurals import count, in_a_list
from bot.core.posts import PostState
from bot.discord.answers.feed_status import (
    ADD_A_SUBSCRIPTION,
    filter_text,
    history_warning,
    next_post,
    schedule_text,
)
from bot.discord.answers.formatting import message_link, relative
from bot.discord.answers.pages import COLOR
from bot.discord.answers.run_results import run_result
from bot.services.delivery.pings import Pings
from bot.services.feeds.feeds import FeedState

NO_THREADS_IN_DIGESTS = (
    "a digest has no cards to open them under: `/config style style:cards` switches to cards"
)
_MAX_NAMED = 3  # subscriptions in a warning


def feed_settings(state: FeedState, *, now: datetime, visible: Collection[ChannelId] = ()) -> discord.Embed:
    """All settings of a feed; `visible` has the other channels that may be named to the person."""
    feed = state.feed
    lines = [f"<#{feed.channel_id}>", next_post_of(state, now=now), *warnings(state)]
    embed = discord.Embed(title="Settings", description="\n".join(lines), color=COLOR)
    embed.add_field(name="Schedule", value=schedule_text(feed.settings.schedule), inline=False)
    embed.add_field(name="Style", value=_style(feed), inline=False)
    embed.add_field(name="Filter", value=filter_text(feed), inline=False)
    embed.add_field(name="Mention", value=_mention(state))
    embed.add_field(name="Threads", value=_threads(feed))
    embed.add_field(
        name="Publishing", value="on, to the channel's followers" if feed.settings.publishes else "off"
    )
    embed.add_field(name="Subscriptions", value=count(len(state.subscriptions), "subscription"))
    embed.add_field(name="Last run", value=_last_run(state), inline=False)
    embed.add_field(name="Posted", value=_posted(state), inline=False)
    embed.add_field(name="Problem notices", value=_notices(state, visible), inline=False)
    return embed


def next_post_of(state: FeedState, *, now: datetime) -> str:
    """When the feed posts next; without subscriptions it has nothing to post."""
    if not state.subscriptions and state.feed.is_active:
        return f"Nothing is posted: there are no subscriptions. {ADD_A_SUBSCRIPTION}"
    return next_post(state.feed, now=now)


def warnings(state: FeedState) -> list[str]:
    """What prevents the feed from posting as set, as far as the bot can see."""
    feed, access = state.feed, state.access
    obstacles = [
        # A block's reason is part of the next post.
        f"⚠️ {access.obstacle}" if access.obstacle and feed.block is None else None,
        history_warning(access),
        *follow_up_obstacles(feed, access, pings=state.pings),
    ]
    return list(filter(None, obstacles))


def follow_up_obstacles(feed: Feed, access: Access, *, pings: Pings) -> list[str]:
    """Why the feed's messages do not ping, are not published or get no threads, although they should.

    An obstacle that also prevents posting is reported there, not here.
    """
    obstacles = [*_ping_obstacles(pings)]
    if feed.settings.publishes and access.publishing_obstacle not in {None, access.obstacle}:
        obstacles.append(f"⚠️ Messages are not published: {access.publishing_obstacle}")
    if feed.settings.opens_threads and access.threads_obstacle not in {None, access.obstacle}:
        obstacles.append(f"⚠️ Threads are not opened: {access.threads_obstacle}")
    return obstacles


def _ping_obstacles(pings: Pings) -> Iterator[str]:
    if pings.obstacle:
        who = "The channel's role is not" if pings.working else "Nobody is"
        yield f"⚠️ {who} pinged. {pings.obstacle}"
    for role in pings.of_subscriptions:
        named = [f"*{query_words(text)}*" for text in role.keywords[:_MAX_NAMED]]
        named += [f"{more} more"] if (more := len(role.keywords) - _MAX_NAMED) > 0 else []
        yield f"⚠️ The role for {in_a_list(named)} is not pinged. {role.obstacle}"


def _style(feed: Feed) -> str:
    if feed.settings.style is Style.DIGEST:
        return "digest, one line per paper"
    return f"cards, up to {feed.settings.max_papers} per post; further papers follow as a list"


def _mention(state: FeedState) -> str:
    settings = state.feed.settings
    own = sum(item.mention_role_id is not None for item in state.subscriptions)
    parts = [role_words(settings.mention_role_id)]
    if state.pings.obstacle:
        parts = ["nobody for now (see above)"]
    if own:
        parts.append(f"and the roles of {count(own, 'subscription')}")
    if settings.is_silent:
        parts.append("without push notifications")
    return "; ".join(parts)


def _threads(feed: Feed) -> str:
    if feed.kind is FeedKind.FORUM:
        return "each post is a thread"
    if not feed.settings.opens_threads:
        return "off"
    return "on, under each card" if feed.settings.style is Style.CARDS else f"on, but {NO_THREADS_IN_DIGESTS}"


def _last_run(state: FeedState) -> str:
    feed = state.feed
    if feed.last_run is None or feed.last_run_at is None:
        return "none yet"
    is_quiet = not (state.posts.get(PostState.PENDING, 0) or state.posts.get(PostState.FAILED, 0))
    return f"{relative(feed.last_run_at)}: {run_result(feed.last_run, feeds=[feed], is_quiet=is_quiet)}"


def _posted(state: FeedState) -> str:
    parts = [count(state.posts.get(PostState.SENT, 0), "message")]
    if state.last_sent is not None and state.last_sent.sent_at is not None:
        parts.append(
            f"most recently {relative(state.last_sent.sent_at)}: "
            f"{message_link(state.feed.server_id, state.last_sent)}"
        )
    if pending := state.posts.get(PostState.PENDING, 0):
        parts.append(f"{pending} pending")
    if failed := state.posts.get(PostState.FAILED, 0):
        parts.append(f"{failed} failed (`/deliver` tries again)")
    return ", ".join(parts)


def _notices(state: FeedState, visible: Collection[ChannelId]) -> str:
    if state.notices_channel_id is None:
        return "in any channel that I can post in; `/config notices` sets a channel"
    if state.notices_channel_id not in {state.feed.channel_id, *visible}:
        return "in a channel that you can't see"
    return f"in <#{state.notices_channel_id}>"
