"""What people change while a plan is made: it is stored as if it had been made afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.core.feeds import FeedKind, LastRun, Place
from bot.core.ids import ChannelId, RoleId
from bot.services.feeds.filters import FilterChange
from bot.services.feeds.unsubscribing import ALL_OF_THEM
from bot.store import feed_versions, subscriptions
from tests.cases import each
from tests.examples import only_thorough
from tests.services.bots import CHANNEL, SERVER, USER, Bot

SHRUNK, EMPTIED, EXCLUDING, STRICTER, PAUSED, LATER, PINGING, SAME, GONE = range(11, 20)
ROLE = RoleId(77)


def change_once_planned(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Awaitable[object]]) -> None:
    """Has `change` happen between the reading of what the next plan is made from, and its storing."""
    read = feed_versions.read

    async def then_change(conn: Any, feed_ids: Any) -> Any:
        found = await read(conn, feed_ids)
        monkeypatch.setattr(feed_versions, "read", read)
        await change()
        return found

    monkeypatch.setattr(feed_versions, "read", then_change)


def place(channel: int) -> Place:
    return Place(server_id=SERVER, channel_id=ChannelId(channel), kind=FeedKind.CHANNEL)


async def unsubscribe(bot: Bot, keywords: str, *, channel: int = CHANNEL) -> None:
    await bot.services.subscriptions.unsubscribe(keywords, channel_id=ChannelId(channel), user_id=USER)


async def planned(bot: Bot, channel: int = CHANNEL) -> list[tuple[str, list[str]]]:
    """The papers of the channel's posts, each with its queries."""
    return sorted(
        (entry.paper_id, sorted(entry.queries)) for post in await bot.posts(channel) for entry in post.entries
    )


async def test_a_feed_that_is_deleted_meanwhile_ends_no_run(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in (GONE, SAME):
        await bot.subscribe("video", channel=channel)
    bot.list_paper("2608.00001", title="Video")
    bot.clock.advance(hours=1)
    feed = await bot.feed(GONE)
    change_once_planned(monkeypatch, lambda: bot.execute(f"DELETE FROM feeds WHERE id = {feed.id}"))  # noqa: S608
    await bot.services.runs.run()
    assert await planned(bot, SAME) == [("2608.00001", ["video"])]


async def test_a_run_stores_what_each_channel_wants_by_then(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in (SHRUNK, EMPTIED, EXCLUDING, STRICTER, PAUSED, LATER, PINGING, SAME):
        await bot.subscribe("video, agents", channel=channel)
    bot.list_paper("2608.00001", title="Video", upvotes=9)
    bot.list_paper("2608.00002", title="Agents", upvotes=1)
    bot.clock.advance(hours=1)
    now = bot.clock()
    later = (now + timedelta(hours=2)).strftime("%H:%M")

    async def change() -> None:
        services = bot.services
        await unsubscribe(bot, "video", channel=SHRUNK)
        await unsubscribe(bot, ALL_OF_THEM, channel=EMPTIED)
        for channel, wanted in (
            (EXCLUDING, FilterChange(exclude="agents")),
            (STRICTER, FilterChange(min_upvotes=5)),
        ):
            await services.filters.change(wanted, place=place(channel), user_id=USER)
        await services.pausing.pause(ChannelId(PAUSED), user_id=USER)
        await services.feeds.schedule(
            place=place(LATER), user_id=USER, cadence=None, time=later, timezone=None, weekdays=None
        )
        await services.feeds.mention(ROLE, place=place(PINGING), user_id=USER)

    change_once_planned(monkeypatch, change)
    await bot.services.runs.run()
    video, agents = ("2608.00001", ["video"]), ("2608.00002", ["agent"])
    assert await planned(bot, SAME) == [video, agents]
    assert await planned(bot, SHRUNK) == [agents]
    assert await planned(bot, EMPTIED) == []
    assert await planned(bot, EXCLUDING) == await planned(bot, STRICTER) == [video]
    assert await planned(bot, PAUSED) == await planned(bot, LATER) == []
    assert [post.mention_role_id for post in await bot.posts(PINGING)] == [ROLE]
    assert (await bot.feed(EXCLUDING)).last_run == LastRun(new=2, matched=2, planned=1)
    assert [(await bot.feed(channel)).last_run_at for channel in (SAME, SHRUNK, PAUSED, LATER)] == [
        now,
        now,
        None,
        None,
    ]
    bot.clock.advance(hours=3)
    await bot.services.runs.run()
    assert await planned(bot, LATER) == [video, agents]


async def test_a_delivery_on_request_leaves_out_what_was_unsubscribed_meanwhile(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.subscribe("video")
    feed = await bot.subscribe("agents")
    bot.list_paper("2608.00001", title="Video")
    bot.list_paper("2608.00002", title="Agents")
    change_once_planned(monkeypatch, lambda: unsubscribe(bot, "video"))
    result = await bot.services.runs.deliver_now(feed)
    assert await planned(bot) == [("2608.00002", ["agent"])]
    assert len(result.post_ids) == 1


@each("only_one", [True, *only_thorough([False])])
async def test_older_papers_of_what_was_unsubscribed_meanwhile_are_left_out(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, *, only_one: bool
) -> None:
    before = bot.today - timedelta(days=2)
    bot.list_paper("2608.00001", title="Video", day=before)
    bot.list_paper("2608.00002", title="Agents", day=before)
    await bot.services.polling.read_day(before)
    await bot.subscribe("video")
    feed = await bot.subscribe("agents")
    async with bot.database.read() as conn:
        known = await subscriptions.of_feed(conn, feed.id)
    removed = "video" if only_one else ALL_OF_THEM
    change_once_planned(monkeypatch, lambda: unsubscribe(bot, removed))
    await bot.services.runs.deliver_older(feed, known, count=5)
    assert await planned(bot) == ([("2608.00002", ["agent"])] if only_one else [])
