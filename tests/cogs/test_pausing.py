"""/config pause until and everywhere, /config resume missed, and what /status says of paused channels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cogs.hidden import hide
from tests.cogs.rights import feed_of, manager, subscribed
from tests.world import World, text_of


async def typed(world: World, command: str, **options: Any) -> str:
    return text_of(await world.admin.slash(world.channel, f"config {command}", **options))


async def test_a_pause_ends_on_its_day_in_the_channels_zone_and_loses_nothing(world: World) -> None:
    await subscribed(world)
    await typed(world, "schedule", timezone="Asia/Tokyo", time="7:00", weekdays="every day")

    answer = await typed(world, "pause", until="sat")

    # Saturday 22 August begins in Tokyo at 15:00 UTC on Friday.
    assert "Posting resumes with the post of <t:1787349600:F>; papers" in answer
    history = text_of(await world.admin.slash(world.channel, "config history"))
    assert "posting: on → paused until Saturday, 22 August 2026" in history
    world.list_paper("2608.00001", title="Video")
    world.clock.advance(days=1)
    await world.run()
    assert world.posted_ids() == []
    assert "Once resumed, it posts 1 paper." in text_of(await world.admin.slash(world.channel, "status"))

    feed = await feed_of(world, world.channel)
    assert await world.services.runs.next_at() <= feed.settings.resumes_at
    world.clock.now = feed.settings.resumes_at
    await world.run()
    feed = await feed_of(world, world.channel)
    assert feed.is_active
    assert feed.settings.paused_until is None
    assert int(feed.next_run_at.timestamp()) == 1787349600
    world.clock.now = feed.next_run_at
    await world.run()
    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_a_pause_that_ended_while_the_bot_was_offline_posts_at_once(world: World) -> None:
    await subscribed(world)
    await typed(world, "pause", until="friday")
    world.list_paper("2608.00001", title="Video")
    world.clock.advance(days=4)

    await world.run()

    assert world.posted_ids() == ["2608.00001"]


async def test_a_pause_gets_another_end_and_none(world: World) -> None:
    await subscribed(world)
    await typed(world, "pause", until="2026-08-21")
    assert "until Friday, 21 August 2026 → **paused until Monday, 24 August 2026**" in await typed(
        world, "pause", until="monday"
    )
    assert "until Monday, 24 August 2026 → **paused**" in await typed(world, "pause")
    assert "Nothing changed" in await typed(world, "pause")
    for until, problem in (
        ("yesterday", "is not after today"),
        ("8/9/2026", "may be"),
        ("soon", "not a date"),
    ):
        assert problem in await typed(world, "pause", until=until)
    offered = await world.admin.autocomplete(world.channel, "config pause", "until", "24 dec")
    assert offered == [{"name": "Thursday, 24 December 2026", "value": "2026-12-24"}]


@pytest.mark.thorough
async def test_what_a_pause_missed_is_skipped_where_that_is_wanted(world: World) -> None:
    await subscribed(world)
    await typed(world, "schedule", weekdays="all")
    await typed(world, "pause")
    world.list_paper("2608.00001", title="Video")
    await world.run()
    await world.services.runs.deliver_now(await feed_of(world, world.channel))  # pending, as it is paused
    world.list_paper("2608.00002", title="Video too", day=world.today + timedelta(days=1))
    world.clock.advance(days=3)
    await world.run()
    world.list_paper("2608.00003", title="Video of today")

    answer = await typed(world, "resume", missed="skip")

    assert "1 pending paper and all papers of lists before today's are skipped." in answer
    world.clock.advance(days=1)
    await world.run()
    assert world.posted_ids() == ["2608.00003"]


async def test_everywhere_means_the_channels_that_the_person_sees_and_manages(world: World) -> None:
    person = manager(world)
    other, hidden = (world.guild.create_text_channel(name) for name in ("other", "hidden"))
    for channel in (world.channel, other, hidden):
        await subscribed(world, channel)
    await typed(world, "pause", channel=other)
    hide(world, hidden, person)
    world.guild.set_command_permissions(await world.command("config"), {person: True})
    await world.env.settle()

    answer = text_of(await person.slash(world.channel, "config pause", everywhere=True))
    assert f"Paused: <#{world.channel.id}>." in answer
    assert f"Already paused this way: <#{other.id}>." in answer
    assert str(hidden.id) not in answer
    assert (await feed_of(world, hidden)).is_active

    answer = text_of(await person.slash(world.channel, "config resume", everywhere=True))
    assert f"Resumed: <#{world.channel.id}>, <#{other.id}>." in answer
    assert str(hidden.id) not in answer
    assert (await feed_of(world, other)).is_active
    answer = await typed(world, "pause", everywhere=True, until="tomorrow")
    assert "Paused until Thursday, 20 August 2026: " in answer
    assert "not both" in await typed(world, "pause", everywhere=True, channel=other)
