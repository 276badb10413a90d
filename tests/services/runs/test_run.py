"""The daily run, end to end: from the list on loopback to the message in the channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.runs import Outcome
from bot.store import runs
from tests.fakes.discord_limits import assert_within_limits
from tests.fakes.huggingface import FakeHuggingFace, Fault
from tests.samples import NOW
from tests.world import World, running_world


async def subscribe(world: World, keywords: str, channel: object = None) -> None:
    await world.admin.slash(channel or world.channel, "subscribe", keywords=keywords)


async def test_a_due_feed_gets_the_papers_that_match_once_each(world: World) -> None:
    world.list_paper("2608.00001", title="A Video of Tea", upvotes=3)
    world.list_paper("2608.00002", title="Storage", summary="About storage and drag, and not about that.")
    world.list_paper("2608.00003", title="Longer Videos", upvotes=8)
    await subscribe(world, "video, rag")

    await world.run()
    assert world.posted_ids() == []  # not due before nine

    world.clock.advance(hours=1)
    await world.run()
    await world.run()
    assert world.posted_ids() == ["2608.00003", "2608.00001"]

    world.clock.advance(days=1)
    await world.run()
    assert world.posted_ids() == ["2608.00003", "2608.00001"]


@pytest.mark.thorough
async def test_each_channel_gets_its_own_papers(world: World) -> None:
    other = world.guild.create_text_channel("agents")
    world.list_paper("2608.00001", title="A Video of Tea")
    world.list_paper("2608.00002", title="Agents at Work")
    await subscribe(world, "video")
    await subscribe(world, "agents", other)

    world.clock.advance(hours=1)
    await world.run()

    assert world.posted_ids() == ["2608.00001"]
    assert world.posted_ids(other) == ["2608.00002"]


@pytest.mark.thorough
async def test_a_paper_listed_after_the_post_comes_with_the_next(world: World) -> None:
    await subscribe(world, "video")
    world.clock.advance(hours=1)
    await world.run()
    world.list_paper("2608.00001", title="A Late Video")

    world.clock.advance(days=1)
    await world.run()

    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_a_paper_that_comes_back_on_a_later_day_is_posted_once(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await subscribe(world, "video")
    world.clock.advance(hours=1)
    await world.run()

    world.clock.advance(days=6)
    world.list_paper("2608.00001", title="Video")
    await world.run()

    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_older_days_of_the_archive_flood_nobody(world: World) -> None:
    for days in range(1, 9):
        world.list_paper(f"2608.0000{days}", day=world.today - timedelta(days=days), title="Video")
    await subscribe(world, "video")
    for days in range(1, 9):
        await world.services.polling.read_day(world.today - timedelta(days=days))

    world.clock.advance(hours=1)
    await world.run()

    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_papers_of_ten_days_offline_are_posted_at_once(
    tmp_path: Path, databases_are_freed: None
) -> None:
    hub = FakeHuggingFace()
    async with running_world(tmp_path, hub=hub) as world:
        await subscribe(world, "video")
        world.clock.advance(hours=1)
        await world.run()
        channel_id = world.channel.id
        for days in range(1, 10):
            world.list_paper(f"2608.0000{days}", day=world.today + timedelta(days=days), title="Video")

        world.clock.advance(days=10)
        await world.run()

        assert world.channel.id == channel_id
        assert sorted(world.posted_ids()) == [f"2608.0000{days}" for days in range(1, 10)]
        assert len(world.posts()) == 1


@pytest.mark.thorough
async def test_withdrawn_papers_are_not_posted(world: World) -> None:
    world.list_paper("2608.00001", title="Video", paper={"withdrawnAt": "2026-08-19T05:00:00.000Z"})
    await subscribe(world, "video")

    world.clock.advance(hours=1)
    await world.run()

    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_a_failed_read_is_a_failure_and_the_papers_are_posted_later(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await subscribe(world, "video")
    world.hub.day_faults[world.today] = Fault(status=403)
    world.clock.advance(hours=1)

    await world.run()

    assert world.posted_ids() == []
    async with world.database.read() as conn:
        last = await runs.latest(conn)
    assert last is not None
    assert last.outcome is Outcome.SOURCE_FAILED

    world.hub.day_faults.clear()
    world.clock.advance(days=1)
    await world.run()
    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_papers_beyond_the_cards_are_folded_and_not_dropped(world: World) -> None:
    for number in range(15):
        world.list_paper(f"2608.{number:05}", title=f"Video {number}", upvotes=100 - number)
    await subscribe(world, "video")

    world.clock.advance(hours=1)
    await world.run()

    assert world.posted_ids() == [f"2608.{number:05}" for number in range(15)]
    cards = [embed for message in world.posts() for embed in message.embeds if embed.url]
    assert len(cards) == 10
    sent = [
        entry for entry in world.env.http_requests if entry.path.endswith(f"/{world.channel.id}/messages")
    ]
    for entry in sent:
        assert_within_limits(entry.json)
        assert entry.json["allowed_mentions"] == {"parse": []}
        assert len(entry.json["nonce"]) <= 25


async def test_papers_are_matched_whatever_comes_from_outside(world: World) -> None:
    world.list_paper("2608.00001", title="@everyone <@&1> [x](https://evil.example) **Video** `x`")
    await subscribe(world, "video")

    world.clock.advance(hours=1)
    await world.run()

    (message,) = world.posts()
    assert "@everyone" not in (message.embeds[0].title or "")


@pytest.mark.thorough
@pytest.mark.parametrize("hours", [1, 25])
async def test_a_restart_posts_nothing_again(tmp_path: Path, hours: int) -> None:
    hub = FakeHuggingFace()
    async with running_world(tmp_path, hub=hub) as world:
        world.list_paper("2608.00001", title="Video")
        await subscribe(world, "video")
        world.clock.advance(hours=1)
        await world.run()
        assert world.posted_ids() == ["2608.00001"]
        days = dict(hub.days)

    again = FakeHuggingFace()
    again.days = days
    async with running_world(tmp_path, hub=again, now=NOW + timedelta(hours=hours)) as world:
        await world.services.runs.run()
        async with world.database.read() as conn:
            last = await runs.latest(conn)
        assert last is not None
        assert last.posts == 0


async def test_the_next_run_is_at_the_next_poll_or_the_next_due_feed(world: World) -> None:
    await world.run()
    assert await world.services.runs.next_at() == NOW + timedelta(seconds=1800)

    await subscribe(world, "video")
    await world.admin.slash(world.channel, "config schedule", time="08:10")
    assert await world.services.runs.next_at() == datetime(2026, 8, 19, 8, 10, tzinfo=NOW.tzinfo)


async def test_deliver_posts_what_is_listed_at_that_moment(world: World) -> None:
    await subscribe(world, "video")
    await world.run()
    world.list_paper("2608.00001", title="Video")
    world.clock.advance(seconds=30)

    await world.admin.slash(world.channel, "deliver")

    assert world.posted_ids() == ["2608.00001"]
    assert await world.services.runs.next_at() == NOW + timedelta(seconds=1800)


async def test_deliver_continues_with_known_papers_if_the_list_cannot_be_read(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await subscribe(world, "video")
    await world.run()
    world.hub.day_faults[world.today] = Fault(status=403)
    world.clock.advance(minutes=5)

    await world.admin.slash(world.channel, "deliver")

    assert world.posted_ids() == ["2608.00001"]


async def test_a_query_whose_canonical_form_is_long_marks_its_words_too(world: World) -> None:
    words = [f"quantiz{letter}" for letter in "abcdefghijklmnopqr"]
    world.list_paper("2608.00001", title=" ".join(words[:9]), summary=" ".join(words))
    await subscribe(world, " ".join(f"{word}*" for word in words))

    world.clock.advance(hours=1)
    await world.run()

    (message,) = world.posts()
    assert "**quantiza" in (message.embeds[0].title or "")
