"""Rendering: a post, planned or stored, as the message that is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.feeds import FeedKind
from bot.core.ids import PaperId, RoleId
from bot.core.messages import Message, also_pinging, compose, compose_bare, follows_cards, heading
from bot.core.papers import Paper
from bot.core.posts import NewPost, Post
from bot.core.query.compiled import readable_queries


def render(
    post: Post | NewPost,
    shown: Mapping[PaperId, Paper],
    *,
    kind: FeedKind,
    roles: Mapping[str, RoleId],
    is_silent: bool,
) -> Message:
    """The message with these papers; `roles` has those of subscriptions, by canonical form."""
    wanted = [query for entry in post.entries for query in entry.queries]
    message = _composed(post, shown, in_forum=kind is FeedKind.FORUM)
    message = also_pinging(message, [roles[query] for query in wanted if query in roles])
    return replace(message, is_silent=is_silent)


def _composed(post: Post | NewPost, shown: Mapping[PaperId, Paper], *, in_forum: bool) -> Message:
    items = [
        (shown[entry.paper_id], entry.form, readable_queries(entry.matched))
        for entry in post.entries
        if entry.paper_id in shown
    ]
    if not items:
        raise LookupError(f"the post with {[entry.paper_id for entry in post.entries]} has no known papers")
    if isinstance(post, Post) and post.is_bare and len(items) == 1:
        return compose_bare(items[0], mention_role_id=post.mention_role_id)
    close_to = {entry.paper_id: entry.close_to for entry in post.entries if entry.close_to}
    message = compose(
        items,
        heading=heading([paper for paper, _, _ in items], is_more=follows_cards(items)),
        mention_role_id=post.mention_role_id,
        close_to=close_to,
        in_forum=in_forum,
    )
    if not close_to:
        return message
    wanted = dict.fromkeys(query for entry in post.entries for query in entry.queries)
    return replace(message, queries=readable_queries(wanted))
