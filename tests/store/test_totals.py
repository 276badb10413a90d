from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.totals import Totals
from bot.services.queries.totals import CurrentTotals
from tests.services.bots import LIVE, a_bot

pytestmark = pytest.mark.usefixtures("each_store", "databases_are_freed")


async def test_everything_is_counted_by_how_it_stands(tmp_path: Path) -> None:
    async with a_bot(tmp_path) as bot:
        empty = await CurrentTotals(database=bot.database).read()
        assert empty == Totals(
            servers=0,
            feeds_active=0,
            feeds_paused=0,
            feeds_blocked=0,
            subscriptions=0,
            papers=0,
            posts_waiting=0,
            posts_blocked=0,
            posts_unconfirmed=0,
            oldest_waiting_at=None,
            items_unreadable=0,
        )
        bot.list_paper("2608.00001")
        bot.hub.days[bot.today].append({})
        for channel in range(1, 6):
            await bot.subscribe(channel=channel, server=9 if channel < 5 else 10, schedule=LIVE)
        await bot.services.runs.run()  # nothing is sent: five posts are pending
        now = bot.clock()
        await bot.execute("UPDATE servers SET left_at = :now WHERE id = 10", now=now)
        await bot.execute("UPDATE feeds SET paused_at = :now WHERE channel_id IN (2, 3)", now=now)
        await bot.execute(
            "UPDATE feeds SET blocked_at = :now, block_reason = 'no' WHERE channel_id IN (3, 4)", now=now
        )
        await bot.execute("UPDATE posts SET unconfirmed_since = :now WHERE channel_id = 5", now=now)
        await bot.execute(
            "DELETE FROM subscriptions WHERE feed_id IN (SELECT id FROM feeds WHERE channel_id = 4)"
        )
        assert await CurrentTotals(database=bot.database).read() == Totals(
            servers=1,
            feeds_active=2,
            feeds_paused=1,
            feeds_blocked=1,
            subscriptions=4,
            papers=1,
            posts_waiting=1,
            posts_blocked=3,
            posts_unconfirmed=1,
            oldest_waiting_at=bot.clock(),
            items_unreadable=1,
        )


async def test_a_second_request_right_after_gets_the_same_answer(tmp_path: Path) -> None:
    now = 0.0
    async with a_bot(tmp_path) as bot:
        totals = CurrentTotals(database=bot.database, monotonic=lambda: now)
        assert (await totals.read()).subscriptions == 0
        await bot.subscribe()
        assert (await totals.read()).subscriptions == 0
        now += 5
        assert (await totals.read()).subscriptions == 1
