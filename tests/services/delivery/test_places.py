"""Delivering in places of every kind, over every moment at which an answer can be lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.core.feeds import FeedKind
from bot.core.ids import ChannelId
from bot.core.posts import Form, PostState
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.delivery.attempts import FAILURES_BEFORE_NOTICE
from bot.services.delivery.outbox import MAX_IN_FLIGHT, MAX_PER_SERVER
from bot.services.delivery.pace import growing_wait
from bot.store import outbox
from tests.examples import thorough
from tests.fakes.publisher import LOST, Fault
from tests.services.bots import CHANNEL, USER, Bot
from tests.waiting import until

KINDS = [FeedKind.CHANNEL, thorough(FeedKind.THREAD), FeedKind.FORUM]
ALIKE = [FeedKind.CHANNEL, *map(thorough, (FeedKind.THREAD, FeedKind.FORUM))]  # the nonce plays no part
REFUSED = DeliveryError("I'm missing **Embed Links**.", code=50013, kind=DeliveryErrorKind.PERMISSION_MISSING)
NOBODY_CAN_LOOK = DeliveryError("I cannot look.", code=50013, kind=DeliveryErrorKind.UNCONFIRMED)


async def plan_posts(bot: Bot, kind: FeedKind, count: int = 3, **feed: object) -> None:
    """Plans posts for a live feed of this kind; nothing is sent yet."""
    for number in range(1, count + 1):
        bot.list_paper(f"2608.{number:05}", upvotes=count - number)
    await bot.plan(kind=kind, **feed)


async def try_again(bot: Bot, **after: float) -> None:
    bot.clock.advance(**after)
    await bot.delivered()


def calls(bot: Bot, name: str) -> int:
    return sum(call == name for call, _ in bot.publisher.calls)


def ids(count: int) -> list[str]:
    return [f"2608.{number:05}" for number in range(1, count + 1)]


async def test_a_forum_gets_one_post_per_paper_the_best_last_and_one_for_the_rest(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.FORUM, 4, max_papers=2)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [*ids(4)[2:], *reversed(ids(2))]
    sent = bot.publisher.channels[ChannelId(CHANNEL)]
    assert [len(message.paper_ids) for message in sent] == [2, 1, 1]
    assert sent[-1].message.title == "Video"
    assert sent[0].message.title == "2 more papers for Wed 19 Aug 2026"


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [6, thorough(30), thorough(61), thorough(3_600), thorough(90_000)])
async def test_a_message_whose_answer_was_lost_is_not_repeated(
    bot: Bot, kind: FeedKind, seconds: int
) -> None:
    await plan_posts(bot, kind)
    bot.publisher.lose_answers(CHANNEL, 3)
    for _ in range(4):
        await bot.delivered()
        await try_again(bot, seconds=seconds)
    await try_again(bot, hours=1)
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(3)
    assert {post.state for post in await bot.posts()} == {PostState.SENT}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [thorough(0), 6, thorough(3_600)])
async def test_a_message_that_arrived_before_a_crash_is_not_repeated_after_it(
    bot: Bot, kind: FeedKind, seconds: int
) -> None:
    await plan_posts(bot, kind)
    bot.publisher.lose_answers(CHANNEL, 3)
    await bot.delivered()
    # A process that was killed notes nothing of the result of its attempt.
    await bot.execute("UPDATE posts SET reason = NULL, code = NULL, next_attempt_at = planned_at")
    await bot.restart()
    for _ in range(4):
        await try_again(bot, seconds=seconds)
    await try_again(bot, hours=1)
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(3)


@pytest.mark.parametrize("kind", [thorough(FeedKind.THREAD), FeedKind.FORUM])
async def test_without_a_nonce_a_second_attempt_searches_first(bot: Bot, kind: FeedKind) -> None:
    await plan_posts(bot, kind, 1)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    await try_again(bot, seconds=6)
    assert [call for call, _ in bot.publisher.calls] == ["publish", "find"]
    assert {post.state for post in await bot.posts()} == {PostState.SENT}


@pytest.mark.parametrize("kind", [thorough(FeedKind.THREAD), FeedKind.FORUM])
async def test_an_attempt_interrupted_by_a_crash_gets_time_to_arrive_before_the_search(
    bot: Bot, kind: FeedKind
) -> None:
    await plan_posts(bot, kind, 1)
    (post,) = await bot.posts()
    bot.publisher.fail(CHANNEL, Fault(error=SystemExit()))
    with pytest.raises(SystemExit):
        await bot.attempt(post)
    await bot.restart()
    await bot.delivered()
    assert calls(bot, "find") == 0
    await try_again(bot, seconds=6)
    assert [call for call, _ in bot.publisher.calls] == ["publish", "find", "publish"]
    assert bot.publisher.posted(CHANNEL) == ids(1)


@pytest.mark.parametrize("kind", ALIKE)
async def test_interrupted_attempts_do_not_lengthen_the_wait_after_a_failure(
    bot: Bot, kind: FeedKind
) -> None:
    await plan_posts(bot, kind, 1)
    for _ in range(3):
        (post,) = await bot.posts()
        bot.publisher.fail(CHANNEL, Fault(error=SystemExit()))
        with pytest.raises(SystemExit):
            await bot.attempt(post)
        await bot.restart()
        bot.clock.advance(seconds=6)
    bot.publisher.fail(CHANNEL, LOST)
    await bot.delivered()
    await try_again(bot, seconds=6)
    assert bot.publisher.posted(CHANNEL) == ids(1)


@pytest.mark.parametrize("kind", ALIKE)
async def test_an_unconfirmed_post_is_set_aside_and_the_later_ones_are_sent(bot: Bot, kind: FeedKind) -> None:
    await plan_posts(bot, kind, 1)
    bot.publisher.lose_answers(CHANNEL)
    await bot.delivered()
    bot.publisher.find_faults.extend([NOBODY_CAN_LOOK] * 5)
    await try_again(bot, hours=1)
    bot.list_paper("2608.00002")
    bot.clock.advance(hours=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ids(2)
    unconfirmed, sent = await bot.posts()
    assert (unconfirmed.state, unconfirmed.unconfirmed_since is None) == (PostState.PENDING, False)
    assert unconfirmed.reason == NOBODY_CAN_LOOK.reason
    assert sent.state is PostState.SENT
    assert (await bot.feed()).block is None

    # What is asked for looks again, and still prefers one held back to two.
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert [post.id for post in result.waiting] == [unconfirmed.id]
    assert bot.publisher.posted(CHANNEL) == ids(2)

    bot.publisher.find_faults.clear()
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(2)
    assert {post.state for post in await bot.posts()} == {PostState.SENT}


@pytest.mark.parametrize("kind", ALIKE)
async def test_an_unconfirmed_post_that_never_arrived_is_sent_once_it_can_be_searched(
    bot: Bot, kind: FeedKind
) -> None:
    await plan_posts(bot, kind, 1)
    bot.publisher.fail(CHANNEL, LOST)  # and it did not arrive
    await bot.delivered()
    bot.publisher.find_faults.append(NOBODY_CAN_LOOK)
    await try_again(bot, hours=1)
    assert bot.publisher.posted(CHANNEL) == []
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(1)


async def states(bot: Bot) -> list[tuple[str, str]]:
    async with bot.database.read() as conn:
        rows = await conn.exec_driver_sql("SELECT kind, state FROM follow_ups ORDER BY id")
        return [(row.kind, row.state) for row in rows]


async def test_messages_are_published_and_get_their_threads_once_with_one_request_in_flight(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 4, publishes=True, opens_threads=True, max_papers=2)
    await bot.delivered()
    assert bot.publisher.most_in_flight == 1
    sent = bot.publisher.channels[ChannelId(CHANNEL)]
    assert [len(message.paper_ids) for message in sent] == [1, 1, 2]
    assert bot.publisher.crossposted == {message.id for message in sent}
    assert bot.publisher.threads == {message.id for message in sent[:2]}  # a list has no thread
    assert set(bot.publisher.thread_names.values()) == {"Video"}
    assert {state for _, state in await states(bot)} == {"done"}
    await bot.run()
    assert calls(bot, "crosspost") == 3
    assert calls(bot, "open_thread") == 2


@pytest.mark.parametrize(
    ("error", "state"),
    [
        thorough(DeliveryError("Discord answered 503.", may_have_arrived=True), "pending"),
        thorough(DeliveryError("Some an hour.", retry_after_seconds=1_800.0), "pending"),
        (
            DeliveryError(
                "I'm missing **Create Public Threads**.", code=50013, kind=DeliveryErrorKind.CHANNEL_REFUSED
            ),
            "failed",
        ),
        thorough(DeliveryError("Rejected.", code=50035, kind=DeliveryErrorKind.CONTENT_REFUSED), "failed"),
        thorough(ZeroDivisionError(), "pending"),
    ],
    ids=["lost", "limited", "refused", "rejected", "bug"],
)
@pytest.mark.parametrize("column", [thorough("publishes"), "opens_threads"])
async def test_a_failed_follow_up_never_repeats_the_message(
    bot: Bot, error: Exception, state: str, column: str
) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1, **{column: True})
    bot.publisher.follow_up_faults.append(Fault(error=error))
    await bot.delivered()
    ((_, now),) = await states(bot)
    assert now == state
    bot.list_paper("2608.00002")
    bot.clock.advance(hours=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == ids(2)
    assert calls(bot, "publish") == 2
    assert (await bot.feed()).block is None
    if state == "failed":
        assert calls(bot, "crosspost") + calls(bot, "open_thread") == 2
        await bot.services.feeds.deliver(ChannelId(CHANNEL))
        await bot.delivered()
    assert {one for _, one in await states(bot)} == {"done"}
    assert calls(bot, "publish") == 2


async def test_a_follow_up_whose_answer_was_lost_is_done_by_the_second_attempt(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1, opens_threads=True)
    bot.publisher.follow_up_faults.append(Fault(error=LOST, arrives=True))
    await bot.delivered()
    await try_again(bot, minutes=1)
    assert await states(bot) == [("thread", "done")]
    assert len(bot.publisher.threads) == 1
    assert calls(bot, "publish") == 1


async def test_a_follow_up_waits_as_long_as_discord_asks(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1, publishes=True)
    bot.publisher.follow_up_faults.append(Fault(error=DeliveryError("Wait.", retry_after_seconds=42.0)))
    await bot.delivered()
    async with bot.database.read() as conn:
        assert await outbox.next_attempt_at(conn) == bot.clock() + timedelta(seconds=42)
    await try_again(bot, seconds=41)
    assert calls(bot, "crosspost") == 1
    await try_again(bot, seconds=2)
    assert calls(bot, "crosspost") == 2


async def test_a_follow_up_with_a_bug_fails_after_retries(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1, publishes=True)
    bot.publisher.follow_up_faults.extend([Fault(error=ZeroDivisionError())] * 3)
    for _ in range(4):
        await bot.delivered()
        bot.clock.advance(hours=1)
    assert await states(bot) == [("publish", "failed")]
    assert calls(bot, "crosspost") == 3


async def test_only_the_first_message_of_a_run_pings_and_it_pings_the_role_alone(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 11, max_papers=11, mention_role_id=77)
    await bot.delivered()
    first, *others = [sent.message for sent in bot.publisher.channels[ChannelId(CHANNEL)]]
    assert others
    assert first.content.startswith("<@&77> **")
    assert first.mention_role_id == 77
    assert all(other.mention_role_id is None and "<@&" not in other.content for other in others)


@pytest.mark.parametrize("kind", ALIKE)
async def test_a_refusal_stops_the_calls_and_adds_one_notice(bot: Bot, kind: FeedKind) -> None:
    await plan_posts(bot, kind)
    bot.publisher.refusals[ChannelId(CHANNEL)] = REFUSED
    await bot.delivered()
    await try_again(bot, hours=1)
    assert calls(bot, "publish") == 1
    block = (await bot.feed()).block
    assert block is not None
    assert (block.reason, block.recheck_at, block.is_gone) == (REFUSED.reason, None, False)
    assert await notices(bot) == [("blocked", "pending")]


async def notices(bot: Bot) -> list[tuple[str, str]]:
    async with bot.database.read() as conn:
        rows: Any = await conn.exec_driver_sql("SELECT kind, state FROM notices ORDER BY id")
        return [(row.kind, row.state) for row in rows]


def test_failures_before_a_notice_take_hours() -> None:
    waits = map(growing_wait, range(FAILURES_BEFORE_NOTICE - 1))
    assert timedelta(hours=4) < sum(waits, timedelta()) < timedelta(hours=10)


async def test_a_delay_of_hours_is_notified_once_and_ends_with_the_first_message(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1)
    await bot.execute("UPDATE posts SET failures = :before", before=FAILURES_BEFORE_NOTICE - 2)
    bot.publisher.refusals[ChannelId(CHANNEL)] = DeliveryError("Discord answered 500.")
    await bot.delivered()
    assert await notices(bot) == []
    for _ in range(2):
        await try_again(bot, minutes=15)
    assert await notices(bot) == [("delayed", "pending")]
    bot.publisher.refusals.clear()
    await try_again(bot, hours=1)
    assert bot.publisher.posted(CHANNEL) == ids(1)
    assert await notices(bot) == []


@pytest.mark.thorough
async def test_a_server_whose_channels_hang_leaves_room_for_the_others(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    hanging = range(1, MAX_IN_FLIGHT + 11)
    for channel in hanging:
        await bot.plan(channel=channel, server=1)
    bot.publisher.hanging = set(map(ChannelId, hanging))
    await bot.begin_delivering()
    await until(lambda: bot.services.delivery.in_flight >= MAX_PER_SERVER)
    await bot.plan(channel=200, server=2)
    await bot.until_posted(200)
    await bot.stop_delivering()


@pytest.mark.thorough
async def test_deliver_waits_for_posts_in_flight_in_a_forum(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.FORUM, 1)
    bot.publisher.gate = asyncio.Event()
    await bot.begin_delivering()
    await until(lambda: bot.services.delivery.in_flight == 1)
    (post,) = await bot.posts()
    settled = asyncio.create_task(
        bot.services.delivery.settled([post.id], since=bot.clock(), timeout_seconds=10)
    )
    for _ in range(20):
        await asyncio.sleep(0.001)
    bot.publisher.gate.set()
    assert len((await settled).sent) == 1


async def test_a_follow_up_refused_for_the_bot_pauses_all_sending(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1, publishes=True)
    error = DeliveryError(
        "Discord answered 401.", kind=DeliveryErrorKind.BOT_REFUSED, retry_after_seconds=300.0
    )
    bot.publisher.follow_up_faults.append(Fault(error=error))
    await bot.delivered()
    assert 200 < bot.services.delivery._pause.seconds_left <= 300


async def test_an_unexplained_refusal_is_retried_after_growing_waits(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 1)
    await bot.execute("UPDATE feeds SET blocks_in_a_row = 3")
    bot.publisher.refusals[ChannelId(CHANNEL)] = DeliveryError(
        "Refused.", code=50001, kind=DeliveryErrorKind.CHANNEL_REFUSED
    )
    waits: list[float] = []
    for _ in range(3):
        await bot.delivered()
        block = (await bot.feed()).block
        assert block is not None
        assert block.recheck_at is not None
        waits.append((block.recheck_at - bot.clock()).total_seconds() / 3_600)
        bot.clock.now = block.recheck_at
        await bot.release()
    assert waits == [8, 16, 24]
    bot.publisher.refusals.clear()
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(1)
    bot.list_paper("2608.00002")
    bot.publisher.refusals[ChannelId(CHANNEL)] = DeliveryError(
        "Refused.", code=50001, kind=DeliveryErrorKind.CHANNEL_REFUSED
    )
    bot.clock.advance(hours=1)
    await bot.run()
    block = (await bot.feed()).block
    assert block is not None
    assert block.recheck_at == bot.clock() + timedelta(hours=1)


async def test_lines_of_a_digest_get_no_threads(bot: Bot) -> None:
    await plan_posts(bot, FeedKind.CHANNEL, 3, opens_threads=True, style="digest")
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(3)
    assert await states(bot) == []
    assert {entry.form for post in await bot.posts() for entry in post.entries} == {Form.LINE}
