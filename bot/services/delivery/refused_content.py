"""Refused content: splits, reduces or fails a post that Discord refuses, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.notices import NoticeKind
from bot.core.posts import Post, split
from bot.errors import DeliveryError
from bot.store import notices, outbox, splitting


async def refuse(conn: AsyncConnection, post: Post, error: DeliveryError, *, now: datetime) -> None:
    """Splits the post until the refused paper is alone, then tries it bare, then fails it.

    Call it only if no earlier attempt can have sent the message.
    """
    if len(post.entries) > 1:
        parts = split(post.entries, suspects=error.refused_embeds)
        await splitting.split(conn, post, parts, now=now)
    elif not post.is_bare:
        await splitting.make_bare(conn, post.id, refusal=error.reason, code=error.code, now=now)
    else:
        await fail(conn, post, reason=error.reason, code=error.code, now=now)


async def fail(conn: AsyncConnection, post: Post, *, reason: str, code: int | None, now: datetime) -> None:
    """Gives the post up until somebody retries it, and adds one notice for its server."""
    if await outbox.mark_failed(conn, post.id, reason=reason, code=code, now=now):
        await notices.add(conn, NoticeKind.FAILED, post.feed_id, now=now)
    await splitting.pass_on_mention(conn, post)
