"""The message search: finds an earlier message of our own in a channel's history or a forum's posts.

It looks at everything since the first attempt, the newest first. Where that is more than its limits allow,
the post is unconfirmed: that it was not found among a part of them does not mean that it never arrived.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime, timedelta
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

MAX_MESSAGES = 10_000  # of a channel
MAX_POSTS = 1_000  # of our own in a forum; each takes one request
MAX_ARCHIVED = 10_000  # archived posts of a forum to list, other people's included
_PAGE = 100  # messages or threads per request
# Between two archived posts at the end of a page and at the beginning of the next one.
_SAME_TIME = timedelta(milliseconds=1)


class _Embed(Protocol):
    @property
    def url(self) -> str | None: ...

    @property
    def description(self) -> str | None: ...


async def in_history(
    http: HTTPClient, channel_id: int, page_urls: Collection[str], *, own_id: int, since: datetime
) -> MessageId | None:
    """Our message there since then that links to all these pages; answers to commands do not count.

    Raises:
        DeliveryError: it is not among the newest MAX_MESSAGES, and there are more.
    """
    async for message in _history(http, channel_id, since=since):
        if _is_ours(message, own_id) and links(message.embeds, page_urls):
            return MessageId(message.id)
    return None


async def in_forum(
    http: HTTPClient, place: Place, page_urls: Collection[str], *, own_id: int, since: datetime
) -> MessageId | None:
    """The thread's id of our post since then whose first message links to all these pages.

    Raises:
        DeliveryError: it is not among the newest MAX_POSTS, or there are more than MAX_ARCHIVED to list.
    """
    posts, are_all = await _posts(http, place, own_id=own_id, since=since)
    for thread in sorted(posts, key=lambda thread: thread.id, reverse=True)[:MAX_POSTS]:
        # The oldest message that is left; if someone deleted the post's first one, it has no papers.
        for starter in await answered(http.logs_from(thread.id, 1, after=0), MESSAGES):
            if _is_ours(starter, own_id) and links(starter.embeds, page_urls):
                return MessageId(thread.id)
    if len(posts) > MAX_POSTS or not are_all:
        raise _too_many("posts")
    return None


async def _history(http: HTTPClient, channel_id: int, *, since: datetime) -> AsyncIterator[MessagePayload]:
    """The messages since then, the newest first; after MAX_MESSAGES, it raises."""
    oldest = discord.utils.time_snowflake(since)
    before: int | None = None
    for _ in range(MAX_MESSAGES // _PAGE):
        page = await answered(http.logs_from(channel_id, _PAGE, before=before), MESSAGES)
        for message in page:
            if message.id >= oldest:
                yield message
        before = min((message.id for message in page), default=0)
        if len(page) < _PAGE or before < oldest:
            return
    raise _too_many("messages")


async def _posts(
    http: HTTPClient, place: Place, *, own_id: int, since: datetime
) -> tuple[list[ThreadPayload], bool]:
    """Our posts since then, including archived ones, which were archived since then; and whether all."""
    active = await answered(http.get_active_threads(place.in_server), ACTIVE_THREADS)
    threads = {thread.id: thread for thread in active.threads}
    before: str | None = None
    for _ in range(MAX_ARCHIVED // _PAGE):
        request = http.get_public_archived_threads(
            place.channel_id,
            before=before,  # pyright: ignore[reportArgumentType] - a time; discord.py's type is wrong
            limit=_PAGE,
        )
        archived = await answered(request, ARCHIVED_THREADS)
        threads.update((thread.id, thread) for thread in archived.threads)
        times = [thread.thread_metadata.archive_timestamp for thread in archived.threads]
        if not archived.has_more or not times or min(times) < since:  # most recently archived first
            are_all = True
            break
        before = (min(times) + _SAME_TIME).isoformat()
    else:
        are_all = False
    own_threads = [
        thread
        for thread in threads.values()
        if thread.parent_id == place.channel_id
        and thread.owner_id == own_id
        and discord.utils.snowflake_time(thread.id) >= since
    ]
    return own_threads, are_all


def links(embeds: Iterable[_Embed], page_urls: Collection[str]) -> bool:
    """Whether a message's embeds link to every one of the pages."""
    shown = "\n".join(part for embed in embeds for part in (embed.url, embed.description) if part is not None)
    # An id that is a prefix of another must not count: `…/2401.1234` in `…/2401.12345`.
    return all(re.search(re.escape(url) + r"(?!\d)", shown) for url in page_urls)


def _too_many(what: str) -> DeliveryError:
    return DeliveryError(
        f"I can't tell whether a message arrived: there are too many {what} to look through.",
        kind=DeliveryErrorKind.UNCONFIRMED,
    )


def _is_ours(message: MessagePayload, own_id: int) -> bool:
    return message.author.id == own_id and message.interaction_metadata is None
