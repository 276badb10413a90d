"""Explanations: what the decision pipeline says about one paper in one feed, or in each of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.closeness import Closeness, FocusedQuery
from bot.core.decisions import Decision, decide, reach
from bot.core.feeds import Feed, Subscription
from bot.core.ids import ChannelId, PaperId, ServerId, SubscriptionId, UserId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.posts import FollowUp, Post
from bot.errors import UserError
from bot.matching.index import PaperIndex
from bot.services.context import ServiceContext
from bot.services.queries.papers import Papers
from bot.services.queries.search import matching
from bot.services.runs.closeness import ClosePapers
from bot.services.visibility import Visible
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
        for explanation in await self._of_feeds(paper_id, [feed] if feed else []):
            return explanation
        raise UserError(
            f"<#{channel_id}> has no subscriptions, so no papers are posted there. Add one with `/subscribe`."
        )

    async def for_person(self, paper_id: PaperId, *, user_id: UserId) -> Explanation:
        """As `explain`, for what a person follows.

        Raises:
            UserError: they follow nothing, or there is no such paper.
        """
        async with self._database.read() as conn:
            feed = await feeds.of_person(conn, user_id)
        for explanation in await self._of_feeds(paper_id, [feed] if feed else []):
            return explanation
        raise UserError(
            "You don't follow any keywords, so no papers come by direct message. Follow some with `/my "
            "follow`, or use `/explain` in a server."
        )

    async def everywhere(
        self, paper_id: PaperId, *, server_id: ServerId, visible: Visible
    ) -> list[Explanation]:
        """As `explain`, for each of the server's channels with subscriptions that a person may see.

        Raises:
            UserError: there is no such channel, or no such paper.
        """
        async with self._database.read() as conn:
            known_feeds = [
                feed
                for feed in await feeds.of_server(conn, server_id)
                if feed.block is None or not feed.block.is_gone
            ]
        seen = await visible(feed.channel_id for feed in known_feeds)
        explanations = await self._of_feeds(
            paper_id, [feed for feed in known_feeds if feed.channel_id in seen]
        )
        if not explanations:
            raise UserError(
                "No channel that you can see here has subscriptions, so no papers are posted. Add one with "
                "`/subscribe`."
            )
        return explanations

    async def _of_feeds(self, paper_id: PaperId, asked: Sequence[Feed]) -> list[Explanation]:
        """The explanations for those of the feeds that have subscriptions, or a post with the paper."""
        async with self._database.read() as conn:
            subscriptions_of = await subscriptions.of_feeds(conn, [feed.id for feed in asked])
            posts_of = {feed.id: await posts.of_paper(conn, feed.id, paper_id) for feed in asked}
            following = {
                post.id: await follow_ups.of_post(conn, post.id) for post in posts_of.values() if post
            }
        shown = [feed for feed in asked if subscriptions_of.get(feed.id) or posts_of[feed.id]]
        if not shown:
            return []
        paper = await self._papers.one_with_day(paper_id)
        async with self._database.read() as conn:
            first_seen_at = await papers.first_seen(conn, paper_id)
        everyone = [item for group in subscriptions_of.values() for item in group]
        excludes = {feed.settings.exclude.expression for feed in shown if feed.settings.exclude}
        matches = await matching(paper, {item.query.expression for item in everyone} | excludes)
        closeness = await asyncio.to_thread(_closeness, paper, everyone, matches)
        explanations: list[Explanation] = []
        for feed in shown:
            subscribed, post = subscriptions_of.get(feed.id, []), posts_of[feed.id]
            close = {item.id: closeness[item.id] for item in subscribed if item.id in closeness}
            explanations.append(
                Explanation(
                    feed=feed,
                    paper=paper,
                    decision=self._decide(
                        feed,
                        paper,
                        subscribed,
                        post,
                        matches=matches,
                        close=close,
                        first_seen_at=first_seen_at,
                    ),
                    subscriptions=tuple(subscribed),
                    post=post,
                    follow_ups=tuple(following[post.id]) if post else (),
                    closeness=close,
                )
            )
        return explanations

    def _decide(
        self,
        feed: Feed,
        paper: Paper,
        known: Sequence[Subscription],
        post: Post | None,
        *,
        matches: Collection[str],
        close: Mapping[SubscriptionId, Closeness],
        first_seen_at: datetime | None,
    ) -> Decision:
        now, exclude = self._clock(), feed.settings.exclude
        return decide(
            feed,
            paper,
            matched=[item for item in known if item.query.expression in matches or item.id in close],
            closeness=close,
            posted=post or False,
            is_excluded=exclude is not None and exclude.expression in matches,
            first_seen_at=first_seen_at,
            oldest=reach(feed, known, now=now, backfill_days=self._backfill_days),
            today=open_list_day(now),
        )


def _closeness(
    paper: Paper, known: Sequence[Subscription], matches: Collection[str]
) -> dict[SubscriptionId, Closeness]:
    """How close the paper is to each of the subscriptions that are not exact, whether it is enough or not."""
    queries = {item.id: query for item in known if (query := FocusedQuery.of(item)) is not None}
    if not queries:
        return {}
    close = ClosePapers([paper], PaperIndex([paper]))
    scores = close.search(
        set(queries.values()), {expression: [paper.id] for expression in matches}, takes_all=True
    )
    return {
        subscription_id: scores[query][paper.id]
        for subscription_id, query in queries.items()
        if paper.id in scores[query]
    }
