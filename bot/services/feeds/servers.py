"""Servers: the default schedule of their new feeds, and whether they were welcomed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Revision
from bot.core.feed_settings import schedule_words
from bot.core.ids import ChangeId, ServerId, UserId
from bot.core.schedules import Schedule, ScheduleDefaults
from bot.services.changes import record_of_server
from bot.services.context import ServiceContext
from bot.services.feeds.typed_schedule import parse_schedule
from bot.store import servers

# Typed in place of a value, it restores the operator's setting.
RESTORE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDefaults:
    """The schedule of a server's new feeds, and which parts of it the server chose."""

    schedule: Schedule
    own: ScheduleDefaults
    before: Schedule | None = None  # the schedule before a change, if something changed
    change_id: ChangeId | None = None  # of that change


class Servers:
    """The use cases of /config defaults and of welcoming a server.

    Each change is protected by the lock on the server, and the welcome by its primary key.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._clock = context.clock
        self._default_schedule = context.default_schedule

    async def welcome(self, server_id: ServerId) -> bool:
        """Whether the server is to be welcomed now, which is true once: the caller must send the welcome.

        Noted before anything is said: a welcome that a crash swallows is missed by nobody, and one that comes
        again at each start would be a nuisance.
        """
        async with self._database.write() as conn:
            return await servers.welcome(conn, server_id, now=self._clock())

    async def defaults(self, server_id: ServerId) -> ServerDefaults:
        """The schedule of the server's new feeds."""
        async with self._database.read() as conn:
            own = await servers.defaults(conn, server_id)
        return ServerDefaults(schedule=own.over(self._default_schedule), own=own)

    async def change_defaults(
        self,
        server_id: ServerId,
        *,
        user_id: UserId,
        time: str | None,
        timezone: str | None,
        weekdays: str | None,
    ) -> ServerDefaults:
        """Changes the given parts; RESTORE restores the operator's setting.

        Raises:
            UserError: a value cannot be read. Nothing was changed.
        """
        typed = {"time": time, "timezone": timezone, "weekdays": weekdays}
        restored = [name for name, text in typed.items() if text and text.strip().casefold() == RESTORE]
        kept = {name: text for name, text in typed.items() if name not in restored}
        changes = dict.fromkeys(restored) | parse_schedule(kept, now=self._clock())
        async with self._database.write() as conn:
            await servers.lock(conn, [server_id], now=self._clock())
            before = await servers.defaults(conn, server_id)
            own = replace(before, **changes)
            return await self.set_defaults(conn, server_id, own, before=before, user_id=user_id)

    async def set_defaults(
        self,
        conn: AsyncConnection,
        server_id: ServerId,
        own: ScheduleDefaults,
        *,
        before: ScheduleDefaults,
        user_id: UserId,
    ) -> ServerDefaults:
        """Sets what the server chose, and records it."""
        schedule, was = own.over(self._default_schedule), before.over(self._default_schedule)
        if own == before:
            return ServerDefaults(schedule=schedule, own=own)
        now = self._clock()
        await servers.set_defaults(conn, server_id, own, now=now)
        what = f"schedule of new channels: {schedule_words(was)} → {schedule_words(schedule)}"
        change_id = await record_of_server(
            conn, server_id, what, user_id=user_id, now=now, revision=Revision(defaults=(before, own))
        )
        return ServerDefaults(schedule=schedule, own=own, before=was, change_id=change_id)
