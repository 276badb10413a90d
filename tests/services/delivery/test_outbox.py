"""Delivering: each post once, whatever is lost, refused, broken or cut off on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.core.access import Access
from bot.core.ids import ChannelId, MessageId
from bot.core.posts import PostState
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.delivery import outbox as delivering
from bot.services.delivery import rendering
from bot.services.delivery.attempts import MAX_BUGS, NONCE_LASTS
from bot.services.delivery.pace import ChannelPace
from bot.store import outbox
from tests.examples import examples, first
from tests.fakes.publisher import LOST, Fault
from tests.services.bots import CHANNEL, OTHER, USER, Bot, a_bot
from tests.stores import (
    delete_although_needed,
    fill_disk,
    free_disk,
    freed,
)
from tests.waiting import LIMIT_SECONDS, until

REFUSED = DeliveryError("A permission is missing.", code=50013, kind=DeliveryErrorKind.CHANNEL_REFUSED)
REJECTED = DeliveryError("Discord rejected the message.", code=50035, kind=DeliveryErrorKind.CONTENT_REFUSED)
BUSY = DeliveryError("Discord answered 503.", may_have_arrived=True)
BOT_REFUSED = DeliveryError(
    "Discord answered 401.", kind=DeliveryErrorKind.BOT_REFUSED, retry_after_seconds=300.0
)


async def plan_posts(bot: Bot, *paper_ids: str, channel: int = CHANNEL) -> None:
    """Plans posts of these papers for a live channel; nothing is sent yet."""
    for paper_id in paper_ids or ("2608.00001",):
        bot.list_paper(paper_id)
    await bot.plan(channel=channel)


async def try_again(bot: Bot, **after: float) -> None:
    bot.clock.advance(**after or {"hours": 1})
    await bot.delivered()


def calls(bot: Bot, name: str) -> int:
    return sum(call == name for call, _ in bot.publisher.calls)


async def test_a_pending_post_is_sent_once(bot: Bot) -> None:
    await plan_posts(bot)
    await bot.delivered()
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    (post,) = await bot.posts()
    assert post.state is PostState.SENT
    assert post.message_id == bot.publisher.channels[ChannelId(CHANNEL)][0].id
    assert len(post.nonce) <= 25
    assert post.attempts == 1


async def test_a_paper_is_posted_once_even_if_the_answer_was_lost(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    (post,) = await bot.posts()
    assert (post.state, post.reason) == (PostState.PENDING, LOST.reason)

    await try_again(bot, seconds=10)

    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert calls(bot, "find") == 0  # within the time of the nonce
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


@pytest.mark.parametrize(
    "later", first(1, [NONCE_LASTS, timedelta(hours=1), timedelta(days=40), timedelta(hours=-3)])
)
async def test_an_earlier_message_is_adopted_once_the_nonce_may_have_expired(
    bot: Bot, later: timedelta
) -> None:
    await plan_posts(bot)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    bot.clock.now += later
    await bot.execute(
        "UPDATE posts SET next_attempt_at = '2000-01-01T00:00:00.000000Z'"
    )  # be it back or forth

    await bot.delivered()

    assert calls(bot, "find") == 1
    assert calls(bot, "publish") == 1
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


async def test_an_earlier_message_is_found_although_the_clock_is_hours_ahead_of_discords(bot: Bot) -> None:
    bot.publisher.clock = lambda: bot.clock() - timedelta(hours=3)
    await plan_posts(bot, channel=OTHER)
    await bot.delivered()
    await plan_posts(bot)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    await try_again(bot)
    assert calls(bot, "find") == 1
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


@pytest.mark.thorough
async def test_a_message_that_is_not_found_is_sent(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.fail(CHANNEL, BUSY)
    await bot.delivered()
    await try_again(bot)
    assert bot.publisher.calls == [("publish", CHANNEL), ("find", CHANNEL), ("publish", CHANNEL)]
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_nothing_is_sent_while_the_earlier_message_cannot_be_searched(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    bot.publisher.find_faults.append(BUSY)
    await try_again(bot)
    assert calls(bot, "publish") == 1
    (post,) = await bot.posts()
    assert post.attempts == post.failures == 2  # so that its waits grow

    await try_again(bot)
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert calls(bot, "publish") == 1


async def test_waits_grow_to_a_quarter_of_an_hour(bot: Bot) -> None:
    await plan_posts(bot)
    await bot.execute("UPDATE posts SET failures = 6")
    bot.publisher.refusals[ChannelId(CHANNEL)] = BUSY
    waits: list[float] = []
    for _ in range(3):
        await bot.delivered()
        (post,) = await bot.posts()
        waits.append((post.next_attempt_at - bot.clock()).total_seconds())
        bot.clock.now = post.next_attempt_at
    assert waits == [320, 640, 900]
    assert calls(bot, "publish") == 3


@pytest.mark.parametrize(("asked", "granted"), first(1, [(120.0, 120), (2.0, 5), (1e12, 3600)]))
async def test_the_wait_that_discord_asks_for_is_respected(bot: Bot, asked: float, granted: int) -> None:
    await plan_posts(bot)
    bot.publisher.fail(CHANNEL, DeliveryError("Discord asks to wait.", retry_after_seconds=asked))
    await bot.delivered()
    (post,) = await bot.posts()
    assert post.next_attempt_at - bot.clock() == timedelta(seconds=granted)


async def test_each_channel_has_one_message_in_flight_and_the_oldest_is_first(bot: Bot) -> None:
    await plan_posts(bot, *[f"2608.{number:05}" for number in range(14)])
    await plan_posts(bot, channel=OTHER)
    bot.publisher.fail(CHANNEL, BUSY)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == []  # the later ones wait behind the first
    assert bot.publisher.posted(OTHER) != []

    await try_again(bot)
    assert len(bot.publisher.channels[ChannelId(CHANNEL)]) == len(await bot.posts()) > 1
    planned = [entry.paper_id for post in await bot.posts() for entry in post.entries]
    assert bot.publisher.posted(CHANNEL) == planned
    assert len(set(planned)) == 14
    assert bot.publisher.most_in_flight == 1


@pytest.mark.thorough
async def test_a_channel_that_refuses_is_blocked_and_not_called_again(bot: Bot) -> None:
    await plan_posts(bot)
    await plan_posts(bot, channel=OTHER)
    bot.publisher.refusals[ChannelId(CHANNEL)] = REFUSED
    bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(obstacle=REFUSED.reason)
    await bot.delivered()
    for _ in range(3):
        bot.list_paper(f"2608.1000{bot.clock().hour % 10}")
        bot.clock.advance(hours=1)
        await bot.run()
    assert bot.publisher.calls.count(("publish", ChannelId(CHANNEL))) == 1
    assert len(bot.publisher.posted(OTHER)) == 4
    block = (await bot.feed()).block
    assert block is not None
    assert block.reason == REFUSED.reason


@pytest.mark.thorough
async def test_a_blocked_feed_gets_everything_it_missed_once_it_is_unblocked(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.refusals[ChannelId(CHANNEL)] = REFUSED
    await bot.delivered()
    for number in range(2, 6):
        bot.clock.advance(days=1)
        bot.list_paper(f"2608.{number:05}")
        await bot.run()
    del bot.publisher.refusals[ChannelId(CHANNEL)]

    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.run()

    assert sorted(bot.publisher.posted(CHANNEL)) == [f"2608.{number:05}" for number in range(1, 6)]
    assert calls(bot, "find") == 0  # Discord had said no: there was nothing to look for


async def test_a_lost_answer_before_a_refusal_is_still_searched(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.lose_answers(CHANNEL)
    bot.publisher.find_faults.append(REFUSED)
    await bot.delivered()
    await try_again(bot)
    assert not (await bot.feed()).is_active

    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.delivered()
    assert calls(bot, "publish") == 1
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


@pytest.mark.thorough
async def test_a_paused_feed_gets_its_pending_posts_once_it_is_resumed(bot: Bot) -> None:
    await plan_posts(bot)
    await bot.services.pausing.pause(ChannelId(CHANNEL), user_id=USER)
    await bot.delivered()
    assert bot.publisher.calls == []
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


@pytest.mark.thorough
async def test_a_refused_message_fails_and_the_next_one_is_sent(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.fail(CHANNEL, REJECTED, REJECTED)  # in full, and bare
    await bot.delivered()
    bot.list_paper("2608.00002")
    bot.clock.advance(minutes=30)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ["2608.00002"]
    assert [post.state for post in await bot.posts()] == [PostState.FAILED, PostState.SENT]

    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert [len(group) for group in (result.sent, result.waiting, result.failed)] == [1, 0, 0]
    assert bot.publisher.posted(CHANNEL) == ["2608.00002", "2608.00001"]
    assert calls(bot, "find") == 0


async def test_a_refusal_of_the_bot_pauses_all_sending(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    for channel in range(1, 4):
        await plan_posts(bot, channel=channel)
    bot.publisher.gate = asyncio.Event()  # so that all of them are on their way
    for channel in range(1, 4):
        bot.publisher.refusals[ChannelId(channel)] = BOT_REFUSED
    bot.publisher.gate.set()
    await bot.delivered()
    tried = len(bot.publisher.calls)
    assert tried <= 3
    assert 200 < bot.services.delivery._pause.seconds_left <= 300

    bot.clock.advance(hours=1)
    reads = counted(monkeypatch, "claimable")
    for _ in range(30):
        bot.services.delivery.wake()
        await asyncio.sleep(0.001)
    assert reads() == 0
    assert len(bot.publisher.calls) == tried

    bot.publisher.refusals.clear()
    bot.end_rest()
    await bot.delivered()
    assert all(bot.publisher.posted(channel) == ["2608.00001"] for channel in range(1, 4))


@pytest.mark.thorough
async def test_a_message_that_cannot_be_composed_fails_and_does_not_block_its_channel(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = rendering.compose

    def compose(items: Any, **rest: Any) -> Any:
        if items[0][0].id == "2608.00001":
            raise ZeroDivisionError
        return whole(items, **rest)

    monkeypatch.setattr(rendering, "compose", compose)
    await plan_posts(bot)
    await bot.delivered()
    bot.list_paper("2608.00002")
    bot.clock.advance(minutes=30)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []
    for _ in range(MAX_BUGS):
        await try_again(bot)

    assert [post.state for post in await bot.posts()] == [PostState.FAILED, PostState.SENT]
    assert bot.publisher.posted(CHANNEL) == ["2608.00002"]
    assert sum("because of a bug" in record.message for record in caplog.records) == MAX_BUGS
    assert bot.services.delivery._sending._bugs == {}


async def test_a_bug_after_the_message_arrived_repeats_nothing(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.fail(CHANNEL, *[Fault(error=KeyError("id"), arrives=True)])
    await bot.delivered()
    await try_again(bot)
    assert calls(bot, "publish") == 1
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_post_whose_papers_are_gone_is_not_sent_empty(bot: Bot) -> None:
    await plan_posts(bot)
    await delete_although_needed(bot.database, "papers")
    for _ in range(MAX_BUGS):
        await try_again(bot)
    assert bot.publisher.calls == []
    assert [post.state for post in await bot.posts()] == [PostState.FAILED]
    assert bot.services.delivery._sending._bugs == {}


@pytest.mark.parametrize(
    "change",
    first(1, ["UPDATE OF state", "UPDATE OF attempts", "UPDATE"]),
    ids=[
        "the message is there, and cannot be noted",
        "the attempt cannot be noted",
        "nothing can be written",
    ],
)
async def test_a_store_that_cannot_be_written_causes_no_duplicate_and_no_busy_loop(
    bot: Bot, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan_posts(bot)
    reads = counted(monkeypatch, "claimable")
    await fill_disk(bot.database, "posts", on=change)
    await bot.delivered()
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert reads() < 20  # with those of the test itself
    await free_disk(bot.database)
    bot.end_rest()

    await try_again(bot)

    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


async def test_an_outbox_that_cannot_be_read_is_read_again_later(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await plan_posts(bot)
    reads = 0

    async def broken(*_: object, **__: object) -> object:
        nonlocal reads
        reads += 1
        raise OSError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "next_attempt_at", broken)
        running = asyncio.create_task(bot.services.delivery.run())
        for _ in range(50):
            bot.services.delivery.wake()
            await asyncio.sleep(0.001)
        assert not running.done()
        assert reads == 1
    assert sum("could not be read" in record.message for record in caplog.records) == 1
    bot.delivery = running
    bot.end_rest()
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> Callable[[], int]:
    """How often a function of the outbox's store was called from now on."""
    calls = 0
    real = getattr(outbox, name)

    async def counting(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        return await real(*arguments, **options)

    monkeypatch.setattr(outbox, name, counting)
    return lambda: calls


@pytest.mark.thorough
async def test_an_idle_outbox_and_one_that_waits_are_left_alone(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan_posts(bot)
    bot.publisher.fail(CHANNEL, BUSY)
    await bot.delivered()
    reads = counted(monkeypatch, "claimable")
    for _ in range(30):
        await asyncio.sleep(0.001)
    assert reads() <= 3  # a wake-up or two may still be on its way; a hot loop has dozens


async def test_a_slow_channel_delays_no_other_and_causes_no_busy_loop(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan_posts(bot)
    bot.publisher.gate = asyncio.Event()
    reads = counted(monkeypatch, "claimable")
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    await until(lambda: bot.publisher.in_flight[ChannelId(CHANNEL)] == 1)
    for _ in range(30):
        await asyncio.sleep(0.001)
    assert reads() == 1
    slow, bot.publisher.gate = bot.publisher.gate, None
    await plan_posts(bot, channel=OTHER)
    await until(lambda: bot.publisher.posted(OTHER) == ["2608.00001"])
    assert bot.publisher.posted(CHANNEL) == []
    slow.set()
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_a_feed_that_is_deleted_while_its_message_is_on_its_way_causes_no_bug(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await plan_posts(bot)
    bot.publisher.gate = asyncio.Event()
    await bot.begin_delivering()
    await until(lambda: bot.publisher.in_flight[ChannelId(CHANNEL)] == 1)
    await bot.execute("DELETE FROM feeds")
    bot.publisher.gate.set()
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert caplog.records == []


async def test_an_attempt_that_ends_before_it_has_begun_ends_no_other(bot: Bot) -> None:
    for channel in (CHANNEL, OTHER):
        await plan_posts(bot, channel=channel)
    delivery = bot.services.delivery
    async with bot.database.write():  # so that none can begin
        await bot.begin_delivering()
        await until(lambda: delivery._sending._beginnings._under_way)
        tasks = {channel_id: task for channel_id, (_, task) in delivery._in_flight.items()}
        tasks[ChannelId(CHANNEL)].cancel()
        await asyncio.wait([tasks[ChannelId(CHANNEL)]])
    await tasks[ChannelId(OTHER)]
    assert bot.publisher.posted(OTHER) == ["2608.00001"]
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_what_is_recorded_for_attempts_that_were_dropped_ends_with_delivery(bot: Bot) -> None:
    await plan_posts(bot)
    delivery = bot.services.delivery
    async with bot.database.write():  # so that none can begin
        await bot.begin_delivering()
        await until(lambda: delivery._sending._beginnings._under_way)
        (recording,) = delivery._sending._beginnings._under_way
        delivery._pause.begin()  # so that the post is not claimed again
        for _, task in delivery._in_flight.values():
            task.cancel()
        await until(lambda: not delivery.in_flight)
        await bot.stop_delivering()
        assert recording.done()


async def test_a_message_in_flight_at_shutdown_gets_its_answer(bot: Bot) -> None:
    await plan_posts(bot)
    bot.publisher.gate = asyncio.Event()
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    await until(lambda: bot.publisher.in_flight[ChannelId(CHANNEL)] == 1)
    bot.delivery.cancel()
    await until(lambda: bot.services.delivery._sending._is_closing)
    bot.publisher.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await bot.delivery
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


@pytest.mark.parametrize("hours", first(1, [0, 2]))
async def test_a_message_interrupted_by_shutdown_is_sent_once_after_the_restart(
    bot: Bot, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "CLOSING_SECONDS", 0.0)
    await plan_posts(bot)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    bot.publisher.gate = asyncio.Event()
    bot.clock.advance(seconds=10)
    bot.services.delivery.wake()
    await until(lambda: bot.publisher.in_flight[ChannelId(CHANNEL)] == 1)
    await bot.restart()
    assert bot.services.delivery.in_flight == 0
    bot.publisher.gate = None
    bot.clock.advance(hours=hours)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


async def test_the_number_of_messages_in_flight_is_bounded(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "MAX_IN_FLIGHT", 3)
    for channel in range(1, 6):
        await plan_posts(bot, channel=channel)
    bot.publisher.gate = asyncio.Event()
    reads = counted(monkeypatch, "claimable")
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    await until(lambda: sum(bot.publisher.in_flight.values()) == 3)
    for _ in range(20):
        bot.services.delivery.wake()
        await asyncio.sleep(0.001)
    assert bot.services.delivery.in_flight == 3
    assert reads() == 1
    bot.publisher.gate.set()
    await bot.delivered()
    assert all(bot.publisher.posted(channel) == ["2608.00001"] for channel in range(1, 6))


async def test_a_query_that_can_no_longer_be_parsed_is_left_out(bot: Bot) -> None:
    await plan_posts(bot)
    await bot.execute("""UPDATE post_papers SET queries = '["(", "video"]'""")
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]


class FrozenPace(ChannelPace):
    """Gives one turn, and the others once the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.gate = asyncio.Event()

    async def turn(self, channel_id: ChannelId) -> None:
        self.asked += 1
        if self.asked > 1:
            await self.gate.wait()


async def test_a_post_that_waits_for_its_turn_at_shutdown_is_not_started(bot: Bot) -> None:
    await plan_posts(bot)
    await plan_posts(bot, channel=OTHER)
    pace = bot.services.delivery._sending._pace = FrozenPace()
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    await until(lambda: pace.asked == 2 and len(bot.publisher.calls) == 1)
    bot.delivery.cancel()
    await until(lambda: bot.services.delivery._sending._is_closing)
    pace.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await bot.delivery
    assert len(bot.publisher.calls) == 1
    assert sorted(post.attempts for post in [*await bot.posts(), *await bot.posts(OTHER)]) == [0, 1]


async def test_a_post_that_waits_for_its_turn_when_the_bot_is_refused_is_not_started(bot: Bot) -> None:
    await plan_posts(bot)
    await plan_posts(bot, channel=OTHER)
    pace = bot.services.delivery._sending._pace = FrozenPace()
    bot.publisher.refusals |= dict.fromkeys([ChannelId(CHANNEL), ChannelId(OTHER)], BOT_REFUSED)
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    await until(lambda: bot.services.delivery._pause.seconds_left > 0)
    pace.gate.set()
    await bot.delivered()
    assert len(bot.publisher.calls) == 1


@pytest.mark.thorough
async def test_deliver_answers_when_its_posts_are_sent_or_postponed(bot: Bot) -> None:
    await plan_posts(bot, *[f"2608.{number:05}" for number in range(14)])
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert sum(len(post.entries) for post in result.sent) == 14
    assert len(result.sent) > 1


@pytest.mark.parametrize("error", first(1, [BUSY, REFUSED, BOT_REFUSED]))
async def test_deliver_does_not_wait_for_posts_behind_a_failure(bot: Bot, error: DeliveryError) -> None:
    await plan_posts(bot, *[f"2608.{number:05}" for number in range(14)])
    bot.publisher.refusals[ChannelId(CHANNEL)] = error
    bot.delivery = asyncio.create_task(bot.services.delivery.run())
    async with asyncio.timeout(20):  # far below DELIVER_WAIT_SECONDS
        result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert result.sent == ()
    assert len(result.waiting) == len(await bot.posts()) > 1


async def test_waiting_for_posts_ends_in_time(bot: Bot) -> None:
    await plan_posts(bot)
    result = await bot.services.delivery.settled(
        [post.id for post in await bot.posts()], since=bot.clock(), timeout_seconds=0.01
    )
    assert len(result.waiting) == 1


async def test_a_person_who_waits_for_posts_learns_that_another_process_sent_them(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan_posts(bot)
    reads = counted(monkeypatch, "is_any_due")
    (post,) = await bot.posts()
    waiting = asyncio.create_task(
        bot.services.delivery.settled([post.id], since=bot.clock(), timeout_seconds=9 * LIMIT_SECONDS)
    )
    await until(reads)
    async with bot.database.write() as conn:
        await outbox.mark_sent(conn, post.id, message_id=MessageId(7), now=bot.clock())
    async with asyncio.timeout(LIMIT_SECONDS):
        assert [message.message_id for message in (await waiting).sent] == [7]


follow_ups = st.lists(
    st.tuples(
        st.sampled_from(["ok", "lost", "lost", "refused", "busy", "restart", "resume"]),
        st.sampled_from([0, 10, 65, 130, 7_200]),
    ),
    max_size=12,
)


@pytest.mark.usefixtures("each_store")
@settings(max_examples=examples(1), deadline=None, suppress_health_check=list(HealthCheck))
@given(follow_ups)
@example([("lost", 0), ("ok", 0), ("resume", 130)])
async def test_whatever_happens_each_paper_is_in_the_channel_once(
    tmp_path_factory: pytest.TempPathFactory, happened: list[tuple[str, int]]
) -> None:
    async with freed(), a_bot(tmp_path_factory.mktemp("bot")) as bot:
        await plan_posts(bot, *[f"2608.{number:05}" for number in range(14)])
        for what, seconds in happened:
            match what:
                case "lost":
                    bot.publisher.lose_answers(CHANNEL)
                case "refused":
                    bot.publisher.fail(CHANNEL, REFUSED)
                case "busy":
                    bot.publisher.fail(CHANNEL, BUSY)
                case "restart":
                    await bot.restart()
                case "resume":
                    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
                    await bot.delivered()  # an attempt takes a minute at most: no clock moves on within it
                case _:
                    pass
            bot.clock.advance(seconds=seconds)
            await bot.delivered()
        bot.publisher.faults.clear()
        await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
        await bot.run()
        assert sorted(bot.publisher.posted(CHANNEL)) == [f"2608.{number:05}" for number in range(14)]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
