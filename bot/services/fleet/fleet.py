"""The fleet as one of its processes sees it; a bot in a single process owns everything."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId, ServerId
from bot.core.shards import EVERYTHING, OwnedShards
from bot.errors import PaperboyError
from bot.store import feeds
from bot.store.database import Database


class LeaseLostError(PaperboyError):
    """Another process may own the server by now, so nothing was recorded, and nothing more is sent."""


class Fleet(Protocol):
    """What this process owns, and whether that is certain."""

    clocks_differ_by: timedelta  # at most, those of the machines that processes run on

    @property
    def owned(self) -> OwnedShards:
        """The shards that this process owns, as far as it knows."""
        ...

    def may_send(self) -> bool:
        """Whether no other process can have taken over since the last renewal; asks no database."""
        ...

    async def hold(self, conn: AsyncConnection, shards: Collection[int] | None = None) -> OwnedShards:
        """Those of the shards (None: of all) that this process owns.

        Nobody takes them over before the transaction ends.
        """
        ...


class _Alone:
    """A single process: the database lets no second one in."""

    clocks_differ_by = timedelta()
    owned = EVERYTHING

    def may_send(self) -> bool:
        return True

    async def hold(self, conn: AsyncConnection, shards: Collection[int] | None = None) -> OwnedShards:  # noqa: ARG002 - nobody can take over
        return EVERYTHING


ALONE: Final[Fleet] = _Alone()


@asynccontextmanager
async def write_for(
    database: Database, fleet: Fleet, server_id: ServerId | None, *, feed_id: FeedId | None = None
) -> AsyncGenerator[AsyncConnection]:
    """A write transaction during which no other process takes the server over.

    With the feed, none changes anything of it meanwhile, either: see `bot/store/locking.py`.

    Raises:
        LeaseLostError: another process owns the server; nothing was written.
        StoreError: as `Database.write`.
    """
    async with database.write() as conn:
        if not (await fleet.hold(conn, [fleet.owned.shard_of(server_id)])).has(server_id):
            raise LeaseLostError
        if feed_id is not None:
            await feeds.lock(conn, [feed_id])
        yield conn
