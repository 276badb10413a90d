"""The result of a feed's last run: a quiet day, everything filtered out, or planned posts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.core.feeds import LastRun
from bot.core.ids import ChannelId
from bot.store.tables import subscriptions
from tests.fakes.huggingface import Fault
from tests.services.bots import CHANNEL, OTHER, USER, Bot


async def last_run(bot: Bot, channel: int = CHANNEL) -> LastRun | None:
    return (await bot.feed(channel)).last_run


@pytest.mark.thorough
async def test_the_first_run_counts_the_list_of_its_day(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    bot.list_paper("2608.00002", title="Agents")
    bot.list_paper("2608.00003", day=bot.today - timedelta(days=1))
    await bot.services.runs.run()
    await bot.subscribe()
    assert await last_run(bot) is None
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    assert await last_run(bot) == LastRun(new=2, matched=1, planned=1)


async def test_papers_count_from_the_first_day_of_a_subscription_that_matches_none_too(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    bot.list_paper("2608.00002", day=bot.today - timedelta(days=1))
    await bot.services.runs.run()
    await bot.subscribe("video, agents")
    set_since = (
        update(subscriptions)
        .where(subscriptions.c.canonical.like("agent%"))
        .values(since=bot.today - timedelta(days=1))
    )
    async with bot.database.write() as conn:
        await conn.execute(set_since)
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    assert await last_run(bot) == LastRun(new=2, matched=1, planned=1)


async def test_a_later_run_counts_what_was_listed_since(bot: Bot) -> None:
    await bot.subscribe()
    await bot.subscribe("agents", channel=OTHER)
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    bot.clock.advance(hours=1)
    bot.list_paper("2608.00002")
    await bot.services.runs.run()  # read, and no feed is due
    bot.clock.advance(hours=23)
    bot.list_paper("2608.00003")
    await bot.services.runs.run()
    assert await last_run(bot) == LastRun(new=2, matched=2, planned=2)
    assert await last_run(bot, OTHER) == LastRun(new=2, matched=0, planned=0)


async def test_a_feed_that_was_paused_counts_from_its_own_last_run(bot: Bot) -> None:
    await bot.subscribe()
    await bot.subscribe(channel=OTHER)
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    await bot.services.pausing.pause(ChannelId(OTHER), user_id=USER)
    for number in (1, 2):
        bot.clock.advance(days=1)
        bot.list_paper(f"2608.0000{number}")
        if number == 2:
            await bot.execute("UPDATE feeds SET paused_at = NULL")
        await bot.services.runs.run()
    assert await last_run(bot) == LastRun(new=1, matched=1, planned=1)
    assert await last_run(bot, OTHER) == LastRun(new=2, matched=2, planned=2)


@pytest.mark.thorough
async def test_papers_that_wait_for_upvotes_count_as_matches(bot: Bot) -> None:
    await bot.subscribe()
    await bot.execute("UPDATE feeds SET min_upvotes = 5")
    bot.list_paper("2608.00001", upvotes=4)
    bot.list_paper("2608.00002", upvotes=5)
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    assert await last_run(bot) == LastRun(new=2, matched=2, planned=1)


async def test_a_run_that_could_not_read_the_list_keeps_the_old_figures(bot: Bot) -> None:
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    bot.clock.advance(days=1)
    bot.hub.faults.extend([Fault(status=500)] * 20)
    await bot.services.runs.run()
    assert await last_run(bot) == LastRun(new=1, matched=1, planned=1)
