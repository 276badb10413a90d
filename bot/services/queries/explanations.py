"""Explanations: what the decision pipeline says about one paper in one feed."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.decisions import Decision, decide, reach
from bot.core.feeds import Feed, Subscription
from bot.core.ids import ChannelId, PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.posts import FollowUp, Post
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.queries.papers import Papers
from bot.services.queries.search import matching
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
        now = self._clock()
        decision = decide(
            feed,
            paper,
            matched=[item for item in known if item.query.expression in matches],
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
        )
