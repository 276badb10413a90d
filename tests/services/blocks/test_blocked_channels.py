"""Blocked channels: posting resumes once it is fixed, and what was deleted is kept for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.core.access import Access
from bot.core.feeds import Block, Feed, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.shards import EVERYTHING, OwnedShards, shard_of
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.blocks.blocked_channels import EVENT_COUNTS_AFTER, BlockedChannels
from bot.services.blocks.guild_events import GuildEvents
from bot.services.blocks.retention import KEPT, SURE_AFTER_SECONDS
from bot.services.delivery.blocking import block
from bot.store import feeds, notices, servers
from tests.services.bots import CHANNEL, LIVE, OTHER, SERVER, USER, Bot, everything

LACKS = "I'm missing **Send Messages** in <#1>: give me **Send Messages** there."
EXPLAINED = DeliveryError(LACKS, code=50013, kind=DeliveryErrorKind.PERMISSION_MISSING)
UNEXPLAINED = DeliveryError(
    "Discord refuses messages there (403, code 0).", kind=DeliveryErrorKind.CHANNEL_REFUSED
)
VANISHED = DeliveryError("The channel no longer exists.", code=10003, kind=DeliveryErrorKind.GONE)
FIRST, SECOND = "2608.00001", "2608.00002"


async def refused(bot: Bot, error: DeliveryError = EXPLAINED, *, channel: int = CHANNEL) -> Feed:
    """A live channel refuses a paper, and is held."""
    if not bot.hub.days:
        bot.list_paper(FIRST)
    bot.publisher.refusals[ChannelId(channel)] = error
    if error.kind is DeliveryErrorKind.PERMISSION_MISSING:
        bot.publisher.obstacles[ChannelId(channel)] = Access(obstacle=error.reason)
    await bot.plan(channel=channel)
    await bot.delivered()
    return await bot.feed(channel)


async def held(bot: Bot, error: DeliveryError = EXPLAINED, *, channel: int = CHANNEL) -> Feed:
    """As `refused`, without a paper."""
    feed = await bot.subscribe(channel=channel)
    async with bot.database.write() as conn:
        await block(conn, feed.id, error, now=bot.clock())
    if error.kind is DeliveryErrorKind.PERMISSION_MISSING:
        bot.publisher.obstacles[ChannelId(channel)] = Access(obstacle=error.reason)
    return await bot.feed(channel)


def fix(bot: Bot, channel: int = CHANNEL) -> None:
    bot.publisher.refusals.pop(ChannelId(channel), None)
    bot.publisher.obstacles.pop(ChannelId(channel), None)


def attempts(bot: Bot) -> int:
    return [call for call, _ in bot.publisher.calls].count("publish")


async def blocked(bot: Bot, channel: int = CHANNEL) -> Block | None:
    return (await bot.feed(channel)).block


async def pending_notices(bot: Bot) -> list[int]:
    async with bot.database.read() as conn:
        return [notice.feed_id or 0 for notice in await notices.pending(conn)]


async def all_notices(bot: Bot) -> int:
    async with bot.database.read() as conn:
        return (await conn.execute(text("SELECT count(*) FROM notices"))).scalar_one()


async def test_a_fixed_channel_is_unblocked_at_the_next_run_and_each_paper_is_posted_once(bot: Bot) -> None:
    await refused(bot)
    bot.list_paper(SECOND)
    await bot.run()
    assert attempts(bot) == 1  # while it is held nothing is tried
    assert await blocked(bot) is not None

    fix(bot)
    bot.clock.advance(minutes=30)
    await bot.run()

    assert bot.publisher.posted(CHANNEL) == [FIRST, SECOND]
    assert await blocked(bot) is None
    assert "find" not in [call for call, _ in bot.publisher.calls]  # Discord had said no


async def test_a_run_missed_while_a_channel_was_blocked_is_caught_up(bot: Bot) -> None:
    bot.list_paper(FIRST)
    feed = await bot.subscribe()
    async with bot.database.write() as conn:
        await feeds.block(conn, feed.id, reason=LACKS, now=bot.clock())
    bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(obstacle=LACKS)
    bot.clock.advance(hours=2)  # past nine
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []

    fix(bot)
    await bot.services.blocked_channels.recheck(SERVER, has_changed=True)
    assert bot.rings  # the feed is due: the bell must know
    await bot.run()

    assert bot.publisher.posted(CHANNEL) == [FIRST]


async def test_a_pause_outlasts_a_block(bot: Bot) -> None:
    await refused(bot)
    await bot.services.pausing.pause(ChannelId(CHANNEL), user_id=USER)
    fix(bot)
    await bot.run()
    feed = await bot.feed()
    assert feed.block is None
    assert feed.paused_at is not None
    assert bot.publisher.posted(CHANNEL) == []
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [FIRST]


async def test_the_reason_of_a_block_is_the_current_obstacle(bot: Bot) -> None:
    before = await held(bot, UNEXPLAINED)
    assert before.block is not None
    bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(obstacle=LACKS)
    bot.clock.advance(minutes=30)
    await bot.run()
    assert await blocked(bot) == Block(reason=LACKS, since=before.block.since, recheck_at=None)


async def test_a_place_that_could_not_be_checked_changes_nothing(bot: Bot) -> None:
    feed = await held(bot)
    bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(is_known=False)
    await bot.services.blocked_channels.recheck(is_asked=True)
    assert await blocked(bot) == feed.block


async def test_an_unexplained_refusal_is_retried_when_its_recheck_is_due(bot: Bot) -> None:
    feed = await refused(bot, UNEXPLAINED)
    assert feed.block is not None
    assert feed.block.recheck_at is not None
    bot.clock.now = feed.block.recheck_at - timedelta(seconds=1)
    await bot.run()
    assert attempts(bot) == 1
    bot.clock.now = feed.block.recheck_at
    fix(bot)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == [FIRST]


async def test_a_clock_that_is_set_back_does_not_prolong_a_block(bot: Bot) -> None:
    await held(bot, UNEXPLAINED)
    fix(bot)
    bot.clock.advance(days=-400)
    await bot.services.blocked_channels.recheck()
    assert await blocked(bot) is None


async def test_an_event_triggers_a_retry_but_a_storm_of_events_only_one(bot: Bot) -> None:
    await refused(bot, UNEXPLAINED)
    for _ in range(3):
        bot.clock.advance(seconds=1)
        await bot.services.blocked_channels.recheck(SERVER, has_changed=True)
        await bot.delivered()
    assert attempts(bot) == 1

    bot.clock.advance(seconds=EVENT_COUNTS_AFTER.total_seconds() - 3)
    await bot.run()  # what the events may have fixed
    assert attempts(bot) == 2


async def test_an_event_long_after_the_refusal_triggers_a_retry_at_once(bot: Bot) -> None:
    await refused(bot, UNEXPLAINED)
    bot.clock.now += EVENT_COUNTS_AFTER
    fix(bot)
    await bot.services.blocked_channels.recheck(SERVER, has_changed=True)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [FIRST]


async def test_an_event_in_another_server_changes_nothing(bot: Bot) -> None:
    await held(bot)
    fix(bot)
    await bot.services.blocked_channels.recheck(ServerId(SERVER + 1), has_changed=True)
    assert await blocked(bot) is not None


async def test_a_problem_that_ended_visibly_is_notified_again_when_it_returns(bot: Bot) -> None:
    await refused(bot)
    async with bot.database.write() as conn:
        (notice,) = await notices.pending(conn)
        await notices.mark_undeliverable(conn, [notice.id])
    fix(bot)
    await bot.services.blocked_channels.recheck()
    assert await all_notices(bot) == 0
    bot.publisher.refusals[ChannelId(CHANNEL)] = EXPLAINED
    await bot.delivered()
    assert len(await pending_notices(bot)) == 1


async def test_a_channel_that_keeps_refusing_without_a_visible_cause_is_notified_once(bot: Bot) -> None:
    await refused(bot, UNEXPLAINED)
    async with bot.database.write() as conn:
        (notice,) = await notices.pending(conn)
        await notices.mark_undeliverable(conn, [notice.id])
    bot.clock.advance(days=1)
    await bot.run()
    assert attempts(bot) == 2
    assert await pending_notices(bot) == []
    assert await all_notices(bot) == 1
    fix(bot)
    bot.clock.advance(days=1)
    await bot.run()
    assert await all_notices(bot) == 0  # a message arrived


async def test_unconfirmed_posts_are_searched_once_the_history_may_be_read(bot: Bot) -> None:
    bot.list_paper(FIRST)
    await bot.subscribe(schedule=LIVE)
    bot.publisher.lose_answers(CHANNEL)
    await bot.run()
    bot.publisher.find_faults.append(DeliveryError("I may not look.", kind=DeliveryErrorKind.UNCONFIRMED))
    bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(
        history_obstacle="I'm missing **Read Message History**."
    )
    bot.clock.advance(hours=1)
    await bot.run()
    await bot.services.blocked_channels.recheck(is_asked=True)
    assert [post.unconfirmed_since is not None for post in await bot.posts()] == [True]

    fix(bot)
    await bot.run()

    assert [post.message_id for post in await bot.posts()] == [
        bot.publisher.channels[ChannelId(CHANNEL)][0].id
    ]
    assert attempts(bot) == 1


async def test_a_deleted_channel_is_blocked_at_once_and_notified(bot: Bot) -> None:
    bot.list_paper(FIRST)
    feed = await bot.subscribe(schedule=LIVE)
    await bot.services.blocked_channels.channel_gone(ChannelId(CHANNEL))
    await bot.services.blocked_channels.channel_gone(ChannelId(404))
    block = await blocked(bot)
    assert block is not None
    assert block.is_gone
    assert "deleted" in block.reason
    assert "30 days" in block.reason
    assert await pending_notices(bot) == [feed.id]
    await bot.run()
    assert attempts(bot) == 0


async def test_a_deleted_channel_without_subscriptions_is_not_notified(bot: Bot) -> None:
    await bot.subscribe()
    await bot.services.subscriptions.unsubscribe("all of them", channel_id=ChannelId(CHANNEL), user_id=USER)
    await bot.services.blocked_channels.channel_gone(ChannelId(CHANNEL))
    assert await pending_notices(bot) == []


async def test_a_channel_that_discord_calls_unknown_is_rechecked_until_it_is_known_to_be_gone(
    bot: Bot,
) -> None:
    await refused(bot, VANISHED)
    block = await blocked(bot)
    assert block is not None
    assert block.is_gone
    assert block.recheck_at is not None  # nothing but one answer says so
    bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(is_gone=True, obstacle=VANISHED.reason)
    await bot.run()
    assert await blocked(bot) == Block(
        reason=VANISHED.reason, since=block.since, recheck_at=None, is_gone=True
    )


async def test_a_server_that_was_left_and_returns_continues_where_it_was(bot: Bot) -> None:
    bot.list_paper(FIRST)
    await bot.subscribe(schedule=LIVE)
    await bot.subscribe(channel=OTHER, schedule=LIVE, server=SERVER + 1)
    await bot.services.blocked_channels.server_left(SERVER)
    block = await blocked(bot)
    assert block is not None
    assert block.is_gone
    assert await pending_notices(bot) == []  # nobody can be notified
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []
    assert bot.publisher.posted(OTHER) == [FIRST]

    bot.list_paper(SECOND)
    bot.clock.advance(hours=1)
    await bot.services.blocked_channels.server_joined(SERVER)
    await bot.run()

    assert sorted(bot.publisher.posted(CHANNEL)) == [FIRST, SECOND]
    assert bot.publisher.posted(OTHER) == [FIRST, SECOND]


async def test_events_missed_while_offline_are_caught_up_at_startup(bot: Bot) -> None:
    await bot.subscribe()
    await bot.subscribe(channel=OTHER, server=SERVER + 1)
    await bot.services.blocked_channels.server_left(SERVER)
    bot.publisher.obstacles[ChannelId(OTHER)] = Access(is_gone=True, obstacle="I am not in this server.")

    await bot.services.blocked_channels.connected(EVERYTHING, {SERVER})

    assert await blocked(bot) is None
    block = await blocked(bot, OTHER)
    assert block is not None
    assert block.is_gone
    async with bot.database.read() as conn:
        assert await servers.memberships(conn) == {SERVER: True, ServerId(SERVER + 1): False}


async def test_a_shards_session_says_nothing_about_the_servers_of_other_shards(bot: Bot) -> None:
    other = ServerId(SERVER + 2**22)
    await bot.subscribe()
    await bot.subscribe(channel=OTHER, server=other)
    ours = OwnedShards(2, frozenset({shard_of(SERVER, 2)}))

    await bot.services.blocked_channels.connected(ours, {SERVER})

    async with bot.database.read() as conn:
        assert await servers.memberships(conn) == {SERVER: True, other: True}


async def test_sessions_of_several_shards_are_handled_together(bot: Bot) -> None:
    other = ServerId(SERVER + 2**22)
    await bot.subscribe()
    await bot.subscribe(channel=OTHER, server=other)
    events = bot.services.guild_events
    for server_id, found in ((SERVER, {SERVER}), (other, {other}), (other, set[ServerId]())):
        events.connected(OwnedShards(2, frozenset({shard_of(server_id, 2)})), found)
        if found:
            events.server_left(other)

    assert await events.handle()

    async with bot.database.read() as conn:
        assert await servers.memberships(conn) == {SERVER: True, other: False}
    events.connected(OwnedShards(2, frozenset({shard_of(other, 2)})), {other})
    assert await events.handle()
    async with bot.database.read() as conn:
        assert await servers.memberships(conn) == {SERVER: True, other: True}


async def test_a_problem_from_before_a_server_was_left_is_notified_when_it_returns(bot: Bot) -> None:
    await held(bot)
    await bot.services.blocked_channels.server_left(SERVER)
    assert await pending_notices(bot) == []
    await bot.services.blocked_channels.server_joined(SERVER)
    block = await blocked(bot)
    assert block is not None
    assert (block.reason, block.is_gone) == (LACKS, False)
    assert len(await pending_notices(bot)) == 1


@dataclass
class Keeping:
    """Holds whose steady clock a test moves."""

    bot: Bot
    blocked_channels: BlockedChannels
    seconds: float = 0.0

    async def hours_later(self, hours: float = 1.0) -> list[int]:
        self.seconds += hours * 3_600
        return [feed.channel_id for feed in await self.blocked_channels.retention.delete_expired()]


@pytest_asyncio.fixture
async def keeping(bot: Bot) -> AsyncIterator[Keeping]:
    """A channel and a server that are gone."""
    await bot.subscribe()
    await bot.subscribe(channel=OTHER, server=SERVER + 1)
    await bot.services.blocked_channels.channel_gone(ChannelId(CHANNEL))
    await bot.services.blocked_channels.server_left(ServerId(SERVER + 1))
    for channel in (CHANNEL, OTHER):
        bot.publisher.obstacles[ChannelId(channel)] = Access(is_gone=True, obstacle="Gone.")
    kept = Keeping(bot=bot, blocked_channels=bot.services.blocked_channels)
    kept.blocked_channels.retention._gone._monotonic = lambda: kept.seconds
    yield kept


async def test_data_of_a_deleted_channel_is_deleted_after_thirty_days(
    keeping: Keeping, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    keeping.bot.clock.now += KEPT
    assert await keeping.hours_later() == []
    assert await keeping.hours_later() == []
    keeping.bot.clock.advance(seconds=1)
    assert await keeping.hours_later() == []  # it looks old for the first time
    assert await keeping.hours_later() == [CHANNEL, OTHER]
    assert f"Channel {CHANNEL} of server {SERVER} was deleted 30 days ago" in caplog.text
    async with keeping.bot.database.read() as conn:
        assert await feeds.by_channel(conn, ChannelId(CHANNEL)) is None
        assert await servers.memberships(conn) == {SERVER: True}


async def test_a_clock_that_jumps_ahead_for_a_while_deletes_nothing(keeping: Keeping) -> None:
    keeping.bot.clock.advance(days=9_000)
    assert await keeping.hours_later(0) == []
    assert await keeping.hours_later(SURE_AFTER_SECONDS / 3_600 * 0.9) == []
    keeping.bot.clock.advance(days=-9_000)
    assert await keeping.hours_later() == []
    keeping.bot.clock.advance(days=9_000)
    assert await keeping.hours_later() == []


async def test_a_channel_that_is_not_known_to_be_gone_is_not_deleted(keeping: Keeping) -> None:
    keeping.bot.publisher.obstacles[ChannelId(CHANNEL)] = Access(is_known=False)
    keeping.bot.publisher.obstacles[ChannelId(OTHER)] = Access()
    keeping.bot.clock.advance(days=31)
    await keeping.hours_later()
    assert await keeping.hours_later() == []


async def test_a_failed_recheck_does_not_stop_the_run(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    await refused(bot, channel=OTHER)

    async def access(_: object) -> Access:
        raise RuntimeError("a bug")

    await bot.subscribe(schedule=LIVE)
    bot.publisher.access = access  # pyright: ignore[reportAttributeAccessIssue]
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == [FIRST]
    assert "could not be rechecked because of a bug" in caplog.text


async def test_a_requested_check_reports_every_affected_feed(bot: Bot) -> None:
    await refused(bot)
    await refused(bot, UNEXPLAINED, channel=OTHER)
    still, again = await bot.services.blocked_channels.check(SERVER, managed=everything)
    assert (still.feed.block is not None, again.feed.block is not None) == (True, True)
    await bot.delivered()
    assert attempts(bot) == 3  # what nothing explains was tried

    fix(bot)
    fix(bot, OTHER)
    first, second = await bot.services.blocked_channels.check(SERVER, managed=everything)

    assert [result.feed.block for result in (first, second)] == [None, None]
    assert [(result.was_blocked, result.sent, result.waiting) for result in (first, second)] == [
        (True, 1, 0)
    ] * 2
    assert await bot.services.blocked_channels.check(SERVER, managed=everything) == ()


async def test_a_requested_check_skips_channels_that_the_person_does_not_manage(bot: Bot) -> None:
    async def managed(_: Iterable[ChannelId]) -> list[ChannelId]:
        return [ChannelId(CHANNEL)]

    await held(bot)
    await held(bot, channel=OTHER)
    fix(bot)
    fix(bot, OTHER)
    (checked,) = await bot.services.blocked_channels.check(SERVER, managed=managed)
    assert checked.feed.channel_id == CHANNEL
    (still,) = await bot.services.blocked_channels.check(SERVER, managed=everything)
    assert still.feed.channel_id == OTHER


async def test_a_burst_of_events_is_one_recheck(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[ServerId | None] = []

    async def recheck(server_id: ServerId | None = None, **_: bool) -> tuple[()]:
        looks.append(server_id)
        return ()

    monkeypatch.setattr(bot.services.blocked_channels, "recheck", recheck)
    for _ in range(100):
        bot.services.guild_events.server_changed(SERVER)
    assert await bot.services.guild_events.handle()
    assert await bot.services.guild_events.handle()
    assert looks == [SERVER]


async def test_an_event_that_failed_is_retried_and_does_not_stop_the_others(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.subscribe()
    guild_events: GuildEvents = bot.services.guild_events
    real = bot.services.blocked_channels.channel_gone

    async def channel_gone(channel_id: ChannelId) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(bot.services.blocked_channels, "channel_gone", channel_gone)
    guild_events.channel_gone(ChannelId(CHANNEL))
    guild_events.server_left(SERVER)
    guild_events.server_joined(SERVER)  # the latest counts
    assert not await guild_events.handle()
    assert "trying again" in caplog.text
    monkeypatch.setattr(bot.services.blocked_channels, "channel_gone", real)
    assert await guild_events.handle()
    block = await blocked(bot)
    assert block is not None
    assert "deleted" in block.reason


async def test_a_feed_that_was_resumed_during_a_recheck_is_left_alone(bot: Bot) -> None:
    await refused(bot)
    bot.publisher.refusals.clear()
    real = bot.publisher.access

    async def access(place: Place) -> Access:
        bot.publisher.access = real
        await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
        return await real(place)

    bot.publisher.access = access
    await bot.services.blocked_channels.recheck()
    assert await blocked(bot) is None
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [FIRST]
