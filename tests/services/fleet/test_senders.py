"""The ways in which two processes could send the same post, and that each message arrives once all the same.

Before the request:
- The first process freezes after it recorded its attempt, or while the attempt waits for its turn or connection; it
  wakes when another one has sent the post. It looks at its clock before the first byte.
- Its clock stood still with it, so that it does not notice. The store refuses its next attempt.
- Both plan the same feed, because the first froze between reading and storing its plan.

On the way:
- The request arrives after the second process took over: before it looks (it adopts the message), or, in a channel
  and in direct messages, after it has sent the post itself (the nonce is the same).
- A shard is given back while a request is on its way; whoever gets it is there at once.

On the way back:
- The answer is lost, or comes when the lease is lost: the second process looks and finds the message.
- The database is gone, or restarts, when the answer comes: the process itself looks.
- The clocks of the two differ: what was begun is looked for far enough back.

Notices, follow-ups and direct messages go the same ways. `tests/discord/connection/test_requests.py` has the real
gate, and `tests/process/test_fleet.py` tries processes of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.access import Access
from bot.core.feeds import FeedKind
from bot.core.ids import ChannelId, UserId
from bot.core.posts import Post, PostState
from bot.errors import StoreError
from bot.services.delivery import attempts
from bot.services.delivery.beginnings import Beginnings
from bot.services.delivery.blocking import block
from bot.services.fleet.timing import Timing
from bot.services.runs import chunks
from bot.store import feeds
from tests.examples import first, thorough
from tests.services.blocks.test_notices import LACKS, REFUSED
from tests.services.bots import CHANNEL, LIVE, OTHER
from tests.services.delivery.test_outbox import counted
from tests.services.fleet.senders import Process, Two, two_processes
from tests.stores import postgresql
from tests.waiting import until

__all__ = ["postgresql"]

PERSON = UserId(7_000)
DIRECT = PERSON + 1  # the fake Discord's channel for the person
PAPER = "2608.00001"


@pytest_asyncio.fixture
async def two(tmp_path: Path, postgresql: None, databases_are_freed: None) -> AsyncIterator[Two]:
    async with two_processes(tmp_path) as made:
        yield made


async def subscribed(two: Two, kind: FeedKind = FeedKind.CHANNEL) -> int:
    """A feed that wants the first paper; returns its channel."""
    bot = two.first.bot
    if kind is FeedKind.DIRECT:
        await bot.services.follows.follow("video", user_id=PERSON)
        two.advance(86_400)
        await two.first.membership.step()
    else:
        await bot.subscribe(kind=kind, schedule=LIVE)
    bot.list_paper(PAPER)
    return DIRECT if kind is FeedKind.DIRECT else CHANNEL


async def sending(process: Process) -> None:
    """It has planned the post and begins to send it."""
    await process.bot.services.runs.run()
    await process.bot.begin_delivering()


async def sent_once(two: Two, channel: int) -> None:
    assert two.discord.posted(channel) == [PAPER]
    for post in await two.second.bot.posts(channel):
        assert post.state is PostState.SENT


@pytest.mark.parametrize("kind", first(1, [FeedKind.CHANNEL, FeedKind.FORUM, FeedKind.DIRECT]))
async def test_a_process_that_was_frozen_before_its_request_sends_nothing_any_more(
    two: Two, kind: FeedKind
) -> None:
    channel = await subscribed(two, kind)
    two.first.network.stop("before")
    await sending(two.first)
    await two.first.reached("before")
    await two.take_over()
    await two.second.bot.delivered()
    await two.first.settled()
    await sent_once(two, channel)
    assert two.first.network.passed == ["before"]


async def test_while_a_process_cannot_know_whether_it_owns_a_server_it_reads_and_begins_nothing(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribed(two)
    await two.first.bot.services.runs.run()
    (post,) = await two.first.bot.posts()
    two.advance(Timing().certain)
    reads = counted(monkeypatch, "claimable")
    await two.first.bot.delivered()
    assert reads() == 0
    await two.first.bot.attempt(post)
    assert await two.first.bot.posts() == [post]


async def test_a_process_whose_clock_stood_still_with_it_cannot_begin_another_attempt(two: Two) -> None:
    await subscribed(two)
    await two.first.bot.services.runs.run()
    seconds = two.first.seconds[0]
    await two.take_over()
    two.first.seconds[0] = seconds
    assert two.first.membership.may_send()
    progress = two.first.bot.services.delivery._progress
    await two.first.bot.begin_delivering()
    await progress.wait()
    await two.first.bot.stop_delivering()
    assert two.discord.calls == []
    await two.second.bot.delivered()
    await sent_once(two, CHANNEL)


@pytest.mark.parametrize("is_planned", [True, False])
async def test_a_feed_that_a_stuck_transaction_has_locked_delays_no_other(
    two: Two, monkeypatch: pytest.MonkeyPatch, *, is_planned: bool
) -> None:
    monkeypatch.setattr(chunks, "_LOCKED_TRIES", 1)
    bot = two.first.bot
    for channel in (CHANNEL, OTHER):
        await bot.subscribe(channel=channel, schedule=LIVE)
    bot.list_paper(PAPER)
    if is_planned:
        await bot.services.runs.run()
    feed = await bot.feed(CHANNEL)
    async with two.second.bot.database.write() as conn:
        await feeds.lock(conn, [feed.id])
        with pytest.raises(StoreError, match="1 feed"):
            await bot.services.runs.run()
        await bot.begin_delivering()
        await bot.until_posted(OTHER)
        assert two.discord.posted(CHANNEL) == []
    await bot.services.runs.run()
    await bot.delivered()
    assert two.discord.posted(CHANNEL) == [PAPER]


async def test_a_post_whose_feed_is_locked_is_tried_again_after_a_wait(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "AGAIN_SECONDS", 0.2)
    tries: list[float] = []
    record = Beginnings.record

    async def noted(self: Beginnings, post: Post) -> datetime | None:
        tries.append(time.monotonic())
        return await record(self, post)

    monkeypatch.setattr(Beginnings, "record", noted)
    bot = two.first.bot
    await bot.subscribe(channel=CHANNEL, schedule=LIVE)
    bot.list_paper(PAPER)
    await bot.services.runs.run()
    feed = await bot.feed(CHANNEL)
    async with two.second.bot.database.write() as conn:
        await feeds.lock(conn, [feed.id])
        await bot.begin_delivering()
        await until(lambda: len(tries) >= 3)
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(tries[:3]))
    await bot.delivered()
    assert two.discord.posted(CHANNEL) == [PAPER]


async def test_two_runs_at_once_plan_each_post_once(two: Two) -> None:
    await subscribed(two)
    seconds = two.first.seconds[0]
    await two.take_over()
    two.first.seconds[0] = seconds
    await two.first.bot.services.runs.run()
    await two.second.bot.run()
    await two.first.bot.delivered()
    await sent_once(two, CHANNEL)


async def test_a_request_that_arrives_after_the_other_process_sent_the_post_has_the_same_nonce(
    two: Two,
) -> None:
    channel = await subscribed(two)
    two.first.network.stop("there")
    await sending(two.first)
    await two.first.reached("there")
    await two.take_over()
    await two.second.bot.delivered()
    await two.first.settled()
    assert "back" in two.first.network.passed, "it arrived too"
    await sent_once(two, channel)


@pytest.mark.parametrize("kind", first(1, [FeedKind.THREAD, FeedKind.DIRECT]))
async def test_a_message_whose_answer_comes_when_the_lease_is_lost_is_adopted(
    two: Two, kind: FeedKind
) -> None:
    channel = await subscribed(two, kind)
    two.first.network.stop("back")
    await sending(two.first)
    await two.first.reached("back")
    await two.take_over()
    await two.second.bot.delivered()
    await two.first.settled()
    await sent_once(two, channel)
    assert ("find", channel) in two.discord.calls


@pytest.mark.thorough
async def test_what_is_under_way_when_a_process_notices_its_loss_is_adopted_too(two: Two) -> None:
    await subscribed(two, FeedKind.FORUM)
    two.first.network.stop("back")
    await sending(two.first)
    await two.first.reached("back")
    await two.take_over()
    await two.noticed()
    assert not two.first.bot.services.delivery.in_flight, "nobody waits for the answer any more"
    await two.second.bot.delivered()
    await sent_once(two, CHANNEL)


@pytest.mark.parametrize("kind", [FeedKind.FORUM, thorough(FeedKind.CHANNEL)])
async def test_a_process_that_cannot_record_an_answer_finds_its_message(two: Two, kind: FeedKind) -> None:
    channel = await subscribed(two, kind)
    two.first.network.stop("back")
    await sending(two.first)
    await two.first.reached("back")
    await two.second.bot.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'paperboy/first' AND datname = current_database()"
    )
    two.first.network.open()
    await two.first.settled()
    two.advance(6)
    await two.first.membership.step()
    await two.first.membership.step()
    two.first.bot.end_rest()
    await two.first.bot.delivered()
    await sent_once(two, channel)


@pytest.mark.thorough
@pytest.mark.parametrize("minutes", [-30, 30])
async def test_the_clocks_of_two_processes_may_differ(
    tmp_path: Path, postgresql: None, databases_are_freed: None, minutes: int
) -> None:
    async with two_processes(tmp_path, second_clock=timedelta(minutes=minutes)) as two:
        await subscribed(two, FeedKind.FORUM)
        two.first.network.stop("back")
        await sending(two.first)
        await two.first.reached("back")
        await two.take_over()
        two.advance(max(0, -minutes) * 60)  # until the second process's clock says that it is due
        await two.second.membership.step()
        await two.second.bot.delivered()
        await two.first.settled()
        await sent_once(two, CHANNEL)


@pytest.mark.thorough
async def test_a_shard_that_is_given_back_with_a_request_under_way(two: Two) -> None:
    await subscribed(two, FeedKind.FORUM)
    two.first.network.stop("there")
    await sending(two.first)
    await two.first.reached("there")
    await two.first.membership.leave()
    await two.second.membership.step()
    two.advance(5)
    await two.second.membership.step()
    two.first.network.open()  # Discord was still working on it
    await two.first.settled()
    await two.second.bot.delivered()
    await sent_once(two, CHANNEL)


@pytest.mark.parametrize("place", first(1, ["before", "back"]))
async def test_a_follow_up_is_done_once(two: Two, place: str) -> None:
    await subscribed(two)
    await two.first.bot.run()
    await two.first.bot.stop_delivering()
    await two.first.bot.execute(
        "INSERT INTO follow_ups (post_id, kind, state, attempts, next_attempt_at)"
        " SELECT id, 'thread', 'pending', 0, :now FROM posts",
        now=two.first.bot.clock(),
    )
    two.first.network.stop(place)
    await two.first.bot.begin_delivering()
    await two.first.reached(place)
    await two.take_over()
    await two.second.bot.delivered()
    await two.first.settled()
    assert len(two.discord.threads) == 1
    assert await two.second.bot.value("SELECT state FROM follow_ups") == "done"
    assert await two.second.bot.value("SELECT attempts FROM follow_ups") == 0, "none failed"


@pytest.mark.parametrize("place", first(1, ["before", "back"]))
async def test_a_notice_is_sent_once(two: Two, place: str) -> None:
    two.board.own_channels = [11]
    feed = await two.first.bot.subscribe()
    async with two.first.bot.database.write() as conn:
        await block(conn, feed.id, REFUSED, now=two.first.bot.clock())
    two.discord.obstacles[ChannelId(CHANNEL)] = Access(obstacle=LACKS)
    two.advance(5)
    two.first.network.stop(place)
    async with asyncio.TaskGroup() as group:
        group.create_task(two.first.bot.services.notices.send_pending())
        await two.first.reached(place)
        await two.take_over()
        two.advance(60)
        await two.second.membership.step()
        await two.second.bot.services.notices.send_pending()
        two.first.network.open()
    assert len(two.board.posted) == 1
    assert await two.second.bot.value("SELECT state FROM notices") == "notified"
