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
from bot.core.posts import NewPost, PostState
from bot.errors import Problem, UserError
from bot.services.context import ServiceContext
from bot.services.delivery.rendering import render
from bot.services.pings import Pings, pings_of
from bot.services.runs.planning import Planned
from bot.services.runs.run import Runs
from bot.store import feeds, list_days, papers, posts, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPost:
    """What a channel's next post would be, as of now."""

    feed: Feed
    subscriptions: int
    access: Access
    pings: Pings  # of its messages
    posts: tuple[NewPost, ...]  # as people read them: in a forum, the last one is on top
    messages: tuple[Message, ...]  # the same, as they would be sent
    papers: tuple[Paper, ...]  # of the posts
    filtered: tuple[tuple[Paper, Decision], ...]  # matching papers that the filter stops, newest first
    pending: int  # messages that were planned before and are not sent
    first: date  # the oldest list day that any subscription can still take papers from
    days: int  # list days since then
    days_known: int  # how many of them have been read
    problem: Problem | None  # why the newest list may be incomplete
    is_whole: bool  # whether every subscription could be evaluated


class NextPosts:
    """The use case of /preview without keywords."""

    def __init__(self, context: ServiceContext, *, runs: Runs) -> None:
        self._database = context.database
        self._publisher = context.publisher
        self._source = context.source
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
            known = await subscriptions.of_feed(conn, feed.id) if feed else []
        if feed is None or not known:
            raise UserError(
                f"<#{channel_id}> has no subscriptions, so nothing is posted there. Add one with "
                "`/subscribe`, or give `keywords` to see which recent papers they match."
            )
        planned = await self._runs.planned_now(feed, known)
        found = tuple(post for plan in planned.plans for post in plan.posts)
        found = found[::-1] if feed.kind is FeedKind.FORUM else found
        shown = {paper.id: paper for plan in planned.plans for paper in plan.papers}
        pings = await pings_of(self._publisher, feed, known, only=_roles(found, known))
        health = self._source.health
        first, today = self._first(feed, known), open_list_day(self._clock())
        async with self._database.read() as conn:
            reads = await list_days.reads(conn, first, today)
            pending = (await posts.counts(conn, feed.id))[PostState.PENDING]
            filtered = await _filtered(conn, feed, planned)
        return NextPost(
            feed=feed,
            subscriptions=len(known),
            access=await self._publisher.access(feed.place),
            pings=pings,
            posts=found,
            messages=await asyncio.to_thread(_rendered, feed, found, shown, known, pings),
            papers=tuple(shown.values()),
            filtered=filtered,
            pending=pending,
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
    planned: Sequence[NewPost],
    shown: Mapping[PaperId, Paper],
    known: Sequence[Subscription],
    pings: Pings,
) -> tuple[Message, ...]:
    """The messages without pings that would notify nobody."""
    roles = {item.query.canonical: item.mention_role_id for item in known if item.mention_role_id is not None}
    messages: list[Message] = []
    for post in planned:
        message = render(post, shown, kind=feed.kind, roles=roles, is_silent=feed.settings.is_silent)
        for role_id in filter(None, (message.mention_role_id, *message.also_pings)):
            if role_id not in pings.working:
                message = without_ping(message, role_id)
        messages.append(message)
    return tuple(messages)


def _roles(planned: Sequence[NewPost], known: Sequence[Subscription]) -> set[RoleId]:
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
    found = await papers.by_ids(conn, decisions)
    return tuple((paper, decisions[paper.id]) for paper in newest_first(found.values()))
