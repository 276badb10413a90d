"""Inspection of a database without changing anything: its revision, and what the doctor needs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed
from bot.core.ids import FeedId
from bot.core.posts import PostState
from bot.errors import PaperboyError
from bot.store import feeds, migration, tables


class BusyError(PaperboyError):
    """Another program has the database locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Of the database's tables, and of this code's."""

    current: str | None  # None if there are no tables yet
    newest: str
    is_newer: bool  # than this code's, which can work with them

    @property
    def is_current(self) -> bool:
        return self.current == self.newest

    @property
    def is_readable(self) -> bool:
        """Whether `bot.store` can read the tables as they are."""
        return self.is_current or self.is_newer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The unsent posts of a feed."""

    waiting: int  # to be sent
    unconfirmed: int  # among those waiting
    failed: int


class Inspection:
    """What can be asked of any open database."""

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    @property
    def connection(self) -> AsyncConnection:
        """The connection, for what `bot.store` reads; use it only if the revision is readable."""
        return self._conn

    async def revision(self) -> Revision:
        """Raises:
        ConfigError: the database is of a Paperboy that is too new, or of another program.
        """
        await self._conn.run_sync(migration.check)
        current = await self._conn.run_sync(migration.current)
        return Revision(
            current=current,
            newest=await self._conn.run_sync(migration.newest),
            is_newer=current is not None and current not in migration.known_revisions(),
        )

    async def feeds(self) -> list[Feed]:
        """Every feed with subscriptions."""
        return await feeds.in_use(self._conn)

    async def pending(self) -> dict[FeedId, Pending]:
        """The unsent posts of each feed that has any."""
        posts = tables.posts.c

        def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.sum(case((condition, 1), else_=0))

        statement = (
            select(
                posts.feed_id,
                number(posts.state == PostState.PENDING.value),
                number(posts.unconfirmed_since.is_not(None)),
                number(posts.state == PostState.FAILED.value),
            )
            .where(posts.state != PostState.SENT.value)
            .group_by(posts.feed_id)
        )
        return {
            FeedId(feed_id): Pending(waiting=waiting, unconfirmed=unconfirmed, failed=failed)
            for feed_id, waiting, unconfirmed, failed in await self._conn.execute(statement)
        }
