"""Servers: the welcome, and what their new feeds begin with."""

from __future__ import annotations

from datetime import time

from bot.core.ids import ServerId
from bot.core.schedules import ScheduleDefaults
from bot.store import servers
from bot.store.database import Database
from tests.samples import NOW

HERE, THERE = ServerId(1), ServerId(2)


async def test_a_server_is_to_be_welcomed_once(database: Database) -> None:
    async with database.write() as conn:
        assert await servers.welcome(conn, HERE, now=NOW)
        assert not await servers.welcome(conn, HERE, now=NOW)
        assert await servers.welcome(conn, THERE, now=NOW)


async def test_defaults_come_back_as_they_were_stored(database: Database) -> None:
    chosen = ScheduleDefaults(time=time(17, 30), timezone="Europe/Berlin", weekdays=frozenset({0, 3}))
    async with database.write() as conn:
        assert await servers.defaults(conn, HERE) == ScheduleDefaults()
        await servers.set_defaults(conn, HERE, chosen, now=NOW)
        await servers.set_defaults(conn, THERE, ScheduleDefaults(time=time(0)), now=NOW)

    async with database.read() as conn:
        assert await servers.defaults(conn, HERE) == chosen
        assert await servers.defaults(conn, THERE) == ScheduleDefaults(time=time(0))
