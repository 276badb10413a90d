"""The record of changes: newest first, and kept for KEPT_DAYS."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.changes import KEPT_DAYS, Change
from bot.core.ids import ChannelId, ServerId
from bot.store import changes
from bot.store.database import Database
from tests.samples import NOW
from tests.store.samples import SERVER, USER

CHANNEL = ChannelId(5)
LONG_AGO = NOW - timedelta(days=1_000)


def change(
    what: str, *, at: datetime = NOW, channel: ChannelId | None = CHANNEL, server: ServerId = SERVER
) -> Change:
    return Change(server_id=server, channel_id=channel, user_id=USER, changed_at=at, what=what)


async def test_the_newest_come_first_of_this_server_alone(database: Database) -> None:
    made = [change("one"), change("two", channel=None), change("three", channel=ChannelId(6))]
    async with database.write() as conn:
        for made_change in (*made, change("elsewhere", server=ServerId(9))):
            await changes.add(conn, made_change)

    async with database.read() as conn:
        found = await changes.of_server(conn, SERVER, since=LONG_AGO, limit=10)
        of_channel = await changes.of_server(conn, SERVER, since=LONG_AGO, channel_id=CHANNEL, limit=10)
        newest = await changes.of_server(conn, SERVER, since=LONG_AGO, limit=1)

    assert found == made[::-1]
    assert of_channel == made[:1]
    assert newest == made[2:]


async def test_what_is_too_old_is_forgotten_with_the_next_change(database: Database) -> None:
    kept = change("kept", at=NOW - timedelta(days=KEPT_DAYS))
    async with database.write() as conn:
        await changes.add(conn, change("old", at=NOW - timedelta(days=KEPT_DAYS, seconds=1)))
        await changes.add(conn, kept)
        await changes.add(conn, change("new"))

    async with database.read() as conn:
        found = await changes.of_server(conn, SERVER, since=LONG_AGO, limit=10)
    assert found == [change("new"), kept]
