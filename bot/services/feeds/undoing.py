"""Undoing a change of settings: what it changed becomes what it was, unless it was changed again since."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Change, Revision
from bot.core.feeds import FeedSettings
from bot.core.ids import ChangeId, ChannelId, RoleId, ServerId, UserId
from bot.core.schedules import ScheduleDefaults
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds.feeds import Feeds, FeedState, existing
from bot.services.feeds.notices_channel import NoticesChannel, change_notices_channel
from bot.services.feeds.servers import ServerDefaults, Servers
from bot.services.feeds.settings import change_and_record
from bot.store import changes, servers

Undone = FeedState | ServerDefaults | NoticesChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """A change that may be undone."""

    change: Change
    revision: Revision

    @property
    def role_id(self) -> RoleId | None:
        """The role that is pinged again if it is undone."""
        before, after = self.revision.settings or (None, None)
        is_other = before and after and before.mention_role_id != after.mention_role_id
        return before.mention_role_id if before and is_other else None


class Undoing:
    """The use case of the *Undo* button below changes of settings."""

    def __init__(
        self, context: ServiceContext, *, feeds: Feeds, server_settings: Servers, delivery: Delivery
    ) -> None:
        self._database = context.database
        self._clock = context.clock
        self._wake = context.wake
        self._feeds = feeds
        self._servers = server_settings
        self._delivery = delivery

    async def find(self, change_id: ChangeId, *, server_id: ServerId, user_id: UserId) -> Undoable:
        """The change.

        Raises:
            UserError: it is another person's, or it is too old.
        """
        async with self._database.read() as conn:
            change, revision = await changes.get(conn, change_id) or (None, None)
        if change is None or revision is None or change.server_id != server_id:
            raise UserError(
                "This can't be undone any more. `/config history` shows the earlier value, and the same "
                "command sets it."
            )
        if change.user_id != user_id:
            raise UserError("Only the person who made this change can press this. Nothing was changed.")
        return Undoable(change=change, revision=revision)

    async def undo(self, undoable: Undoable, *, user_id: UserId) -> Undone:
        """Restores what the change changed.

        Raises:
            UserError: it was changed again since, or undone already.
        """
        server_id, channel_id = undoable.change.server_id, undoable.change.channel_id
        revision = undoable.revision
        if revision.settings and channel_id is not None:
            return await self._undo_settings(channel_id, *revision.settings, user_id=user_id)
        async with self._database.write() as conn:
            if revision.defaults:
                return await self._undo_defaults(conn, server_id, *revision.defaults, user_id=user_id)
            return await self._undo_notices(conn, server_id, revision, user_id=user_id)

    async def _undo_settings(
        self, channel_id: ChannelId, before: FeedSettings, after: FeedSettings, *, user_id: UserId
    ) -> FeedState:
        async with self._database.write() as conn:
            feed = await existing(conn, channel_id)
            names = [
                field.name
                for field in fields(FeedSettings)
                if getattr(before, field.name) != getattr(after, field.name)
            ]
            _require(all(getattr(feed.settings, name) == getattr(after, name) for name in names))
            restored = replace(feed.settings, **{name: getattr(before, name) for name in names})
            changed = await change_and_record(conn, feed, restored, user_id=user_id, now=self._clock())
        self._delivery.wake()
        self._wake()
        return await self._feeds.state_of(channel_id, before=feed, change_id=changed.change_id)

    async def _undo_defaults(
        self,
        conn: AsyncConnection,
        server_id: ServerId,
        before: ScheduleDefaults,
        after: ScheduleDefaults,
        *,
        user_id: UserId,
    ) -> ServerDefaults:
        now = await servers.defaults(conn, server_id)
        _require(now == after)
        return await self._servers.set_defaults(conn, server_id, before, before=now, user_id=user_id)

    async def _undo_notices(
        self, conn: AsyncConnection, server_id: ServerId, revision: Revision, *, user_id: UserId
    ) -> NoticesChannel:
        before, after = revision.notices or (None, None)
        _require(await servers.notices_channel(conn, server_id) == after)
        return await change_notices_channel(
            conn, server_id, before=after, after=before, user_id=user_id, now=self._clock()
        )


def _require(is_as_left: bool) -> None:  # noqa: FBT001
    if not is_as_left:
        raise UserError(
            "It was undone already, or changed again since. Nothing was changed now: `/config history` shows "
            "what changed and when."
        )
