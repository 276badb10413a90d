"""Undoing changes of settings: what they changed becomes what it was, unless it was changed again since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Change, Revision
from bot.core.feeds import Feed
from bot.core.ids import ChannelId, RoleId, ServerId, UserId
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.feeds.feeds import Feeds, FeedState
from bot.services.feeds.notices_channel import NoticesChannel, change_notices_channel
from bot.services.feeds.reverting import Reverted, require, revert
from bot.services.feeds.servers import ServerDefaults, Servers
from bot.services.runs.run import Runs
from bot.store import changes, feeds, servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """Changes that were made together and may be undone together."""

    changes: Sequence[tuple[Change, Revision]]

    @property
    def of_channels(self) -> Mapping[ChannelId, Sequence[Revision]]:
        """What was changed in each channel, in that order."""
        by_channel: dict[ChannelId, list[Revision]] = {}
        for change, revision in self.changes:
            if change.channel_id is not None:
                by_channel.setdefault(change.channel_id, []).append(revision)
        return by_channel

    def roles(self, channel_id: ChannelId) -> frozenset[RoleId]:
        """The roles that are pinged again there if it is undone."""
        return frozenset[RoleId]().union(*(revision.role_ids for revision in self.of_channels[channel_id]))


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneFeed:
    state: FeedState  # with its settings before and after
    reverted: Reverted
    coming: int | None = None  # papers that a run would post now, where skipped ones were brought back


Undone = Sequence[UndoneFeed] | ServerDefaults | NoticesChannel


class Undoing:
    """The use case of the *Undo* button below changes of settings.

    Protected by the locks on the server and the feeds, under which everything is compared with what the
    change left.
    """

    def __init__(
        self,
        context: ServiceContext,
        *,
        feeds: Feeds,
        server_settings: Servers,
        delivery: Delivery,
        runs: Runs,
    ) -> None:
        self._database = context.database
        self._clock = context.clock
        self._wake = context.wake
        self._limits = context.limits
        self._feeds = feeds
        self._servers = server_settings
        self._delivery = delivery
        self._runs = runs

    async def find(self, change_ids: range, *, server_id: ServerId, user_id: UserId) -> Undoable:
        """The changes with these ids, which were made together.

        Raises:
            UserError: they are another person's, or too old.
        """
        async with self._database.read() as conn:
            revised = await changes.revised(conn, change_ids)
        if not revised or any(change.server_id != server_id for change, _ in revised):
            raise UserError(
                "This can no longer be undone. `/config history` shows the earlier value, and the same "
                "command sets it."
            )
        if any(change.user_id != user_id for change, _ in revised):
            raise UserError("Only the person who made this change can undo it. Nothing was changed.")
        return Undoable(changes=revised)

    async def undo(self, undoable: Undoable, *, user_id: UserId) -> Undone:
        """Restores all that the changes changed, or nothing.

        Raises:
            UserError: something was changed again since, or undone already.
        """
        now = self._clock()
        async with self._database.write() as conn:
            (change, revision), *_ = undoable.changes
            await servers.lock(conn, [change.server_id], now=now)
            await feeds.by_channels(conn, undoable.of_channels, for_update=True)
            if revision.defaults:
                before, after = revision.defaults
                current = await servers.defaults(conn, change.server_id)
                require(current == after)
                return await self._servers.set_defaults(
                    conn, change.server_id, before, before=current, user_id=user_id
                )
            if revision.notices:
                return await self._undo_notices(conn, change, *revision.notices, user_id=user_id, now=now)
            reverted = [
                await revert(conn, channel_id, revisions, limits=self._limits, user_id=user_id, now=now)
                for channel_id, revisions in undoable.of_channels.items()
            ]
        self._delivery.wake()
        self._wake()
        return [await self._undone(item) for item in reverted]

    async def _undone(self, reverted: Reverted) -> UndoneFeed:
        feed = reverted.feed
        before: Feed = replace(feed, settings=reverted.before)
        state = await self._feeds.state_of(feed.channel_id, before=before)
        if reverted.brought_back is None:
            return UndoneFeed(state=state, reverted=reverted)
        coming = await self._runs.coming(state.feed, state.subscriptions)
        return UndoneFeed(state=state, reverted=reverted, coming=coming.planned)

    async def _undo_notices(
        self,
        conn: AsyncConnection,
        change: Change,
        before: ChannelId | None,
        after: ChannelId | None,
        *,
        user_id: UserId,
        now: datetime,
    ) -> NoticesChannel:
        require(await servers.notices_channel(conn, change.server_id) == after)
        return await change_notices_channel(
            conn, change.server_id, before=after, after=before, user_id=user_id, now=now
        )
