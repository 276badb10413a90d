"""Runs over many days: what was missed comes, once, whatever was down; and a run's journal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.ids import ChannelId
from bot.core.runs import Outcome
from bot.core.schedules import Schedule
from bot.services.runs import chunks, planning
from bot.store import outbox
from tests.examples import first
from tests.fakes.huggingface import Fault
from tests.samples import NOW
from tests.services.bots import CHANNEL, LIVE, OTHER, USER, WEEKLY, Bot, a_bot
from tests.stores import (
    fill_disk,
)

NOT_NOW = Fault(status=403)


def ids(count: int, *, first: int = 1) -> list[str]:
    return [f"2608.{number:05}" for number in range(first, first + count)]


async def a_paper_a_day(bot: Bot, count: int, *, runs: bool = True) -> None:
    for paper_id in ids(count):
        bot.clock.advance(days=1)
        bot.list_paper(paper_id)
        if runs:
            await bot.run()


@pytest.mark.thorough
@pytest.mark.parametrize("days", [3, 10, 20])
async def test_time_offline_loses_nothing(bot: Bot, days: int) -> None:
    await bot.subscribe()
    bot.clock.advance(hours=1)
    await bot.run()
    await bot.stop_delivering()
    await a_paper_a_day(bot, days, runs=False)
    await bot.restart()
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(days)


@pytest.mark.thorough
async def test_a_feed_that_was_paused_for_ten_days_loses_nothing(bot: Bot) -> None:
    await bot.subscribe()
    bot.clock.advance(hours=1)
    await bot.run()
    await bot.services.pausing.pause(ChannelId(CHANNEL), user_id=USER)
    await a_paper_a_day(bot, 12)
    assert bot.publisher.posted(CHANNEL) == []
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []  # its time has not come
    bot.clock.advance(days=2)
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(12)


async def test_papers_of_friday_night_come_on_monday(bot: Bot) -> None:
    await bot.subscribe()
    bot.clock.now = datetime(2026, 8, 21, 9, tzinfo=UTC)  # a Friday
    await bot.run()
    friday = bot.today
    for day in (21, 23):
        bot.list_paper(f"2608.{day:05}", day=friday)
        bot.clock.now = datetime(2026, 8, day, 22, tzinfo=UTC)
        await bot.run()
    assert bot.publisher.posted(CHANNEL) == []
    bot.clock.now = datetime(2026, 8, 24, 9, tzinfo=UTC)
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == ["2608.00021", "2608.00023"]


@pytest.mark.thorough
async def test_a_weekly_feed_gets_the_weeks_best_first(bot: Bot) -> None:
    await bot.subscribe(schedule=WEEKLY)
    await bot.run()
    await bot.execute("UPDATE feeds SET weekdays = 16")  # Fridays
    for number in range(1, 15):
        bot.clock.advance(days=1)
        bot.list_paper(f"2608.{number:05}", upvotes=number)
        await bot.run()
    posted = bot.publisher.posted(CHANNEL)
    assert sorted(posted) == [*ids(len(posted))]
    assert len(posted) >= 7
    for sent in bot.publisher.channels[ChannelId(CHANNEL)]:
        assert sent.paper_ids == sorted(sent.paper_ids, reverse=True)


async def test_a_live_feed_gets_a_paper_with_the_next_poll_even_if_the_clock_went_back(bot: Bot) -> None:
    await bot.subscribe(schedule=LIVE)
    await bot.run()
    bot.clock.advance(hours=-5)
    bot.list_paper("2608.00001")
    assert await bot.services.runs.next_at() == bot.clock()
    await bot.run()
    await bot.execute("UPDATE posts SET next_attempt_at = '2000-01-01T00:00:00.000000Z'")
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


@pytest.mark.thorough
async def test_a_source_that_was_down_for_ten_days_costs_no_paper(bot: Bot) -> None:
    await bot.subscribe()
    bot.clock.advance(hours=1)
    await bot.run()
    for number in range(1, 11):
        bot.clock.advance(days=1)
        bot.list_paper(f"2608.{number:05}")
        bot.hub.day_faults = {bot.today - timedelta(days=back): NOT_NOW for back in range(40)}
        await bot.run()
        assert (await bot.last_run()).outcome is Outcome.SOURCE_FAILED
    bot.hub.day_faults = {}
    bot.clock.advance(days=2)
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(10)


async def test_a_list_that_failed_is_read_again_when_a_feed_is_due(bot: Bot) -> None:
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.clock.advance(minutes=59)
    bot.hub.day_faults[bot.today] = NOT_NOW
    await bot.run()
    bot.hub.day_faults.clear()
    bot.clock.advance(minutes=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_fresh_list_is_not_read_again_for_a_feed(bot: Bot) -> None:
    await bot.subscribe()
    bot.clock.advance(minutes=59)
    await bot.run()
    asked = len(bot.hub.requests)
    bot.clock.advance(minutes=1)
    await bot.run()
    assert len(bot.hub.requests) == asked
    assert (await bot.last_run()).feeds == 1


@pytest.mark.usefixtures("each_store", "databases_are_freed")
@pytest.mark.parametrize("backfill_days", first(1, [0, 2]))
async def test_a_short_archive_still_reaches_over_the_window(tmp_path: Path, backfill_days: int) -> None:
    async with a_bot(tmp_path, backfill_days=backfill_days) as bot:
        await bot.subscribe()
        bot.clock.advance(hours=1)
        await bot.run()
        await a_paper_a_day(bot, 7, runs=False)
        await bot.run()
        assert sorted(bot.publisher.posted(CHANNEL)) == ids(7)


async def test_a_feed_whose_planning_fails_stops_no_other_and_catches_up(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = planning.new_posts

    def broken(feed: Any, papers: Any, *rest: Any, **more: Any) -> Any:
        if any("Agents" in paper.title for paper in papers):
            raise ZeroDivisionError
        return whole(feed, papers, *rest, **more)

    await bot.subscribe("agents")
    await bot.subscribe("video", channel=OTHER)
    bot.list_paper("2608.00001", title="Agents")
    bot.list_paper("2608.00002", title="Video")
    with monkeypatch.context() as patched:
        patched.setattr(planning, "new_posts", broken)
        bot.clock.advance(hours=1)
        await bot.run()
        assert bot.publisher.posted(OTHER) == ["2608.00002"]
        assert (await bot.last_run()).outcome is Outcome.FAILED
        assert (await bot.feed()).last_run_at is None
        assert await bot.services.runs.next_at() > bot.clock()
        with pytest.raises(RuntimeError, match="could not be planned"):
            await bot.services.feeds.deliver(ChannelId(CHANNEL))
    bot.clock.advance(days=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert (await bot.last_run()).outcome is Outcome.OK


async def test_a_feed_whose_next_run_cannot_be_computed_stops_no_other(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chunks.next_run

    def broken(schedule: Schedule, *, after: datetime) -> datetime:
        if schedule.timezone != "UTC":
            raise KeyError(schedule.timezone)
        return whole(schedule, after=after)

    await bot.subscribe()
    await bot.subscribe(channel=OTHER)
    await bot.execute("UPDATE feeds SET timezone = 'Europe/Berlin' WHERE channel_id = :id", id=CHANNEL)
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    monkeypatch.setattr(chunks, "next_run", broken)
    await bot.run()
    assert bot.publisher.posted(OTHER) == bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert (await bot.feed()).next_run_at == bot.clock() + timedelta(days=1)


@pytest.mark.thorough
async def test_a_failed_run_is_recorded_changes_nothing_and_the_next_one_catches_up(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise OSError("disk I/O error")

    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(chunks.due_feeds, "finish_runs", broken)
        with pytest.raises(OSError, match="disk"):
            await bot.services.runs.run()
    assert (await bot.last_run()).outcome is Outcome.FAILED
    assert await bot.posts() == []  # all of it or nothing
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_run_whose_failure_cannot_be_recorded_still_raises_the_first_error(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await fill_disk(bot.database, "runs", on="UPDATE")
    with pytest.raises(Exception, match="disk is full"):
        await bot.services.runs.run()
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.getMessage().startswith("The database cannot be written: the ")
    assert "disk is full; free some space" in record.getMessage()
    assert record.exc_info is None


async def test_delivering_now_leaves_the_schedule_alone(bot: Bot) -> None:
    feed = await bot.subscribe()
    bot.list_paper("2608.00001")
    await bot.services.runs.run()
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert [len(post.entries) for post in result.sent] == [1]
    assert await bot.feed() == feed


async def test_the_recorded_run_has_its_figures(bot: Bot) -> None:
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.list_paper("2608.00002", title="Agents")
    bot.clock.advance(hours=1)
    await bot.run()
    run = await bot.last_run()
    assert (run.outcome, run.listed, run.new_papers, run.feeds, run.posts) == (Outcome.OK, 2, 2, 1, 1)
    assert run.started_at == NOW + timedelta(hours=1)
    async with bot.database.read() as conn:
        assert await outbox.next_attempt_at(conn) is None
