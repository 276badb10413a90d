"""Layout: the papers of one feed as posts, each with its entries, its ping and its follow-ups."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence

from bot.core.feeds import Feed, FeedKind
from bot.core.ids import PaperId
from bot.core.layout import layout
from bot.core.papers import Paper
from bot.core.posts import CloseTo, FollowUpKind, Form, NewPost

# 24 hex digits, as Discord accepts 25 characters. They must differ, but need not be secret: asking the system
# for each takes as long as the rest of a post.
_NONCE_BITS = 96
_random = random.Random()  # noqa: S311 - seeded by the system
if hasattr(os, "register_at_fork"):  # else a forked process would give the same nonces
    os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(32)))


def new_posts(
    feed: Feed,
    papers: Sequence[Paper],
    queries_of: Mapping[PaperId, tuple[str, ...]],
    *,
    close_to: Mapping[PaperId, CloseTo],
    pings: bool,
) -> tuple[NewPost, ...]:
    """The posts for these papers in the order of sending; with `pings`, the first one pings the feed's role.

    The best paper comes first in a channel, but last in a forum, which shows the newest post on top.
    """
    messages = layout(
        papers,
        style=feed.settings.style,
        max_papers=feed.settings.max_papers,
        queries_of=queries_of,
        close_to=close_to,
        one_card_each=feed.kind is FeedKind.FORUM or feed.settings.opens_threads,
    )
    if feed.kind is FeedKind.FORUM:
        messages = messages[::-1]
    publish = (FollowUpKind.PUBLISH,) if feed.settings.publishes else ()
    thread = (FollowUpKind.THREAD,) if feed.settings.opens_threads else ()
    return tuple(
        [
            NewPost(
                feed_id=feed.id,
                channel_id=feed.channel_id,
                nonce=f"{_random.getrandbits(_NONCE_BITS):024x}",
                entries=entries,
                mention_role_id=feed.settings.mention_role_id if pings and number == 0 else None,
                follow_ups=publish + thread if thread and entries[0].form is Form.CARD else publish,
            )
            for number, entries in enumerate(messages)
        ]
    )
