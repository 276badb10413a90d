"""The status: each channel's own pending, unconfirmed and failed posts."""

from __future__ import annotations

from tests.samples import NOW
from tests.services.bots import CHANNEL, OTHER, SERVER, Bot, everything


async def test_each_channel_counts_its_own_unconfirmed_posts(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    for channel in (CHANNEL, OTHER):
        await bot.subscribe(channel=channel)
    bot.clock.advance(hours=2)
    await bot.services.runs.run()
    await bot.execute("UPDATE posts SET unconfirmed_since = :now", now=NOW)
    status = await bot.services.status.of_server(SERVER, visible=everything)
    assert [len(feed.unconfirmed) for feed in status.feeds] == [1, 1]
    assert [feed.waiting for feed in status.feeds] == [0, 0]
