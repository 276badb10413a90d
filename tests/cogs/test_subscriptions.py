"""/subscribe and /subscriptions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.examples import first
from tests.world import World, text_of


async def test_an_admin_subscribes_a_channel_and_sees_what_comes_next(world: World) -> None:
    world.list_paper("2608.00001", title="A Diffusion Model for Tea")
    world.list_paper("2608.00002", day=world.today - timedelta(days=2), title="Diffusion models that hold")
    await world.run()

    result = await world.admin.slash(world.channel, "subscribe", keywords="diffusion model")

    answer = text_of(result)
    assert result.ephemeral
    assert f"<#{world.channel.id}> is now subscribed to" in answer
    assert "`diffusion model`: 1 paper in the last 7 days, on today's list" in answer
    assert "Next post: <t:1787130000:f> (<t:1787130000:R>)" in answer  # 09:00 UTC that day
    assert await world.subscriptions() == ["diffusion model"]


async def test_commas_make_subscriptions_of_their_own(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords='RLHF, "world model" (video OR 4D, 3D)')

    assert await world.subscriptions() == ["RLHF", '"world model" (video OR 4D, 3D)']


async def test_one_bad_part_rejects_the_whole(world: World) -> None:
    result = await world.admin.slash(world.channel, "subscribe", keywords='RLHF, "open')

    assert result.ephemeral
    assert '"open' in text_of(result)
    assert "^" in text_of(result)
    assert await world.subscriptions() == []


@pytest.mark.thorough
async def test_an_existing_keyword_is_marked(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="reward models")

    result = await world.admin.slash(world.channel, "subscribe", keywords="Reward Model")

    assert "Nothing changed" in text_of(result)
    assert await world.subscriptions() == ["reward models"]


async def test_fifty_subscriptions_fit_and_one_more_changes_nothing(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords=", ".join(f"word{n}x" for n in range(50)))
    assert len(await world.subscriptions()) == 50

    result = await world.admin.slash(world.channel, "subscribe", keywords="another")

    assert "50 subscriptions" in text_of(result)
    assert "/unsubscribe" in text_of(result)
    assert len(await world.subscriptions()) == 50


async def test_a_partial_double_adds_the_rest_and_says_which_is_new(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="reward models")

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="Reward Model, RLHF, rlhf"))

    assert "• `reward models` (already subscribed): no papers in the last 7 days" in answer
    assert answer.count("• `RLHF`") == 1
    assert "`rlhf` is the same as `RLHF` and counts once." in answer
    assert await world.subscriptions() == ["reward models", "RLHF"]


@pytest.mark.parametrize(
    "typed", first(1, ["   ", "\u200b", "video,", ", video", "-video", "a" * 2000, "()", "&%$"])
)
async def test_unreadable_keywords_are_shown_at_their_place_and_change_nothing(
    world: World, typed: str
) -> None:
    result = await world.admin.slash(world.channel, "subscribe", keywords=typed)

    answer = text_of(result)
    assert result.ephemeral
    assert answer.count("```") == 2
    assert re.search(r"^ *\^$", answer, re.MULTILINE)
    assert await world.subscriptions() == []


@pytest.mark.thorough
async def test_two_thousand_characters_of_keywords_fit(world: World) -> None:
    keywords = ", ".join(f"subject{number:02} with some words more" for number in range(50))
    keywords += " " * (2000 - len(keywords))

    shown = await world.admin.slash(world.channel, "subscribe", keywords=keywords)

    assert "Page 1 of 4" in text_of(shown)
    assert len(await world.subscriptions()) == 50


async def test_keywords_that_would_ping_or_break_out_stay_keywords(world: World) -> None:
    answer = text_of(
        await world.admin.slash(world.channel, "subscribe", keywords='"@everyone ``` <@1> [x](http://x.y)"')
    )

    assert '• `"@everyone ˋˋˋ <@1> [x](http://x.y)"`:' in answer


async def test_counts_are_marked_as_low_until_the_archive_is_read(world: World) -> None:
    early = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))
    await world.read_archive()
    later = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))

    assert "None of these 7 days' lists have been read yet." in early
    assert "Of these 7 list days" not in later


@pytest.mark.thorough
async def test_a_channel_that_wanted_nothing_for_long_is_due_at_its_next_time(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "unsubscribe", keywords="video")
    world.clock.advance(days=7, hours=2)  # past a post that did not come

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))

    assert "Next post: <t:1787821200:f>" in answer  # Thursday 27 August, 09:00 UTC
    world.list_paper("2608.00001", title="Agents")
    await world.run()
    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_a_paused_channel_is_subscribed_and_says_that_it_is_paused(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config pause")

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))

    assert "is now subscribed to" in answer
    assert "**Paused**" in answer
    assert "/config resume" in answer


@pytest.mark.thorough
async def test_another_channel_is_subscribed_by_its_option(world: World) -> None:
    other = world.guild.create_text_channel("other")

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=other))

    assert f"<#{other.id}> is now subscribed to" in answer
    assert await world.subscriptions(other) == ["video"]
    assert await world.subscriptions() == []
    listed = await world.member.slash(world.channel, "subscriptions", channel=other)
    assert "`video`" in text_of(listed)


async def test_a_channel_without_subscriptions_says_how_to_begin(world: World) -> None:
    answer = text_of(await world.member.slash(world.channel, "subscriptions"))

    assert f"<#{world.channel.id}> has no subscriptions. Add one with `/subscribe`." in answer


async def test_anyone_may_list_a_channels_subscriptions(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    result = await world.member.slash(world.channel, "subscriptions")

    assert "`video`" in text_of(result)
    assert "2 of 50" in text_of(result)


@pytest.mark.thorough
async def test_fifty_long_subscriptions_are_listed_over_pages(world: World) -> None:
    keywords = ", ".join(f"subject{n}x " + "very " * 30 + "long" for n in range(12))
    await world.admin.slash(world.channel, "subscribe", keywords=keywords)
    await world.admin.slash(world.channel, "subscribe", keywords=keywords.replace("subject", "matter"))

    result = await world.admin.slash(world.channel, "subscriptions")
    assert "Page 1 of 2" in text_of(result)

    turned = await world.admin.click(result.response, label="Next")
    assert "Page 2 of 2" in text_of(turned)
