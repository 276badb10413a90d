"""Content: what posts are rendered from besides themselves, read once for all that are claimed together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import FeedKind
from bot.core.ids import FeedId, PaperId, PostId, RoleId
from bot.core.messages import Message
from bot.core.papers import Paper
from bot.core.posts import Post
from bot.services.delivery.rendering import render
from bot.store import outbox, papers, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of several posts."""

    papers: Mapping[PaperId, Paper]
    roles: Mapping[FeedId, Mapping[str, RoleId]]  # of subscriptions, by canonical form
    followed: Collection[PostId]  # direct messages after which the person gets another

    def papers_of(self, post: Post) -> dict[PaperId, Paper]:
        """Those of the post's papers that are known."""
        ids = [entry.paper_id for entry in post.entries]
        return {paper_id: self.papers[paper_id] for paper_id in ids if paper_id in self.papers}

    def message(self, post: Post) -> Message:
        """The post's message.

        Raises:
            LookupError: none of its papers is known.
        """
        roles = self.roles.get(post.feed_id, {})
        message = render(post, self.papers, kind=post.kind, roles=roles, is_silent=post.is_silent)
        is_last = post.kind is FeedKind.DIRECT and post.id not in self.followed
        return replace(message, ends_delivery=is_last)


async def read_content(conn: AsyncConnection, posts: Collection[Post]) -> Content:
    """The content of these posts as it is now."""
    direct = [post.id for post in posts if post.kind is FeedKind.DIRECT]
    return Content(
        papers=await papers.by_ids(conn, {entry.paper_id for post in posts for entry in post.entries}),
        roles=await subscriptions.mentions(conn, {post.feed_id for post in posts}),
        followed=await outbox.followed(conn, direct) if direct else (),
    )
