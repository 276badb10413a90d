"""What may have been sent: it is looked for, after a backup was restored or a process took over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.notices import NoticeState
from bot.core.posts import PostState
from bot.core.shards import EVERYTHING, OwnedShards
from bot.store import shards, tables
from bot.store.database import Database


async def look_before_sending(database: Database) -> None:
    """Has the bot look for each pending message first: it may have been sent after the backup.

    Protected by nobody else using the database that is being restored.
    """
    posts, notices = tables.posts, tables.notices
    async with database.write() as conn:
        await conn.execute(
            update(posts)
            .where(posts.c.state == PostState.PENDING.value, posts.c.first_attempt_at.is_(None))
            .values(first_attempt_at=posts.c.planned_at)
        )
        await conn.execute(
            update(notices)
            .where(notices.c.state == NoticeState.PENDING.value, notices.c.attempts == 0)
            .values(attempts=1)
        )


# So long ago that delivery no longer counts on the nonce (`attempts.NONCE_LASTS`).
_LONGER_THAN_NONCES_LAST = timedelta(minutes=2)


async def look_before_resending(
    conn: AsyncConnection, taken: OwnedShards | None, *, waits: bool = True
) -> None:
    """Has the bot look for each message that another process has begun to send; None is all of them.

    Notices that were begun are looked for in any case. Protected by the locks on the leases' rows: no
    process records an attempt meanwhile. With `waits=False`, posts that are locked are left out: a frozen
    connection has them locked, and they can't be sent before it ends.
    """
    posts = tables.posts
    owned_ids = select(tables.feeds.c.id).where(shards.is_owned())
    statement = select(posts.c.id, posts.c.first_attempt_at).where(
        posts.c.state == tables.PENDING,
        posts.c.first_attempt_at.is_not(None),
        posts.c.feed_id.in_(owned_ids),
    )
    if not waits:
        statement = statement.with_for_update(skip_locked=True)
    begun = await conn.execute(statement, shards.values(taken or EVERYTHING))
    for post_id, first_attempt_at in begun.all():
        await conn.execute(
            update(posts)
            .where(posts.c.id == post_id)
            .values(first_attempt_at=first_attempt_at - _LONGER_THAN_NONCES_LAST)
        )
