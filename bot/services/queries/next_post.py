"""The next post of a channel: what a run would post there now, and what its filter stops."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.access import Access
from bot.core.decisions import Decision, newest_first, reach
from bot.core.feeds import Feed, FeedKind, Subscription
from bot.core.ids import ChannelId, PaperId, RoleId
from bot.core.list_days import open_list_day
from bot.core.messages import Message, without_ping
from bot.core.papers import Paper
from bot.core.posts import NewPost, Post
from bot.errors import Problem, UserError
from bot.services.context import ServiceContext
from bot.services.delivery.pings import Pings, pings_of
from bot.services.delivery.rendering import render
from bot.services.runs.planning import Planned
from bot.services.runs.run import Runs
from bot.store import feeds, list_days, papers, posts, subscriptions

MAX_PENDING_SHOWN = 10  # messages: a channel that was blocked for long has many


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMessage:
    """A message as it would be sent, and the post that it is of."""

    post: Post | NewPost
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPost:
    """What a channel's next post would be, as of now."""

    feed: Feed
    subscriptions: int
    access: Access
    pings: Pings  # of its messages
    # Those from earlier that are still pending, then the new ones; in a forum, the last one is on top.
    posts: tuple[Post | NewPost, ...]
    messages: tuple[NextMessage, ...]  # the same, as they would be sent; not all if very many are pending
    filtered: tuple[tuple[Paper, Decision], ...]  # matching papers that the filter stops, newest first
    first: date  # the oldest list day that any subscription can still take papers from
    days: int  # list days since then
    days_known: int  # how many of them have been read
    problem: Problem | None  # why the newest list may be incomplete
    is_whole: bool  # whether every subscription could be evaluated

    @property
    def pending(self) -> tuple[Post, ...]:
        """The posts that were planned before and are not sent."""
        return tuple(post for post in self.posts if isinstance(post, Post))


class NextPosts:
    """The use case of /preview without keywords."""

    def __init__(self, context: ServiceContext, *, runs: Runs) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._runs = runs
        self._clock = context.clock
        self._backfill_days = context.backfill_days

    async def of_channel(self, channel_id: ChannelId) -> NextPost:
        """What a run would post in the channel now; nothing is planned or sent.

        Raises:
            UserError: it has no subscriptions.
        """
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            current = await subscriptions.of_feed(conn, feed.id) if feed else []
        if feed is None or not current:
            raise UserError(
                f"<#{channel_id}> has no subscriptions, so nothing is posted there. Add one with "
                "`/subscribe`, or give `keywords` to see which recent papers they match."
            )
        planned = await self._runs.planned_now(feed, current)
        new = [post for plan in planned.plans for post in plan.posts]
        shown = {paper.id: paper for plan in planned.plans for paper in plan.papers}
        async with self._database.read() as conn:
            pending = await posts.pending(conn, feed.id)
            first_of_them = pending[:MAX_PENDING_SHOWN]
            shown |= await papers.by_ids(
                conn, [entry.paper_id for post in first_of_them for entry in post.entries]
            )
        upcoming: list[Post | NewPost] = [*pending, *new]
        rendered: list[Post | NewPost] = [*first_of_them, *new]
        if feed.kind is FeedKind.FORUM:
            upcoming.reverse()
            rendered.reverse()
        pings = await pings_of(self._publisher, feed, current, only=_roles(upcoming, current))
        health = await self._runs.source_health()
        first, today = self._first(feed, current), open_list_day(self._clock())
        async with self._database.read() as conn:
            reads = await list_days.reads(conn, first, today)
            filtered = await _filtered(conn, feed, planned)
        return NextPost(
            feed=feed,
            subscriptions=len(current),
            access=await self._publisher.access(feed.place),
            pings=pings,
            posts=tuple(upcoming),
            messages=await asyncio.to_thread(_rendered, feed, rendered, shown, current, pings),
            filtered=filtered,
            first=first,
            days=(today - first).days + 1,
            days_known=len(reads),
            problem=health.last_failure if health.is_failing else None,
            is_whole=not planned.broken,
        )

    def _first(self, feed: Feed, known: list[Subscription]) -> date:
        oldest = reach(feed, known, now=self._clock(), backfill_days=self._backfill_days)
        since = min(subscription.since for subscription in known)
        return min(max(oldest, since), open_list_day(self._clock()))


def _rendered(
    feed: Feed,
    planned: Sequence[Post | NewPost],
    shown: Mapping[PaperId, Paper],
    known: Sequence[Subscription],
    pings: Pings,
) -> tuple[NextMessage, ...]:
    """The messages without pings that would notify nobody."""
    roles = {item.query.canonical: item.mention_role_id for item in known if item.mention_role_id is not None}
    messages: list[NextMessage] = []
    for post in planned:
        message = render(post, shown, kind=feed.kind, roles=roles, is_silent=feed.settings.is_silent)
        for role_id in filter(None, (message.mention_role_id, *message.also_pings)):
            if role_id not in pings.working:
                message = without_ping(message, role_id)
        messages.append(NextMessage(post=post, message=message))
    return tuple(messages)


def _roles(planned: Sequence[Post | NewPost], known: Sequence[Subscription]) -> set[RoleId]:
    """The roles that these posts are to ping."""
    own = {item.query.canonical: item.mention_role_id for item in known}
    roles: list[RoleId | None] = []
    for post in planned:
        roles.append(post.mention_role_id)
        roles.extend(own.get(query) for entry in post.entries for query in entry.queries)
    return {role_id for role_id in roles if role_id is not None}


async def _filtered(
    conn: AsyncConnection, feed: Feed, planned: Planned
) -> tuple[tuple[Paper, Decision], ...]:
    decisions = planned.filtered.get(feed.id, {})
    by_id = await papers.by_ids(conn, decisions)
    return tuple((paper, decisions[paper.id]) for paper in newest_first(by_id.values()))
