"""The history of changes: recording who changed what in a server's feeds, and reading it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import KEPT_DAYS, Change, Revision
from bot.core.feeds import Feed
from bot.core.ids import ChangeId, ChannelId, ServerId, UserId
from bot.core.mentions import channels_in, without_unseen
from bot.services.context import ServiceContext
from bot.services.visibility import Visible
from bot.store import changes

MAX_SHOWN = 300
_MAX_READ = 5_000  # more than are shown: some are about channels that the person cannot see


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    channel_id: ChannelId | None  # None for the whole server
    changes: tuple[Change, ...]  # newest first
    has_more: bool


class Changes:
    """The use case of /config history."""

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._clock = context.clock

    async def history(
        self, server_id: ServerId, *, channel_id: ChannelId | None, visible: Visible
    ) -> History:
        """The newest MAX_SHOWN changes of a channel, or of a server, that the person can see."""
        async with self._database.read() as conn:
            stored = await changes.of_server(
                conn,
                server_id,
                since=self._clock() - timedelta(days=KEPT_DAYS),
                channel_id=channel_id,
                limit=_MAX_READ,
            )
        mentioned = frozenset[ChannelId]().union(*(channels_in(change.what) for change in stored))
        own = {change.channel_id for change in stored if change.channel_id is not None}
        seen = await visible(mentioned | own)
        shown = [change for change in stored if change.channel_id is None or change.channel_id in seen]
        return History(
            channel_id=channel_id,
            changes=tuple(
                replace(change, what=without_unseen(change.what, seen=seen)) for change in shown[:MAX_SHOWN]
            ),
            has_more=len(shown) > MAX_SHOWN,
        )


async def record(
    conn: AsyncConnection,
    feed: Feed,
    what: str,
    *,
    user_id: UserId,
    now: datetime,
    revision: Revision | None = None,
) -> ChangeId | None:
    """Records what a person changed in a feed, in the transaction of the change.

    `what` is Discord markdown, in which outside text is escaped. With a revision, it can be undone. A
    person's feed has no history.
    """
    if feed.server_id is None:
        return None
    change = Change(
        server_id=feed.server_id, channel_id=feed.channel_id, user_id=user_id, changed_at=now, what=what
    )
    return await changes.add(conn, change, revision=revision)


async def record_of_server(
    conn: AsyncConnection,
    server_id: ServerId,
    what: str,
    *,
    user_id: UserId,
    now: datetime,
    revision: Revision | None = None,
) -> ChangeId:
    """As `record`, for a change of the whole server."""
    change = Change(server_id=server_id, channel_id=None, user_id=user_id, changed_at=now, what=what)
    return await changes.add(conn, change, revision=revision)
