"""Looking: an earlier message of our own found again, in a channel's history or among a forum's posts.

Answers are read as they come: what is not a list of messages must not pass for an empty channel.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime
from typing import Protocol

import discord
from discord.http import HTTPClient

from bot.core.feeds import Place
from bot.core.ids import MessageId
from bot.discord.delivery.payloads import (
    ACTIVE_THREADS,
    ARCHIVED_THREADS,
    MESSAGES,
    MessagePayload,
    ThreadPayload,
    answered,
)
from bot.errors import DeliveryError, DeliveryErrorKind

# So many messages since the first attempt are looked through for one of our own, the newest first: each look
# comes after an attempt, and the looks before it were for the earlier ones.
MOST_LOOKED_THROUGH = 2_000
# So many of our own posts in a forum likewise, at a request each; and of those that are archived so many are
# listed, other people's too, at a request a hundred.
MOST_POSTS = 100
MOST_ARCHIVED = 500
_PAGE = 100  # messages, or threads, of one request


class _Embed(Protocol):
    @property
    def url(self) -> str | None: ...

    @property
    def description(self) -> str | None: ...


async def in_history(
    http: HTTPClient, channel_id: int, page_urls: Collection[str], *, own_id: int, since: datetime
) -> MessageId | None:
    """Our message there since then that links to all these pages; answers to commands do not count."""
    async for message in _history(http, channel_id, since=since):
        if _is_ours(message, own_id) and links(message.embeds, page_urls):
            return MessageId(message.id)
    return None


async def in_forum(
    http: HTTPClient, place: Place, page_urls: Collection[str], *, own_id: int, since: datetime
) -> MessageId | None:
    """Our post there since then whose first message links to all these pages; it has its thread's id.

    Raises:
        DeliveryError: there are more posts than are looked through, and it is not among those.
    """
    posts = await _posts(http, place, own_id=own_id, since=since)
    for thread in sorted(posts, key=lambda one: one.id, reverse=True)[:MOST_POSTS]:
        # The first that is left: where someone deleted a post's first message, it is a post of no papers.
        for starter in await answered(http.logs_from(thread.id, 1, after=0), MESSAGES):
            if _is_ours(starter, own_id) and links(starter.embeds, page_urls):
                return MessageId(thread.id)
    if len(posts) > MOST_POSTS:
        raise DeliveryError(
            "A post may have arrived or not, and there are too many to look through.",
            kind=DeliveryErrorKind.UNCONFIRMED,
        )
    return None


async def _history(http: HTTPClient, channel_id: int, *, since: datetime) -> AsyncIterator[MessagePayload]:
    """The newest messages first, so many at most, until those before `since`."""
    oldest = discord.utils.time_snowflake(since)
    before: int | None = None
    for _ in range(MOST_LOOKED_THROUGH // _PAGE):
        page = await answered(http.logs_from(channel_id, _PAGE, before=before), MESSAGES)
        for message in page:
            if message.id >= oldest:
                yield message
        before = min((message.id for message in page), default=0)
        if len(page) < _PAGE or before < oldest:
            return


async def _posts(http: HTTPClient, place: Place, *, own_id: int, since: datetime) -> list[ThreadPayload]:
    """Our posts, those that are archived meanwhile too."""
    active = await answered(http.get_active_threads(place.server_id), ACTIVE_THREADS)
    threads = {thread.id: thread for thread in active.threads}
    before: str | None = None
    for _ in range(MOST_ARCHIVED // _PAGE):
        request = http.get_public_archived_threads(
            place.channel_id,
            before=before,  # pyright: ignore[reportArgumentType] - a time; discord.py's type is wrong
            limit=_PAGE,
        )
        archived = await answered(request, ARCHIVED_THREADS)
        threads.update((thread.id, thread) for thread in archived.threads)
        times = [thread.thread_metadata.archive_timestamp for thread in archived.threads]
        if not archived.has_more or not times or min(times) < since:  # the last one archived comes first
            break
        before = min(times).isoformat()
    return [
        thread
        for thread in threads.values()
        if thread.parent_id == place.channel_id
        and thread.owner_id == own_id
        and discord.utils.snowflake_time(thread.id) >= since
    ]


def links(embeds: Iterable[_Embed], page_urls: Collection[str]) -> bool:
    """Whether a message's embeds link to every one of the pages."""
    shown = "\n".join(part for embed in embeds for part in (embed.url, embed.description) if part is not None)
    # An id that is the beginning of another must not count: `…/2401.1234` in `…/2401.12345`.
    return all(re.search(re.escape(url) + r"(?!\d)", shown) for url in page_urls)


def _is_ours(message: MessagePayload, own_id: int) -> bool:
    return message.author.id == own_id and message.interaction_metadata is None
