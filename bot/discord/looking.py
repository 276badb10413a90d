"""Looking: an earlier message of our own found again, in a channel's history or among a forum's posts."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

import discord

from bot.core.ids import MessageId
from bot.errors import DeliveryError

# So many messages since the first attempt are looked through for one of our own, the newest first: each look
# comes after an attempt, and the looks before it were for the earlier ones.
MOST_LOOKED_THROUGH = 2_000
# So many of our own posts in a forum likewise, at a request each; and of those that are archived so many are
# listed, other people's too, at a request a hundred.
MOST_POSTS = 100
MOST_ARCHIVED = 500


async def in_history(
    channel: discord.abc.Messageable, page_urls: Collection[str], *, own_id: int, since: datetime
) -> MessageId | None:
    """Our message there since then that links to all these pages; answers to commands do not count."""
    async for message in channel.history(after=since, limit=MOST_LOOKED_THROUGH, oldest_first=False):
        if _is_ours(message, own_id) and links(message, page_urls):
            return MessageId(message.id)
    return None


async def in_forum(
    forum: discord.ForumChannel, page_urls: Collection[str], *, own_id: int, since: datetime
) -> MessageId | None:
    """Our post there since then whose first message links to all these pages; it has its thread's id.

    Raises:
        DeliveryError: there are more posts than are looked through, and it is not among those.
    """
    posts = await _posts(forum, own_id=own_id, since=since)
    for thread in sorted(posts, key=lambda one: one.id, reverse=True)[:MOST_POSTS]:
        # The first that is left: where someone deleted a post's first message, it is a post of no papers.
        async for starter in thread.history(limit=1, oldest_first=True):
            if _is_ours(starter, own_id) and links(starter, page_urls):
                return MessageId(thread.id)
    if len(posts) > MOST_POSTS:
        raise DeliveryError(
            "A post may have arrived or not, and there are too many to look through.", is_doubtful=True
        )
    return None


async def _posts(forum: discord.ForumChannel, *, own_id: int, since: datetime) -> list[discord.Thread]:
    """Our posts, those that are archived meanwhile too."""
    threads = {thread.id: thread for thread in await forum.guild.active_threads()}
    async for thread in forum.archived_threads(limit=MOST_ARCHIVED):
        if thread.archive_timestamp < since:  # the last one archived comes first
            break
        threads[thread.id] = thread
    return [
        thread
        for thread in threads.values()
        if thread.parent_id == forum.id
        and thread.owner_id == own_id
        and discord.utils.snowflake_time(thread.id) >= since
    ]


def links(message: discord.Message, page_urls: Collection[str]) -> bool:
    """Whether the message's embeds link to every one of the pages."""
    shown = "\n".join(
        part for embed in message.embeds for part in (embed.url, embed.description) if part is not None
    )
    # An id that is the beginning of another must not count: `…/2401.1234` in `…/2401.12345`.
    return all(re.search(re.escape(url) + r"(?!\d)", shown) for url in page_urls)


def _is_ours(message: discord.Message, own_id: int) -> bool:
    return message.author.id == own_id and message.interaction_metadata is None
