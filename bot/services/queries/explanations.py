"""Explanations: what the decision pipeline says about one paper in one feed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.decisions import Decision, decide, reach
from bot.core.feeds import Feed, Subscription
from bot.core.ids import ChannelId, PaperId, SubscriptionId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.posts import FollowUp, Post
from bot.errors import UserError
from bot.matching.index import PaperIndex
from bot.services.context import ServiceContext
from bot.services.queries.papers import Papers
from bot.services.queries.search import matching
from bot.services.runs.closeness import ClosePapers
from bot.store import feeds, follow_ups, papers, posts, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The decision about a paper in a feed, and everything that an answer needs to explain it."""

    feed: Feed
    paper: Paper
    decision: Decision
    subscriptions: tuple[Subscription, ...]  # all of the feed's
    post: Post | None
    follow_ups: tuple[FollowUp, ...] = ()  # of the post, once it is sent
    # To those of the subscriptions that are not exact.
    closeness: Mapping[SubscriptionId, Closeness] = field(default_factory=dict[SubscriptionId, Closeness])


class Explanations:
    """The use case of /explain."""

    def __init__(self, context: ServiceContext, *, papers: Papers) -> None:
        self._database = context.database
        self._papers = papers
        self._clock = context.clock
        self._backfill_days = context.backfill_days

    async def explain(self, paper_id: PaperId, *, channel_id: ChannelId) -> Explanation:
        """What a run would decide now about the paper in the channel's feed.

        Raises:
            UserError: the channel has no subscriptions, or there is no such paper.
        """
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            known = await subscriptions.of_feed(conn, feed.id) if feed else []
            post = await posts.of_paper(conn, feed.id, paper_id) if feed else None
            following = await follow_ups.of_post(conn, post.id) if post else []
        if feed is None or not (known or post):
            raise UserError(
                f"<#{channel_id}> has no subscriptions, so no papers are posted there. "
                "Add one with `/subscribe`."
            )
        paper = await self._papers.one(paper_id)
        async with self._database.read() as conn:
            first_seen_at = await papers.first_seen(conn, paper_id)
        excludes = {feed.settings.exclude.expression} if feed.settings.exclude else set[str]()
        matches = await matching(paper, {item.query.expression for item in known} | excludes)
        closeness = await asyncio.to_thread(_closeness, paper, known, matches)
        now = self._clock()
        decision = decide(
            feed,
            paper,
            matched=[item for item in known if item.query.expression in matches or item.id in closeness],
            closeness=closeness,
            posted=post or False,
            is_excluded=not excludes.isdisjoint(matches),
            first_seen_at=first_seen_at,
            oldest=reach(feed, known, now=now, backfill_days=self._backfill_days),
            today=open_list_day(now),
        )
        return Explanation(
            feed=feed,
            paper=paper,
            decision=decision,
            subscriptions=tuple(known),
            post=post,
            follow_ups=tuple(following),
            closeness=closeness,
        )


def _closeness(
    paper: Paper, known: Sequence[Subscription], matches: Collection[str]
) -> dict[SubscriptionId, Closeness]:
    """How close the paper is to each of the subscriptions that are not exact, whether it is enough or not."""
    queries = {item.id: query for item in known if (query := FocusedQuery.of(item)) is not None}
    if not queries:
        return {}
    close = ClosePapers([paper], PaperIndex([paper]))
    found = close.search(
        set(queries.values()), {expression: [paper.id] for expression in matches}, takes_all=True
    )
    return {
        subscription_id: found[query][paper.id]
        for subscription_id, query in queries.items()
        if paper.id in found[query]
    }
