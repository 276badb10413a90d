"""Papers by direct message keep the promises of delivery: each comes once, over lost answers and restarts."""

from __future__ import annotations

import pytest

from bot.core.ids import ChannelId, UserId
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.store import feeds, outbox
from tests.examples import first
from tests.services.bots import Bot

PERSON, CHANNEL = UserId(7_000), 7_001  # the fake Discord's channel for the person
CLOSED = DeliveryError("Closed.", code=50007, kind=DeliveryErrorKind.CHANNEL_REFUSED)


@pytest.mark.parametrize("minutes", first(1, [0, 30]))
async def test_a_message_whose_answer_was_lost_is_not_sent_again(bot: Bot, minutes: int) -> None:
    await bot.services.follows.follow("video", user_id=PERSON)
    bot.list_paper("2608.00001")
    bot.clock.advance(days=1)
    bot.publisher.lose_answers(CHANNEL)
    await bot.run()
    await bot.restart()
    bot.clock.advance(minutes=minutes, seconds=10)

    await bot.delivered()

    assert bot.publisher.posted(CHANNEL) == ["2608.00001"]
    (post,) = await bot.posts(CHANNEL)
    assert post.message_id is not None


async def test_people_take_turns_and_a_refusal_stops_one_alone_without_a_notice(bot: Bot) -> None:
    others = [UserId(PERSON + 10 * number) for number in range(3)]
    for person in others:
        await bot.services.follows.follow("video", user_id=person)
    for number in range(14):
        bot.list_paper(f"2608.000{number:02}")
    bot.publisher.refusals[ChannelId(CHANNEL)] = CLOSED
    bot.clock.advance(days=1)
    await bot.services.runs.run()
    async with bot.database.read() as conn:
        claimed = await outbox.claimable(conn, bot.clock(), limit=10)
    assert {post.user_id for post in claimed} == set(others)

    await bot.delivered()

    assert bot.publisher.posted(CHANNEL) == []
    for person in others[1:]:
        assert len(bot.publisher.posted(person + 1)) == 14
        *earlier, last = bot.publisher.channels[ChannelId(person + 1)]
        assert len(earlier) > 0
        assert not any(sent.message.ends_delivery for sent in earlier)
        assert last.message.ends_delivery
    feed = await bot.feed(CHANNEL)
    assert feed.block is not None
    assert feed.block.recheck_at is None
    assert not feed.block.is_gone
    assert await bot.value("SELECT count(*) FROM notices") == 0
    async with bot.database.read() as conn:
        assert await feeds.blocked(conn) == [], "rechecks see servers' channels alone"
    calls = len(bot.publisher.calls)
    bot.clock.advance(days=40)
    await bot.run()
    await bot.services.blocked_channels.retention.delete_expired()
    assert [call for call in bot.publisher.calls[calls:] if call[1] == CHANNEL] == []
    assert (await bot.feed(CHANNEL)).user_id == PERSON
