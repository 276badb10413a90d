"""A restored database: what is changed in it before a bot runs on it again."""

from __future__ import annotations

from sqlalchemy import update

from bot.core.notices import NoticeState
from bot.core.posts import PostState
from bot.store import tables
from bot.store.database import Database


async def look_before_sending(database: Database) -> None:
    """Has the bot look for each pending message first: it may have been sent after the backup."""
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
