"""A clock that was ahead once, by hours or a year: when it is right again, so is everything that it dated."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import FeedKind
from bot.core.ids import ChannelId
from bot.core.runs import Outcome
from bot.core.schedules import Schedule, next_run
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.delivery.attempts import MAX_RETRY_AFTER
from bot.services.delivery.blocking import MAX_RECHECK_WAIT
from bot.store import clock_correction, tables
from bot.store.column_types import UtcDateTime
from bot.store.tables import metadata
from tests.examples import first
from tests.fakes.huggingface import Fault
from tests.samples import NINE_ON_WEEKDAYS, NOW
from tests.services.bots import CHANNEL, LIVE, OTHER, USER, WEEKLY, Bot

HERE = ChannelId(CHANNEL)
A_YEAR = timedelta(days=365)
AHEAD = [timedelta(minutes=90), timedelta(hours=12), timedelta(days=3), A_YEAR]
REFUSES = DeliveryError("It refuses.", code=50001, kind=DeliveryErrorKind.CHANNEL_REFUSED)


async def run_at(bot: Bot, moment: datetime) -> None:
    bot.clock.now = moment
    await bot.run()


@pytest.mark.parametrize("ahead", first(1, AHEAD), ids=str)
@pytest.mark.parametrize("schedule", first(1, [NINE_ON_WEEKDAYS, WEEKLY]), ids=["daily", "weekly"])
async def test_a_feed_runs_at_its_next_time_after_the_clock_was_ahead(
    bot: Bot, schedule: Schedule, ahead: timedelta
) -> None:
    await bot.subscribe(schedule=schedule)
    await bot.subscribe(channel=OTHER, schedule=schedule)
    await run_at(bot, NOW + ahead)
    await bot.services.pausing.pause(ChannelId(OTHER), user_id=USER)
    await run_at(bot, NOW + timedelta(minutes=1))
    due_at = next_run(schedule, after=bot.clock())
    assert (await bot.feed()).next_run_at == due_at
    assert (await bot.feed(OTHER)).next_run_at == due_at, "paused, and scheduled all the same"
    bot.clock.now = due_at
    bot.list_paper("2608.00001")
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_next_run_within_the_schedule_stays_as_it_is(bot: Bot) -> None:
    await bot.subscribe()
    await bot.subscribe(channel=OTHER, schedule=WEEKLY)
    await bot.run()
    before = [(await bot.feed(channel)).next_run_at for channel in (CHANNEL, OTHER)]
    await run_at(bot, NOW + timedelta(minutes=30))
    assert [(await bot.feed(channel)).next_run_at for channel in (CHANNEL, OTHER)] == before


@pytest.mark.parametrize("ahead", first(1, AHEAD[1:]), ids=str)
async def test_a_post_postponed_by_the_wrong_clock_is_sent_at_the_next_run(
    bot: Bot, ahead: timedelta
) -> None:
    await bot.subscribe(schedule=LIVE)
    bot.list_paper("2608.00001")
    bot.publisher.fail(CHANNEL, DeliveryError("Not now."))
    await bot.run()
    await bot.execute("UPDATE posts SET next_attempt_at = :at", at=NOW + ahead)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


@pytest.mark.parametrize("ahead", first(1, AHEAD), ids=str)
async def test_a_blocked_channel_is_tried_again_at_the_next_run(bot: Bot, ahead: timedelta) -> None:
    await bot.subscribe(schedule=LIVE)
    bot.list_paper("2608.00001")
    bot.publisher.refusals[HERE] = REFUSES
    await run_at(bot, NOW + ahead)
    bot.publisher.refusals.clear()
    await run_at(bot, NOW)
    assert (await bot.feed()).block is None
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_blocked_channel_waits_no_longer_than_it_ever_does(bot: Bot) -> None:
    await bot.subscribe(schedule=LIVE)
    bot.list_paper("2608.00001")
    bot.publisher.refusals[HERE] = REFUSES
    await bot.run()
    late = NOW + MAX_RECHECK_WAIT + timedelta(minutes=1)
    await bot.execute("UPDATE feeds SET recheck_at = :at", at=late)
    bot.publisher.refusals.clear()
    await bot.run()
    assert (await bot.feed()).block is None


async def test_nothing_waits_longer_than_it_ever_does(bot: Bot) -> None:
    feed = await bot.subscribe(schedule=LIVE)
    bot.list_paper("2608.00001")
    await bot.services.feeds.publish(on=True, place=feed.place, user_id=USER)
    await bot.run()
    bot.publisher.refusals[HERE] = REFUSES
    bot.list_paper("2608.00002")
    bot.clock.advance(hours=1)
    await bot.run()
    await bot.execute("UPDATE follow_ups SET state = 'pending', ended_at = NULL")
    for column in (
        tables.posts.c.next_attempt_at,
        tables.follow_ups.c.next_attempt_at,
        tables.notices.c.next_attempt_at,
        tables.feeds.c.recheck_at,
    ):
        async with bot.database.write() as conn:
            await conn.execute(update(column.table).values({column.name: NOW + A_YEAR}))
            assert await pulled_back(conn, bot.clock())
            assert not await pulled_back(conn, bot.clock())


async def pulled_back(conn: AsyncConnection, now: datetime) -> int:
    return await clock_correction.pull_back_waits(
        conn, now=now, longest_wait=MAX_RETRY_AFTER, longest_look=MAX_RECHECK_WAIT
    )


async def test_a_list_day_read_by_the_wrong_clock_is_read_again_once_it_closed(bot: Bot) -> None:
    await bot.subscribe(schedule=LIVE)
    day = bot.today
    bot.list_paper("2608.00001", day=day)
    await run_at(bot, NOW + timedelta(days=9))
    bot.list_paper("2608.00002", day=day)
    await run_at(bot, NOW + timedelta(hours=1))
    assert sorted(bot.publisher.posted(CHANNEL)) == ["2608.00001", "2608.00002"]


async def test_a_paper_listed_while_the_bot_was_off_after_the_wrong_clock_is_not_lost(bot: Bot) -> None:
    await bot.subscribe(schedule=LIVE)
    await run_at(bot, NOW + A_YEAR)
    bot.clock.now = NOW
    bot.list_paper("2608.00001")
    bot.clock.advance(days=10)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_failure_dated_later_than_now_does_not_count_as_lasting(bot: Bot) -> None:
    await bot.subscribe()
    ahead = NOW + A_YEAR
    bot.hub.day_faults = {ahead.date() - timedelta(days=back): Fault(status=403) for back in range(40)}
    await run_at(bot, ahead)
    await run_at(bot, NOW)
    bot.clock.advance(hours=1)
    await bot.run()
    await bot.services.notices.send_pending()
    assert await bot.value("SELECT count(*) FROM notices") == 0


async def test_nothing_is_dated_later_than_now_afterwards_and_what_was_subscribed_to_is_posted(
    bot: Bot,
) -> None:
    bot.clock.now = NOW + A_YEAR
    await bot.subscribe(schedule=LIVE)
    bot.list_paper("2608.00001", day=NOW.date())
    await bot.services.pausing.pause(HERE, user_id=USER)
    await bot.services.pausing.resume(HERE, user_id=USER)
    await bot.run()
    await run_at(bot, NOW)
    async with bot.database.read() as conn:
        for column in (
            column
            for table in metadata.sorted_tables
            for column in table.c
            if isinstance(column.type, UtcDateTime) and "next_" not in column.name
        ):
            latest = (await conn.execute(select(func.max(column)))).scalar_one()
            assert latest is None or latest <= NOW, column
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    run = await bot.last_run()
    assert (run.finished_at, run.outcome) == (NOW, Outcome.OK), "the one that came last"


@pytest.mark.parametrize("kind", first(1, [FeedKind.CHANNEL, FeedKind.FORUM]))
async def test_a_message_whose_answer_was_lost_to_a_wrong_clock_is_found_and_not_sent_again(
    bot: Bot, kind: FeedKind
) -> None:
    await bot.subscribe(schedule=LIVE, kind=kind)
    bot.list_paper("2608.00001")
    await bot.run()
    bot.publisher.clock = lambda: NOW  # Discord's own stays right
    bot.list_paper("2608.00002")
    bot.publisher.lose_answers(CHANNEL)
    bot.clock.now = NOW + timedelta(days=3)
    await bot.run()
    bot.clock.advance(hours=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001", "2608.00002"]
