"""/config show: how many papers each subscription found."""

from __future__ import annotations

import pytest

from tests.world import World, text_of


async def show(world: World) -> str:
    return text_of(await world.admin.slash(world.channel, "config show"))


async def test_each_subscription_has_its_papers_and_one_that_two_want_counts_twice(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    world.list_paper("2608.00002", title="Video agents")
    await world.admin.slash(world.channel, "subscribe", keywords="Video, agents, RLHF")
    await world.admin.slash(world.channel, "deliver")

    answer = await show(world)

    assert "3 subscriptions, in the last 30 days:" in answer
    assert "• `Video`: 2 papers" in answer
    assert "• `agents`: 1 paper\n" in answer
    assert "• `RLHF`: no papers" in answer
    assert "⚠️" not in answer


async def test_papers_posted_in_another_channel_do_not_count(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    other = world.guild.create_text_channel("other")
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=other)
    await world.admin.slash(world.channel, "deliver", channel=other)
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert world.posted_ids(other) == ["2608.00001"]
    assert "• `video`: no papers" in await show(world)


async def test_papers_that_were_not_sent_do_not_count(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config pause")

    assert "• `video`: no papers" in await show(world)


async def test_after_thirty_days_papers_count_no_more_and_the_subscription_is_dead(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "deliver")
    world.clock.advance(days=29)
    assert "• `video`: 1 paper" in await show(world)
    world.clock.advance(days=2)

    answer = await show(world)

    assert "• `video`: no papers ⚠️ **dead**: try other words" in answer


async def test_one_that_takes_most_of_the_list_is_noisy(world: World) -> None:
    for number in range(20):
        world.list_paper(f"2608.000{number:02}", title="A model" if number < 12 else "Else")
    await world.admin.slash(world.channel, "subscribe", keywords="model")
    await world.admin.slash(world.channel, "deliver")

    assert "• `model`: 12 papers ⚠️ **noisy**: narrow it" in await show(world)


@pytest.mark.thorough
async def test_many_subscriptions_are_on_pages_of_their_own(world: World) -> None:
    keywords = ", ".join(f"subject{number:02} with some words more" for number in range(50))
    await world.admin.slash(world.channel, "subscribe", keywords=keywords)
    world.clock.advance(days=31)

    shown = await world.admin.slash(world.channel, "config show")

    assert "50 subscriptions, ⚠️ 50 dead, listed on the next pages" in text_of(shown)
    assert "Page 1 of 5" in text_of(shown)
    seen = 0
    for number in range(2, 6):
        await world.admin.click(shown.response, label="Next")
        assert f"Page {number} of 5" in text_of(shown)
        seen += text_of(shown).count("• `subject")
    assert seen == 50
