"""Each post once, whatever happens to its transactions."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId
from bot.core.posts import PostState
from bot.services.runs import chunks
from tests.samples import NOW
from tests.services.bots import CHANNEL, Bot
from tests.stores import Store


async def test_a_run_a_delivery_and_a_button_at_once_post_each_paper_once(bot: Bot) -> None:
    for number in range(9):
        bot.list_paper(f"2608.{number:05}", day=bot.today - timedelta(days=number // 3))
    for days in range(3):
        await bot.services.polling.read_day(bot.today - timedelta(days=days))
    found = await bot.services.subscriptions.subscribe(
        "video",
        place=Place(server_id=1, channel_id=ChannelId(CHANNEL), kind=FeedKind.CHANNEL),
        user_id=1,
    )
    first = found.wanted[0].subscription.id
    await bot.execute("UPDATE feeds SET next_run_at = :now", now=NOW)
    older = range(first, first + 1)
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    await asyncio.gather(
        bot.services.runs.run(),
        bot.services.runs.run(),
        bot.services.feeds.deliver(ChannelId(CHANNEL)),
        bot.services.feeds.deliver(ChannelId(CHANNEL)),
        bot.services.older_matches.post(ChannelId(CHANNEL), older, timeout_seconds=5),
        bot.services.older_matches.post(ChannelId(CHANNEL), older, timeout_seconds=5),
    )
    await bot.delivered()
    posted = bot.publisher.posted(CHANNEL)
    assert len(posted) == len(set(posted)) >= 8
    assert bot.publisher.most_in_flight == 1


async def test_a_crash_between_planning_and_sending_loses_nothing_and_repeats_nothing(bot: Bot) -> None:
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    await bot.restart()
    await bot.run()
    bot.clock.advance(days=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


@pytest.mark.thorough
async def test_two_runs_at_once_post_once(bot: Bot) -> None:
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    reports = await asyncio.gather(*[bot.services.runs.run() for _ in range(3)])
    await bot.delivered()
    assert sum(report.feeds for report in reports) == 1
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_large_run_has_the_store_count_its_posts(
    bot: Bot, each_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MANY_POSTS", 2)
    for channel in (1, 2):
        await bot.subscribe(channel=channel)
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    if each_store is Store.POSTGRESQL:
        assert await bot.value("SELECT reltuples FROM pg_class WHERE oid = 'posts'::regclass") == 2
    await bot.delivered()
    assert bot.publisher.posted(1) == bot.publisher.posted(2) == ["2608.00001"]
