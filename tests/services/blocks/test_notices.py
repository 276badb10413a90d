"""Notices: a server is notified once about its problems, in one message, in the best place."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.core.access import Access
from bot.core.ids import ChannelId, ServerId
from bot.core.notices import NoticeKind, NoticeState
from bot.errors import DeliveryError, DeliveryErrorKind, Problem, ProblemKind, SourceError
from bot.services.blocks.notices import MAX_ATTEMPTS, SOURCE_DOWN_FOR
from bot.services.delivery.attempts import FAILURES_BEFORE_NOTICE
from bot.services.delivery.blocking import block
from bot.store import notices, tables
from tests.samples import NOW
from tests.services.bots import CHANNEL, LIVE, OTHER, SERVER, USER, Bot

LACKS = "I'm missing **Send Messages** in <#1>: give me **Send Messages** there."
REFUSED = DeliveryError(LACKS, code=50013, kind=DeliveryErrorKind.PERMISSION_MISSING)
CLOSED = DeliveryError("Refused.", code=50013, kind=DeliveryErrorKind.CHANNEL_REFUSED)
BUSY = DeliveryError("Discord answered 503.", may_have_arrived=True)
ADMINS, SYSTEM, THIRD = 11, 12, 3
FIRST = "2608.00001"


async def with_problem(bot: Bot, *channels: int, server: int = SERVER) -> None:
    """These channels of a server are held."""
    for channel in channels or (CHANNEL,):
        feed = await bot.subscribe(channel=channel, server=server)
        async with bot.database.write() as conn:
            await block(conn, feed.id, REFUSED, now=bot.clock())
        bot.publisher.obstacles[ChannelId(channel)] = Access(obstacle=LACKS)


async def notified(bot: Bot, **later: float) -> list[tuple[int, int]]:
    """Where messages stand after a look, and of how many held channels each tells."""
    bot.clock.advance(**later or {"seconds": 5})
    await bot.services.notices.send_pending()
    return [(notice.channel_id, len(notice.report.blocked)) for notice in bot.board.posted]


async def states(bot: Bot) -> list[str]:
    async with bot.database.read() as conn:
        return list((await conn.execute(text("SELECT state FROM notices ORDER BY id"))).scalars())


async def test_simultaneous_problems_are_one_message_that_is_sent_once(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await with_problem(bot, CHANNEL, OTHER)
    assert await notified(bot, seconds=2) == []  # others may belong into it
    await with_problem(bot, THIRD)
    assert await notified(bot) == [(SYSTEM, 3)]
    assert await notified(bot, hours=9) == [(SYSTEM, 3)]
    assert await states(bot) == ["notified"] * 3
    async with bot.database.read() as conn:
        rows = (await conn.execute(select(tables.notices.c["channel_id", "message_id", "notified_at"]))).all()
    assert {tuple(row) for row in rows} == {(SYSTEM, 1, NOW + timedelta(seconds=7))}


async def test_a_later_problem_is_a_separate_message(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await with_problem(bot)
    await notified(bot)
    await with_problem(bot, OTHER)
    assert await notified(bot) == [(SYSTEM, 1)] * 2


async def test_each_server_is_notified_of_its_own_problems(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await with_problem(bot)
    await with_problem(bot, OTHER, THIRD, server=SERVER + 1)
    assert sorted(await notified(bot)) == [(SYSTEM, 1), (SYSTEM, 2)]


async def test_the_places_are_tried_in_their_order(bot: Bot) -> None:
    await with_problem(bot)
    await bot.subscribe(channel=OTHER)
    await bot.execute("UPDATE servers SET notices_channel_id = :id", id=ADMINS)
    bot.board.own_channels = [SYSTEM]
    for closed in (ADMINS, OTHER, SYSTEM):
        bot.board.refusals[closed] = CLOSED
    assert await notified(bot) == []
    assert await states(bot) == ["undeliverable"]
    await notified(bot, hours=9)
    assert bot.board.tried == [ADMINS, OTHER, SYSTEM], "and nobody directly, and none twice"


async def test_a_place_with_a_visible_obstacle_is_not_called(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    await bot.execute("UPDATE servers SET notices_channel_id = :id", id=ADMINS)
    bot.publisher.obstacles[ChannelId(ADMINS)] = Access(obstacle="I'm missing **View Channel**.")
    assert await notified(bot) == [(SYSTEM, 1)]
    assert bot.board.tried == [SYSTEM]


@pytest.mark.thorough
async def test_a_notice_that_no_place_accepts_is_recorded_and_not_retried(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    bot.board.refusals[SYSTEM] = CLOSED
    assert await notified(bot) == []
    assert await states(bot) == ["undeliverable"]
    await notified(bot, hours=9)
    assert len(bot.board.tried) == 1


async def test_a_place_that_does_not_answer_is_retried_with_the_same_nonce(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    bot.board.refusals[SYSTEM] = BUSY
    assert await notified(bot) == []
    assert await notified(bot, seconds=1) == []
    assert bot.board.tried == [SYSTEM]  # not elsewhere: it may stand there
    bot.board.refusals.clear()
    assert await notified(bot) == [(SYSTEM, 1)]


@pytest.mark.thorough
async def test_a_message_whose_answer_was_lost_is_not_sent_twice(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    bot.board.lost_answers = 1
    await notified(bot)
    assert await states(bot) == ["pending"]
    assert await notified(bot, hours=1) == [(SYSTEM, 1)]
    assert await states(bot) == ["notified"]


async def test_a_message_interrupted_by_a_crash_is_retried(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    monkeypatch.setattr("bot.services.blocks.notices.CLOSING_SECONDS", 0.01)
    begun, post = asyncio.Event(), bot.board.post

    async def hang(*args: object, **options: object) -> None:
        await post(*args, **options)  # pyright: ignore[reportArgumentType]
        begun.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(bot.board, "post", hang)
    bot.clock.advance(seconds=5)
    running = asyncio.create_task(bot.services.notices.run())
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await states(bot) == ["pending"]

    monkeypatch.undo()
    await bot.restart()
    assert await notified(bot) == [(SYSTEM, 1)]
    assert await notified(bot, minutes=5) == [(SYSTEM, 1)]
    assert await states(bot) == ["notified"]


async def test_a_notice_is_given_up_after_a_day(bot: Bot) -> None:
    await with_problem(bot)
    await bot.execute("UPDATE notices SET attempts = :attempts", attempts=MAX_ATTEMPTS - 2)
    bot.board.own_channels = [SYSTEM]
    bot.board.refusals[SYSTEM] = BUSY
    await notified(bot, minutes=15)
    assert await states(bot) == ["pending"]
    await notified(bot, minutes=15)
    assert await states(bot) == ["undeliverable"]
    assert len(bot.board.tried) == 2


async def test_a_block_that_ended_before_its_notice_is_not_notified_and_the_next_one_is(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    assert await notified(bot) == []
    assert await states(bot) == []
    await with_problem(bot)
    assert await notified(bot) == [(SYSTEM, 1)]


async def test_a_clock_that_was_set_back_does_not_delay_notices(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    assert await notified(bot, days=-3) == [(SYSTEM, 1)]


async def test_a_server_that_cannot_be_checked_is_notified_later(bot: Bot) -> None:
    await with_problem(bot)
    bot.board.own_channels = [SYSTEM]
    bot.publisher.obstacles[ChannelId(SYSTEM)] = Access(is_known=False)
    assert await notified(bot) == []
    bot.publisher.obstacles.pop(ChannelId(SYSTEM))
    assert await notified(bot) == [(SYSTEM, 1)]


async def test_a_bug_for_one_server_does_not_affect_the_others(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await with_problem(bot)
    await with_problem(bot, OTHER, server=SERVER + 1)
    await bot.execute(
        "UPDATE servers SET notices_channel_id = :id WHERE id = :server", id=ADMINS, server=SERVER
    )
    bot.board.own_channels = [SYSTEM]
    bot.board.refusals[ADMINS] = RuntimeError("a bug")
    assert await notified(bot) == [(SYSTEM, 1)]
    assert "because of a bug" in caplog.text
    assert await states(bot) == ["pending", "notified"]


@pytest.mark.thorough
async def test_a_delay_of_hours_is_notified_until_a_message_arrives(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    bot.list_paper(FIRST)
    await bot.subscribe(schedule=LIVE)
    bot.publisher.refusals[ChannelId(CHANNEL)] = BUSY
    await bot.run()
    for _ in range(FAILURES_BEFORE_NOTICE):
        await notified(bot, minutes=15)
        await bot.delivered()
    await notified(bot)
    (message,) = bot.board.posted
    assert [(delay.feed.channel_id, delay.reason) for delay in message.report.delayed] == [
        (CHANNEL, BUSY.reason)
    ]
    bot.publisher.refusals.clear()
    bot.clock.advance(minutes=15)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [FIRST]
    assert await states(bot) == []


async def test_a_delay_that_is_over_is_not_notified(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    feed = await bot.subscribe()
    async with bot.database.write() as conn:
        await notices.add(conn, NoticeKind.DELAYED, feed.id, now=bot.clock())
    assert await notified(bot) == []
    assert await states(bot) == []


async def runs_apart(bot: Bot, hours: float) -> None:
    """A run in half an hour, one hours later, and half an hour after it."""
    for wait in (0.5, hours):
        bot.clock.advance(hours=wait)
        await bot.run()
        await bot.services.notices.send_pending()
    bot.clock.advance(minutes=30)


async def silent(bot: Bot, hours: float) -> None:
    """Hugging Face answers nothing for so long, while the bot asks, and for half an hour more."""
    list_day = bot.services.polling._source.list_day

    async def nothing(_: object) -> None:
        raise SourceError(ProblemKind.TIMED_OUT)

    bot.services.polling._source.list_day = nothing  # pyright: ignore[reportAttributeAccessIssue]
    await runs_apart(bot, hours)
    bot.services.polling._source.list_day = list_day  # pyright: ignore[reportAttributeAccessIssue]


def source_notices(bot: Bot) -> int:
    return len([notice for notice in bot.board.posted if notice.report.source is not None])


async def test_six_hours_without_hugging_face_are_notified_once_per_server_that_wants_papers(
    bot: Bot,
) -> None:
    bot.board.own_channels = [SYSTEM]
    await bot.subscribe()
    await bot.subscribe(channel=OTHER, server=SERVER + 1)
    await with_problem(bot, THIRD, server=SERVER + 2)  # nothing is posted there anyway
    await bot.run()
    await silent(bot, 5.5)
    assert source_notices(bot) == 0
    await silent(bot, 2)
    await notified(bot)
    assert source_notices(bot) == 2
    await bot.run()
    await notified(bot, minutes=2)
    assert "source" not in await kinds(bot)

    await silent(bot, 7)
    await notified(bot)
    assert source_notices(bot) == 4  # the next outage is a new problem


async def test_a_list_that_stays_unreadable_is_notified_although_older_lists_are_read(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await bot.subscribe()
    await bot.run()
    bot.clock.advance(days=1)
    bot.hub.days[bot.today] = [{"paper": "in a new format"}] * 20
    broken = bot.today
    await runs_apart(bot, 6.5)
    await notified(bot)
    assert source_notices(bot) == 1
    source = bot.board.posted[-1].report.source
    assert source is not None
    assert (source.problem, source.day) == (Problem(ProblemKind.NO_ITEM_READABLE), broken)
    bot.hub.days.clear()
    await bot.run()
    await notified(bot, minutes=2)
    assert "source" not in await kinds(bot)


async def test_a_few_unreadable_items_are_no_notice(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.hub.days[bot.today].append({})
    await runs_apart(bot, 6.5)
    assert await kinds(bot) == []


async def kinds(bot: Bot) -> list[str]:
    async with bot.database.read() as conn:
        return list((await conn.execute(text("SELECT kind FROM notices"))).scalars())


async def test_time_offline_does_not_count_as_an_outage_of_hugging_face(bot: Bot) -> None:
    await bot.subscribe()
    await bot.run()
    bot.clock.advance(hours=1)
    await silent(bot, 0)
    bot.clock.now += 2 * SOURCE_DOWN_FOR
    await bot.restart()
    await bot.services.notices.send_pending()
    assert await kinds(bot) == []


async def test_a_server_that_joined_during_the_outage_is_not_notified(bot: Bot) -> None:
    await bot.run()
    await silent(bot, 5)
    await bot.subscribe()
    await silent(bot, 3)
    assert await kinds(bot) == []


async def test_a_server_that_was_left_is_not_notified(bot: Bot) -> None:
    await with_problem(bot)
    await bot.services.blocked_channels.server_left(ServerId(SERVER))
    assert await notified(bot) == []
    assert await states(bot) == [NoticeState.PENDING]
